//! What can go wrong between the engine and the table.

use std::error::Error;

use crate::{Attribute, JobId};

/// Why the table gave no answer that can be used.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The table is out of reach, throttled or refuses: nothing is known about whether a write took effect. Try again later.
    #[error("the table gave no answer")]
    Unavailable(#[source] Box<dyn Error + Send + Sync>),
    /// An item is not one that this service wrote. Trying again does not help.
    #[error("an item of the table has no usable attribute {}", .0.name())]
    Corrupt(Attribute),
    /// A job has succeeded, and the item that its record names for the result does not exist. Trying again does not help.
    #[error("the item with the result of job {0} is missing")]
    NoResult(JobId),
    /// The record belongs to another owner than the one whose request this is. Trying again does not help.
    #[error("the record of job {0} belongs to another owner than its id")]
    Foreign(JobId),
}

impl StoreError {
    /// Any failure of an SDK call that is not a condition that did not hold.
    pub(crate) fn unavailable(error: impl Error + Send + Sync + 'static) -> Self {
        Self::Unavailable(Box::new(error))
    }
}
