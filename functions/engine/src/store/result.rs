//! Results that would make their job's record too large: each is in an item of its own.
//!
//! A list and a poll read whole records. So a record, result included, never costs more than one read unit, and a larger
//! result is read only by whoever shows it.

use std::time::Duration;

use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::types::AttributeValue;

use super::JobStore;
use super::condition::Condition;
use super::expression::names;
use super::index::{created_order, owner_shard};
use super::item::{epoch_seconds, string};
use crate::cut::cut;
use crate::record::{MAX_SUMMARY_CHARS, expiry};
use crate::{Attribute, JobId, JobRecord, Progress, StoreError, Timestamp};

/// The largest record, in bytes as DynamoDB counts them: one read unit. A result that would exceed it is stored in an item of
/// its own.
pub const MAX_RECORD_BYTES: u16 = 4_096;

/// The maximum size of a result in the table, in bytes of JSON: an item holds up to 400 KB (409,600 bytes), its key and expiry included.
pub const MAX_RESULT_BYTES: usize = 380_000;

impl JobStore {
    /// The result of a job that has succeeded, as JSON text. `None` if the job has expired or was deleted since `record` was
    /// read. A result in the bucket is not read ([`Self::result_url`]).
    ///
    /// # Errors
    /// [`StoreError::NoResult`] if the record refers to an item that does not exist.
    pub async fn result(&self, record: &JobRecord) -> Result<Option<String>, StoreError> {
        let Some(token) = &record.result_token else {
            let result = record.result.as_deref().unwrap_or("null");
            return Ok(Some(result.to_owned()));
        };
        let key = result_key(&record.id, token);
        // The item never changes, so whatever an eventually consistent read finds is right, at half the price. Only if it
        // finds nothing, the item may be too new for it.
        for is_consistent in [false, true] {
            if let Some(result) = self.read_result(&key, is_consistent).await? {
                return Ok(Some(result));
            }
        }
        match self.get(&record.id).await? {
            Some(current) if current.result_token.as_ref() == Some(token) => {
                Err(StoreError::NoResult(record.id))
            }
            _ => Ok(None),
        }
    }

    async fn read_result(
        &self,
        key: &str,
        is_consistent: bool,
    ) -> Result<Option<String>, StoreError> {
        let Some(mut item) = self.read_item(key.to_owned(), is_consistent).await? else {
            return Ok(None);
        };
        match item.remove(Attribute::Result.name()) {
            Some(AttributeValue::S(result)) => Ok(Some(result)),
            _ => Err(StoreError::Corrupt(Attribute::Result)),
        }
    }

    /// Writes the result that this attempt is about to end its job with. If the item exists, an earlier try of the same attempt
    /// wrote it.
    ///
    /// The item expires no earlier than the record, even if the end is written at the last moment of the lease.
    pub(super) async fn put_result(
        &self,
        run: &JobRecord,
        result: &str,
        now: Timestamp,
        retention: Duration,
    ) -> Result<(), StoreError> {
        let token = run.run_token.as_deref().unwrap_or_default();
        let last_end = run.lease_until.unwrap_or(now).max(now);
        let condition = Condition::ResultIsNew.expression();
        let request = self.client.put_item().table_name(&self.table);
        let answer = request
            .item(Attribute::Id.name(), string(result_key(&run.id, token)))
            .item(Attribute::Result.name(), string(result))
            .item(
                Attribute::ExpiresAt.name(),
                epoch_seconds(expiry(last_end, retention)),
            )
            .condition_expression(condition)
            .set_expression_attribute_names(Some(names(&[condition])))
            .send()
            .await;
        match answer.map_err(aws_sdk_dynamodb::error::SdkError::into_service_error) {
            Ok(_) | Err(PutItemError::ConditionalCheckFailedException(_)) => Ok(()),
            Err(other) => Err(StoreError::unavailable(other)),
        }
    }

    /// Deletes the result's item or object of a job whose record is deleted. If this fails, TTL or a lifecycle rule deletes it later;
    /// nothing refers to it any more.
    pub(super) async fn delete_result(&self, record: &JobRecord) {
        let Some(token) = &record.result_token else {
            return;
        };
        if let Some(days) = record.result_days {
            return self.delete_stored_result(record, days).await;
        }
        let request = self.client.delete_item().table_name(&self.table);
        let key = string(result_key(&record.id, token));
        let _ = request.key(Attribute::Id.name(), key).send().await;
    }
}

/// The key of a result's item. The fencing token makes it the attempt's own: a superseded attempt writes another item.
fn result_key(id: &JobId, token: &str) -> String {
    format!("{id}#{token}")
}

/// Whether the record of this attempt has room for the result.
pub(super) fn has_room(run: &JobRecord, said: &Progress, result: &str) -> bool {
    let attributes = Attribute::ALL.iter().copied();
    let sizes = attributes.filter_map(|attribute| {
        let value = max_bytes(attribute, run, said, result)?;
        Some(attribute.name().len() + value)
    });
    sizes.sum::<usize>() <= usize::from(MAX_RECORD_BYTES)
}

/// The most that a number of ours takes: a byte for every two of its 20 digits, one for the exponent and one for the sign.
const NUMBER_BYTES: usize = 12;

/// The most bytes that the value of an attribute has once the job has ended with this result; `None` for an attribute that the
/// record does not have then.
///
/// DynamoDB counts texts in UTF-8 and numbers by their digits:
/// <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html>
fn max_bytes(
    attribute: Attribute,
    run: &JobRecord,
    said: &Progress,
    result: &str,
) -> Option<usize> {
    use Attribute as A;
    Some(match attribute {
        A::Id => run.id.to_string().len(),
        A::Owner => run.owner.as_str().len(),
        A::Name => run.kind.as_str().len(),
        A::Fingerprint => run.fingerprint.as_str().len(),
        A::CreationToken => run.creation_token.as_str().len(),
        A::State => "COMPLETED".len(),
        A::Outcome => "SUCCESS".len(),
        A::Title => run.title.as_ref()?.len(),
        A::Summary => match &said.summary {
            Some(summary) => cut(summary, MAX_SUMMARY_CHARS).len(),
            None => run.summary.len(),
        },
        A::CallbackUrl => run.callback.as_ref()?.url.len(),
        A::CallbackState => run.callback.as_ref().map(|_| "DELIVERED".len())?,
        A::CallbackAttempts | A::CallbackStatus => run.callback.as_ref().map(|_| NUMBER_BYTES)?,
        A::RunToken => run.run_token.as_deref().unwrap_or_default().len(),
        A::Result => result.len(),
        A::OwnerShard => owner_shard(&run.owner, &run.id).len(),
        A::CreatedOrder => created_order(run.created_at, &run.id).len(),
        A::Percent
        | A::ScheduledStartMs
        | A::StartedAtMs
        | A::EndedAtMs
        | A::DeadlineMs
        | A::ExpiresAt
        | A::Attempt
        | A::MaxAttempts
        | A::Version
        | A::UpdatedAtMs => NUMBER_BYTES,
        A::StartPercent
        | A::Checkpoint
        | A::OverdueMs
        | A::ProgressNumber
        | A::Deleted
        | A::LeaseUntilMs
        | A::AttemptStep
        | A::SliceAttempt
        | A::SliceBeganMs
        | A::RanMs
        | A::CancelRequested
        | A::ErrorCode
        | A::ErrorMessage
        | A::ResultToken
        | A::ResultDays
        | A::Schedule => return None,
    })
}
