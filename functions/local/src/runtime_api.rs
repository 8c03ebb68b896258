//! The Lambda Runtime API (2018-06-01), for processes that keep to it. Each process has a listener of its own, so that an invocation
//! belongs to exactly one process, which answers it once before it asks for the next one. A process that is killed never answers.
//!
//! Source: <https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html>; the bodies of errors are those of AWS's
//! Runtime Interface Emulator.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::json;
use tokio::sync::{Mutex, mpsc};
use tokio::task::JoinHandle;

use crate::identifiers;
use crate::invoke_error::InvokeError;
use crate::loopback::{listen_on, serve_routes};

/// Maximum size of an event and of a function's answer: 6 MiB, plus the 100 bytes that Lambda allows.
pub(crate) const PAYLOAD_LIMIT_BYTES: usize = 6 * 1024 * 1024 + 100;

/// An event for a process.
pub(crate) struct Invocation {
    pub(crate) event: Bytes,
    /// Since the epoch.
    pub(crate) now: Duration,
    /// Time left until the process is killed.
    pub(crate) timeout: Duration,
}

/// A report of a process.
pub(crate) enum Report {
    /// It asks for an event: it is initialized, and has finished the previous event.
    Polling,
    /// It answered its current invocation.
    Answered(Result<Bytes, InvokeError>),
    /// Its initialization failed.
    InitFailed(InvokeError),
}

/// One process's Runtime API. Dropping it closes the listener.
pub(crate) struct RuntimeApi {
    /// Host and port.
    pub(crate) address: String,
    pub(crate) invocations: mpsc::UnboundedSender<Invocation>,
    pub(crate) reports: mpsc::UnboundedReceiver<Report>,
    server: JoinHandle<()>,
}

impl RuntimeApi {
    /// Listens on a free loopback port.
    pub(crate) async fn listen(function_arn: String) -> io::Result<Self> {
        let (listener, url) = listen_on(0).await?;
        let (invocations, handover) = mpsc::unbounded_channel();
        let (reports_tx, reports) = mpsc::unbounded_channel();
        let api = Arc::new(Api {
            function_arn,
            handover: Mutex::new(handover),
            reports: reports_tx,
        });
        let serving = serve_routes(listener, router(api), std::future::pending());
        Ok(Self {
            address: url.replace("http://", ""),
            invocations,
            reports,
            server: tokio::spawn(async move { drop(serving.await) }),
        })
    }
}

impl Drop for RuntimeApi {
    fn drop(&mut self) {
        self.server.abort();
    }
}

fn router(api: Arc<Api>) -> Router {
    Router::new()
        .route("/2018-06-01/runtime/invocation/next", get(next))
        .route(
            "/2018-06-01/runtime/invocation/{id}/response",
            post(response),
        )
        .route("/2018-06-01/runtime/invocation/{id}/error", post(error))
        .route("/2018-06-01/runtime/init/error", post(init_error))
        .layer(DefaultBodyLimit::disable())
        .with_state(api)
}

struct Api {
    function_arn: String,
    handover: Mutex<mpsc::UnboundedReceiver<Invocation>>,
    reports: mpsc::UnboundedSender<Report>,
}

impl Api {
    fn report(&self, report: Report) -> Response {
        // Nothing receives this after the instance was dropped; its process is then being killed.
        let _ = self.reports.send(report);
        (StatusCode::ACCEPTED, Json(json!({"status": "OK"}))).into_response()
    }
}

async fn next(State(api): State<Arc<Api>>) -> Response {
    api.report(Report::Polling);
    let Some(invocation) = api.handover.lock().await.recv().await else {
        // The process is about to be killed. Lambda does not answer then, either, and the runtime client panics at an error here.
        return std::future::pending().await;
    };
    let Invocation {
        event,
        now,
        timeout,
    } = invocation;
    let root = identifiers::trace_root(now.as_secs());
    let arn = api.function_arn.clone();
    let headers = [
        ("content-type", "application/json".to_owned()),
        (
            "lambda-runtime-aws-request-id",
            identifiers::invocation_id(),
        ),
        (
            "lambda-runtime-deadline-ms",
            (now + timeout).as_millis().to_string(),
        ),
        ("lambda-runtime-invoked-function-arn", arn),
        ("lambda-runtime-trace-id", format!("Root={root};Sampled=0")),
    ];
    (headers, event).into_response()
}

async fn response(State(api): State<Arc<Api>>, answer: Bytes) -> Response {
    if answer.len() <= PAYLOAD_LIMIT_BYTES {
        return api.report(Report::Answered(Ok(answer)));
    }
    let limit = format!("xceeded maximum allowed payload size ({PAYLOAD_LIMIT_BYTES} bytes).");
    api.report(Report::Answered(Err(InvokeError::FunctionError {
        error_type: "Function.ResponseSizeTooLarge".to_owned(),
        message: format!("Response payload size e{limit}"),
    })));
    let body = json!({"errorType": "RequestEntityTooLarge", "errorMessage": format!("E{limit}")});
    (StatusCode::PAYLOAD_TOO_LARGE, Json(body)).into_response()
}

/// The body of an error report.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Reported {
    error_type: String,
    error_message: String,
}

/// Reads a report, which needs no content type.
fn reported(body: &[u8]) -> Reported {
    serde_json::from_slice(body).unwrap_or_default()
}

async fn error(State(api): State<Arc<Api>>, body: Bytes) -> Response {
    let reported = reported(&body);
    api.report(Report::Answered(Err(InvokeError::FunctionError {
        error_type: reported.error_type,
        message: reported.error_message,
    })))
}

async fn init_error(State(api): State<Arc<Api>>, body: Bytes) -> Response {
    let reported = reported(&body);
    let reason = format!("{}: {}", reported.error_type, reported.error_message);
    api.report(Report::InitFailed(InvokeError::InitFailed { reason }))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An error here would make the runtime client panic, and print that on the terminal of whoever stops the service.
    #[tokio::test]
    async fn a_process_whose_function_is_stopped_gets_no_answer() {
        let mut api = RuntimeApi::listen("arn".to_owned()).await.unwrap();
        let url = format!("http://{}/2018-06-01/runtime/invocation/next", api.address);
        let next = tokio::spawn(reqwest::get(url));
        assert!(matches!(api.reports.recv().await, Some(Report::Polling)));

        api.invocations = mpsc::unbounded_channel().0;

        let answer = tokio::time::timeout(Duration::from_millis(500), next).await;
        assert!(answer.is_err(), "{answer:?}");
    }
}
