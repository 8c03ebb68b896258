//! The job as its status URI describes it.

use std::fmt;

use serde::Deserialize;
use time::OffsetDateTime;
use time::serde::rfc3339;

/// A job as its status URI or a list describes it. Only the id, the state and the status are required; what the service
/// leaves out is `None`.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Job {
    /// The path of the status URI.
    #[serde(rename = "@uri")]
    pub uri: Option<String>,
    /// The id, a UUID.
    pub id: String,
    /// The job kind.
    #[serde(default)]
    pub name: String,
    /// Where the job is in its life.
    pub job_state: JobState,
    /// The outcome, once the job has finished.
    pub job_status: JobStatus,
    /// Progress, 0 to 100.
    pub percent_complete: Option<u8>,
    /// Earliest start; for a job without a schedule, when it was submitted.
    #[serde(default, with = "rfc3339::option")]
    pub scheduled_start_time: Option<OffsetDateTime>,
    /// Start of the current attempt.
    #[serde(default, with = "rfc3339::option")]
    pub start_time: Option<OffsetDateTime>,
    /// When the job finished.
    #[serde(default, with = "rfc3339::option")]
    pub end_time: Option<OffsetDateTime>,
    /// When the job will probably finish.
    #[serde(default, with = "rfc3339::option")]
    pub estimated_end_time: Option<OffsetDateTime>,
    /// When the job expires; its status URI is 410 from then on.
    #[serde(default, with = "rfc3339::option")]
    pub expires_at: Option<OffsetDateTime>,
    /// Whose job it is.
    pub owner: Option<String>,
    /// The summary of the submission: its owner's name for the job.
    pub title: Option<String>,
    /// The handler's latest report on its progress; before the first, the title.
    pub summary: Option<String>,
    /// The current or last attempt, from 1; 0 before the first.
    pub attempt: Option<u32>,
    /// Maximum number of attempts.
    pub max_attempts: Option<u32>,
    /// Why the job failed or was canceled.
    pub error: Option<JobError>,
    /// The delivery of the job's webhook; `None` if the submission named no callback.
    pub callback: Option<Callback>,
}

/// The delivery of a job's webhook.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Callback {
    /// The URL to which the webhook is sent.
    pub url: String,
    /// Whether it is delivered.
    pub state: CallbackState,
    /// Number of deliveries so far.
    #[serde(default)]
    pub attempts: u32,
    /// The HTTP status of the latest response; `None` if no delivery got one.
    pub last_status: Option<u16>,
}

/// Whether a webhook is delivered: `PENDING`, `DELIVERED` or `FAILED`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum CallbackState {
    /// The job has not finished, or the webhook is still being delivered.
    Pending,
    /// The receiver has it.
    Delivered,
    /// The service has given up, or the receiver does not want it.
    Failed,
}

/// Why a job has no result.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct JobError {
    /// A word for programs.
    #[serde(default)]
    pub code: String,
    /// A sentence for people.
    #[serde(default)]
    pub message: String,
}

/// Where a job is in its life: `SCHEDULED`, `STARTED` or `COMPLETED`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum JobState {
    /// Waiting for its start time, for a worker or for its next attempt.
    Scheduled,
    /// An attempt is running.
    Started,
    /// Finished.
    Completed,
}

/// How a job went: `UNDETERMINED`, `INPROGRESS`, `SUCCESS`, `FAILED` or `CANCELED`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "UPPERCASE")]
#[value(rename_all = "UPPER")]
pub enum JobStatus {
    /// No attempt is running.
    #[value(alias = "SCHEDULED")]
    Undetermined,
    /// An attempt is running.
    #[value(name = "INPROGRESS", alias = "STARTED")]
    InProgress,
    /// Succeeded; there is a result.
    Success,
    /// Failed; the job's `error` says why.
    Failed,
    /// Canceled by its owner.
    Canceled,
}

impl Job {
    /// Whether the job has finished, so that nothing about it will change.
    #[must_use]
    pub fn is_finished(&self) -> bool {
        self.job_state == JobState::Completed
    }

    /// The status of a finished job, the state of any other.
    #[must_use]
    pub fn headline(&self) -> &'static str {
        match self.job_state {
            JobState::Scheduled => "SCHEDULED",
            JobState::Started => "STARTED",
            JobState::Completed => self.job_status.as_str(),
        }
    }

    /// Progress, 0 to 100; 0 if the service does not say.
    #[must_use]
    pub fn percent(&self) -> u8 {
        self.percent_complete.unwrap_or(0).min(100)
    }
}

impl JobStatus {
    /// The word on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Undetermined => "UNDETERMINED",
            Self::InProgress => "INPROGRESS",
            Self::Success => "SUCCESS",
            Self::Failed => "FAILED",
            Self::Canceled => "CANCELED",
        }
    }
}

impl fmt::Display for JobStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use clap::ValueEnum;
    use serde_json::json;

    use super::*;

    #[test]
    fn the_words_of_the_command_line_are_the_words_of_the_wire() {
        for status in JobStatus::value_variants() {
            let word = status.to_possible_value().unwrap();
            assert_eq!(word.get_name(), status.as_str());
            let parsed: JobStatus = serde_json::from_value(json!(status.as_str())).unwrap();
            assert_eq!(parsed, *status);
        }
    }

    #[test]
    fn a_document_of_the_bare_minimum_is_understood() {
        let document = json!({"id": "1", "job-state": "STARTED", "job-status": "INPROGRESS", "end-time": null, "new": 1});
        let job: Job = serde_json::from_value(document).unwrap();

        assert_eq!(
            (job.headline(), job.percent(), job.is_finished()),
            ("STARTED", 0, false)
        );
    }

    #[test]
    fn a_callback_is_read_as_the_service_writes_it() {
        let document = json!({"id": "1", "job-state": "COMPLETED", "job-status": "SUCCESS", "callback":
            {"url": "https://hooks.example.com/", "state": "FAILED", "attempts": 2, "last-status": 410}});
        let job: Job = serde_json::from_value(document).unwrap();

        let expected = Callback {
            url: "https://hooks.example.com/".to_owned(),
            state: CallbackState::Failed,
            attempts: 2,
            last_status: Some(410),
        };
        assert_eq!(job.callback, Some(expected));
    }

    #[test]
    fn a_state_that_is_not_in_the_contract_is_refused() {
        let document = json!({"id": "1", "job-state": "PAUSED", "job-status": "INPROGRESS"});

        assert!(serde_json::from_value::<Job>(document).is_err());
    }
}
