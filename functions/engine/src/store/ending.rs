//! The write that ends a job.

use std::time::Duration;

use super::JobStore;
use super::attempt::written;
use super::condition::Condition;
use super::expression::{Conditional, Update};
use super::item::{epoch_seconds, millis, number, string};
use super::result::has_room;
use super::slice::OF_SLICES;
use crate::record::expiry;
use crate::{
    AttemptWrite, Attribute as A, Failure, JobRecord, JobState, Outcome, Progress, StoreError,
    Timestamp, Written,
};

/// How a job ends.
#[derive(Clone, Debug, PartialEq)]
pub enum Ending {
    /// With a result: JSON text of up to [`crate::MAX_RESULT_BYTES`].
    Success {
        /// The result.
        result: String,
    },
    /// With a result that is in the bucket: see [`JobStore::store_result`].
    Stored {
        /// Its lifecycle class.
        days: u16,
    },
    /// With an error.
    Failed(Failure),
    /// Canceled by its owner.
    Canceled,
}

impl Ending {
    /// The code of the error, if the job failed.
    #[must_use]
    pub fn error_code(&self) -> Option<&str> {
        match self {
            Self::Failed(failure) => Some(failure.code()),
            Self::Success { .. } | Self::Stored { .. } | Self::Canceled => None,
        }
    }

    /// The outcome of the job.
    #[must_use]
    pub fn outcome(&self) -> Outcome {
        match self {
            Self::Success { .. } | Self::Stored { .. } => Outcome::Success,
            Self::Failed(_) => Outcome::Failed,
            Self::Canceled => Outcome::Canceled,
        }
    }

    /// The outcome and end time of an overdue job, as readers see it.
    #[must_use]
    pub fn of_overdue(record: &JobRecord) -> (Self, Timestamp) {
        let judged = record.judged(record.overdue_at);
        let failure = judged.error.clone();
        let ended_at = judged.ended_at.unwrap_or(record.deadline);
        (failure.map_or(Self::Canceled, Self::Failed), ended_at)
    }

    fn condition(&self) -> Condition {
        match self {
            Self::Success { .. } | Self::Stored { .. } | Self::Canceled => Condition::OwnsAttempt,
            Self::Failed(_) => Condition::OwnsUncanceledAttempt,
        }
    }
}

/// Attributes that only an unfinished job needs, with those of slices: every poll pays for the size of the record.
const OF_UNFINISHED: [A; 6] = [
    A::LeaseUntilMs,
    A::CancelRequested,
    A::Checkpoint,
    A::StartPercent,
    A::ProgressNumber,
    A::OverdueMs,
];

impl JobStore {
    /// Ends the job for this attempt, with the last progress that the attempt reported. The status URI remains readable for
    /// `retention` from `now`. A result takes precedence over a cancel that came too late; a failure does not, and is not
    /// written then.
    ///
    /// # Errors
    /// [`StoreError`]: the end may have taken effect, and a repeated call recognizes it. If the call is not repeated, the lease
    /// ends, and the next attempt repeats the work.
    pub async fn finish(
        &self,
        run: &JobRecord,
        ending: &Ending,
        progress: &Progress,
        now: Timestamp,
        retention: Duration,
    ) -> Result<Written, StoreError> {
        let expires_at = expiry(now, retention);
        let update = Update::of_attempt(ending.condition(), run, now)
            .progress(progress)
            .end(run, ending.outcome(), now, expires_at);
        let update = match ending {
            Ending::Success { result } if !has_room(run, progress, result) => {
                self.put_result(run, result, now, retention).await?;
                update.assign(A::ResultToken, ":token")
            }
            _ => update.contents_of(ending),
        };
        let answer = self.write_end(run, update, now).await?;
        let write = AttemptWrite::End(ending.outcome());
        Ok(written(answer, run, write, now))
    }

    /// Ends a job that no attempt owns, as a cancel or a claim decided about `record`. Returns the record with its end; `None`
    /// if it has changed since, or if its deadline has passed, and so the decision must be made again.
    ///
    /// # Errors
    /// [`StoreError`]: the message must be redelivered.
    pub async fn finish_unowned(
        &self,
        record: &JobRecord,
        ending: &Ending,
        ended_at: Timestamp,
        expires_at: Timestamp,
        now: Timestamp,
    ) -> Result<Option<Box<JobRecord>>, StoreError> {
        let update = Update::of_job(Condition::Unchanged, &record.creation_token, now)
            .value(":version", number(record.version))
            .end(record, ending.outcome(), ended_at, expires_at)
            .contents_of(ending);
        Ok(self.write_end(record, update, now).await?.applied())
    }

    /// Ends an overdue job as readers see it ([`JobRecord::judged`]). Returns the record with its end; `None` if the
    /// job is not overdue at `now`, or has ended.
    ///
    /// # Errors
    /// [`StoreError`]: the message must be redelivered.
    pub async fn finish_overdue(
        &self,
        record: &JobRecord,
        now: Timestamp,
    ) -> Result<Option<Box<JobRecord>>, StoreError> {
        let (ending, ended_at) = Ending::of_overdue(record);
        let update = Update::of_job(Condition::Overdue, &record.creation_token, now)
            .end(record, ending.outcome(), ended_at, record.expires_at)
            .contents_of(&ending);
        Ok(self.write_end(record, update, now).await?.applied())
    }

    /// Writes the end of a job. Every end is written here, after the message about it: an end without its message would have no webhook,
    /// and a message without its end is dropped.
    async fn write_end(
        &self,
        record: &JobRecord,
        update: Update,
        now: Timestamp,
    ) -> Result<Conditional, StoreError> {
        self.announce_end(record, now).await?;
        let written = self.update(&record.id, update).await?;
        if matches!(written, Conditional::Applied(_)) {
            self.end_was_written(record);
        }
        Ok(written)
    }
}

impl Update {
    /// Ends the job. The end time is not `:now`: an overdue job ended in the past, at its deadline. After the end, the start of the job's
    /// last attempt is its only trace of slices.
    fn end(
        self,
        record: &JobRecord,
        outcome: Outcome,
        at: Timestamp,
        expires_at: Timestamp,
    ) -> Self {
        let began = record.slices().map(|slices| millis(slices.began_at));
        self.set(A::State, string(JobState::Completed(outcome).as_str()))
            .set(A::Outcome, string(outcome.as_str()))
            .set_if_some(A::StartedAtMs, began)
            .set(A::EndedAtMs, millis(at))
            .set(A::UpdatedAtMs, millis(at))
            .set(A::ExpiresAt, epoch_seconds(expires_at))
            .remove_unfinished()
    }

    /// Removes what only an unfinished job has.
    pub(super) fn remove_unfinished(self) -> Self {
        self.remove(&OF_UNFINISHED).remove(&OF_SLICES)
    }

    /// Sets the result or the error. Where a result is in the bucket, `:token` is that of the attempt.
    fn contents_of(self, ending: &Ending) -> Self {
        match ending {
            Ending::Success { result } => self.set(A::Result, string(result.as_str())),
            Ending::Stored { days } => self
                .assign(A::ResultToken, ":token")
                .set(A::ResultDays, number(*days)),
            Ending::Failed(failure) => self
                .set(A::ErrorCode, string(failure.code()))
                .set(A::ErrorMessage, string(failure.message())),
            Ending::Canceled => self,
        }
    }
}
