//! Problems (RFC 9457): what is wrong with this request.

use schemars::JsonSchema;
use serde::Serialize;

use crate::words;
use crate::{Answer, Incoming, PROBLEM_JSON, ProblemKind};
use engine::{JobId, Timestamp};

/// One thing that is wrong with a body.
#[derive(Clone, Debug, JsonSchema, PartialEq, Eq, Serialize)]
pub struct FieldError {
    /// Where: a JSON Pointer (RFC 6901).
    pub pointer: String,
    /// What.
    pub detail: String,
}

/// A problem with a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    kind: ProblemKind,
    detail: Option<Box<str>>,
    errors: Vec<FieldError>,
    limit_bytes: Option<usize>,
    expired_at: Option<Timestamp>,
    headers: Vec<(&'static str, String)>,
    job: Option<JobId>,
}

impl Problem {
    /// A problem of this kind; its detail is the kind's explanation unless another is given.
    #[must_use]
    pub fn new(kind: ProblemKind) -> Self {
        Self {
            kind,
            detail: None,
            errors: Vec::new(),
            limit_bytes: None,
            expired_at: None,
            headers: Vec::new(),
            job: None,
        }
    }

    /// Which kind it is.
    #[must_use]
    pub fn kind(&self) -> ProblemKind {
        self.kind
    }

    /// The same with a detail of its own: never anything that its reader may not know.
    #[must_use]
    pub fn detail(self, detail: impl Into<String>) -> Self {
        Self {
            detail: Some(detail.into().into_boxed_str()),
            ..self
        }
    }

    /// The same with what is wrong with the body.
    #[must_use]
    pub fn errors(self, errors: Vec<FieldError>) -> Self {
        Self { errors, ..self }
    }

    /// The same with the largest body that is taken.
    #[must_use]
    pub fn limit_bytes(self, limit: usize) -> Self {
        Self {
            limit_bytes: Some(limit),
            ..self
        }
    }

    /// The same with the time at which the job's time was over.
    #[must_use]
    pub fn expired_at(self, at: Timestamp) -> Self {
        Self {
            expired_at: Some(at),
            ..self
        }
    }

    /// The same with one more header.
    #[must_use]
    pub fn header(mut self, name: &'static str, value: String) -> Self {
        self.headers.push((name, value));
        self
    }

    /// The same with the links of a job: the problem is all that can be said of it.
    #[must_use]
    pub fn of_job(self, id: JobId) -> Self {
        Self {
            job: Some(id),
            ..self
        }
    }

    /// The response.
    #[must_use]
    pub fn answer(self, incoming: &Incoming) -> Answer {
        let detail = self.detail.as_deref().unwrap_or(self.kind.explanation());
        let members = ProblemDocument {
            kind: incoming.url(&format!("/problems/{}", self.kind.slug())),
            title: self.kind.title(),
            status: self.kind.status().as_u16(),
            detail,
            request_id: &incoming.request_id,
            errors: &self.errors,
            limit_bytes: self.limit_bytes,
            expired_at: self.expired_at.map(|at| at.to_string()),
            error: ErrorMember {
                code: self.kind.slug(),
                message: detail,
            },
        };
        // Strings and numbers always serialise.
        let body = serde_json::to_string(&members).unwrap_or_default();
        let answer =
            Answer::new(self.kind.status(), PROBLEM_JSON, body).with("cache-control", "no-store");
        let answer = match &self.job {
            Some(id) => answer.job_links(id, incoming),
            None => answer,
        };
        self.headers
            .into_iter()
            .fold(answer, |answer, (name, value)| answer.with(name, value))
    }
}

/// What is wrong with a request (RFC 9457).
#[derive(JsonSchema, Serialize)]
#[schemars(rename = "Problem")]
pub struct ProblemDocument<'a> {
    /// Which kind of problem it is: the address of a page about it.
    #[serde(rename = "type")]
    #[schemars(url)]
    kind: String,
    /// What it is, in a few words; the same each time.
    title: &'a str,
    /// The response's status code.
    status: u16,
    /// What is wrong with this request.
    detail: &'a str,
    /// What the operator finds the request by.
    #[serde(rename = "request-id", skip_serializing_if = "str::is_empty")]
    request_id: &'a str,
    /// Each thing that is wrong with the body.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    errors: &'a [FieldError],
    /// The largest body that is taken.
    #[serde(rename = "limit-bytes", skip_serializing_if = "Option::is_none")]
    limit_bytes: Option<usize>,
    /// When the job's time was over.
    #[serde(rename = "expired-at", skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "words::time")]
    expired_at: Option<String>,
    /// For SDKs that read this member instead of the standard ones.
    error: ErrorMember<'a>,
}

/// The last part of the problem's type, and its detail once more.
#[derive(JsonSchema, Serialize)]
#[schemars(rename = "ProblemError")]
struct ErrorMember<'a> {
    code: &'a str,
    message: &'a str,
}
