//! The table of jobs.
//!
//! Every write is one conditional call, and each [`Condition`] says which race it closes. Where an answer
//! can get lost and the SDK tries again, the second try finds its own effect and recognises it: by the creation
//! token (`create`), or by the run token (all that an attempt writes).

mod attempt;
mod claim;
mod condition;
mod create;
mod ending;
mod expression;
mod list;
mod owner_commands;
mod reschedule;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::operation::get_item::builders::GetItemFluentBuilder;

pub use attempt::Written;
pub use condition::Condition;
pub use create::Created;
pub use ending::{Ending, MAX_RESULT_BYTES};
pub use list::MAX_PAGE;
pub use owner_commands::{CancelDecision, Cancellation, Deletion, decide_cancel};
pub use reschedule::{Pause, Rescheduling};

use crate::item::{from_item, string};
use crate::{Attribute, JobId, JobRecord, StoreError};

/// The table of jobs. Cloning is cheap.
#[derive(Clone, Debug)]
pub struct JobStore {
    client: Client,
    table: String,
}

impl JobStore {
    /// The table by its name.
    #[must_use]
    pub fn new(client: Client, table: impl Into<String>) -> Self {
        Self {
            client,
            table: table.into(),
        }
    }

    /// The record as it stands: a strongly consistent read, so that a GET right after the 202 finds the job.
    ///
    /// # Errors
    /// [`StoreError`] when the table gives no answer, or an item that is not ours.
    pub async fn get(&self, id: &JobId) -> Result<Option<JobRecord>, StoreError> {
        let request = self.reading(id).consistent_read(true);
        let answer = request.send().await.map_err(StoreError::unavailable)?;
        answer.item.as_ref().map(from_item).transpose()
    }

    /// The record as it stands or as it stood a moment ago: an eventually consistent read, at half the price.
    ///
    /// # Errors
    /// [`StoreError`] when the table gives no answer, or an item that is not ours.
    pub async fn glance(&self, id: &JobId) -> Result<Option<JobRecord>, StoreError> {
        let request = self.reading(id).consistent_read(false);
        let answer = request.send().await.map_err(StoreError::unavailable)?;
        answer.item.as_ref().map(from_item).transpose()
    }

    fn reading(&self, id: &JobId) -> GetItemFluentBuilder {
        let request = self.client.get_item().table_name(&self.table);
        request.key(Attribute::Id.name(), string(id.to_string()))
    }
}
