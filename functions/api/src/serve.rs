//! The loop of a function behind an API.

use std::future::Future;
use std::pin::Pin;

use lambda_http::lambda_runtime;
use lambda_http::{Error, LambdaEvent, service_fn};

use crate::answer::Response;
use crate::event::Event;
use crate::{Answer, Entrance, Incoming};

/// Serves requests one after another until the process ends: events of an HTTP API (payload 2.0), a REST API (1.0) and a
/// function URL are turned into [`Incoming`], and the handler's [`Answer`] into what all three take.
///
/// # Errors
/// When the Lambda Runtime API is out of reach.
pub async fn serve<F, H>(entrance: Entrance, handle: H) -> Result<(), Error>
where
    H: Fn(Incoming) -> F,
    F: Future<Output = Answer> + Send,
{
    let (handle, entrance) = (&handle, &entrance);
    let service = service_fn(move |event: LambdaEvent<Event>| async move {
        let is_payload_2 = matches!(event.payload, Event::Payload2(_));
        let incoming = Incoming::read(event.payload, &event.context, entrance);
        let is_head = incoming.method == http::Method::HEAD;
        // Boxed: the layout of what is awaited here is deeper than the compiler follows.
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
