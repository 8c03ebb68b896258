//! What can go wrong for a client: one closed enum, and everything else is made from it.

use http::StatusCode;

/// Everything that can go wrong for a client. The last part of a problem's `type`, its title and its status follow from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProblemKind {
    /// The body is not JSON.
    MalformedJson,
    /// A query parameter cannot be used.
    InvalidQuery,
    /// The `Idempotency-Key` is not a string of 1 to 255 visible characters.
    InvalidIdempotencyKey,
    /// The authorizer named nobody whom a job could belong to.
    NoOwner,
    /// There is no such resource.
    NotFound,
    /// The caller has no such job.
    JobNotFound,
    /// The job is not at its end.
    ResultNotReady,
    /// The resource has no such method.
    MethodNotAllowed,
    /// The resource is there in no form that the client takes.
    NotAcceptable,
    /// The job is at its end.
    JobFinished,
    /// The job is past its deadline, and not yet shown as failed.
    JobOverdue,
    /// The job is not at its end.
    JobActive,
    /// The job's time is over.
    JobExpired,
    /// There is no result, because the job failed.
    JobFailed,
    /// There is no result, because the job was canceled.
    JobCanceled,
    /// The body is larger than a message can be.
    BodyTooLarge,
    /// The body is of a media type that is not JSON.
    UnsupportedMediaType,
    /// The body is JSON, and not a job that can be accepted.
    InvalidJob,
    /// The `Idempotency-Key` was used for another request.
    IdempotencyKeyReused,
    /// Something is wrong with the service.
    InternalError,
    /// The service cannot answer now.
    Unavailable,
}

impl ProblemKind {
    /// All of them, in the order of their status codes.
    pub const ALL: [Self; 21] = [
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
        Self::BodyTooLarge,
        Self::UnsupportedMediaType,
        Self::InvalidJob,
        Self::IdempotencyKeyReused,
        Self::InternalError,
        Self::Unavailable,
    ];

    /// Status, last part of the type, title, and what its page says.
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
                "The body is not JSON",
                "The request's body has to be one JSON object (RFC 8259) in UTF-8. The detail says where it stops being one. Nothing was stored.",
            ),
            Self::InvalidQuery => (
                S::BAD_REQUEST,
                "invalid-query",
                "A query parameter cannot be used",
                "The detail names the parameter and what it takes.",
            ),
            Self::InvalidIdempotencyKey => (
                S::BAD_REQUEST,
                "invalid-idempotency-key",
                "The Idempotency-Key cannot be used",
                "An Idempotency-Key is a string of 1 to 255 visible ASCII characters, in quotes or without. Nothing was stored.",
            ),
            Self::NoOwner => (
                S::FORBIDDEN,
                "no-owner",
                "The credentials name nobody",
                "The gateway let the request in, and named no subject or principal whom a job could belong to.",
            ),
            Self::NotFound => (
                S::NOT_FOUND,
                "not-found",
                "There is no such resource",
                "No resource of this service has this path.",
            ),
            Self::JobNotFound => (
                S::NOT_FOUND,
                "job-not-found",
                "You have no such job",
                "No job with this id was ever issued to you. A job of somebody else's looks the same.",
            ),
            Self::ResultNotReady => (
                S::NOT_FOUND,
                "result-not-ready",
                "There is no result yet",
                "The job is not at its end. Look at its status URI, and come back after the time in Retry-After.",
            ),
            Self::MethodNotAllowed => (
                S::METHOD_NOT_ALLOWED,
                "method-not-allowed",
                "The resource has no such method",
                "The Allow header lists the methods that the resource has.",
            ),
            Self::NotAcceptable => (
                S::NOT_ACCEPTABLE,
                "not-acceptable",
                "The resource is there in no form that Accept takes",
                "The member available lists the media types that the resource is there in. Without Accept it comes in the first of them.",
            ),
            Self::JobFinished => (
                S::CONFLICT,
                "job-finished",
                "The job is at its end",
                "A job that has ended cannot be canceled. Its status URI says how it ended.",
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
                "The job is not at its end",
                "Only a job that has ended can be deleted. Cancel it first.",
            ),
            Self::JobExpired => (
                S::GONE,
                "job-expired",
                "The job's time is over",
                "The job was yours. Its record was deleted, by you or because its retention is over, and will not come back. (The same Idempotency-Key makes a new job there.)",
            ),
            Self::JobFailed => (
                S::GONE,
                "job-failed",
                "There is no result: the job failed",
                "The job ended with an error, and there will be no result. The detail has the error.",
            ),
            Self::JobCanceled => (
                S::GONE,
                "job-canceled",
                "There is no result: the job was canceled",
                "The job was called off by its owner, and there will be no result.",
            ),
            Self::BodyTooLarge => (
                S::PAYLOAD_TOO_LARGE,
                "body-too-large",
                "The body is too large",
                "A job travels in one message of the queue. The member limit-bytes says how large a body may be. Nothing was stored.",
            ),
            Self::UnsupportedMediaType => (
                S::UNSUPPORTED_MEDIA_TYPE,
                "unsupported-media-type",
                "The body is not of a JSON media type",
                "Send the job as application/json. Nothing was stored.",
            ),
            Self::InvalidJob => (
                S::UNPROCESSABLE_ENTITY,
                "invalid-job",
                "The job cannot be accepted",
                "The body is JSON, and not a job that can be accepted. The member errors says where (JSON Pointers, RFC 6901) and what is wrong. Nothing was stored.",
            ),
            Self::IdempotencyKeyReused => (
                S::UNPROCESSABLE_ENTITY,
                "idempotency-key-reused",
                "The Idempotency-Key was used for another request",
                "You submitted another body under this key, and its job still lives. Use a new key for a new job.",
            ),
            Self::InternalError => (
                S::INTERNAL_SERVER_ERROR,
                "internal-error",
                "Something is wrong with the service",
                "Trying again will not help. The operator finds the reason in the log under the request id.",
            ),
            Self::Unavailable => (
                S::SERVICE_UNAVAILABLE,
                "unavailable",
                "The service cannot answer now",
                "The table or the queue gave no answer in time. Try again after the time in Retry-After; after a submit with the same Idempotency-Key, since the job may have been accepted.",
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

    /// What it is, in a few words; the same each time.
    #[must_use]
    pub const fn title(self) -> &'static str {
        self.parts().2
    }

    /// What a client should know about it: the page behind the type's URI.
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
