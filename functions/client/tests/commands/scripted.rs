//! A service that answers each kind of request from a list, the last answer again and again, and remembers what it was asked.

use std::sync::{Arc, Mutex};

use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, Method, Response, Uri};
use axum::{Router, routing::any};
use serde_json::{Value, json};

/// The id of the one job there is.
pub(crate) const ID: &str = "01929b6e-7a52-8c3e-9d1f-0123456789ab";

/// The answers of each resource, in their order.
#[derive(Debug, Default)]
pub(crate) struct Script {
    pub(crate) submit: Vec<Answer>,
    pub(crate) status: Vec<Answer>,
    pub(crate) result: Vec<Answer>,
    pub(crate) cancel: Vec<Answer>,
    pub(crate) delete: Vec<Answer>,
    pub(crate) list: Vec<Answer>,
}

/// One answer.
#[derive(Debug, Clone)]
pub(crate) enum Answer {
    Http {
        status: u16,
        headers: Vec<(&'static str, String)>,
        body: String,
    },
    /// The connection ends without an answer.
    Hangup,
}

impl Answer {
    pub(crate) fn text(status: u16, body: &str) -> Self {
        Self::Http {
            status,
            headers: Vec::new(),
            body: body.to_owned(),
        }
    }

    pub(crate) fn json(status: u16, body: &Value) -> Self {
        Self::text(status, &body.to_string())
    }

    /// A 202; its `Location` becomes absolute when it is sent.
    pub(crate) fn accepted() -> Self {
        let mut body = job("SCHEDULED", "UNDETERMINED", 0);
        body["task"] = json!({"href": format!("/jobs/{ID}"), "id": ID});
        let headers = vec![
            ("location", format!("/jobs/{ID}")),
            ("retry-after", "1".to_owned()),
        ];
        Self::Http {
            status: 202,
            headers,
            body: body.to_string(),
        }
    }

    pub(crate) fn started(percent: u8) -> Self {
        let headers = vec![("retry-after", "1".to_owned())];
        Self::Http {
            status: 200,
            headers,
            body: job("STARTED", "INPROGRESS", percent).to_string(),
        }
    }

    pub(crate) fn over(status: &str) -> Self {
        Self::json(200, &job("COMPLETED", status, 100))
    }

    pub(crate) fn problem(status: u16, title: &str) -> Self {
        Self::json(
            status,
            &json!({"type": "about:blank", "title": title, "status": status, "detail": "It is so."}),
        )
    }

    /// What answers when something else lives at the URL.
    pub(crate) fn page() -> Self {
        Self::text(200, "<!doctype html><title>It works!</title>")
    }

    /// Whoever follows it gets the scripted result.
    pub(crate) fn redirect() -> Self {
        Self::Http {
            status: 303,
            headers: vec![("location", "/elsewhere/result".to_owned())],
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
    /// The body, null when it was no JSON.
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
    base: String,
    script: Arc<Mutex<Script>>,
    seen: Arc<Mutex<Vec<Seen>>>,
}

impl Service {
    pub(crate) async fn start(script: Script) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let service = Self {
            base,
            script: Arc::new(Mutex::new(script)),
            seen: Arc::default(),
        };
        let app = Router::new()
            .fallback(any(answer))
            .with_state(service.clone());
        tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        service
    }

    pub(crate) fn base(&self) -> String {
        self.base.clone()
    }

    pub(crate) fn requests(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }

    fn next(&self, method: &Method, path: &str) -> Answer {
        let mut script = self.script.lock().unwrap();
        let answers = match (method.as_str(), path) {
            ("POST", "/jobs") => &mut script.submit,
            ("GET", "/jobs") => &mut script.list,
            ("POST", _) => &mut script.cancel,
            ("DELETE", _) => &mut script.delete,
            (_, path) if path.ends_with("/result") => &mut script.result,
            _ => &mut script.status,
        };
        if answers.len() > 1 {
            answers.remove(0)
        } else {
            answers.first().cloned().expect("the script has an answer")
        }
    }
}

async fn answer(
    State(service): State<Service>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response<Body> {
    let body = serde_json::from_slice(&body).unwrap_or(Value::Null);
    service.seen.lock().unwrap().push(Seen {
        line: format!("{method} {uri}"),
        headers,
        body,
    });
    match service.next(&method, uri.path()) {
        Answer::Http {
            status,
            headers,
            body,
        } => {
            let mut response = Response::builder().status(status);
            for (name, value) in headers {
                let absolute = name == "location" && status == 202;
                response = response.header(
                    name,
                    if absolute {
                        format!("{}{value}", service.base)
                    } else {
                        value
                    },
                );
            }
            response.body(Body::from(body)).unwrap()
        }
        // Ends the connection's task, quietly: no panic message in the test's output.
        Answer::Hangup => std::panic::resume_unwind(Box::new("the script hangs up")),
    }
}
