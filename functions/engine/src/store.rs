//! The table of jobs.
//!
//! Every write is one conditional call, and each [`Condition`] says which race it closes. Where an answer
//! can get lost and the SDK tries again, the second try finds its own effect and recognizes it: by the creation
//! token (`create`), or by the run token (all that an attempt writes).

mod attempt;
mod claim;
mod condition;
mod create;
mod ending;
mod error;
mod expression;
mod item;
mod list;
mod owner_commands;
mod page;
mod reschedule;
mod result;
mod schema;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::operation::get_item::builders::GetItemFluentBuilder;

pub use attempt::Written;
pub use condition::Condition;
pub use create::Created;
pub use ending::{Ending, MAX_RESULT_BYTES};
pub use error::StoreError;
pub use list::MAX_PAGE;
pub use owner_commands::{CancelDecision, Cancellation, Deletion, decide_cancel};
pub use page::{
    Cursor, INDEX_SHARDS, JobFilter, Page, ParseCursorError, created_order, owner_shard,
};
pub use reschedule::{Pause, Rescheduling};
pub use result::MAX_RECORD_BYTES;
pub use schema::{Attribute, INDEX_NAME};

use self::item::{Item, from_item, string};
use crate::{JobId, JobRecord, Owner};

/// The table of jobs. Cloning is cheap.
#[derive(Clone, Debug)]
pub struct JobStore {
    client: Client,
    table: String,
    /// The only owner whose records may be read; `None` for all.
    owner: Option<Owner>,
}

impl JobStore {
    /// The table by its name.
    #[must_use]
    pub fn new(client: Client, table: impl Into<String>) -> Self {
        Self {
            client,
            table: table.into(),
            owner: None,
        }
    }

    /// Returns this table for the requests of one owner: a job of another owner is [`StoreError::Foreign`], for reads and for
    /// the owner's commands. An id says whose it is without a read, so this only happens if something is badly wrong.
    #[must_use]
    pub fn for_owner(&self, owner: &Owner) -> Self {
        Self {
            owner: Some(owner.clone()),
            ..self.clone()
        }
    }

    /// The record as it stands: a strongly consistent read, so that a GET right after the 202 finds the job.
    ///
    /// # Errors
    /// [`StoreError`] when the table gives no answer, or an item that is not ours.
    pub async fn get(&self, id: &JobId) -> Result<Option<JobRecord>, StoreError> {
        let request = self.reading(id).consistent_read(true);
        let answer = request.send().await.map_err(StoreError::unavailable)?;
        self.own(answer.item.as_ref())
    }

    /// The record as it stands or as it stood a moment ago: an eventually consistent read, at half the price.
    ///
    /// # Errors
    /// [`StoreError`] when the table gives no answer, or an item that is not ours.
    pub async fn glance(&self, id: &JobId) -> Result<Option<JobRecord>, StoreError> {
        let request = self.reading(id).consistent_read(false);
        let answer = request.send().await.map_err(StoreError::unavailable)?;
        self.own(answer.item.as_ref())
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

    fn reading(&self, id: &JobId) -> GetItemFluentBuilder {
        let request = self.client.get_item().table_name(&self.table);
        request.key(Attribute::Id.name(), string(id.to_string()))
    }
}
