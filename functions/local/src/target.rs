//! Receiver of a queue's batches.

use std::time::Duration;

use axum::body::Bytes;
use reqwest::{StatusCode, Url};

use crate::invoke_error::InvokeError;
use crate::pool::Pool;

/// A function that can be invoked: by our own processes, or by an endpoint that runs it elsewhere.
#[derive(Clone)]
pub enum Target {
    /// Our own processes.
    Pool(Pool),
    /// Lambda's `Invoke` call, as `cargo lambda watch` answers it.
    Endpoint(Endpoint),
}

/// An endpoint that invokes a function over HTTP.
#[derive(Clone, Debug)]
pub struct Endpoint {
    http: reqwest::Client,
    url: Url,
}

impl From<Pool> for Target {
    fn from(pool: Pool) -> Self {
        Self::Pool(pool)
    }
}

/// Interval at which an endpoint that does not listen yet is tried again.
const LOOK_EVERY: Duration = Duration::from_millis(500);

/// Maximum wait for an answer: the ten minutes that `cargo lambda watch` grants each invocation, plus a margin. It never answers an
/// invocation whose process died.
const LONGEST_INVOCATION: Duration = Duration::from_secs(610);

impl Endpoint {
    /// Returns the endpoint of the function with this name at a server on loopback.
    ///
    /// # Errors
    /// If no HTTP client can be built, or the URL cannot be a base.
    pub(crate) fn new(server: &Url, function: &str) -> Result<Self, Box<dyn std::error::Error>> {
        let path = format!("2015-03-31/functions/{function}/invocations");
        Ok(Self {
            http: reqwest::Client::builder()
                .no_proxy()
                .timeout(LONGEST_INVOCATION)
                .build()?,
            url: server.join(&path)?,
        })
    }

    /// Waits until the endpoint listens. A message received earlier would only use up its visibility timeout.
    async fn ready(&self) {
        let address = self.url.socket_addrs(|| None).unwrap_or_default();
        while tokio::net::TcpStream::connect(&address[..]).await.is_err() {
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }

    async fn invoke(&self, event: String) -> Result<Bytes, InvokeError> {
        let unreachable = |error: reqwest::Error| {
            if error.is_timeout() {
                InvokeError::TimedOut {
                    after: LONGEST_INVOCATION,
                }
            } else {
                InvokeError::InitFailed {
                    reason: error.to_string(),
                }
            }
        };
        let sent = self.http.post(self.url.clone()).body(event).send().await;
        let answer = sent.map_err(unreachable)?;
        let status = answer.status();
        let body = answer.bytes().await.map_err(unreachable)?;
        if status == StatusCode::OK {
            return Ok(body);
        }
        Err(InvokeError::FunctionError {
            error_type: status.to_string(),
            message: String::from_utf8_lossy(&body).into_owned(),
        })
    }
}

impl Target {
    pub(crate) async fn ready(&self) {
        if let Self::Endpoint(endpoint) = self {
            endpoint.ready().await;
        }
    }

    pub(crate) async fn invoke(&self, event: String) -> Result<Bytes, InvokeError> {
        match self {
            Self::Pool(pool) => pool.invoke(event).await,
            Self::Endpoint(endpoint) => endpoint.invoke(event).await,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::Router;
    use axum::extract::Path;
    use axum::routing::post;
    use tokio::net::TcpListener;

    /// Answers like `cargo lambda watch`: with the function's answer, or with 500 and its error.
    async fn serve(listener: TcpListener) {
        let invoked = |Path(function): Path<String>, event: String| async move {
            if event == "bad" {
                (StatusCode::INTERNAL_SERVER_ERROR, "an error".to_owned())
            } else {
                (StatusCode::OK, format!("{function} had {event}"))
            }
        };
        let router = Router::new().route(
            "/2015-03-31/functions/{function}/invocations",
            post(invoked),
        );
        axum::serve(listener, router).await.unwrap();
    }

    async fn free_port() -> (TcpListener, Target) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let endpoint = Endpoint::new(&url.parse().unwrap(), "worker").unwrap();
        (listener, Target::Endpoint(endpoint))
    }

    #[tokio::test]
    async fn an_endpoint_that_listens_gives_what_the_function_answers() {
        let (listener, target) = free_port().await;
        let address = listener.local_addr().unwrap();
        drop(listener);
        let too_early = tokio::time::timeout(LOOK_EVERY, target.ready());
        assert!(too_early.await.is_err());
        tokio::spawn(serve(TcpListener::bind(address).await.unwrap()));
        target.ready().await;

        let answer = target.invoke("good".to_owned()).await;
        assert_eq!(answer.unwrap(), "worker had good");
        let answer = target.invoke("bad".to_owned()).await;
        let message = answer.unwrap_err().to_string();
        assert_eq!(message, "500 Internal Server Error: an error");
    }

    #[tokio::test(start_paused = true)]
    async fn an_invocation_that_nobody_answers_is_over_after_a_while() {
        let (_listener, target) = free_port().await;

        let invoked =
            tokio::time::timeout(LONGEST_INVOCATION * 2, target.invoke("event".to_owned())).await;
        assert!(
            matches!(invoked, Ok(Err(InvokeError::TimedOut { .. }))),
            "{invoked:?}"
        );
    }
}
