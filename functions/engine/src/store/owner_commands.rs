//! The commands of a job's owner: cancel and delete.

use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;

use super::JobStore;
use super::condition::Condition;
use super::ending::Ending;
use super::expression::Update;
use super::item::{epoch_seconds, string};
use crate::record::expiry;
use crate::{
    Attribute as A, JobId, JobRecord, JobState, Outcome, ScheduleName, StoreError, Timestamp,
};

/// Outcome of a cancel, with the record as it is stored.
#[derive(Clone, Debug, PartialEq)]
pub enum Cancellation {
    /// This cancel ended the job.
    Canceled(Box<JobRecord>),
    /// The job was canceled before.
    CanceledBefore(Box<JobRecord>),
    /// The running attempt was asked to stop.
    Requested(Box<JobRecord>),
    /// The job is past its deadline, so nothing is left to cancel: readers see its end from [`JobRecord::overdue_at`] on.
    PastDeadline(Box<JobRecord>),
    /// The job has finished otherwise.
    Finished(Box<JobRecord>),
    /// The job has expired or was deleted.
    Gone,
}

/// Outcome of a delete.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Deletion {
    /// The record is a tombstone now. It may have become one before this delete was answered. Its schedule, if it has one that was not
    /// known to have fired, is left to the caller.
    Deleted(Option<ScheduleName>),
    /// The job has not finished.
    Active,
    /// The job had expired or was deleted before.
    Gone,
}

/// Maximum number of reads of a command whose record changes between its read and its write. Each further read takes another
/// write by someone else within milliseconds, and an attempt writes at most once per second.
const READS: usize = 5;

/// Attributes that a tombstone does not keep: what the owner or the kind stored, and `owner_shard`, without which an item is not in the index.
const NOT_OF_A_TOMBSTONE: [A; 12] = [
    A::Title,
    A::Result,
    A::ResultToken,
    A::ResultDays,
    A::ErrorCode,
    A::ErrorMessage,
    A::Schedule,
    A::CallbackUrl,
    A::CallbackState,
    A::CallbackAttempts,
    A::CallbackStatus,
    A::OwnerShard,
];

impl JobStore {
    /// Cancels a job. A job without a running attempt is canceled at once; a running attempt is asked to stop. The command
    /// applies to the job of its first read only, not to another job that an `Idempotency-Key` has put under the id since.
    ///
    /// `clock` is read for each decision and each write, because a decision is valid for the write horizon only.
    ///
    /// # Errors
    /// [`StoreError`]: the outcome is unknown; call again.
    pub async fn cancel(
        &self,
        id: &JobId,
        clock: impl Fn() -> Timestamp,
        retention: Duration,
    ) -> Result<Cancellation, StoreError> {
        use CancelDecision as D;
        let Some(mut record) = self.live(id, clock()).await? else {
            return Ok(Cancellation::Gone);
        };
        // The end time that this cancel tried to write, in case the answer is lost.
        let mut tried = None;
        for _ in 0..READS {
            let now = clock();
            let done = match decide_cancel(&record, now, tried) {
                D::Canceled => return Ok(Cancellation::Canceled(record.into())),
                D::CanceledBefore => return Ok(Cancellation::CanceledBefore(record.into())),
                D::Requested => return Ok(Cancellation::Requested(record.into())),
                D::PastDeadline => return Ok(Cancellation::PastDeadline(record.into())),
                D::Finished => return Ok(Cancellation::Finished(record.into())),
                D::AskToStop => self.ask_to_stop(&record, clock()).await?,
                D::End => {
                    tried = Some(record.canceled_end(now, retention).0);
                    self.cancel_unowned(&record, now, retention).await?
                }
            };
            if let Some(done) = done {
                return Ok(done);
            }
            match self.same(&record, clock()).await? {
                Some(standing) => record = standing,
                None => return Ok(Cancellation::Gone),
            }
        }
        let problem = "the record changed each time between a read and a write";
        Err(StoreError::Unavailable(problem.into()))
    }

    async fn ask_to_stop(
        &self,
        record: &JobRecord,
        now: Timestamp,
    ) -> Result<Option<Cancellation>, StoreError> {
        let update = Update::of_job(Condition::Started, &record.creation_token, now)
            .value(":started", string(JobState::Started.as_str()))
            .set(A::CancelRequested, AttributeValue::Bool(true))
            .assign(A::UpdatedAtMs, ":now");
        let asked = self.update(&record.id, update).await?.applied();
        Ok(asked.map(Cancellation::Requested))
    }

    async fn cancel_unowned(
        &self,
        record: &JobRecord,
        now: Timestamp,
        retention: Duration,
    ) -> Result<Option<Cancellation>, StoreError> {
        let (ended_at, expires_at) = record.canceled_end(now, retention);
        let written = self.finish_unowned(record, &Ending::Canceled, ended_at, expires_at, now);
        Ok(written.await?.map(Cancellation::Canceled))
    }

    /// Deletes the record of a finished job. Its status URI is 410 from then on. Like [`Self::cancel`], the command applies to
    /// the job of its first read only. A tombstone remains for the write horizon, so that the record's first write finds it if
    /// that takes effect late.
    ///
    /// # Errors
    /// [`StoreError`]: the outcome is unknown; call again.
    pub async fn delete(
        &self,
        id: &JobId,
        clock: impl Fn() -> Timestamp,
        write_horizon: Duration,
    ) -> Result<Deletion, StoreError> {
        let now = clock();
        let Some(record) = self.live(id, now).await? else {
            return Ok(Deletion::Gone);
        };
        let Some(outcome) = record.judged(now).outcome() else {
            return Ok(Deletion::Active);
        };
        // If this is refused, TTL has deleted the record in the meantime, or another job has taken its place after an earlier
        // delete: perhaps after the first try of this one, whose answer was lost.
        let now = clock();
        self.bury(&record, outcome, now, expiry(now, write_horizon))
            .await?;
        // Either way, this record is no longer readable.
        self.delete_result(&record).await;
        Ok(Deletion::Deleted(record.schedule))
    }

    /// Replaces the record by a tombstone.
    async fn bury(
        &self,
        record: &JobRecord,
        outcome: Outcome,
        now: Timestamp,
        expires_at: Timestamp,
    ) -> Result<(), StoreError> {
        let update = Update::of_job(Condition::SameJob, &record.creation_token, now)
            .set(A::Deleted, AttributeValue::Bool(true))
            .set(A::State, string(JobState::Completed(outcome).as_str()))
            .set(A::Outcome, string(outcome.as_str()))
            .set(A::Summary, string(""))
            .set(A::ExpiresAt, epoch_seconds(expires_at))
            .assign(A::UpdatedAtMs, ":now")
            .remove_unfinished()
            .remove(&NOT_OF_A_TOMBSTONE);
        self.update(&record.id, update).await.map(drop)
    }

    /// The record, unless it has expired.
    async fn live(&self, id: &JobId, now: Timestamp) -> Result<Option<JobRecord>, StoreError> {
        Ok(self.get(id).await?.filter(|record| !record.is_expired(now)))
    }

    /// The current record of the same job, unless it has expired.
    async fn same(&self, job: &JobRecord, now: Timestamp) -> Result<Option<JobRecord>, StoreError> {
        let standing = self.live(&job.id, now).await?;
        Ok(standing.filter(|record| record.creation_token == job.creation_token))
    }
}

/// Decision of a cancel about a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CancelDecision {
    /// [`Cancellation::Canceled`]: this cancel has already ended the job, and the answer was lost.
    Canceled,
    /// [`Cancellation::CanceledBefore`].
    CanceledBefore,
    /// [`Cancellation::Requested`]: the attempt that was asked to stop is dead, and readers will see the job canceled.
    Requested,
    /// [`Cancellation::PastDeadline`].
    PastDeadline,
    /// [`Cancellation::Finished`].
    Finished,
    /// An attempt owns the job: ask it to stop.
    AskToStop,
    /// No attempt owns the job: end it.
    End,
}

/// Decides at `now` what a cancel does about `record`. `tried` is the end time that this cancel has already tried to write
/// without getting an answer.
#[must_use]
pub fn decide_cancel(
    record: &JobRecord,
    now: Timestamp,
    tried: Option<Timestamp>,
) -> CancelDecision {
    let judged = record.judged(now);
    match judged.state {
        JobState::Completed(Outcome::Canceled) if tried.is_some() && judged.ended_at == tried => {
            CancelDecision::Canceled
        }
        JobState::Completed(Outcome::Canceled) => CancelDecision::CanceledBefore,
        JobState::Completed(_) => CancelDecision::Finished,
        JobState::Started if record.is_past_deadline(now) && record.abandoned_at().is_some() => {
            CancelDecision::Requested
        }
        _ if record.is_past_deadline(now) => CancelDecision::PastDeadline,
        // Between two slices nobody has the job, even while a thread of the ended slice runs.
        JobState::Started
            if !record.is_between_slices && record.lease_until.is_some_and(|lease| now < lease) =>
        {
            CancelDecision::AskToStop
        }
        JobState::Scheduled | JobState::Started => CancelDecision::End,
    }
}
