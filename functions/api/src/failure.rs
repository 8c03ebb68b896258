//! Problems that are the service's fault. Each is logged here, once, with the details that the client must not see.

use std::error::Error;

use engine::{QueueError, ServiceError, StoreError};

use crate::{Problem, ProblemKind};

/// Faults of AWS services pass within seconds.
const RETRY_AFTER_SECONDS: u8 = 2;

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        match &error {
            StoreError::Unavailable(source) => unavailable(&error, source.as_ref()),
            StoreError::Unannounced(source) => unavailable(&error, source),
            StoreError::Corrupt(_) | StoreError::NoResult(_) => {
                logged(&error, ProblemKind::InternalError)
            }
            // The client gets the same answer as for an id that was never issued.
            StoreError::Foreign(_) => logged(&error, ProblemKind::JobNotFound),
        }
    }
}

impl From<QueueError> for Problem {
    fn from(error: QueueError) -> Self {
        unavailable(&error, error.0.as_ref())
    }
}

impl From<ServiceError> for Problem {
    fn from(error: ServiceError) -> Self {
        match &error {
            ServiceError::Unavailable(_, source) => unavailable(&error, source.as_ref()),
            ServiceError::Missing(_) => Problem::new(ProblemKind::ResultGone),
            ServiceError::Refused { .. } => logged(&error, ProblemKind::InternalError),
            ServiceError::Unsigned(_, source) => unsigned(&error, source.as_ref()),
        }
    }
}

/// The problem of a command that AWS did not complete in time.
#[must_use]
pub fn too_late() -> Problem {
    tracing::error!("command timed out");
    try_again()
}

fn unavailable(error: &dyn Error, source: &(dyn Error + Send + Sync + 'static)) -> Problem {
    tracing::error!(error.source = ?source, "{error}");
    try_again()
}

fn unsigned(error: &dyn Error, source: &(dyn Error + Send + Sync + 'static)) -> Problem {
    tracing::error!(error.source = ?source, "{error}");
    Problem::new(ProblemKind::InternalError)
}

fn try_again() -> Problem {
    Problem::new(ProblemKind::Unavailable).header("retry-after", RETRY_AFTER_SECONDS.to_string())
}

fn logged(error: &dyn Error, kind: ProblemKind) -> Problem {
    tracing::error!("{error}");
    Problem::new(kind)
}
