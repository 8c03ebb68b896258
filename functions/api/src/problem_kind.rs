//! The problem types: one closed enum, which defines everything else.

use http::StatusCode;

/// A problem type. It defines the last part of the problem's `type`, its title and its status.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProblemKind {
    /// The body is not JSON.
    MalformedJson,
    /// A query parameter is invalid.
    InvalidQuery,
    /// The `Idempotency-Key` is not a string of 1 to 255 visible characters.
    InvalidIdempotencyKey,
    /// The authorizer identified nobody that a job could belong to.
    NoOwner,
    /// There is no such resource.
    NotFound,
    /// The caller has no such job.
    JobNotFound,
    /// The job has not finished.
    ResultNotReady,
    /// The resource does not support the method.
    MethodNotAllowed,
    /// The resource has no representation that the client accepts.
    NotAcceptable,
    /// The job has finished.
    JobFinished,
    /// The job is past its deadline, and not yet shown as failed.
    JobOverdue,
    /// The job has not finished.
    JobActive,
    /// The job has expired or was deleted.
    JobExpired,
    /// There is no result, because the job failed.
    JobFailed,
    /// There is no result, because the job was canceled.
    JobCanceled,
    /// The result was in a bucket that the deployment no longer has.
    ResultGone,
    /// The body does not fit into a message.
    BodyTooLarge,
    /// The body is of a media type that is not JSON.
    UnsupportedMediaType,
    /// The body is JSON but does not describe a job that can be accepted.
    InvalidJob,
    /// No item of a batch can be accepted as it is.
    BatchRefused,
    /// The body is JSON but does not describe an upload that can be accepted.
    InvalidUpload,
    /// The `Idempotency-Key` was used for another request.
    IdempotencyKeyReused,
    /// The service has an internal error.
    InternalError,
    /// The service is temporarily unavailable.
    Unavailable,
}

impl ProblemKind {
    /// All of them, in the order of their status codes.
    pub const ALL: [Self; 24] = [
        Self::MalformedJson,
        Self::InvalidQuery,
        Self::InvalidIdempotencyKey,
        Self::NoOwner,
        Self::NotFound,
        Self::JobNotFound,
        Self::ResultNotReady,
        Self::MethodNotAllowed,
        Self::NotAcceptable,
        Self::JobFinished,
        Self::JobOverdue,
        Self::JobActive,
        Self::JobExpired,
        Self::JobFailed,
        Self::JobCanceled,
        Self::ResultGone,
        Self::BodyTooLarge,
        Self::UnsupportedMediaType,
        Self::InvalidJob,
        Self::BatchRefused,
        Self::InvalidUpload,
        Self::IdempotencyKeyReused,
        Self::InternalError,
        Self::Unavailable,
    ];

    /// Status, last part of the type, title and explanation.
    #[expect(
        clippy::too_many_lines,
        reason = "a table with a row for each kind reads best whole"
    )]
    const fn parts(self) -> (StatusCode, &'static str, &'static str, &'static str) {
        use StatusCode as S;
        match self {
            Self::MalformedJson => (
                S::BAD_REQUEST,
                "malformed-json",
                "The body is not valid JSON",
                "The request body must be a single JSON value (RFC 8259) in UTF-8. The detail says where parsing failed. Nothing was stored.",
            ),
            Self::InvalidQuery => (
                S::BAD_REQUEST,
                "invalid-query",
                "A query parameter is invalid",
                "The detail names the parameter and the values that it accepts.",
            ),
            Self::InvalidIdempotencyKey => (
                S::BAD_REQUEST,
                "invalid-idempotency-key",
                "The Idempotency-Key is invalid",
                "An Idempotency-Key is a string of 1 to 255 visible ASCII characters, with or without quotes. Nothing was stored.",
            ),
            Self::NoOwner => (
                S::FORBIDDEN,
                "no-owner",
                "The credentials do not identify an owner",
                "The gateway let the request through but supplied no subject or principal that a job could belong to.",
            ),
            Self::NotFound => (
                S::NOT_FOUND,
                "not-found",
                "There is no such resource",
                "This service has no resource at this path.",
            ),
            Self::JobNotFound => (
                S::NOT_FOUND,
                "job-not-found",
                "You have no job with this id",
                "No job with this id was ever issued to you. A job that belongs to someone else looks the same.",
            ),
            Self::ResultNotReady => (
                S::NOT_FOUND,
                "result-not-ready",
                "There is no result yet",
                "The job has not finished. Check its status URI, and try again after the time given in Retry-After.",
            ),
            Self::MethodNotAllowed => (
                S::METHOD_NOT_ALLOWED,
                "method-not-allowed",
                "The resource does not support this method",
                "The Allow header lists the methods that the resource supports.",
            ),
            Self::NotAcceptable => (
                S::NOT_ACCEPTABLE,
                "not-acceptable",
                "The resource is not available in a format that Accept allows",
                "The member 'available' lists the media types of this resource. Without an Accept header, you get the first one.",
            ),
            Self::JobFinished => (
                S::CONFLICT,
                "job-finished",
                "The job has already finished",
                "A finished job cannot be canceled. Its status URI says how it ended.",
            ),
            Self::JobOverdue => (
                S::CONFLICT,
                "job-overdue",
                "The job is past its deadline",
                "The job did not finish by its deadline, so nothing is left to cancel. Unless a result is already on its way, the job will be shown as failed at the time that the detail gives, up to 6 minutes after the deadline.",
            ),
            Self::JobActive => (
                S::CONFLICT,
                "job-active",
                "The job has not finished",
                "Only a finished job can be deleted. Cancel it first.",
            ),
            Self::JobExpired => (
                S::GONE,
                "job-expired",
                "The job has expired or was deleted",
                "This job was yours. Its record was deleted, either by you or because its retention period ended, and it will not come back. (Reusing its Idempotency-Key creates a new job at this URI.)",
            ),
            Self::JobFailed => (
                S::GONE,
                "job-failed",
                "There is no result because the job failed",
                "The job ended with an error and will never have a result. The detail gives the error.",
            ),
            Self::JobCanceled => (
                S::GONE,
                "job-canceled",
                "There is no result because the job was canceled",
                "The job was canceled by its owner and will never have a result.",
            ),
            Self::ResultGone => (
                S::GONE,
                "result-gone",
                "The result does not exist any more",
                "The job succeeded, but its result was in the bucket of large payloads, which this deployment no longer has.",
            ),
            Self::BodyTooLarge => (
                S::PAYLOAD_TOO_LARGE,
                "body-too-large",
                "The body is too large",
                "A job must fit in one queue message. The member 'limit-bytes' gives the maximum size of the body. Nothing was stored.",
            ),
            Self::UnsupportedMediaType => (
                S::UNSUPPORTED_MEDIA_TYPE,
                "unsupported-media-type",
                "The body does not have a JSON media type",
                "Send the job as application/json. Nothing was stored.",
            ),
            Self::InvalidJob => (
                S::UNPROCESSABLE_ENTITY,
                "invalid-job",
                "The job cannot be accepted",
                "The body is JSON but does not describe a job that can be accepted. The member 'errors' lists what is wrong and where (JSON Pointers, RFC 6901). Nothing was stored.",
            ),
            Self::BatchRefused => (
                S::UNPROCESSABLE_ENTITY,
                "batch-refused",
                "No job of the batch can be accepted",
                "The body is an array, and each item of it has a problem of its own. The member 'items' has them, in the order of the request. Nothing was stored.",
            ),
            Self::InvalidUpload => (
                S::UNPROCESSABLE_ENTITY,
                "invalid-upload",
                "The upload cannot be accepted",
                "The body is JSON but does not describe an upload that this deployment accepts. The member 'errors' lists what is wrong and where (JSON Pointers, RFC 6901).",
            ),
            Self::IdempotencyKeyReused => (
                S::UNPROCESSABLE_ENTITY,
                "idempotency-key-reused",
                "The Idempotency-Key was used for a different request",
                "You submitted a different body under this key, and that job still exists. Use a new key for a new job.",
            ),
            Self::InternalError => (
                S::INTERNAL_SERVER_ERROR,
                "internal-error",
                "The service has an internal error",
                "Retrying will not help. The operator can find the cause in the log by the request id.",
            ),
            Self::Unavailable => (
                S::SERVICE_UNAVAILABLE,
                "unavailable",
                "The service is temporarily unavailable",
                "The table, the queue or the bucket did not answer in time. Try again after the time given in Retry-After. If you were submitting a job, use the same Idempotency-Key, because the job may already have been accepted.",
            ),
        }
    }

    /// The status code.
    #[must_use]
    pub const fn status(self) -> StatusCode {
        self.parts().0
    }

    /// The last part of the problem type's URI.
    #[must_use]
    pub const fn slug(self) -> &'static str {
        self.parts().1
    }

    /// The problem type in a few words; always the same.
    #[must_use]
    pub const fn title(self) -> &'static str {
        self.parts().2
    }

    /// What a client should know about it; shown on the page of the problem type.
    #[must_use]
    pub const fn explanation(self) -> &'static str {
        self.parts().3
    }

    /// The kind with this last part of the URI.
    #[must_use]
    pub fn of_slug(slug: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.slug() == slug)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn every_kind_has_a_slug_of_its_own_and_is_found_by_it() {
        let slugs: HashSet<_> = ProblemKind::ALL.iter().map(|kind| kind.slug()).collect();
        assert_eq!(slugs.len(), ProblemKind::ALL.len());
        for kind in ProblemKind::ALL {
            assert_eq!(ProblemKind::of_slug(kind.slug()), Some(kind));
            assert!(kind.status().is_client_error() || kind.status().is_server_error());
        }
    }
}
