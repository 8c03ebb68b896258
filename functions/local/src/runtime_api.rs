//! The Lambda Runtime API (2018-06-01). Each process has a listener of its own, so that an invocation belongs to exactly one process.
//!
//! Source: <https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html>; the bodies of errors are those of AWS's
//! Runtime Interface Emulator.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::body::{Body, Bytes};
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use axum::serve::ListenerExt as _;
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::json;
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use crate::invoke_error::InvokeError;
use crate::request_body::{self, Read};

/// The largest response of a function: 6 MiB, plus the 100 bytes that Lambda allows.
pub(crate) const RESPONSE_LIMIT_BYTES: usize = 6 * 1024 * 1024 + 100;

/// An event for a process.
pub(crate) struct Invocation {
    pub(crate) id: String,
    pub(crate) event: Bytes,
    /// Time at which the process is killed, in milliseconds since the epoch.
    pub(crate) deadline_ms: u128,
    pub(crate) function_arn: Arc<str>,
    pub(crate) trace_root: String,
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
    pub(crate) address: SocketAddr,
    pub(crate) invocations: mpsc::UnboundedSender<Invocation>,
    pub(crate) reports: mpsc::UnboundedReceiver<Report>,
    server: JoinHandle<()>,
}

impl RuntimeApi {
    /// Listens on a free loopback port.
    pub(crate) async fn listen() -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let (invocations, handover) = mpsc::unbounded_channel();
        let (reports_tx, reports) = mpsc::unbounded_channel();
        let api = Arc::new(Api {
            phase: Mutex::new(Phase::Initializing),
            handover: tokio::sync::Mutex::new(handover),
            reports: reports_tx,
        });
        // Answers are small, and the client waits for each: without this, Nagle's algorithm delays some of them by 40 ms.
        let listener = listener.tap_io(|connection| {
            let _ = connection.set_nodelay(true);
        });
        let server = tokio::spawn(async move {
            // `axum::serve` never returns, and retries failures that may pass.
            let _ = axum::serve(listener, router(api)).await;
        });
        Ok(Self {
            address,
            invocations,
            reports,
            server,
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
        .with_state(api)
}

struct Api {
    phase: Mutex<Phase>,
    handover: tokio::sync::Mutex<mpsc::UnboundedReceiver<Invocation>>,
    reports: mpsc::UnboundedSender<Report>,
}

/// Phase of the process: Initializing -> Polling -> Running -> Answered -> Polling -> …
#[derive(PartialEq)]
enum Phase {
    Initializing,
    Polling,
    /// It has the event of the invocation with this id.
    Running(String),
    Answered,
}

impl Api {
    fn phase(&self) -> MutexGuard<'_, Phase> {
        self.phase.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether a process in this phase may ask for an event. A repeated request is not reported again: it comes from a client that
    /// lost its connection.
    fn begin_polling(&self) -> bool {
        let mut phase = self.phase();
        match *phase {
            Phase::Running(_) => return false,
            Phase::Polling => {}
            Phase::Initializing | Phase::Answered => {
                *phase = Phase::Polling;
                self.report(Report::Polling);
            }
        }
        true
    }

    /// Ends the invocation `id` with `result`. Returns `false` if it is not the process's current invocation, or was already answered.
    fn finish(&self, id: &str, result: Result<Bytes, InvokeError>) -> bool {
        let mut phase = self.phase();
        if !matches!(&*phase, Phase::Running(running) if running == id) {
            return false;
        }
        *phase = Phase::Answered;
        self.report(Report::Answered(result));
        true
    }

    fn report(&self, report: Report) {
        // Nothing receives this after the instance was dropped; its process is then being killed.
        let _ = self.reports.send(report);
    }
}

async fn next(State(api): State<Arc<Api>>) -> Response {
    if !api.begin_polling() {
        let message = "the invocation before this one was not answered";
        return refusal(StatusCode::FORBIDDEN, "InvalidStateTransition", message);
    }
    let Some(invocation) = api.handover.lock().await.recv().await else {
        // The process is about to be killed. Lambda does not answer then, either, and the runtime client panics at an error here.
        return std::future::pending().await;
    };
    *api.phase() = Phase::Running(invocation.id.clone());
    let trace = format!("Root={};Sampled=0", invocation.trace_root);
    let headers = [
        ("content-type", "application/json".to_owned()),
        ("lambda-runtime-aws-request-id", invocation.id),
        (
            "lambda-runtime-deadline-ms",
            invocation.deadline_ms.to_string(),
        ),
        (
            "lambda-runtime-invoked-function-arn",
            invocation.function_arn.to_string(),
        ),
        ("lambda-runtime-trace-id", trace),
    ];
    (headers, invocation.event).into_response()
}

async fn response(State(api): State<Arc<Api>>, Path(id): Path<String>, body: Body) -> Response {
    match request_body::read(body, RESPONSE_LIMIT_BYTES).await {
        Read::Whole(answer) => accepted_or_unknown(api.finish(&id, Ok(answer))),
        Read::TooLarge => too_large(&api, &id),
        Read::Broken => refusal(
            StatusCode::BAD_REQUEST,
            "TruncatedHTTPRequest",
            "HTTP request detected as truncated",
        ),
    }
}

fn too_large(api: &Api, id: &str) -> Response {
    let limit = format!("xceeded maximum allowed payload size ({RESPONSE_LIMIT_BYTES} bytes).");
    let failure = InvokeError::FunctionError {
        error_type: "Function.ResponseSizeTooLarge".to_owned(),
        message: format!("Response payload size e{limit}"),
    };
    if !api.finish(id, Err(failure)) {
        return accepted_or_unknown(false);
    }
    refusal(
        StatusCode::PAYLOAD_TOO_LARGE,
        "RequestEntityTooLarge",
        &format!("E{limit}"),
    )
}

async fn error(
    State(api): State<Arc<Api>>,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Response {
    let (error_type, message) = reported_error(&headers, body).await;
    accepted_or_unknown(api.finish(
        &id,
        Err(InvokeError::FunctionError {
            error_type,
            message,
        }),
    ))
}

async fn init_error(State(api): State<Arc<Api>>, headers: HeaderMap, body: Body) -> Response {
    if *api.phase() != Phase::Initializing {
        return refusal(
            StatusCode::FORBIDDEN,
            "InvalidStateTransition",
            "the function is already initialized",
        );
    }
    let (error_type, message) = reported_error(&headers, body).await;
    api.report(Report::InitFailed(InvokeError::InitFailed {
        reason: format!("{error_type}: {message}"),
    }));
    accepted_or_unknown(true)
}

/// The body of a report.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Reported {
    error_type: Option<String>,
    error_message: String,
}

/// Type and message of a reported error. Lambda takes the type from the header if the body has none.
async fn reported_error(headers: &HeaderMap, body: Body) -> (String, String) {
    let reported = match request_body::read(body, RESPONSE_LIMIT_BYTES).await {
        Read::Whole(body) => serde_json::from_slice(&body).unwrap_or_default(),
        Read::TooLarge | Read::Broken => Reported::default(),
    };
    let header = headers.get("lambda-runtime-function-error-type");
    let header = header.and_then(|value| value.to_str().ok());
    let error_type = reported
        .error_type
        .unwrap_or_else(|| header.unwrap_or("Unhandled").to_owned());
    (error_type, reported.error_message)
}

fn accepted_or_unknown(accepted: bool) -> Response {
    if accepted {
        (StatusCode::ACCEPTED, Json(json!({"status": "OK"}))).into_response()
    } else {
        refusal(
            StatusCode::BAD_REQUEST,
            "InvalidRequestID",
            "Invalid request ID",
        )
    }
}

fn refusal(status: StatusCode, error_type: &str, message: &str) -> Response {
    let body = json!({"errorType": error_type, "errorMessage": message});
    (status, Json(body)).into_response()
}

#[cfg(test)]
#[path = "runtime_api_tests.rs"]
mod tests;
