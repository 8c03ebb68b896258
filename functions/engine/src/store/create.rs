//! The first write of a record.

use std::collections::HashMap;

use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::types::ReturnValuesOnConditionCheckFailure;

use super::JobStore;
use super::condition::Condition;
use super::expression::names;
use super::item::{from_item, string, to_item};
use crate::{CreationToken, JobRecord, NewJob, StoreError, Timestamp};

/// Outcome of the first write of a record.
#[derive(Clone, Debug, PartialEq)]
pub enum Created {
    /// The record is new. It may have been written by an earlier try of this request whose answer was lost.
    New(Box<JobRecord>),
    /// The id is taken: a request with the same `Idempotency-Key` was faster. Its job may even have finished and been deleted.
    Taken(Box<JobRecord>),
}

impl JobStore {
    /// Writes the record of a new job. Its message must be sent before, so that no record is without a message. Each call needs a creation
    /// token of its own.
    ///
    /// `replaced` is the token of the expired or deleted record that this submit saw under the id before it sent the message; `None` if
    /// there was none. So a write that takes effect after another job has used the id creates nothing: the record or tombstone of that
    /// job still exists, because it remains for the write horizon at least.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`]: the record may have been written.
    pub async fn create(
        &self,
        job: NewJob,
        replaced: Option<&CreationToken>,
        now: Timestamp,
    ) -> Result<Created, StoreError> {
        let record = JobRecord::begin(job, now);
        let (condition, seen) = match replaced {
            None => (Condition::IdIsNew, None),
            Some(token) => {
                let seen = (":seen".to_owned(), string(token.as_str()));
                (Condition::IdIsFree, Some(HashMap::from([seen])))
            }
        };
        let answer = self
            .client
            .put_item()
            .table_name(&self.table)
            .set_item(Some(to_item(&record)))
            .condition_expression(condition.expression())
            .set_expression_attribute_names(Some(names(&[condition.expression()])))
            .set_expression_attribute_values(seen)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .send()
            .await;
        match answer.map_err(aws_sdk_dynamodb::error::SdkError::into_service_error) {
            Ok(_) => Ok(Created::New(Box::new(record))),
            Err(PutItemError::ConditionalCheckFailedException(taken)) => {
                let standing = from_item(&taken.item.unwrap_or_default())?;
                // An earlier try of this write, whose job may have been claimed since. Another submit can have the same request in the
                // same millisecond, but never the same token.
                let is_own = standing.creation_token == record.creation_token;
                Ok(if is_own {
                    Created::New(standing.into())
                } else {
                    Created::Taken(standing.into())
                })
            }
            Err(other) => Err(StoreError::unavailable(other)),
        }
    }
}
