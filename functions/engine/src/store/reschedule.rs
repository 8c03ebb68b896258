//! The write of an attempt that ends with a retry or a snooze.

use super::JobStore;
use super::attempt::written;
use super::condition::Condition;
use super::expression::Update;
use super::item::{millis, number, string};
use super::slice::OF_SLICES;
use crate::{
    AttemptWrite, Attribute as A, JobRecord, JobState, Percent, Progress, StoreError, Timestamp,
    Written,
};

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
        let start_percent = again.pause.start_percent(&progress);
        let used = again.pause.attempts_used(run.attempt);
        let update = Update::of_attempt(Condition::OwnsUncanceledAttempt, run, now)
            .progress(&progress)
            .checkpoint(&progress)
            .set(A::State, string(JobState::Scheduled.as_str()))
            .set(A::ScheduledStartMs, millis(again.next_start))
            .set(A::Attempt, number(used))
            .set(A::StartPercent, number(start_percent.get()))
            .assign(A::UpdatedAtMs, ":now")
            .remove(&[A::LeaseUntilMs, A::StartedAtMs])
            .remove(&OF_SLICES);
        let answer = self.update(&run.id, update).await?;
        Ok(written(answer, run, AttemptWrite::Reschedule, now))
    }
}
