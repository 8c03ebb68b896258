//! Problems that are the service's fault. Each is logged here, once, with the details that the client must not see.

use std::error::Error;

use engine::{BucketError, QueueError, StoreError};

use crate::{Problem, ProblemKind};

/// Faults of DynamoDB, SQS and S3 pass within seconds.
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
        match &error {
            QueueError::Unavailable(source) => unavailable(&error, source.as_ref()),
        }
    }
}

impl From<BucketError> for Problem {
    fn from(error: BucketError) -> Self {
        match &error {
            BucketError::Unavailable(source) => unavailable(&error, source.as_ref()),
            BucketError::Missing => Problem::new(ProblemKind::ResultGone),
            BucketError::Refused { .. } => logged(&error, ProblemKind::InternalError),
            BucketError::Unsigned(source) => {
                tracing::error!(error.source = ?source, "{error}");
                Problem::new(ProblemKind::InternalError)
            }
        }
    }
}

/// The problem of a command that the table and the queue did not complete in time.
#[must_use]
pub fn too_late() -> Problem {
    tracing::error!("command timed out");
    try_again()
}

fn unavailable(error: &dyn Error, source: &(dyn Error + Send + Sync + 'static)) -> Problem {
    tracing::error!(error.source = ?source, "{error}");
    try_again()
}

fn try_again() -> Problem {
    Problem::new(ProblemKind::Unavailable).header("retry-after", RETRY_AFTER_SECONDS.to_string())
}

fn logged(error: &dyn Error, kind: ProblemKind) -> Problem {
    tracing::error!("{error}");
    Problem::new(kind)
}
