//! A service that answers requests from a list, the last answer again and again, and remembers what it was asked.

use std::sync::{Arc, Mutex};

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::State;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, Request, Response};
use axum::{Router, routing::any};
use futures_util::{StreamExt, stream};
use serde_json::{Value, json};
use tokio::sync::Semaphore;

/// The id of the one job there is.
pub(crate) const ID: &str = "01929b6e-7a52-8c3e-9d1f-0123456789ab";

/// The id of the one upload there is, and the path and query of its URL at the store.
pub(crate) const UPLOAD: &str = "01929b6e-7a52-8c3e-9d1f-ba9876543210";
pub(crate) const UPLOAD_PATH: &str = "/bucket/uploads/1?X-Amz-Signature=secret";

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
    /// A 200 that is sent when the gate has a permit.
    Late { gate: Arc<Semaphore> },
    /// A 200 whose second part follows when the gate has a permit; without it, the connection ends there.
    Parts {
        first: String,
        gate: Arc<Semaphore>,
        second: Option<String>,
    },
}

impl Answer {
    pub(crate) fn text(status: u16, body: &str) -> Self {
        Self::Http {
            status,
            headers: Vec::new(),
            body: body.to_owned(),
        }
    }

    /// The answer with one more header.
    pub(crate) fn with(mut self, name: &'static str, value: &str) -> Self {
        if let Self::Http { headers, .. } = &mut self {
            headers.push((name, value.to_owned()));
        }
        self
    }

    pub(crate) fn json(status: u16, body: &Value) -> Self {
        Self::text(status, &body.to_string())
    }

    /// A 202 with the status URI in `Location`.
    pub(crate) fn accepted() -> Self {
        let mut body = job("SCHEDULED", "UNDETERMINED", 0);
        body["task"] = json!({"href": format!("/jobs/{ID}"), "id": ID});
        Self::json(202, &body).with("location", &format!("/jobs/{ID}"))
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

    pub(crate) fn redirect(status: u16, location: &str) -> Self {
        Self::text(status, "").with("location", location)
    }

    /// The ticket of an upload, with a URL of the store with this base.
    pub(crate) fn ticket(store: &str) -> Self {
        Self::json(201, &ticket(store))
    }

    /// The store's answer to a PUT.
    pub(crate) fn stored() -> Self {
        Self::text(200, "")
    }

    /// An error of the store.
    pub(crate) fn store_error(status: u16, code: &str) -> Self {
        let body = format!(
            "<?xml version=\"1.0\"?>\n<Error><Code>{code}</Code><Message>It is so.</Message></Error>"
        );
        Self::text(status, &body)
    }
}

/// The document of [`Answer::ticket`].
pub(crate) fn ticket(store: &str) -> Value {
    json!({"upload": {"@uri": format!("/uploads/{UPLOAD}"), "id": UPLOAD, "href": format!("{store}{UPLOAD_PATH}"),
        "method": "PUT", "expires-at": "2030-01-01T00:00:00Z",
        "headers": {"content-type": "text/csv", "if-none-match": "*", "x-amz-checksum-sha256": "c2hh"}}})
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
    pub(crate) bytes: Bytes,
}

impl Seen {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The names of the headers, sorted.
    pub(crate) fn header_names(&self) -> Vec<&str> {
        let mut names: Vec<_> = self.headers.keys().map(HeaderName::as_str).collect();
        names.sort_unstable();
        names
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

    fn remember(&self, head: Parts, bytes: Bytes) {
        self.seen.lock().unwrap().push(Seen {
            line: format!("{} {}", head.method, head.uri),
            headers: head.headers,
            body: serde_json::from_slice(&bytes).unwrap_or(Value::Null),
            bytes,
        });
    }

    fn next(&self) -> Answer {
        let mut answers = self.answers.lock().unwrap();
        if answers.len() > 1 {
            return answers.remove(0);
        }
        answers.first().cloned().expect("the script has an answer")
    }
}

async fn answer(State(service): State<Service>, request: Request<Body>) -> Response<Body> {
    let (head, body) = request.into_parts();
    let body = to_bytes(body, usize::MAX).await.unwrap();
    service.remember(head, body);
    match service.next() {
        Answer::Http {
            status,
            headers,
            body,
        } => respond(status, headers, Body::from(body)),
        Answer::Late { gate } => {
            gate.acquire().await.unwrap().forget();
            respond(200, Vec::new(), Body::empty())
        }
        Answer::Parts {
            first,
            gate,
            second,
        } => {
            let second = stream::once(async move {
                gate.acquire().await.unwrap().forget();
                second.ok_or("the script ends the connection")
            });
            let parts = stream::once(async { Ok(first) }).chain(second);
            respond(200, Vec::new(), Body::from_stream(parts))
        }
        // Ends the connection's task, quietly: no panic message in the test's output.
        Answer::Hangup => std::panic::resume_unwind(Box::new("the script hangs up")),
    }
}

fn respond(status: u16, headers: Vec<(&'static str, String)>, body: Body) -> Response<Body> {
    let mut response = Response::builder().status(status);
    for (name, value) in headers {
        response = response.header(name, value);
    }
    response.body(body).unwrap()
}
