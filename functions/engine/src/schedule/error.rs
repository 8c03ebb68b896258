//! Errors of Scheduler.

use std::error::Error;

use crate::signed::RequestError;

/// An error of EventBridge Scheduler.
#[derive(Debug, thiserror::Error)]
pub enum ScheduleError {
    /// Scheduler is not reachable, throttles or fails, has as many schedules as the account may have, or has another schedule of this name. Try
    /// again later.
    #[error("EventBridge Scheduler is not available")]
    Unavailable(#[source] Box<dyn Error + Send + Sync>),
    /// Scheduler refused a request of the function: a permission is missing, or the group, the role or a queue of the deployment.
    #[error("EventBridge Scheduler refused a request: {status} {code}")]
    Refused {
        /// The status code.
        status: u16,
        /// The error, such as `ValidationException`; empty without one.
        code: String,
    },
    /// There are no credentials, or a request cannot be signed with them.
    #[error("a request for EventBridge Scheduler cannot be signed")]
    Unsigned(#[source] Box<dyn Error + Send + Sync>),
}

/// `ServiceQuotaExceededException`.
const QUOTA_EXCEEDED: u16 = 402;

/// `ConflictException`.
const CONFLICT: u16 = 409;

impl From<RequestError> for ScheduleError {
    fn from(error: RequestError) -> Self {
        match error {
            RequestError::Unavailable(source) => Self::Unavailable(source),
            RequestError::Refused {
                status: QUOTA_EXCEEDED | CONFLICT,
                ..
            } => Self::Unavailable(error.into()),
            RequestError::Refused { status, code } => Self::Refused { status, code },
            RequestError::Unsigned(source) => Self::Unsigned(source),
        }
    }
}
