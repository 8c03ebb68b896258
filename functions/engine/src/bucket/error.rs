//! Errors of the bucket.

use std::error::Error;

use crate::signed::RequestError;

/// An error of the bucket.
#[derive(Debug, thiserror::Error)]
pub enum BucketError {
    /// The bucket is not reachable, throttles or fails. Try again later.
    #[error("the bucket did not answer")]
    Unavailable(#[source] Box<dyn Error + Send + Sync>),
    /// The deployment has no bucket, or no longer has one.
    #[error("there is no bucket")]
    Missing,
    /// The bucket refused a request of the function: a permission is missing, or the clock is wrong.
    #[error("the bucket refused a request: {status} {code}")]
    Refused {
        /// The status code.
        status: u16,
        /// The code of S3, such as `AccessDenied`; empty without one.
        code: String,
    },
    /// There are no credentials, or a request cannot be signed with them.
    #[error("a request for the bucket cannot be signed")]
    Unsigned(#[source] Box<dyn Error + Send + Sync>),
}

impl BucketError {
    pub(super) fn unavailable(error: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::Unavailable(error.into())
    }
}

impl From<RequestError> for BucketError {
    fn from(error: RequestError) -> Self {
        match error {
            RequestError::Unavailable(source) => Self::Unavailable(source),
            RequestError::Refused { status, code } => Self::Refused { status, code },
            RequestError::Unsigned(source) => Self::Unsigned(source),
        }
    }
}
