//! The job document.

#[cfg(test)]
mod tests;

use std::time::Duration;

use engine::{Callback, JobRecord, JobState, Judged, Outcome, Timestamp};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::value::RawValue;

use crate::{json, schemas};

/// A job as clients see it: `job`, and members for clients of long-running operations.
#[derive(JsonSchema, Serialize)]
pub struct JobDocument<'a> {
    job: JobMembers<'a>,
    /// The state, for clients of long-running operations.
    #[schemars(schema_with = "schemas::operation_status")]
    status: &'static str,
    /// The absolute URL of the result. Present if the job succeeded.
    #[serde(rename = "resourceLocation", skip_serializing_if = "Option::is_none")]
    #[schemars(url)]
    resource_location: Option<String>,
    /// Why there is no result. Present if the job failed or was canceled.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<ErrorMembers<'a>>,
}

/// A job.
#[derive(JsonSchema, Serialize)]
#[serde(rename_all = "kebab-case")]
#[schemars(rename = "Job")]
pub struct JobMembers<'a> {
    /// The path of its status URI.
    #[serde(rename = "@uri")]
    uri: String,
    #[schemars(schema_with = "schemas::job_id")]
    id: String,
    /// Its kind.
    name: &'a str,
    #[schemars(schema_with = "schemas::job_state")]
    job_state: &'static str,
    /// The progress or the outcome.
    #[schemars(schema_with = "schemas::job_status")]
    job_status: &'static str,
    #[schemars(range(max = 100))]
    percent_complete: u8,
    /// The job never starts before it. If it was more than 15 minutes ahead, the job usually starts within a minute after it.
    #[schemars(schema_with = "schemas::time")]
    scheduled_start_time: String,
    /// When its latest attempt started.
    #[schemars(schema_with = "schemas::time_or_null")]
    start_time: Option<String>,
    #[schemars(schema_with = "schemas::time_or_null")]
    end_time: Option<String>,
    #[schemars(schema_with = "schemas::time_or_null")]
    estimated_end_time: Option<String>,
    owner: &'a str,
    /// The summary of the submission: its owner's name for the job. Null without one.
    title: Option<&'a str>,
    /// The progress as its kind reports it; before that, the title.
    summary: &'a str,
    /// Number of attempts so far.
    attempt: u32,
    max_attempts: u32,
    /// When its status URI becomes 410 Gone.
    #[schemars(schema_with = "schemas::time")]
    expires_at: String,
    /// The result of its kind; null in a list, and if it exceeds 380 kB: then `resourceLocation` leads to it.
    #[schemars(with = "Option<serde_json::Value>")]
    result: Option<&'a RawValue>,
    error: Option<ErrorMembers<'a>>,
    /// The delivery of the job's webhook. Absent if the submission named no callback.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "CallbackMembers<'a>")]
    callback: Option<CallbackMembers<'a>>,
}

/// The delivery of a job's webhook.
#[derive(Clone, Copy, JsonSchema, Serialize)]
#[serde(rename_all = "kebab-case")]
#[schemars(rename = "Callback")]
struct CallbackMembers<'a> {
    /// The URL of the submission, in its one spelling.
    #[schemars(url)]
    url: &'a str,
    /// `PENDING` until the webhook is `DELIVERED`, or the service gives up (`FAILED`).
    #[schemars(schema_with = "schemas::callback_state")]
    state: &'static str,
    /// Number of deliveries so far.
    attempts: u32,
    /// The HTTP status of the latest delivery that got one; null if none did.
    #[schemars(range(min = 100, max = 999))]
    last_status: Option<u16>,
}

/// An error: a code for programs, and a message for people.
#[derive(Clone, Copy, JsonSchema, Serialize)]
#[schemars(rename = "JobError")]
pub(crate) struct ErrorMembers<'a> {
    pub(crate) code: &'a str,
    pub(crate) message: &'a str,
}

/// The 202's `task`.
#[derive(JsonSchema, Serialize)]
struct Task {
    /// The path of the job's status URI.
    href: String,
    #[schemars(schema_with = "schemas::job_id")]
    id: String,
}

/// An accepted job: the job document, with the task.
#[derive(JsonSchema, Serialize)]
pub struct AcceptedDocument<'a> {
    task: Task,
    #[serde(flatten)]
    document: JobDocument<'a>,
}

impl<'a> JobDocument<'a> {
    /// The document of a job. `base_url` is the beginning of the absolute links.
    #[must_use]
    pub fn of(judged: &'a Judged<'_>, base_url: &str) -> Self {
        let has_result = judged.outcome() == Some(Outcome::Success);
        Self {
            job: JobMembers::of(judged),
            status: judged.state.operation_status(),
            resource_location: has_result.then(|| format!("{base_url}{}/result", job_path(judged))),
            error: error_of(judged),
        }
    }

    /// Returns this document without the job's result. Members that lead to it remain.
    pub(crate) fn without_result(self) -> Self {
        Self {
            job: self.job.without_result(),
            ..self
        }
    }

    /// The JSON text of the document of a 202, which begins with `task`.
    #[must_use]
    pub fn accepted(judged: &'a Judged<'_>, base_url: &str) -> String {
        let task = Task {
            href: job_path(judged),
            id: judged.id.to_string(),
        };
        json(&AcceptedDocument {
            task,
            document: Self::of(judged, base_url),
        })
    }
}

impl<'a> JobMembers<'a> {
    /// The members of a job.
    #[must_use]
    pub fn of(judged: &'a Judged<'_>) -> Self {
        let time = |at: Option<Timestamp>| at.map(|at| at.to_string());
        Self {
            uri: job_path(judged),
            id: judged.id.to_string(),
            name: judged.kind.as_str(),
            job_state: judged.state.as_str(),
            job_status: judged.state.job_status(),
            percent_complete: judged.percent.get(),
            scheduled_start_time: judged.scheduled_start.to_string(),
            start_time: time(judged.attempt_began_at()),
            end_time: time(judged.ended_at),
            estimated_end_time: time(judged.estimated_end()),
            owner: judged.owner.as_str(),
            title: judged.title.as_deref(),
            summary: &judged.summary,
            attempt: judged.attempt,
            max_attempts: judged.max_attempts,
            expires_at: judged.expires_at.to_string(),
            result: judged
                .result
                .as_deref()
                .and_then(|json| serde_json::from_str(json).ok()),
            error: error_of(judged),
            callback: judged.callback.as_ref().map(CallbackMembers::of),
        }
    }

    /// Returns these members without the job's result.
    pub(crate) fn without_result(self) -> Self {
        Self {
            result: None,
            ..self
        }
    }
}

impl<'a> CallbackMembers<'a> {
    fn of(callback: &'a Callback) -> Self {
        Self {
            url: &callback.url,
            state: callback.state.as_str(),
            attempts: callback.attempts,
            last_status: callback.last_status,
        }
    }
}

/// Why a job has no result, if it will never have one.
pub(crate) fn error_of<'a>(judged: &'a Judged<'_>) -> Option<ErrorMembers<'a>> {
    match &judged.error {
        Some(error) => Some(ErrorMembers {
            code: error.code(),
            message: error.message(),
        }),
        None if judged.outcome() == Some(Outcome::Canceled) => Some(ErrorMembers {
            code: "canceled",
            message: "the job was canceled by its owner",
        }),
        None => None,
    }
}

/// The path of a job's status URI.
#[must_use]
pub fn job_path(record: &JobRecord) -> String {
    format!("/jobs/{}", record.id)
}

/// How long a client should wait before it polls again: a whole number of seconds from 1 to 30; `None` if the job has finished.
///
/// A quarter of the estimated time that is left, so that a client sees the end of a job a quarter late at worst. Without an
/// estimate, a quarter of the time that the job has taken so far; after the estimated end, a quarter of the time since then.
#[must_use]
pub fn retry_after(judged: &Judged<'_>) -> Option<u64> {
    const LONGEST: Duration = Duration::from_secs(30);
    let now = judged.at();
    let wait = match judged.state {
        JobState::Completed(_) => return None,
        JobState::Scheduled if now < judged.scheduled_start => judged.scheduled_start.since(now),
        JobState::Scheduled => now.since(judged.scheduled_start) / 4,
        JobState::Started => match judged.estimated_end() {
            Some(end) => end.since(now).max(now.since(end)) / 4,
            None => now.since(judged.attempt_began_at().unwrap_or(now)) / 4,
        },
    };
    // Past its deadline, a job changes once more, at the latest when it is overdue.
    let wait = if judged.is_past_deadline(now) {
        judged.overdue_at.since(now)
    } else {
        wait
    };
    Some(wait.min(LONGEST).as_secs().max(1))
}
