//! What a job's owner may do to it.

use std::time::Duration;

use aws_sdk_dynamodb::operation::delete_item::DeleteItemError;

use super::JobStore;
use super::condition::Condition;
use super::ending::Ending;
use super::expression::{Conditional, Update, names};
use crate::item::{millis, number, string};
use crate::page::created_order;
use crate::record::expiry;
use crate::{Attribute, JobId, JobRecord, JobState, Outcome, Percent, StoreError, Timestamp};

/// What came of a cancel.
#[derive(Clone, Debug, PartialEq)]
pub enum Cancellation {
    /// It is canceled, now or since before: the record as it stands.
    Canceled(Box<JobRecord>),
    /// Its attempt has been asked to stop.
    Requested(Box<JobRecord>),
    /// It has ended otherwise.
    Finished(Box<JobRecord>),
    /// Its time is over.
    Gone,
}

/// What came of a delete.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deletion {
    /// The record is no more.
    Deleted,
    /// It is not at its end.
    Active,
    /// Its time was over before.
    Gone,
}

/// How often a command looks again when the record changes between its read and its write. Each further time takes another
/// write of somebody else's within milliseconds, and an attempt writes at most once a second.
const LOOKS: usize = 5;

impl JobStore {
    /// Calls a job off. A job that nobody runs is canceled at once; a running attempt is asked to stop.
    ///
    /// # Errors
    /// [`StoreError`]: nothing is known; ask again.
    pub async fn cancel(
        &self,
        id: &JobId,
        now: Timestamp,
        retention: Duration,
    ) -> Result<Cancellation, StoreError> {
        for _ in 0..LOOKS {
            let Some(record) = self.live(id, now).await? else {
                return Ok(Cancellation::Gone);
            };
            let done = match record.clone().judged(now).state {
                JobState::Completed(Outcome::Canceled) => {
                    Some(Cancellation::Canceled(Box::new(record)))
                }
                JobState::Completed(_) => {
                    Some(Cancellation::Finished(Box::new(record.judged(now))))
                }
                JobState::Started if record.lease_until.is_some_and(|lease| now < lease) => {
                    self.ask_to_stop(&record, now).await?
                }
                JobState::Scheduled | JobState::Started => {
                    self.cancel_unowned(&record, now, retention).await?
                }
            };
            if let Some(done) = done {
                return Ok(done);
            }
        }
        Err(StoreError::unavailable(Contended))
    }

    async fn ask_to_stop(
        &self,
        record: &JobRecord,
        now: Timestamp,
    ) -> Result<Option<Cancellation>, StoreError> {
        let update = Update {
            set: "SET #cancel_requested = :true, #version = #version + :one, #updated_at_ms = :now"
                .to_owned(),
            condition: Condition::Started,
            values: vec![
                (":started", string(JobState::Started.as_str())),
                (":true", aws_sdk_dynamodb::types::AttributeValue::Bool(true)),
                (":one", number(1)),
                (":now", millis(now)),
            ],
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
        let expires_at = expiry(now, retention);
        if !self
            .finish_unowned(record, &Ending::Canceled, now, expires_at)
            .await?
        {
            return Ok(None);
        }
        let state = JobState::Completed(Outcome::Canceled);
        let version = record.version + 1;
        let ended_at = Some(now);
        let canceled = JobRecord {
            state,
            version,
            ended_at,
            expires_at,
            updated_at: now,
            lease_until: None,
            checkpoint: None,
            start_percent: Percent::ZERO,
            cancel_requested: false,
            ..record.clone()
        };
        Ok(Some(Cancellation::Canceled(Box::new(canceled))))
    }

    /// Deletes the record of a job that is at its end. Its status URI is 410 from then on.
    ///
    /// # Errors
    /// [`StoreError`]: nothing is known; ask again.
    pub async fn delete(&self, id: &JobId, now: Timestamp) -> Result<Deletion, StoreError> {
        let mut gone = Deletion::Gone;
        for _ in 0..LOOKS {
            let Some(record) = self.live(id, now).await? else {
                return Ok(gone);
            };
            if !record.clone().judged(now).state.is_completed() {
                return Ok(Deletion::Active);
            }
            let is_deleted = self.delete_same(&record).await?;
            // Either way this record does not exist any more.
            self.delete_result(&record).await;
            if is_deleted {
                return Ok(Deletion::Deleted);
            }
            // Gone at the next look: this delete's own doing, whose first answer was lost, or as good as that.
            gone = Deletion::Deleted;
        }
        Err(StoreError::unavailable(Contended))
    }

    async fn delete_same(&self, record: &JobRecord) -> Result<bool, StoreError> {
        let request = self.client.delete_item().table_name(&self.table);
        let condition = Condition::SameJob.expression();
        let order = created_order(record.created_at, &record.id);
        let answer = request
            .key(Attribute::Id.name(), string(record.id.to_string()))
            .condition_expression(condition)
            .set_expression_attribute_names(Some(names(&[condition])))
            .expression_attribute_values(":created_order", string(order))
            .send()
            .await;
        match answer.map_err(aws_sdk_dynamodb::error::SdkError::into_service_error) {
            Ok(_) => Ok(true),
            Err(DeleteItemError::ConditionalCheckFailedException(_)) => Ok(false),
            Err(other) => Err(StoreError::unavailable(other)),
        }
    }

    /// The record, unless its time is over.
    async fn live(&self, id: &JobId, now: Timestamp) -> Result<Option<JobRecord>, StoreError> {
        Ok(self.get(id).await?.filter(|record| !record.is_expired(now)))
    }
}

#[derive(Debug, thiserror::Error)]
#[error("the record changed each time between a read and a write")]
struct Contended;
