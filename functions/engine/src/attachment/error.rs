//! Errors of reading.

use crate::{Failure, JobError, ServiceError};

/// Why an upload cannot be read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ReadError {
    /// It does not exist any more.
    #[error("the upload does not exist any more")]
    Gone(#[source] Option<ServiceError>),
    /// It has another content than when the job was submitted.
    #[error("the upload has changed since the job was submitted")]
    Changed,
    /// The bucket does not answer.
    #[error("the upload cannot be read at the moment")]
    Unavailable(#[from] ServiceError),
    /// The stream ended before the content did.
    #[error("the upload was not read to its end")]
    Interrupted,
    /// The attempt must stop.
    #[error("the attempt is being stopped")]
    Stopped,
}

impl ReadError {
    /// The meaning of a refusal of the bucket. Without permission to list it, S3 answers 403 for an object that does not exist.
    pub(crate) fn of(refused: ServiceError) -> Self {
        match &refused {
            ServiceError::Refused { status: 404, .. } => Self::Gone(Some(refused)),
            ServiceError::Refused {
                status: 403, code, ..
            } if code == "AccessDenied" => Self::Gone(Some(refused)),
            ServiceError::Refused { status: 412, .. } => Self::Changed,
            _ => Self::Unavailable(refused),
        }
    }

    /// Whether the next attempt would meet it again.
    pub(crate) fn is_permanent(&self) -> bool {
        self.failure().is_some()
    }

    /// The error of the job, if the next attempt would meet it again.
    pub(crate) fn failure(&self) -> Option<Failure> {
        let code = match self {
            Self::Gone(_) => "upload-gone",
            Self::Changed => "upload-changed",
            Self::Unavailable(_) | Self::Interrupted | Self::Stopped => return None,
        };
        Some(Failure::new(code, &self.to_string()))
    }

    /// What ends or retries the job.
    pub(crate) fn into_job_error(self) -> JobError {
        self.failure()
            .map_or_else(|| self.into(), JobError::Permanent)
    }
}
