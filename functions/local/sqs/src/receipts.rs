//! Operations on receipts: `DeleteMessage`, `ChangeMessageVisibility`, and their batches.

use serde::Deserialize;

use super::batch::{BatchResult, Done, check_ids};
use super::error::Result;
use super::handle::Receipt;
use super::limits::{VISIBILITY_S, required, within};
use super::queue::Queue;
use super::store::Queues;
use super::wire::Empty;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct OneReceipt {
    queue_url: Option<String>,
    #[serde(flatten)]
    wish: Wish,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Receipts {
    queue_url: Option<String>,
    #[serde(default)]
    entries: Vec<Entry>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Entry {
    #[serde(default)]
    id: String,
    #[serde(flatten)]
    wish: Wish,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Wish {
    receipt_handle: Option<String>,
    /// Seconds, for a change of visibility only.
    visibility_timeout: Option<i64>,
}

impl Queues {
    pub(super) fn delete_message(&self, request: &OneReceipt) -> Result<Empty> {
        self.one(request, Wish::delete)
    }

    pub(super) fn delete_message_batch(&self, request: Receipts) -> Result<BatchResult<Done>> {
        self.batch(request, Wish::delete)
    }

    pub(super) fn change_message_visibility(&self, request: &OneReceipt) -> Result<Empty> {
        self.one(request, Wish::change_visibility)
    }

    pub(super) fn change_message_visibility_batch(
        &self,
        request: Receipts,
    ) -> Result<BatchResult<Done>> {
        self.batch(request, Wish::change_visibility)
    }

    fn one(
        &self,
        request: &OneReceipt,
        act: fn(&Wish, &mut Queue, u64) -> Result<()>,
    ) -> Result<Empty> {
        self.with_queue(request.queue_url.as_ref(), |queue, now_ms| {
            act(&request.wish, queue, now_ms)
        })??;
        Ok(Empty {})
    }

    fn batch(
        &self,
        request: Receipts,
        act: fn(&Wish, &mut Queue, u64) -> Result<()>,
    ) -> Result<BatchResult<Done>> {
        check_ids(request.entries.iter().map(|entry| entry.id.as_str()))?;
        self.with_queue(request.queue_url.as_ref(), |queue, now_ms| {
            let mut result = BatchResult::new();
            for Entry { id, wish } in request.entries {
                let outcome = act(&wish, queue, now_ms).map(|()| Done { id: id.clone() });
                result.add(id, outcome);
            }
            result
        })
    }
}

impl Wish {
    fn delete(&self, queue: &mut Queue, _now_ms: u64) -> Result<()> {
        queue.delete(self.receipt(queue)?);
        Ok(())
    }

    fn change_visibility(&self, queue: &mut Queue, now_ms: u64) -> Result<()> {
        let visibility_s = required(self.visibility_timeout, "VisibilityTimeout")?;
        let visibility_s = within(visibility_s, "VisibilityTimeout", &VISIBILITY_S)?;
        queue.change_visibility(self.receipt(queue)?, visibility_s, now_ms)
    }

    fn receipt(&self, queue: &Queue) -> Result<Receipt> {
        Receipt::parse(
            required(self.receipt_handle.as_ref(), "ReceiptHandle")?,
            queue.id,
        )
    }
}
