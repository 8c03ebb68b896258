//! What the service can be asked: the routes, without their ids.

use api::{ProblemKind, Representation, Route};

/// A route without its id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Operation {
    Home,
    OpenApi,
    List,
    Submit,
    Status,
    Delete,
    JobResult,
    Cancel,
    ProblemType,
}

impl Operation {
    /// All of them, in the order of the document.
    pub(crate) const ALL: [Self; 9] = [
        Self::Submit,
        Self::Status,
        Self::JobResult,
        Self::List,
        Self::Cancel,
        Self::Delete,
        Self::Home,
        Self::OpenApi,
        Self::ProblemType,
    ];

    /// The operation that a route is; none for `OPTIONS`, which every path has, and for a monitor link: no client makes one, it
    /// comes ready in an answer, and what is there is a page for people.
    #[cfg_attr(
        not(test),
        expect(dead_code, reason = "holds the routes to the document")
    )]
    pub(crate) fn of(route: &Route) -> Option<Self> {
        match route {
            Route::Home => Some(Self::Home),
            Route::OpenApi => Some(Self::OpenApi),
            Route::List => Some(Self::List),
            Route::Submit => Some(Self::Submit),
            Route::Status(_) => Some(Self::Status),
            Route::Delete(_) => Some(Self::Delete),
            Route::JobResult(_) => Some(Self::JobResult),
            Route::Cancel(_) => Some(Self::Cancel),
            Route::ProblemType(_) => Some(Self::ProblemType),
            Route::Monitor(_) | Route::Options(_) => None,
        }
    }

    /// The method in lower case, as the document has it, and the path.
    pub(crate) fn method_and_path(self) -> (&'static str, &'static str) {
        match self {
            Self::Home => ("get", "/"),
            Self::OpenApi => ("get", "/openapi.json"),
            Self::List => ("get", "/jobs"),
            Self::Submit => ("post", "/jobs"),
            Self::Status => ("get", "/jobs/{id}"),
            Self::Delete => ("delete", "/jobs/{id}"),
            Self::JobResult => ("get", "/jobs/{id}/result"),
            Self::Cancel => ("post", "/jobs/{id}/cancel"),
            Self::ProblemType => ("get", "/problems/{slug}"),
        }
    }

    /// What code generators call it, and what it does.
    pub(crate) fn id_and_summary(self) -> (&'static str, &'static str) {
        match self {
            Self::Home => ("getHome", "What there is"),
            Self::OpenApi => ("getOpenApi", "This document"),
            Self::List => ("listJobs", "Your jobs, newest first, without their results"),
            Self::Submit => ("submitJob", "Submit a job"),
            Self::Status => ("getJob", "A job as it stands"),
            Self::Delete => ("deleteJob", "Delete a job that has ended"),
            Self::JobResult => ("getJobResult", "A job's result"),
            Self::Cancel => ("cancelJob", "Call a job off"),
            Self::ProblemType => ("getProblemType", "What a problem type means"),
        }
    }

    /// What there is of an answer with a body, in order of preference; none for those without.
    pub(crate) fn forms(self) -> &'static [Representation] {
        match self {
            Self::Home | Self::ProblemType => Representation::OF_DOCUMENT,
            Self::OpenApi | Self::JobResult => Representation::OF_RESULT,
            Self::List => Representation::OF_LIST,
            Self::Status => Representation::OF_JOB,
            Self::Submit | Self::Cancel => Representation::OF_COMMAND,
            Self::Delete => &[],
        }
    }

    /// Whether a browser gets a page that says what went wrong: when it looks, not when a command is sent.
    pub(crate) fn is_read(self) -> bool {
        self.method_and_path().0 == "get"
    }

    /// What can go wrong besides a wrong method.
    pub(crate) fn problems(self) -> &'static [ProblemKind] {
        use ProblemKind as P;
        match self {
            Self::Home | Self::OpenApi => &[P::NotAcceptable],
            Self::ProblemType => &[P::NotFound, P::NotAcceptable],
            Self::List => &[
                P::InvalidQuery,
                P::NotAcceptable,
                P::NoOwner,
                P::InternalError,
                P::Unavailable,
            ],
            Self::Submit => &[
                P::MalformedJson,
                P::InvalidIdempotencyKey,
                P::NotAcceptable,
                P::NoOwner,
                P::BodyTooLarge,
                P::UnsupportedMediaType,
                P::InvalidJob,
                P::IdempotencyKeyReused,
                P::InternalError,
                P::Unavailable,
            ],
            Self::Status => &[
                P::NotAcceptable,
                P::NoOwner,
                P::JobNotFound,
                P::JobExpired,
                P::InternalError,
                P::Unavailable,
            ],
            Self::JobResult => &[
                P::NotAcceptable,
                P::NoOwner,
                P::JobNotFound,
                P::ResultNotReady,
                P::JobExpired,
                P::JobFailed,
                P::JobCanceled,
                P::InternalError,
                P::Unavailable,
            ],
            Self::Cancel => &[
                P::NotAcceptable,
                P::NoOwner,
                P::JobNotFound,
                P::JobFinished,
                P::JobOverdue,
                P::JobExpired,
                P::InternalError,
                P::Unavailable,
            ],
            Self::Delete => &[
                P::NoOwner,
                P::JobNotFound,
                P::JobActive,
                P::JobExpired,
                P::InternalError,
                P::Unavailable,
            ],
        }
    }
}
