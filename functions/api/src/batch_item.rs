//! An item in the document of a batch, and in the problem of a batch without a job.

use schemars::JsonSchema;
use serde::Serialize;

use crate::{FieldError, JobMembers};

/// An item of a batch: a job or a problem.
#[derive(JsonSchema, Serialize)]
#[schemars(rename = "BatchItem")]
pub(crate) struct ItemMembers<'a> {
    /// The job, if it was accepted, without its result.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "JobMembers<'a>")]
    pub(crate) job: Option<JobMembers<'a>>,
    /// Whether the job existed before, because the same item was sent before under the same `Idempotency-Key`. Absent if it did not.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(crate) replayed: bool,
    /// Why the job was not accepted.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "ItemProblem<'a>")]
    pub(crate) problem: Option<ItemProblem<'a>>,
}

/// Why an item of a batch was not accepted: members of a problem.
#[derive(JsonSchema, Serialize)]
pub(crate) struct ItemProblem<'a> {
    /// The problem type: the URL of a page about it.
    #[serde(rename = "type")]
    #[schemars(url)]
    pub(crate) kind: String,
    /// The problem type in a few words; always the same for a type.
    pub(crate) title: &'a str,
    /// The status code of a single submit with this problem.
    pub(crate) status: u16,
    /// What is wrong with this item, and what to do about it.
    pub(crate) detail: &'a str,
    /// The errors in the item, up to a limit. The pointers lead into the body of the request.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    pub(crate) errors: &'a [FieldError],
    /// Number of further errors. Absent if `errors` lists all of them.
    #[serde(rename = "more-errors", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "usize")]
    pub(crate) more_errors: Option<usize>,
}
