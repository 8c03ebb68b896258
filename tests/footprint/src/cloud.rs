//! What a function sees of AWS: the Runtime API, a table and a queue, each on a port of its own.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, Response, StatusCode};
use axum::routing::{get, post};
use dynoxide::Database;
use md5::{Digest, Md5};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::mpsc::{self, UnboundedReceiver, UnboundedSender};

use crate::{Error, Tls, table};

/// One function's surroundings.
pub(crate) struct Cloud {
    /// Where the Runtime API is: `127.0.0.1:PORT`.
    pub(crate) runtime_api: String,
    /// URL of the table.
    pub(crate) dynamodb: String,
    /// URL of the queue's service. It has a port of its own because a client would otherwise share connections that it cannot share in AWS.
    pub(crate) sqs: String,
    events: UnboundedSender<Bytes>,
    seen: UnboundedReceiver<Seen>,
    shared: Arc<Shared>,
}

struct Shared {
    database: Database,
    events: tokio::sync::Mutex<UnboundedReceiver<Bytes>>,
    seen: UnboundedSender<Seen>,
    messages: Mutex<Vec<String>>,
    invocations: AtomicU64,
}

enum Seen {
    Polled(Instant),
    Answered(Instant, Bytes),
    Failed(Bytes),
}

/// How long anything may take before a function is taken for dead. Under valgrind everything takes fifty times as long.
const PATIENCE: Duration = Duration::from_secs(60);

impl Cloud {
    /// An empty table, an empty queue, and no event yet. `database` is shared between the functions of one measurement.
    ///
    /// # Errors
    /// If no port is free.
    pub(crate) async fn start(database: &Database, tls: Option<&Tls>) -> Result<Self, Error> {
        let (events, waiting) = mpsc::unbounded_channel();
        let (tell, seen) = mpsc::unbounded_channel();
        let shared = Arc::new(Shared {
            database: database.clone(),
            events: waiting.into(),
            seen: tell,
            messages: Mutex::default(),
            invocations: AtomicU64::default(),
        });
        let runtime_api = Router::new()
            .route("/invocation/next", get(next))
            .route("/invocation/{id}/response", post(response))
            .route("/invocation/{id}/error", post(failure))
            .route("/init/error", post(failure));
        let runtime_api = Router::new().nest("/2018-06-01/runtime", runtime_api);
        let (runtime_api, calls) = (
            runtime_api.with_state(shared.clone()),
            Router::new().fallback(call).with_state(shared.clone()),
        );
        Ok(Self {
            runtime_api: serve(runtime_api, None).await?.to_string(),
            dynamodb: url(calls.clone(), tls).await?,
            sqs: url(calls, tls).await?,
            events,
            seen,
            shared,
        })
    }

    /// When the function asked for its first event: its cold start is over.
    ///
    /// # Errors
    /// When it does not within a minute.
    pub(crate) async fn first_poll(&mut self) -> Result<Instant, Error> {
        match self.next_seen().await? {
            Seen::Polled(at) => Ok(at),
            Seen::Answered(_, body) | Seen::Failed(body) => Err(Error::unexpected(&body)),
        }
    }

    /// Hands the function an event: how long its answer took, and the answer.
    ///
    /// # Errors
    /// When it answers with an error, or not within a minute.
    pub(crate) async fn invoke(&mut self, event: &Value) -> Result<(Duration, Value), Error> {
        let began = Instant::now();
        // The other end lives as long as this.
        let _ = self.events.send(event.to_string().into());
        loop {
            match self.next_seen().await? {
                Seen::Polled(_) => {}
                Seen::Answered(at, body) => {
                    return Ok((at - began, serde_json::from_slice(&body)?));
                }
                Seen::Failed(body) => return Err(Error::unexpected(&body)),
            }
        }
    }

    /// The messages that were sent, in their order.
    #[must_use]
    pub(crate) fn take_messages(&self) -> Vec<String> {
        std::mem::take(&mut self.shared.messages())
    }

    async fn next_seen(&mut self) -> Result<Seen, Error> {
        let seen = tokio::time::timeout(PATIENCE, self.seen.recv()).await;
        seen.ok().flatten().ok_or(Error::Silent)
    }
}

async fn url(router: Router, tls: Option<&Tls>) -> Result<String, Error> {
    let scheme = if tls.is_some() { "https" } else { "http" };
    Ok(format!("{scheme}://{}", serve(router, tls).await?))
}

async fn serve(router: Router, tls: Option<&Tls>) -> Result<SocketAddr, Error> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    if let Some(tls) = tls {
        let listener = tls.listen(listener);
        tokio::spawn(async move { axum::serve(listener, router).await });
    } else {
        tokio::spawn(async move { axum::serve(listener, router).await });
    }
    Ok(address)
}

impl Shared {
    fn messages(&self) -> MutexGuard<'_, Vec<String>> {
        self.messages.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn call(&self, target: &str, body: &[u8]) -> Result<Value, Error> {
        let request: Value = serde_json::from_slice(body)?;
        match target {
            "AmazonSQS.SendMessage" => {
                let message = request["MessageBody"].as_str().unwrap_or_default();
                self.messages().push(message.to_owned());
                // The SDK for JavaScript takes no answer with another digest.
                Ok(
                    json!({"MessageId": "059f36b4-87a3-44ab-83d2-661975830a7d", "MD5OfMessageBody": md5(message)}),
                )
            }
            target => table::call(&self.database, target, request),
        }
    }
}

fn md5(text: &str) -> String {
    let digest = Md5::digest(text).into_iter();
    digest.fold(String::new(), |hex, byte| format!("{hex}{byte:02x}"))
}

async fn next(State(shared): State<Arc<Shared>>) -> Response<Body> {
    // Whoever measures may be gone.
    let _ = shared.seen.send(Seen::Polled(Instant::now()));
    let event = shared.events.lock().await.recv().await;
    let count = shared.invocations.fetch_add(1, Ordering::Relaxed);
    let request_id = format!("8476a536-e9f4-41e8-9739-{count:012x}");
    let deadline = SystemTime::now() + Duration::from_secs(600);
    let deadline = deadline.duration_since(UNIX_EPOCH).unwrap_or_default();
    let headers = [
        ("lambda-runtime-aws-request-id", request_id),
        (
            "lambda-runtime-deadline-ms",
            deadline.as_millis().to_string(),
        ),
        (
            "lambda-runtime-invoked-function-arn",
            "arn:aws:lambda:us-east-1:123456789012:function:f".to_owned(),
        ),
        (
            "lambda-runtime-trace-id",
            "Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700;Sampled=0".to_owned(),
        ),
    ];
    let mut response = Response::new(Body::from(event.unwrap_or_default()));
    for (name, value) in headers {
        if let Ok(value) = value.parse() {
            response.headers_mut().insert(name, value);
        }
    }
    response
}

async fn response(State(shared): State<Arc<Shared>>, body: Bytes) -> StatusCode {
    let _ = shared.seen.send(Seen::Answered(Instant::now(), body));
    StatusCode::ACCEPTED
}

async fn failure(State(shared): State<Arc<Shared>>, body: Bytes) -> StatusCode {
    let _ = shared.seen.send(Seen::Failed(body));
    StatusCode::ACCEPTED
}

async fn call(
    State(shared): State<Arc<Shared>>,
    headers: HeaderMap,
    body: Bytes,
) -> Response<Body> {
    let target = headers
        .get("x-amz-target")
        .and_then(|target| target.to_str().ok());
    let answer = shared.call(target.unwrap_or_default(), &body);
    let (status, body) = match answer {
        Ok(answer) => (StatusCode::OK, answer.to_string()),
        Err(error) => {
            eprintln!("{}: {error}", target.unwrap_or("a call without a target"));
            (
                StatusCode::BAD_REQUEST,
                json!({"__type": "ValidationException"}).to_string(),
            )
        }
    };
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    response
}
