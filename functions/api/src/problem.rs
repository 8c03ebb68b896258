//! Problems with requests (RFC 9457).

use std::num::NonZeroUsize;

use engine::{JobId, Judged};
use schemars::JsonSchema;
use serde::Serialize;

use crate::{ProblemKind, Representation};

/// An error in a body.
#[derive(Clone, Debug, JsonSchema, PartialEq, Eq, Serialize)]
pub struct FieldError {
    /// Place of the error: a JSON Pointer (RFC 6901).
    pub pointer: String,
    /// The requirement that is not met.
    pub detail: String,
}

/// A problem with a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    pub(crate) kind: ProblemKind,
    pub(crate) detail: Option<Box<str>>,
    pub(crate) errors: Box<[FieldError]>,
    pub(crate) more_errors: usize,
    pub(crate) limit_bytes: Option<NonZeroUsize>,
    pub(crate) expired: Option<Box<Judged<'static>>>,
    pub(crate) available: &'static [Representation],
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) job: Option<JobId>,
}

impl Problem {
    /// A problem of this kind. Its detail is the explanation of the kind unless [`Self::detail`] sets another.
    #[must_use]
    pub fn new(kind: ProblemKind) -> Self {
        Self {
            kind,
            detail: None,
            errors: Box::default(),
            more_errors: 0,
            limit_bytes: None,
            expired: None,
            available: &[],
            headers: Vec::new(),
            job: None,
        }
    }

    /// The kind of the problem.
    #[must_use]
    pub fn kind(&self) -> ProblemKind {
        self.kind
    }

    /// Returns this problem with a detail of its own, which must not contain anything that the client may not know.
    #[must_use]
    pub fn detail(self, detail: impl Into<String>) -> Self {
        Self {
            detail: Some(detail.into().into_boxed_str()),
            ..self
        }
    }

    /// Returns this problem with the errors in the body, and the number of further errors that are not listed.
    #[must_use]
    pub fn errors(self, errors: Vec<FieldError>, more: usize) -> Self {
        Self {
            errors: errors.into_boxed_slice(),
            more_errors: more,
            ..self
        }
    }

    /// Returns this problem with the maximum size of a body.
    #[must_use]
    pub fn limit_bytes(self, limit: usize) -> Self {
        Self {
            limit_bytes: NonZeroUsize::new(limit),
            ..self
        }
    }

    /// Returns this problem with the expired job: its expiry, and the contents of an Atom entry.
    #[must_use]
    pub fn expired(self, judged: Judged<'static>) -> Self {
        Self {
            expired: Some(Box::new(judged)),
            ..self
        }
    }

    /// Returns this problem with the available representations of the resource.
    #[must_use]
    pub fn available(self, available: &'static [Representation]) -> Self {
        Self { available, ..self }
    }

    /// Returns this problem with one more header.
    #[must_use]
    pub fn header(mut self, name: &'static str, value: String) -> Self {
        self.headers.push((name, value));
        self
    }

    /// Returns this problem with the links of a job.
    #[must_use]
    pub fn of_job(self, id: JobId) -> Self {
        Self {
            job: Some(id),
            ..self
        }
    }
}
