//! A service that answers requests from a list, the last answer again and again, and remembers what it was asked.

use std::sync::{Arc, Mutex};

use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, Method, Response, Uri};
use axum::{Router, routing::any};
use serde_json::{Value, json};

/// The id of the one job there is.
pub(crate) const ID: &str = "01929b6e-7a52-8c3e-9d1f-0123456789ab";

/// One answer.
#[derive(Debug, Clone)]
pub(crate) enum Answer {
    Http {
        status: u16,
        location: Option<String>,
        body: String,
    },
    /// The connection ends without an answer.
    Hangup,
}

impl Answer {
    pub(crate) fn text(status: u16, body: &str) -> Self {
        Self::Http {
            status,
            location: None,
            body: body.to_owned(),
        }
    }

    pub(crate) fn json(status: u16, body: &Value) -> Self {
        Self::text(status, &body.to_string())
    }

    /// A 202 with the status URI in `Location`.
    pub(crate) fn accepted() -> Self {
        let mut body = job("SCHEDULED", "UNDETERMINED", 0);
        body["task"] = json!({"href": format!("/jobs/{ID}"), "id": ID});
        Self::Http {
            status: 202,
            location: Some(format!("/jobs/{ID}")),
            body: body.to_string(),
        }
    }

    pub(crate) fn started(percent: u8) -> Self {
        Self::json(200, &job("STARTED", "INPROGRESS", percent))
    }

    pub(crate) fn over(status: &str) -> Self {
        Self::json(200, &job("COMPLETED", status, 100))
    }

    pub(crate) fn problem(status: u16, title: &str) -> Self {
        let body =
            json!({"type": "about:blank", "title": title, "status": status, "detail": "It is so."});
        Self::json(status, &body)
    }

    pub(crate) fn redirect() -> Self {
        Self::Http {
            status: 303,
            location: Some("/elsewhere".to_owned()),
            body: String::new(),
        }
    }
}

fn job(state: &str, status: &str, percent: u8) -> Value {
    json!({"job": {"@uri": format!("/jobs/{ID}"), "id": ID, "name": "csv_profile", "job-state": state, "job-status": status,
        "percent-complete": percent, "start-time": "2026-01-01T10:50:55Z", "summary": format!("at {percent} of 100")}})
}

/// A request that came.
#[derive(Debug, Clone)]
pub(crate) struct Seen {
    /// Method and path with query.
    pub(crate) line: String,
    headers: HeaderMap,
    /// The body; null if it was not JSON.
    pub(crate) body: Value,
}

impl Seen {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }
}

/// The running service; it stops with the test's runtime.
#[derive(Debug, Clone)]
pub(crate) struct Service {
    pub(crate) base: String,
    answers: Arc<Mutex<Vec<Answer>>>,
    seen: Arc<Mutex<Vec<Seen>>>,
}

impl Service {
    pub(crate) async fn start(answers: Vec<Answer>) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let service = Self {
            base: format!("http://{}", listener.local_addr().unwrap()),
            answers: Arc::new(Mutex::new(answers)),
            seen: Arc::default(),
        };
        let app = Router::new()
            .fallback(any(answer))
            .with_state(service.clone());
        tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        service
    }

    pub(crate) fn requests(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }

    fn next(&self) -> Answer {
        let mut answers = self.answers.lock().unwrap();
        if answers.len() > 1 {
            return answers.remove(0);
        }
        answers.first().cloned().expect("the script has an answer")
    }
}

async fn answer(
    State(service): State<Service>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response<Body> {
    service.seen.lock().unwrap().push(Seen {
        line: format!("{method} {uri}"),
        headers,
        body: serde_json::from_slice(&body).unwrap_or(Value::Null),
    });
    match service.next() {
        Answer::Http {
            status,
            location,
            body,
        } => {
            let mut response = Response::builder().status(status);
            if let Some(location) = location {
                response = response.header("location", location);
            }
            response.body(Body::from(body)).unwrap()
        }
        // Ends the connection's task, quietly: no panic message in the test's output.
        Answer::Hangup => std::panic::resume_unwind(Box::new("the script hangs up")),
    }
}
