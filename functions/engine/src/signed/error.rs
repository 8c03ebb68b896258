//! Errors of the services without an SDK client.

use std::error::Error;
use std::fmt;

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_types::byte_stream::ByteStream;
use tokio::time::timeout;

use crate::aws::ATTEMPT;

/// A service, with settings of its own for signatures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Service {
    /// S3: the bucket.
    S3,
    /// EventBridge Scheduler.
    Scheduler,
}

/// As error messages name it.
impl fmt::Display for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::S3 => "the bucket",
            Self::Scheduler => "EventBridge Scheduler",
        })
    }
}

/// An error of the bucket or of EventBridge Scheduler.
#[derive(Debug, thiserror::Error)]
pub enum ServiceError {
    /// The service is not reachable, throttles or fails. Scheduler also: it has as many schedules as the account may have, or another
    /// one of this name. Try again later.
    #[error("{0} is not available")]
    Unavailable(Service, #[source] Box<dyn Error + Send + Sync>),
    /// The deployment has no such service, or no longer has it: a bucket.
    #[error("{0} does not exist")]
    Missing(Service),
    /// The service refused a request of the function: a permission is missing, the clock is wrong, or Scheduler does not know the group, the
    /// role or a queue of the deployment.
    #[error("{service} refused a request: {status} {code}")]
    Refused {
        /// The service.
        service: Service,
        /// The status code.
        status: u16,
        /// The service's code, such as `AccessDenied` or `ValidationException`; empty without one.
        code: String,
    },
    /// There are no credentials, or a request cannot be signed with them.
    #[error("a request for {0} cannot be signed")]
    Unsigned(Service, #[source] Box<dyn Error + Send + Sync>),
}

impl Service {
    /// The name in its signatures.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::S3 => "s3",
            Self::Scheduler => "scheduler",
        }
    }

    pub(crate) fn unavailable(self, e: impl Into<Box<dyn Error + Send + Sync>>) -> ServiceError {
        ServiceError::Unavailable(self, e.into())
    }

    pub(super) fn unsigned(self, e: impl Into<Box<dyn Error + Send + Sync>>) -> ServiceError {
        ServiceError::Unsigned(self, e.into())
    }

    /// The error for a response that refuses a request. Its code is empty if its body does not arrive soon.
    pub(crate) async fn refusal(self, answer: HttpResponse) -> ServiceError {
        let status = answer.status().as_u16();
        let code = match answer.headers().get("x-amzn-errortype") {
            // `ConflictException:http://internal.amazon.com/coral/…`
            Some(shape) => shape.split(':').next().unwrap_or_default().to_owned(),
            None => timeout(ATTEMPT, code_in_body(answer))
                .await
                .unwrap_or_default(),
        };
        ServiceError::Refused {
            service: self,
            status,
            code,
        }
    }
}

/// The code in an error's body: `<Error><Code>AccessDenied</Code>…`. Empty if there is none; a response to HEAD has no body.
async fn code_in_body(answer: HttpResponse) -> String {
    let mut body = ByteStream::new(answer.into_body());
    let mut text = Vec::new();
    while let Some(Ok(chunk)) = body.next().await
        && text.len() < 4_096
    {
        text.extend_from_slice(&chunk);
    }
    let text = String::from_utf8_lossy(&text);
    let code = text.split_once("<Code>").map(|(_, rest)| rest);
    let code = code.and_then(|rest| rest.split_once("</Code>"));
    code.map(|(code, _)| code.to_owned()).unwrap_or_default()
}
