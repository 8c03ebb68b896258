//! The write of an attempt that ends with a retry or a snooze.

use super::JobStore;
use super::attempt::{checkpoint, is_own, owned, refusal, said};
use super::condition::Condition;
use super::expression::{Conditional, Update};
use super::item::{millis, number, string};
use crate::{AttemptWrite, JobRecord, JobState, Percent, Progress, StoreError, Timestamp, Written};

/// Why an attempt returns its job.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Pause {
    /// It failed: the next attempt follows.
    Retry,
    /// It snoozed: the same attempt continues later.
    Snooze,
}

impl Pause {
    /// Number of attempts that the job has used up after this pause.
    #[must_use]
    pub fn attempts_used(self, attempt: u32) -> u32 {
        match self {
            Self::Retry => attempt,
            Self::Snooze => attempt.saturating_sub(1),
        }
    }

    /// The progress with which the job starts again: unchanged if it can resume.
    fn start_percent(self, progress: &Progress) -> Percent {
        match self {
            Self::Retry if progress.checkpoint.is_none() => Percent::ZERO,
            Self::Retry | Self::Snooze => progress.percent,
        }
    }
}

/// A retry or a snooze.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rescheduling {
    /// Which of the two.
    pub pause: Pause,
    /// The job's summary while it waits.
    pub reason: String,
    /// When it may start again.
    pub next_start: Timestamp,
}

impl JobStore {
    /// Returns the job until its next start, with the reason in its summary and the attempt's latest checkpoint.
    ///
    /// # Errors
    /// [`StoreError`]: the lease ends, and then the next attempt starts.
    pub async fn reschedule(
        &self,
        run: &JobRecord,
        again: &Rescheduling,
        progress: &Progress,
        now: Timestamp,
    ) -> Result<Written, StoreError> {
        let progress = Progress {
            summary: Some(again.reason.clone()),
            ..progress.clone()
        };
        let (said, mut values) = said(&progress);
        let (saved, saved_values) = checkpoint(&progress);
        let start_percent = again.pause.start_percent(&progress);
        values.extend(saved_values);
        values.extend([
            (":scheduled", string(JobState::Scheduled.as_str())),
            (":next", millis(again.next_start)),
            (":used", number(again.pause.attempts_used(run.attempt))),
            (":start_percent", number(start_percent.get())),
        ]);
        let update = Update {
            set: format!(
                "SET {said}{saved}, #state = :scheduled, #scheduled_start_ms = :next, #attempt = :used, \
                 #start_percent = :start_percent, #version = #version + :one, #updated_at_ms = :now \
                 REMOVE #lease_until_ms, #started_at_ms, #attempt_step, #slice_attempt, #slice_began_ms, #ran_ms"
            ),
            condition: Condition::OwnsUncanceledAttempt,
            values: owned(run, now, values),
        };
        Ok(match self.update(&run.id, update).await? {
            Conditional::Applied(_) => Written::Applied,
            Conditional::Refused(Some(old))
                if is_own(&old, run) && old.state == JobState::Scheduled =>
            {
                Written::Applied
            }
            Conditional::Refused(old) => {
                refusal(old.as_deref(), run, AttemptWrite::Reschedule, now)
            }
        })
    }
}
