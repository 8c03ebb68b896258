//! Problems (RFC 9457): what is wrong with this request.

use std::num::NonZeroUsize;

use schemars::JsonSchema;
use serde::Serialize;

use crate::atom::expired_entry;
use crate::html::{self, DescribedProblem};
use crate::words;
use crate::{Answer, Incoming, PROBLEM_JSON, ProblemKind, Representation};
use engine::{JobId, JobRecord, Timestamp};

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
    errors: Box<[FieldError]>,
    more_errors: usize,
    limit_bytes: Option<NonZeroUsize>,
    expired: Option<Box<JobRecord>>,
    available: &'static [Representation],
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
            errors: Box::default(),
            more_errors: 0,
            limit_bytes: None,
            expired: None,
            available: &[],
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

    /// The same with what is wrong with the body, and how many errors are left out of that.
    #[must_use]
    pub fn errors(self, errors: Vec<FieldError>, more: usize) -> Self {
        Self {
            errors: errors.into_boxed_slice(),
            more_errors: more,
            ..self
        }
    }

    /// The same with the largest body that is taken.
    #[must_use]
    pub fn limit_bytes(self, limit: usize) -> Self {
        Self {
            limit_bytes: NonZeroUsize::new(limit),
            ..self
        }
    }

    /// The same with the job whose time is over: when that was, and what an Atom entry says of it.
    #[must_use]
    pub fn expired(self, record: JobRecord) -> Self {
        Self {
            expired: Some(Box::new(record)),
            ..self
        }
    }

    /// The same with the forms that the resource is there in.
    #[must_use]
    pub fn available(self, available: &'static [Representation]) -> Self {
        Self { available, ..self }
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

    /// The response: a problem document, or a page for a person at a browser.
    #[must_use]
    pub fn answer(mut self, incoming: &Incoming) -> Answer {
        let headers = std::mem::take(&mut self.headers);
        let answer = if incoming.prefers_a_page() {
            html::problem_answer(&self.described(incoming))
        } else {
            let entry = self.entry(incoming);
            entry.unwrap_or_else(|| self.document(incoming))
        };
        let answer = answer
            .with("cache-control", "no-store")
            .with("vary", "accept, authorization");
        let answer = match &self.job {
            Some(id) => answer.job_links(id, incoming),
            None => answer,
        };
        headers
            .into_iter()
            .fold(answer, |answer, (name, value)| answer.with(name, value))
    }

    /// For who asks for Atom, an entry that says what became of the job, where anything is known of it.
    fn entry(&self, incoming: &Incoming) -> Option<Answer> {
        let record = self.expired.as_ref()?;
        let form = incoming.choose(Representation::OF_JOB).ok()?;
        let entry = || expired_entry(record, &incoming.base_url);
        (form == Representation::AtomEntry).then(|| Answer::of(form, self.kind.status(), entry()))
    }

    fn expired_at(&self) -> Option<Timestamp> {
        self.expired.as_ref().map(|record| record.expires_at)
    }

    fn described<'a>(&'a self, incoming: &'a Incoming) -> DescribedProblem<'a> {
        DescribedProblem {
            status: self.kind.status(),
            uri: incoming.url(&format!("/problems/{}", self.kind.slug())),
            title: self.kind.title(),
            detail: self.detail.as_deref().unwrap_or(self.kind.explanation()),
            expired_at: self.expired_at(),
            request_id: &incoming.request_id,
        }
    }

    fn document(&self, incoming: &Incoming) -> Answer {
        let detail = self.detail.as_deref().unwrap_or(self.kind.explanation());
        let members = ProblemDocument {
            kind: incoming.url(&format!("/problems/{}", self.kind.slug())),
            title: self.kind.title(),
            status: self.kind.status().as_u16(),
            detail,
            request_id: &incoming.request_id,
            errors: &self.errors,
            more_errors: (self.more_errors > 0).then_some(self.more_errors),
            limit_bytes: self.limit_bytes.map(NonZeroUsize::get),
            expired_at: self.expired_at().map(|at| at.to_string()),
            available: self
                .available
                .iter()
                .map(|form| form.content_type())
                .collect(),
            error: ErrorMember {
                code: self.kind.slug(),
                message: detail,
            },
        };
        // Strings and numbers always serialise.
        let body = serde_json::to_string(&members).unwrap_or_default();
        Answer::new(self.kind.status(), PROBLEM_JSON, body)
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
    /// Each thing that is wrong with the body, up to a limit.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    errors: &'a [FieldError],
    /// How many more errors there are; absent if `errors` has them all.
    #[serde(rename = "more-errors", skip_serializing_if = "Option::is_none")]
    more_errors: Option<usize>,
    /// The largest body that is taken.
    #[serde(rename = "limit-bytes", skip_serializing_if = "Option::is_none")]
    limit_bytes: Option<usize>,
    /// When the job's time was over.
    #[serde(rename = "expired-at", skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "words::time")]
    expired_at: Option<String>,
    /// The media types that the resource is there in.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    available: Vec<&'static str>,
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
