//! The protocol `awsJson1.0`: every request is a POST whose `X-Amz-Target` names the operation, JSON in and out.

use std::future::Future;
use std::io;
use std::sync::Arc;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::serve::ListenerExt as _;
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::net::TcpListener;

use super::error::{Code, Error, Result};
use super::store::Queues;

/// Twice a batch of 1 MiB in which each byte is a JSON escape of six bytes. A batch above SQS's limit must get the error of its
/// operation, not an error of this limit.
const MAX_REQUEST_BYTES: usize = 12 * 1_048_576;
const CONTENT_TYPE: HeaderValue = HeaderValue::from_static("application/x-amz-json-1.0");

/// An answer without content.
#[derive(Serialize)]
pub(super) struct Empty {}

impl Queues {
    /// The queues as an HTTP service, on any path: some clients post to the queue's URL, others to the endpoint.
    pub fn router(self: Arc<Self>) -> Router {
        Router::new().fallback(handle).with_state(self)
    }
}

/// Serves the queues until `stop` completes, then ends waiting polls and lets requests finish.
pub async fn serve(
    listener: TcpListener,
    queues: Arc<Queues>,
    stop: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    let closing = Arc::clone(&queues);
    let stop = async move {
        stop.await;
        closing.close();
    };
    // Answers are small, and the client waits for each, so packets are sent at once. A socket that refuses the option is only slower.
    let listener = listener.tap_io(|stream| drop(stream.set_nodelay(true)));
    axum::serve(listener, queues.router())
        .with_graceful_shutdown(stop)
        .await
}

async fn handle(State(queues): State<Arc<Queues>>, request: Request) -> Response {
    match answer(&queues, request).await {
        Ok(json) => (StatusCode::OK, [(header::CONTENT_TYPE, CONTENT_TYPE)], json).into_response(),
        Err(error) => refusal(&error),
    }
}

async fn answer(queues: &Queues, request: Request) -> Result<Vec<u8>> {
    let (parts, body) = request.into_parts();
    let operation = operation(&parts.headers)?;
    let base = base_url(&parts.headers);
    let body = read(body).await?;
    dispatch(queues, operation, &base, &body).await
}

fn operation(headers: &HeaderMap) -> Result<&str> {
    let target = headers
        .get("x-amz-target")
        .and_then(|target| target.to_str().ok());
    target.and_then(|target| target.strip_prefix("AmazonSQS.")).ok_or_else(|| {
        let message = "No operation: this endpoint speaks awsJson1.0, a POST with the header X-Amz-Target: AmazonSQS.<operation>.";
        Code::UnknownOperation.because(message)
    })
}

/// The scheme and authority of the request, with which queue URLs begin.
fn base_url(headers: &HeaderMap) -> String {
    let host = headers
        .get(header::HOST)
        .and_then(|host| host.to_str().ok());
    format!("http://{}", host.unwrap_or("localhost"))
}

async fn read(body: Body) -> Result<Vec<u8>> {
    let bytes = to_bytes(body, MAX_REQUEST_BYTES).await;
    bytes.map(Into::into).map_err(|_| {
        let message =
            format!("The request was cut off or is longer than {MAX_REQUEST_BYTES} bytes.");
        Code::RequestTooLarge.because(message)
    })
}

async fn dispatch(queues: &Queues, operation: &str, base: &str, body: &[u8]) -> Result<Vec<u8>> {
    match operation {
        "ChangeMessageVisibility" => json(queues.change_message_visibility(&parse(body)?)),
        "ChangeMessageVisibilityBatch" => {
            json(queues.change_message_visibility_batch(parse(body)?))
        }
        "CreateQueue" => json(queues.create_queue(base, parse(body)?)),
        "DeleteMessage" => json(queues.delete_message(&parse(body)?)),
        "DeleteMessageBatch" => json(queues.delete_message_batch(parse(body)?)),
        "DeleteQueue" => json(queues.delete_queue(parse(body)?)),
        "GetQueueAttributes" => json(queues.get_queue_attributes(&parse(body)?)),
        "GetQueueUrl" => json(queues.get_queue_url(base, parse(body)?)),
        "ListDeadLetterSourceQueues" => {
            json(queues.list_dead_letter_source_queues(base, &parse(body)?))
        }
        "ListMessageMoveTasks" => json(queues.list_message_move_tasks(&parse(body)?)),
        "ListQueues" => json(queues.list_queues(base, &parse(body)?)),
        "PurgeQueue" => json(queues.purge_queue(&parse(body)?)),
        "ReceiveMessage" => json(queues.receive_message(parse(body)?).await),
        "SendMessage" => json(queues.send_message(parse(body)?)),
        "SendMessageBatch" => json(queues.send_message_batch(parse(body)?)),
        "SetQueueAttributes" => json(queues.set_queue_attributes(&parse(body)?)),
        "StartMessageMoveTask" => json(queues.start_message_move_task(parse(body)?)),
        "AddPermission"
        | "CancelMessageMoveTask"
        | "ListQueueTags"
        | "RemovePermission"
        | "TagQueue"
        | "UntagQueue" => Err(Code::UnsupportedOperation
            .because(format!("{operation} is not supported by this local SQS."))),
        _ => Err(Code::UnknownOperation.because(format!("SQS has no operation {operation}."))),
    }
}

fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T> {
    serde_json::from_slice(body).map_err(|error| {
        Code::Serialization.because(format!("The request can't be read: {error}."))
    })
}

fn json<T: Serialize>(answer: Result<T>) -> Result<Vec<u8>> {
    serde_json::to_vec(&answer?).map_err(|error| {
        Code::Serialization.because(format!("The answer can't be written: {error}."))
    })
}

/// Returns the error in two places: SDKs from the time of the query protocol read the header, the others `__type`.
fn refusal(error: &Error) -> Response {
    let body = serde_json::json!({ "__type": error.code.shape(), "message": error.message });
    let query_error = format!("{};Sender", error.code.query_code());
    let headers = [
        (
            header::CONTENT_TYPE.as_str(),
            "application/x-amz-json-1.0".to_owned(),
        ),
        ("x-amzn-query-error", query_error),
    ];
    (error.code.status(), headers, body.to_string()).into_response()
}
