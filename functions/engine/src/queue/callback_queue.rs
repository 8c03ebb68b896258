//! The queue of deliveries of webhooks.

use std::time::Duration;

use aws_sdk_sqs::Client;

use super::{CallbackMessage, JobQueue, QueueError, Receipt};
use crate::JobRecord;

/// Delay of a new message. The end that it announces is usually in the record within milliseconds, and a message that finds no end is
/// redelivered later than it would be with this delay.
const UNTIL_THE_END: Duration = Duration::from_secs(1);

/// The queue of deliveries. It is not the queue of jobs, so that slow receivers delay no job. Cloning is cheap.
#[derive(Clone, Debug)]
pub struct CallbackQueue(JobQueue);

impl CallbackQueue {
    /// The queue by its URL.
    #[must_use]
    pub fn new(client: Client, url: impl Into<String>) -> Self {
        Self(JobQueue::new(client, url))
    }

    /// Sends the message that must precede a write of this job's end. The message group is the owner.
    ///
    /// # Errors
    /// [`QueueError`]: the message may have been sent. Without an end, it is dropped when none can appear any more.
    pub async fn announce_end(&self, record: &JobRecord) -> Result<(), QueueError> {
        let body = CallbackMessage::about(record).to_body();
        self.0.send(body, &record.owner, UNTIL_THE_END, None).await
    }

    /// Returns a received message to the queue: see [`JobQueue::hand_back`].
    ///
    /// # Errors
    /// [`QueueError::Unavailable`]: the message is redelivered when its visibility timeout ends.
    pub async fn hand_back(&self, receipt: &Receipt, delay: Duration) -> Result<(), QueueError> {
        self.0.hand_back(receipt, delay).await
    }
}
