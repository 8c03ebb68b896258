//! The states of a job, and the moves between them.
//!
//! ```text
//!                 Start                      Succeed
//!   SCHEDULED ───────────────▶ STARTED ───────────────────▶ COMPLETED/SUCCESS
//!    ▲   │  ▲                   │  │ ╲───────────────────▶ COMPLETED/FAILED
//!    │   │  └───────────────────┘  │        Fail               ▲
//!    │   │         Reschedule      │                           │
//!    │   │                   Start │ (lease ran out,           │
//!    │   │                EndSlice ▼  next attempt)            │
//!    │   │                      STARTED                        │
//!    │   ├───────────────────── Fail (deadline, attempts) ─────┘
//!    │   └───────────────────── Cancel ──────────────────▶ COMPLETED/CANCELED ◀── Cancel ── STARTED
//! ```
//!
//! - **SCHEDULED**: accepted and waiting: for a worker, for the requested start, or for the next attempt after an error. A cancel ends
//!   the job at once.
//! - **STARTED**: an attempt owns the lease. If the lease ends before the attempt (the worker died), the next claim starts the next
//!   attempt. A handler that ends its slice (`EndSlice`) ends the lease, too, and the next claim continues the same attempt: the job
//!   stays STARTED between the two.
//! - **COMPLETED**: finished, with one of three outcomes. Final: nothing leaves this state, and the condition of every write enforces it.

use std::fmt;

/// State of a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum JobState {
    /// Waiting for its start.
    Scheduled,
    /// An attempt is running.
    Started,
    /// Finished.
    Completed(Outcome),
}

/// Outcome of a finished job.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// The job has a result.
    Success,
    /// The job has an error.
    Failed,
    /// The owner canceled the job.
    Canceled,
}

/// A change of a job's state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Move {
    /// A worker claims the first attempt, or the next one after a lease has ended.
    Start,
    /// An attempt ends with a retry or a snooze.
    Reschedule,
    /// An attempt ends its slice, and continues in a later invocation.
    EndSlice,
    /// An attempt ends with the result.
    Succeed,
    /// An attempt, the deadline or the end of the last lease ends the job with an error.
    Fail,
    /// The owner's cancel takes effect.
    Cancel,
}

/// A move that the state does not allow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a job that is {from} cannot {attempted:?}")]
pub struct Illegal {
    /// The state of the job.
    pub from: JobState,
    /// The refused move.
    pub attempted: Move,
}

/// The state after `attempted`. This function alone defines which moves are legal.
///
/// # Errors
/// [`Illegal`] if `from` does not allow the move. COMPLETED allows none.
pub fn transition(from: JobState, attempted: Move) -> Result<JobState, Illegal> {
    use JobState::{Completed, Scheduled, Started};
    match (from, attempted) {
        (Scheduled | Started, Move::Start) | (Started, Move::EndSlice) => Ok(Started),
        (Started, Move::Reschedule) => Ok(Scheduled),
        (Started, Move::Succeed) => Ok(Completed(Outcome::Success)),
        (Scheduled | Started, Move::Fail) => Ok(Completed(Outcome::Failed)),
        (Scheduled | Started, Move::Cancel) => Ok(Completed(Outcome::Canceled)),
        (Scheduled, Move::Reschedule | Move::EndSlice | Move::Succeed)
        | (
            Completed(_),
            Move::Start
            | Move::Reschedule
            | Move::EndSlice
            | Move::Succeed
            | Move::Fail
            | Move::Cancel,
        ) => Err(Illegal { from, attempted }),
    }
}

impl JobState {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::Scheduled,
        Self::Started,
        Self::Completed(Outcome::Success),
        Self::Completed(Outcome::Failed),
        Self::Completed(Outcome::Canceled),
    ];

    /// The state with this `job-status`.
    #[must_use]
    pub fn of_job_status(text: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|state| state.job_status() == text)
    }

    /// Whether the job has finished.
    #[must_use]
    pub fn is_completed(self) -> bool {
        matches!(self, Self::Completed(_))
    }

    /// The `job-state` of the status document, and the record's attribute.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Scheduled => "SCHEDULED",
            Self::Started => "STARTED",
            Self::Completed(_) => "COMPLETED",
        }
    }

    /// The `job-status` of the status document.
    #[must_use]
    pub fn job_status(self) -> &'static str {
        match self {
            Self::Scheduled => "UNDETERMINED",
            Self::Started => "INPROGRESS",
            Self::Completed(outcome) => outcome.as_str(),
        }
    }

    /// The `status` that long-running-operation clients read.
    #[must_use]
    pub fn operation_status(self) -> &'static str {
        match self {
            Self::Scheduled | Self::Started => "InProgress",
            Self::Completed(Outcome::Success) => "Succeeded",
            Self::Completed(Outcome::Failed) => "Failed",
            Self::Completed(Outcome::Canceled) => "Canceled",
        }
    }
}

impl Outcome {
    /// The record's attribute, and the `job-status` of a completed job.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Success => "SUCCESS",
            Self::Failed => "FAILED",
            Self::Canceled => "CANCELED",
        }
    }
}

impl fmt::Display for JobState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.as_str(), self.job_status())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OUTCOMES: [Outcome; 3] = [Outcome::Success, Outcome::Failed, Outcome::Canceled];
    const MOVES: [Move; 6] = [
        Move::Start,
        Move::Reschedule,
        Move::EndSlice,
        Move::Succeed,
        Move::Fail,
        Move::Cancel,
    ];

    #[test]
    fn nothing_leaves_completed() {
        for outcome in OUTCOMES {
            for attempted in MOVES {
                let from = JobState::Completed(outcome);
                assert_eq!(
                    transition(from, attempted),
                    Err(Illegal { from, attempted })
                );
            }
        }
    }

    #[test]
    fn only_a_started_job_succeeds_or_is_rescheduled_or_ends_its_slice() {
        for attempted in [Move::Succeed, Move::Reschedule, Move::EndSlice] {
            assert!(transition(JobState::Scheduled, attempted).is_err());
            assert!(transition(JobState::Started, attempted).is_ok());
        }
    }

    #[test]
    fn a_job_stays_started_between_two_slices() {
        let between = transition(JobState::Started, Move::EndSlice);
        assert_eq!(between, Ok(JobState::Started));
    }

    #[test]
    fn every_unfinished_job_can_be_started_failed_and_canceled() {
        for from in [JobState::Scheduled, JobState::Started] {
            assert_eq!(transition(from, Move::Start), Ok(JobState::Started));
            assert_eq!(
                transition(from, Move::Fail),
                Ok(JobState::Completed(Outcome::Failed))
            );
            assert_eq!(
                transition(from, Move::Cancel),
                Ok(JobState::Completed(Outcome::Canceled))
            );
        }
    }
}
