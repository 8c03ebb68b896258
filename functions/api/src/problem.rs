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

    /// Returns this problem with the errors in the body, and the number of further errors that are not listed. The detail repeats them for
    /// clients that do not know `errors`.
    #[must_use]
    pub fn errors(self, errors: Vec<FieldError>, more: usize) -> Self {
        let said = errors.iter();
        let said = said.map(|error| format!("{} {}", place(&error.pointer), error.detail));
        let rest = (more > 0).then(|| format!("and {more} more"));
        let said: Vec<_> = said.chain(rest).collect();
        Self {
            errors: errors.into_boxed_slice(),
            more_errors: more,
            ..self
        }
        .detail(said.join("; "))
    }

    /// Returns this problem of an item as part of a body that has the item at this JSON Pointer: its first errors, up to `limit`, with
    /// pointers into that body.
    #[must_use]
    pub fn within(mut self, pointer: &str, limit: usize) -> Self {
        let mut errors = std::mem::take(&mut self.errors).into_vec();
        if errors.is_empty() {
            return self;
        }
        let more = self.more_errors + errors.len().saturating_sub(limit);
        errors.truncate(limit);
        for error in &mut errors {
            error.pointer.insert_str(0, pointer);
        }
        self.errors(errors, more)
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

fn place(pointer: &str) -> &str {
    if pointer.is_empty() {
        "the body"
    } else {
        pointer
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_errors_of_an_item_point_into_the_whole_body_and_are_cut() {
        let error = |pointer: &str, detail: &str| FieldError {
            pointer: pointer.to_owned(),
            detail: detail.to_owned(),
        };
        let problem = Problem::new(ProblemKind::InvalidJob);
        let whole = problem.clone().errors(vec![error("", "is wrong")], 0);
        assert_eq!(whole.detail.as_deref(), Some("the body is wrong"));

        let three = vec![
            error("", "is wrong"),
            error("/a", "is, too"),
            error("/b", "is"),
        ];
        let item = problem.errors(three, 4).within("/7", 2);

        assert_eq!(
            *item.errors,
            [error("/7", "is wrong"), error("/7/a", "is, too")]
        );
        let detail = "/7 is wrong; /7/a is, too; and 5 more";
        assert_eq!(
            (item.detail.as_deref(), item.more_errors),
            (Some(detail), 5)
        );
    }
}
