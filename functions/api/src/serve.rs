//! The loop of a function behind an API.

use std::future::Future;
use std::pin::Pin;

use lambda_http::lambda_runtime;
use lambda_http::{Error, LambdaEvent, service_fn};

use crate::answer::Response;
use crate::event::Event;
use crate::{Answer, GatewayConfig, Incoming, PROBLEM_JSON};

/// Serves requests one after another until the process ends. Converts events of an HTTP API (payload 2.0), a REST API (1.0) and a
/// function URL to [`Incoming`], and the handler's [`Answer`] to the format that all three expect.
///
/// If a schedule sent the event (`events/submit-scheduled.json`), any answer other than 2xx fails the invocation: to Lambda, a
/// returned 503 is a success, which it would neither try again nor send to the queue for failures.
///
/// # Errors
/// If the Lambda Runtime API is not reachable.
pub async fn serve<F, H>(gateway: GatewayConfig, handle: H) -> Result<(), Error>
where
    H: Fn(Incoming) -> F,
    F: Future<Output = Answer> + Send,
{
    let (handle, gateway) = (&handle, &gateway);
    let service = service_fn(move |event: LambdaEvent<Event>| async move {
        let is_payload_2 = matches!(event.payload, Event::Payload2(_));
        let incoming = Incoming::read(event.payload, &event.context, gateway);
        let is_scheduled = incoming.is_scheduled;
        let is_head = incoming.method == http::Method::HEAD;
        // Boxed, because the type of the future is nested too deeply for the compiler.
        let answer: Pin<Box<dyn Future<Output = Answer> + Send + '_>> = Box::pin(handle(incoming));
        let answer = answer.await;
        if is_scheduled && !answer.status.is_success() {
            return Err(refusal(&answer));
        }
        Ok::<_, Error>(Response::of(answer, is_head, is_payload_2))
    });
    lambda_runtime::run(service).await
}

/// The error of a scheduled event that was refused, which is logged here. The problem is JSON, so no control character and no line break
/// of the event's data can appear in the log.
fn refusal(answer: &Answer) -> Error {
    let is_problem = answer
        .headers
        .get("content-type")
        .is_some_and(|kind| kind == PROBLEM_JSON);
    let problem = if is_problem { answer.body.as_str() } else { "" };
    let error = format!(
        "the scheduled event was refused: {} {problem}",
        answer.status
    );
    tracing::error!("{error}");
    error.into()
}
