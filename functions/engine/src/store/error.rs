//! Errors of the table.

use std::error::Error;

use crate::{Attribute, JobId, QueueError};

/// An error of the table.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The table is not reachable, throttles or refuses. It is unknown whether a write took effect. Try again later.
    #[error("the table did not answer")]
    Unavailable(#[source] Box<dyn Error + Send + Sync>),
    /// The message that must precede the end of a job was not sent, so the end was not written. Try again later.
    #[error("the message about the end of a job was not sent")]
    Unannounced(#[source] QueueError),
    /// This service did not write the item. Trying again does not help.
    #[error("an item of the table has no valid attribute {}", .0.name())]
    Corrupt(Attribute),
    /// A job has succeeded, but the item with its result does not exist. Trying again does not help.
    #[error("the item with the result of job {0} is missing")]
    NoResult(JobId),
    /// The record belongs to another owner than the caller. Trying again does not help.
    #[error("the record of job {0} belongs to another owner than its id")]
    Foreign(JobId),
}

impl StoreError {
    /// The error of an SDK call that failed for another reason than its condition.
    pub(crate) fn unavailable(error: impl Error + Send + Sync + 'static) -> Self {
        Self::Unavailable(Box::new(error))
    }
}
