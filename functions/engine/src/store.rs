//! The table of jobs.
//!
//! Every write is one conditional call, and each [`Condition`] documents the race that it closes. If an answer is lost and the
//! SDK tries again, the second try recognizes the effect of the first: by the creation token (`create`), or by the fencing
//! token (all writes of an attempt).

mod announce;
mod attempt;
mod callback;
mod claim;
mod condition;
mod create;
mod ending;
mod error;
mod expression;
mod index;
mod item;
mod list;
mod owner_commands;
mod reschedule;
mod result;
mod schema;
mod slice;
mod stored_result;

use aws_sdk_dynamodb::Client;

pub use callback::{Delivered, WrittenDelivery};
pub use claim::Claim;
pub use condition::Condition;
pub use create::Created;
pub use ending::Ending;
pub use error::StoreError;
pub use index::{INDEX_SHARDS, created_order, owner_shard};
pub use list::{Cursor, MAX_PAGE, Page, ParseCursorError};
pub use owner_commands::{CancelDecision, Cancellation, Deletion, decide_cancel};
pub use reschedule::{Pause, Rescheduling};
pub use result::{MAX_RECORD_BYTES, MAX_RESULT_BYTES};
pub use schema::{Attribute, INDEX_NAME};

use self::announce::Announcer;
use self::item::{Item, from_item, string};
use crate::{Bucket, JobId, JobRecord, Owner};

/// The table of jobs. Cloning is cheap.
#[derive(Clone, Debug)]
pub struct JobStore {
    client: Client,
    table: String,
    /// The only owner whose records may be read; `None` for every owner.
    owner: Option<Owner>,
    /// The bucket of large payloads, if the deployment has one.
    bucket: Option<Bucket>,
    /// Sends the messages before the ends of jobs with callbacks, if the deployment has webhooks.
    announcer: Option<Announcer>,
}

impl JobStore {
    /// The table by its name.
    #[must_use]
    pub fn new(client: Client, table: impl Into<String>) -> Self {
        Self {
            client,
            table: table.into(),
            owner: None,
            bucket: None,
            announcer: None,
        }
    }

    /// Returns this table with the bucket of large payloads, if the deployment has one.
    #[must_use]
    pub fn with_bucket(self, bucket: Option<Bucket>) -> Self {
        Self { bucket, ..self }
    }

    /// Returns this table for the requests of one owner: reading or changing a job of another owner is
    /// [`StoreError::Foreign`]. An id identifies its owner without a read, so that error means that something is badly wrong.
    #[must_use]
    pub fn for_owner(&self, owner: &Owner) -> Self {
        Self {
            owner: Some(owner.clone()),
            ..self.clone()
        }
    }

    /// The current record: a strongly consistent read, so that a GET right after the 202 finds the job.
    ///
    /// # Errors
    /// [`StoreError`] if the table does not answer, or if the item was not written by this service.
    pub async fn get(&self, id: &JobId) -> Result<Option<JobRecord>, StoreError> {
        self.read(id, true).await
    }

    /// The record as it is now or was a moment ago: an eventually consistent read, at half the price of [`Self::get`].
    ///
    /// # Errors
    /// [`StoreError`] if the table does not answer, or if the item was not written by this service.
    pub async fn get_eventually_consistent(
        &self,
        id: &JobId,
    ) -> Result<Option<JobRecord>, StoreError> {
        self.read(id, false).await
    }

    /// The record of an item, unless it belongs to another owner than this store is for.
    fn own(&self, item: Option<&Item>) -> Result<Option<JobRecord>, StoreError> {
        let record = item.map(from_item).transpose()?;
        match (&self.owner, &record) {
            (Some(owner), Some(record)) if record.owner != *owner => {
                Err(StoreError::Foreign(record.id))
            }
            _ => Ok(record),
        }
    }

    async fn read(&self, id: &JobId, is_consistent: bool) -> Result<Option<JobRecord>, StoreError> {
        let item = self.read_item(id.to_string(), is_consistent).await?;
        self.own(item.as_ref())
    }

    async fn read_item(
        &self,
        key: String,
        is_consistent: bool,
    ) -> Result<Option<Item>, StoreError> {
        let request = self.client.get_item().table_name(&self.table);
        let request = request.key(Attribute::Id.name(), string(key));
        let answer = request.consistent_read(is_consistent).send().await;
        Ok(answer.map_err(StoreError::unavailable)?.item)
    }
}
