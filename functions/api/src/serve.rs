//! The loop of a function behind an API.

use std::future::Future;
use std::pin::Pin;

use lambda_http::lambda_runtime;
use lambda_http::{Error, LambdaEvent, service_fn};

use crate::answer::Response;
use crate::event::Event;
use crate::{Answer, GatewayConfig, Incoming};

/// Serves requests one after another until the process ends. Converts events of an HTTP API (payload 2.0), a REST API (1.0) and a
/// function URL to [`Incoming`], and the handler's [`Answer`] to the format that all three expect.
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
        let is_head = incoming.method == http::Method::HEAD;
        // Boxed, because the type of the future is nested too deeply for the compiler.
        let answer: Pin<Box<dyn Future<Output = Answer> + Send + '_>> = Box::pin(handle(incoming));
        let answer = answer.await;
        let response = Response::of(answer, is_head);
        Ok::<_, Error>(if is_payload_2 {
            response.of_payload_2()
        } else {
            response
        })
    });
    lambda_runtime::run(service).await
}
