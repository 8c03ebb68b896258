//! A front before a DynamoDB that writes down which writes pass, and leaves a part out of the condition of some of them.

use std::collections::BTreeSet;
use std::sync::{Arc, LazyLock, Mutex};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, Response, StatusCode, header};
use serde_json::Value;
use tokio::net::TcpListener;

use super::part::Part;
use super::write::{Write, set_condition};

/// What a front does to which write.
pub(super) type Mutation = (Write, Part);

/// What passed a front.
#[derive(Clone, Debug, Default)]
pub(super) struct Passed {
    pub(super) seen: BTreeSet<Write>,
    /// How many requests had their condition changed.
    pub(super) mutated: usize,
    /// What DynamoDB said to a changed request that it did not understand.
    pub(super) not_understood: Option<String>,
}

/// Making one takes longer than many a check.
static HTTP: LazyLock<reqwest::Client> = LazyLock::new(reqwest::Client::new);

/// Clones are the same front.
#[derive(Clone)]
pub(super) struct Front {
    back: String,
    http: reqwest::Client,
    mutation: Option<Arc<Mutation>>,
    passed: Arc<Mutex<Passed>>,
}

impl Front {
    pub(super) fn before(back: &str, mutation: Option<Mutation>) -> Self {
        Self {
            back: back.to_owned(),
            http: HTTP.clone(),
            mutation: mutation.map(Arc::new),
            passed: Arc::default(),
        }
    }

    pub(super) fn passed(&self) -> Passed {
        self.passed.lock().unwrap().clone()
    }

    /// Serves until it is dropped.
    pub(super) async fn serve(self, listener: TcpListener) {
        let router = Router::new().fallback(forward).with_state(self);
        axum::serve(listener, router).await.expect("a listener");
    }

    /// The request as it goes on, and whether that is not as it came.
    fn changed(&self, operation: &str, body: Bytes) -> (Bytes, bool) {
        let mut request: Value = serde_json::from_slice(&body).unwrap_or_default();
        let Some(write) = Write::of(operation, &request) else {
            return (body, false);
        };
        let mutation = self.mutation.as_deref().filter(|(of, _)| *of == write);
        let mut passed = self.passed.lock().unwrap();
        passed.seen.insert(write);
        let Some((_, part)) = mutation else {
            return (body, false);
        };
        passed.mutated += 1;
        set_condition(&mut request, part.rest.as_deref());
        (request.to_string().into(), true)
    }
}

async fn forward(
    State(front): State<Front>,
    mut headers: HeaderMap,
    body: Bytes,
) -> Response<Body> {
    let target = headers
        .get("x-amz-target")
        .and_then(|name| name.to_str().ok());
    let operation = target
        .and_then(|name| name.rsplit('.').next())
        .unwrap_or("");
    let (body, is_changed) = front.changed(operation, body);
    headers.remove(header::HOST);
    headers.remove(header::CONTENT_LENGTH);
    let request = front.http.post(&front.back).headers(headers).body(body);
    let answer = request.send().await.expect("the back end answers");
    let (status, headers) = (answer.status(), answer.headers().clone());
    let body = answer.bytes().await.expect("the back end's whole answer");
    let text = String::from_utf8_lossy(&body);
    // Of an expression; other things in a request may be refused rightly.
    let is_refused = text.contains("ValidationException") && text.contains("Expression");
    if is_changed && status == StatusCode::BAD_REQUEST && is_refused {
        front.passed.lock().unwrap().not_understood = Some(text.into_owned());
    }
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    *response.headers_mut() = headers;
    response
}
