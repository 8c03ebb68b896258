//! What a job's owner may do to it.

use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;

use super::JobStore;
use super::condition::Condition;
use super::ending::{Ending, same_job};
use super::expression::{Conditional, Update};
use super::item::{epoch_seconds, millis, number, string};
use crate::record::expiry;
use crate::{JobId, JobRecord, JobState, Outcome, Percent, StoreError, Timestamp};

/// What came of a cancel.
#[derive(Clone, Debug, PartialEq)]
pub enum Cancellation {
    /// This cancel ended it: the record as it now stands.
    Canceled(Box<JobRecord>),
    /// It was canceled before: the record as readers see it.
    CanceledBefore(Box<JobRecord>),
    /// Its attempt has been asked to stop.
    Requested(Box<JobRecord>),
    /// It is past its deadline: from [`JobRecord::overdue_at`] on readers see how it ended, and nothing is left to cancel.
    PastDeadline(Box<JobRecord>),
    /// It has ended otherwise.
    Finished(Box<JobRecord>),
    /// Its time is over, or its owner deleted it.
    Gone,
}

/// What came of a delete.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deletion {
    /// The record is a tombstone now, or was one before this delete's answer.
    Deleted,
    /// It is not at its end.
    Active,
    /// Its time was over before, or it had been deleted.
    Gone,
}

/// How often a command looks again when the record changes between its read and its write. Each further time takes another
/// write of somebody else's within milliseconds, and an attempt writes at most once a second.
const LOOKS: usize = 5;

/// What a delete makes of a record: nothing that its owner or its kind put there stays. Without `owner_shard` the item is in no
/// index any more.
const TOMBSTONE: &str = "SET #deleted = :true, #state = :completed, #outcome = :outcome, #summary = :nothing, \
     #expires_at = :expires, #updated_at_ms = :now, #version = #version + :one \
     REMOVE #result, #result_token, #error_code, #error_message, #checkpoint, #start_percent, #lease_until_ms, #cancel_requested, \
     #progress_number, #overdue_ms, #owner_shard";

impl JobStore {
    /// Calls a job off. A job that nobody runs is canceled at once; a running attempt is asked to stop. It is about the job
    /// of its first look: another one that an `Idempotency-Key` put under the id since is none of its business.
    ///
    /// `clock` is read anew for each decision and each write, since a decision is good for the write horizon only.
    ///
    /// # Errors
    /// [`StoreError`]: nothing is known; ask again.
    pub async fn cancel(
        &self,
        id: &JobId,
        clock: impl Fn() -> Timestamp,
        retention: Duration,
    ) -> Result<Cancellation, StoreError> {
        let Some(mut record) = self.live(id, clock()).await? else {
            return Ok(Cancellation::Gone);
        };
        // When the job ended, if this cancel wrote that and the answer was lost.
        let mut tried = None;
        for _ in 0..LOOKS {
            let now = clock();
            let done = match decide_cancel(&record, now, tried) {
                CancelDecision::Answer(answer) => return Ok(answer),
                CancelDecision::AskToStop => self.ask_to_stop(&record, clock()).await?,
                CancelDecision::End => {
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
        Err(StoreError::unavailable(Contended))
    }

    async fn ask_to_stop(
        &self,
        record: &JobRecord,
        now: Timestamp,
    ) -> Result<Option<Cancellation>, StoreError> {
        let mut values = same_job(record);
        values.extend([
            (":started", string(JobState::Started.as_str())),
            (":true", AttributeValue::Bool(true)),
            (":one", number(1)),
            (":now", millis(now)),
        ]);
        let update = Update {
            set: "SET #cancel_requested = :true, #version = #version + :one, #updated_at_ms = :now"
                .to_owned(),
            condition: Condition::Started,
            values,
        };
        Ok(match self.update(&record.id, update).await? {
            Conditional::Applied(record) => Some(Cancellation::Requested(record)),
            Conditional::Refused(_) => None,
        })
    }

    async fn cancel_unowned(
        &self,
        record: &JobRecord,
        now: Timestamp,
        retention: Duration,
    ) -> Result<Option<Cancellation>, StoreError> {
        let (ended_at, expires_at) = record.canceled_end(now, retention);
        if !self
            .finish_unowned(record, &Ending::Canceled, ended_at, expires_at, now)
            .await?
        {
            return Ok(None);
        }
        let state = JobState::Completed(Outcome::Canceled);
        let version = record.version + 1;
        let canceled = JobRecord {
            state,
            version,
            ended_at: Some(ended_at),
            expires_at,
            updated_at: ended_at,
            lease_until: None,
            checkpoint: None,
            start_percent: Percent::ZERO,
            cancel_requested: false,
            overdue_at: record.deadline,
            progress_number: 0,
            ..record.clone()
        };
        Ok(Some(Cancellation::Canceled(Box::new(canceled))))
    }

    /// Deletes the record of a job that is at its end. Its status URI is 410 from then on. It is about the job of its first
    /// look, as [`Self::cancel`] is. What is left of it stays for the write horizon, so that the record's first write finds it
    /// if that comes late.
    ///
    /// # Errors
    /// [`StoreError`]: nothing is known; ask again.
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
        let judged = record.judged(now);
        let Some(outcome) = judged.outcome() else {
            return Ok(Deletion::Active);
        };
        // Refused: TTL deleted it in the meantime, or another job is there, for which an earlier delete made way; maybe the
        // first try of this one, whose answer was lost.
        let now = clock();
        self.bury(&judged, outcome, now, expiry(now, write_horizon))
            .await?;
        // Either way this record is not readable any more.
        self.delete_result(&judged).await;
        Ok(Deletion::Deleted)
    }

    /// Leaves a tombstone.
    async fn bury(
        &self,
        record: &JobRecord,
        outcome: Outcome,
        now: Timestamp,
        expires_at: Timestamp,
    ) -> Result<(), StoreError> {
        let mut values = same_job(record);
        values.extend([
            (":true", AttributeValue::Bool(true)),
            (":completed", string(record.state.as_str())),
            (":outcome", string(outcome.as_str())),
            (":nothing", string("")),
            (":expires", epoch_seconds(expires_at)),
            (":now", millis(now)),
            (":one", number(1)),
        ]);
        let update = Update {
            set: TOMBSTONE.to_owned(),
            condition: Condition::SameJob,
            values,
        };
        self.update(&record.id, update).await.map(drop)
    }

    /// The record, unless its time is over.
    async fn live(&self, id: &JobId, now: Timestamp) -> Result<Option<JobRecord>, StoreError> {
        Ok(self.get(id).await?.filter(|record| !record.is_expired(now)))
    }

    /// The record of the same job as it stands, unless its time is over.
    async fn same(&self, job: &JobRecord, now: Timestamp) -> Result<Option<JobRecord>, StoreError> {
        let standing = self.live(&job.id, now).await?;
        Ok(standing.filter(|record| record.creation_token == job.creation_token))
    }
}

/// What a cancel does about a record.
#[derive(Clone, Debug, PartialEq)]
pub enum CancelDecision {
    /// Nothing more: this is its answer.
    Answer(Cancellation),
    /// An attempt owns the job: it asks that one to stop.
    AskToStop,
    /// No attempt owns the job: it ends it.
    End,
}

/// Decides at `now` what a cancel does about `record`; `tried` is when the job ended, if this cancel has already written that
/// end without getting an answer.
#[must_use]
pub fn decide_cancel(
    record: &JobRecord,
    now: Timestamp,
    tried: Option<Timestamp>,
) -> CancelDecision {
    let judged = Box::new(record.clone().judged(now));
    CancelDecision::Answer(match judged.state {
        JobState::Completed(Outcome::Canceled) if tried.is_some() && judged.ended_at == tried => {
            Cancellation::Canceled(judged)
        }
        JobState::Completed(Outcome::Canceled) => Cancellation::CanceledBefore(judged),
        JobState::Completed(_) => Cancellation::Finished(judged),
        // Its attempt is dead: readers will see it canceled when nothing can come of it any more.
        JobState::Started if record.is_past_deadline(now) && record.abandoned_at().is_some() => {
            Cancellation::Requested(judged)
        }
        _ if record.is_past_deadline(now) => Cancellation::PastDeadline(judged),
        JobState::Started if record.lease_until.is_some_and(|lease| now < lease) => {
            return CancelDecision::AskToStop;
        }
        JobState::Scheduled | JobState::Started => return CancelDecision::End,
    })
}

#[derive(Debug, thiserror::Error)]
#[error("the record changed each time between a read and a write")]
struct Contended;
