//! Problems that are the service's fault. Each is logged here, once, with the details that the client must not see.

use std::error::Error;

use engine::{QueueError, ServiceError, StoreError};

use crate::{Problem, ProblemKind};

/// Faults of AWS services pass within seconds.
const RETRY_AFTER_SECONDS: u8 = 2;

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        match &error {
            StoreError::Unavailable(_) | StoreError::Unannounced(_) => unavailable(&error),
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
        unavailable(&error)
    }
}

impl From<ServiceError> for Problem {
    fn from(error: ServiceError) -> Self {
        match &error {
            ServiceError::Unavailable(..) => unavailable(&error),
            ServiceError::Missing(_) => Problem::new(ProblemKind::ResultGone),
            ServiceError::Refused { .. } | ServiceError::Unsigned(..) => {
                logged(&error, ProblemKind::InternalError)
            }
        }
    }
}

/// The problem of a command that AWS did not complete in time.
#[must_use]
pub fn too_late() -> Problem {
    tracing::error!("command timed out");
    try_again(Problem::new(ProblemKind::Unavailable))
}

fn unavailable(error: &dyn Error) -> Problem {
    try_again(logged(error, ProblemKind::Unavailable))
}

fn try_again(problem: Problem) -> Problem {
    problem.header("retry-after", RETRY_AFTER_SECONDS.to_string())
}

fn logged(error: &dyn Error, kind: ProblemKind) -> Problem {
    tracing::error!(error.source = error.source().map(debug), "{error}");
    Problem::new(kind)
}
