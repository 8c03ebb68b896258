use std::fmt;

use serde::Deserialize;
use time::OffsetDateTime;
use time::serde::rfc3339;

/// The body of a status URI and, but for its `task`, of a 202.
#[derive(Debug, Clone, Deserialize)]
pub struct StatusDocument {
    /// The job itself.
    pub job: JobDocument,
}

/// A job as its status URI describes it. Only the id, the state and the status are required: what an older service or a
/// row of a list leaves out is absent.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct JobDocument {
    /// The path of the status URI.
    #[serde(rename = "@uri", default)]
    pub uri: Option<String>,
    /// The job's id, a UUID.
    pub id: String,
    /// The job kind.
    #[serde(default)]
    pub name: String,
    /// Where the job is in its life.
    pub job_state: JobState,
    /// How it went, once it is over.
    pub job_status: JobStatus,
    /// 0 to 100.
    #[serde(default)]
    pub percent_complete: Option<u8>,
    /// When the job may start; for a job without a schedule, when it was submitted.
    #[serde(default, with = "rfc3339::option")]
    pub scheduled_start_time: Option<OffsetDateTime>,
    /// When the current attempt started.
    #[serde(default, with = "rfc3339::option")]
    pub start_time: Option<OffsetDateTime>,
    /// When the job ended.
    #[serde(default, with = "rfc3339::option")]
    pub end_time: Option<OffsetDateTime>,
    /// When it will probably end.
    #[serde(default, with = "rfc3339::option")]
    pub estimated_end_time: Option<OffsetDateTime>,
    /// From when on the status URI is 410.
    #[serde(default, with = "rfc3339::option")]
    pub expires_at: Option<OffsetDateTime>,
    /// Whose job it is.
    #[serde(default)]
    pub owner: Option<String>,
    /// What the job says about itself.
    #[serde(default)]
    pub summary: Option<String>,
    /// The attempt that runs or ran, from 1; 0 before the first.
    #[serde(default)]
    pub attempt: Option<u32>,
    /// How many attempts the job has.
    #[serde(default)]
    pub max_attempts: Option<u32>,
    /// Why the job failed or was canceled.
    #[serde(default)]
    pub error: Option<JobError>,
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
    /// Waiting for its time, for a worker or for its next attempt.
    Scheduled,
    /// Running.
    Started,
    /// Over, for good.
    Completed,
}

/// How a job went: `UNDETERMINED`, `INPROGRESS`, `SUCCESS`, `FAILED` or `CANCELED`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "UPPERCASE")]
#[value(rename_all = "UPPER")]
pub enum JobStatus {
    /// Not started.
    Undetermined,
    /// Running.
    #[value(name = "INPROGRESS")]
    InProgress,
    /// Ended well; there is a result.
    Success,
    /// Ended badly; the document's `error` says why.
    Failed,
    /// Ended because somebody asked for it.
    Canceled,
}

impl JobDocument {
    /// Whether the job is over, so that nothing about it will change.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.job_state == JobState::Completed
    }

    /// The one word that says most: the status of a job that is over, the state of another.
    #[must_use]
    pub fn headline(&self) -> &'static str {
        if self.is_over() {
            self.job_status.as_str()
        } else {
            self.job_state.as_str()
        }
    }

    /// 0 to 100; a job that doesn't say is at its beginning.
    #[must_use]
    pub fn percent(&self) -> u8 {
        self.percent_complete.unwrap_or(0).min(100)
    }
}

impl JobState {
    /// The word on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Scheduled => "SCHEDULED",
            Self::Started => "STARTED",
            Self::Completed => "COMPLETED",
        }
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
            assert_eq!(
                status.to_possible_value().unwrap().get_name(),
                status.as_str()
            );
            assert_eq!(
                serde_json::from_value::<JobStatus>(json!(status.as_str())).unwrap(),
                *status
            );
        }
    }

    #[test]
    fn a_document_of_the_bare_minimum_is_understood() {
        let document = json!({"id": "1", "job-state": "STARTED", "job-status": "INPROGRESS", "end-time": null, "new": 1});
        let job: JobDocument = serde_json::from_value(document).unwrap();

        assert_eq!(
            (job.headline(), job.percent(), job.is_over()),
            ("STARTED", 0, false)
        );
    }

    #[test]
    fn a_state_that_is_not_in_the_contract_is_no_job() {
        let document = json!({"id": "1", "job-state": "PAUSED", "job-status": "INPROGRESS"});

        assert!(serde_json::from_value::<JobDocument>(document).is_err());
    }
}
