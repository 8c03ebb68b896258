//! Failures of ours, as a client sees them. Each is logged here, once, with what the client must not see.

use std::error::Error;

use engine::{QueueError, StoreError};

use crate::{Problem, ProblemKind};

/// Faults of DynamoDB and SQS pass in seconds.
const RETRY_AFTER_SECONDS: u8 = 2;

/// The table gave no answer that can be used.
#[must_use]
pub fn store_problem(error: &StoreError) -> Problem {
    match error {
        StoreError::Unavailable(source) => unavailable(error, Some(source.as_ref())),
        StoreError::Corrupt(_) | StoreError::NoResult(_) => internal(error),
        // The same answer as to an id that was never issued.
        StoreError::Foreign(_) => {
            tracing::error!("{error}");
            Problem::new(ProblemKind::JobNotFound)
        }
    }
}

/// The queue gave no answer that can be used.
#[must_use]
pub fn queue_problem(error: &QueueError) -> Problem {
    match error {
        QueueError::Unavailable(source) => unavailable(error, Some(source.as_ref())),
    }
}

/// A document could not be written as JSON.
#[must_use]
pub fn unwritable(error: &serde_json::Error) -> Problem {
    internal(error)
}

/// The table and the queue together took longer than a client can be left waiting.
#[must_use]
pub fn too_late() -> Problem {
    tracing::error!("no answer in time");
    Problem::new(ProblemKind::Unavailable).header("retry-after", RETRY_AFTER_SECONDS.to_string())
}

fn unavailable(error: &dyn Error, source: Option<&(dyn Error + Send + Sync + 'static)>) -> Problem {
    tracing::error!(error.source = ?source, "{error}");
    Problem::new(ProblemKind::Unavailable).header("retry-after", RETRY_AFTER_SECONDS.to_string())
}

fn internal(error: &dyn Error) -> Problem {
    tracing::error!("{error}");
    Problem::new(ProblemKind::InternalError)
}
