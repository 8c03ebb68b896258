//! The response to a request with a problem.

use std::num::NonZeroUsize;

use engine::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

use crate::atom::expired_entry;
use crate::batch_item::{ItemMembers, ItemProblem};
use crate::html;
use crate::schemas;
use crate::{Answer, FieldError, Incoming, PROBLEM_JSON, Problem, Representation, json};

impl Problem {
    /// The response: a problem document, or a page for a person with a browser.
    #[must_use]
    pub fn answer(self, incoming: &Incoming) -> Answer {
        self.answer_with(Vec::new(), incoming)
    }

    /// The response about a batch without a job: the document has its items.
    pub(crate) fn answer_with(
        mut self,
        items: Vec<ItemMembers<'_>>,
        incoming: &Incoming,
    ) -> Answer {
        let headers = std::mem::take(&mut self.headers);
        let answer = if incoming.prefers_a_page() {
            html::problem_answer(&self, incoming)
        } else {
            let entry = self.entry(incoming);
            entry.unwrap_or_else(|| self.document(items, incoming))
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

    /// For a client that prefers Atom, an entry with the end of the expired job, if its record still exists.
    fn entry(&self, incoming: &Incoming) -> Option<Answer> {
        let record = self.expired.as_ref()?;
        let form = incoming.choose(Representation::OF_JOB).ok()?;
        let entry = || expired_entry(record, &incoming.base_url);
        (form == Representation::AtomEntry).then(|| Answer::of(form, self.kind.status(), entry()))
    }

    pub(crate) fn expired_at(&self) -> Option<Timestamp> {
        self.expired.as_ref().map(|record| record.expires_at)
    }

    pub(crate) fn said(&self) -> &str {
        self.detail.as_deref().unwrap_or(self.kind.explanation())
    }

    pub(crate) fn uri(&self, incoming: &Incoming) -> String {
        incoming.url(&format!("/problems/{}", self.kind.slug()))
    }

    fn more_errors(&self) -> Option<usize> {
        (self.more_errors > 0).then_some(self.more_errors)
    }

    /// The problem of an item of a batch.
    pub(crate) fn of_item(&self, incoming: &Incoming) -> ItemProblem<'_> {
        ItemProblem {
            kind: self.uri(incoming),
            title: self.kind.title(),
            status: self.kind.status().as_u16(),
            detail: self.said(),
            errors: &self.errors,
            more_errors: self.more_errors(),
        }
    }

    fn document(&self, items: Vec<ItemMembers<'_>>, incoming: &Incoming) -> Answer {
        let detail = self.said();
        let members = ProblemDocument {
            kind: self.uri(incoming),
            title: self.kind.title(),
            status: self.kind.status().as_u16(),
            detail,
            request_id: &incoming.request_id,
            errors: &self.errors,
            more_errors: self.more_errors(),
            items,
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
        Answer::new(self.kind.status(), PROBLEM_JSON, json(&members))
    }
}

/// A problem with a request (RFC 9457).
#[derive(JsonSchema, Serialize)]
#[schemars(rename = "Problem")]
pub struct ProblemDocument<'a> {
    /// The problem type: the URL of a page about it.
    #[serde(rename = "type")]
    #[schemars(url)]
    kind: String,
    /// The problem type in a few words; always the same for a type.
    title: &'a str,
    /// The response's status code.
    status: u16,
    /// What is wrong with this request, and what to do about it.
    detail: &'a str,
    /// The id by which the operator finds the request in the log.
    #[serde(rename = "request-id", skip_serializing_if = "str::is_empty")]
    request_id: &'a str,
    /// The errors in the body, up to a limit.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    errors: &'a [FieldError],
    /// Number of further errors. Absent if `errors` lists all of them.
    #[serde(rename = "more-errors", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "usize")]
    more_errors: Option<usize>,
    /// The problems of a batch without a job, in the order of the request.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    items: Vec<ItemMembers<'a>>,
    /// The maximum size of the body, in bytes.
    #[serde(rename = "limit-bytes", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "usize")]
    limit_bytes: Option<usize>,
    /// When the job expired.
    #[serde(rename = "expired-at", skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "schemas::time")]
    expired_at: Option<String>,
    /// The media types of the resource.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    available: Vec<&'static str>,
    /// For SDKs that read this member instead of the standard ones.
    error: ErrorMember<'a>,
}

/// The last part of the problem's type, and its detail.
#[derive(JsonSchema, Serialize)]
#[schemars(rename = "ProblemError")]
struct ErrorMember<'a> {
    /// The last part of the problem's type. A later version of the service can have others.
    code: &'a str,
    message: &'a str,
}
