//! The queue of jobs.

use std::error::Error;
use std::time::Duration;

use aws_sdk_sqs::Client;
use aws_sdk_sqs::types::{MessageSystemAttributeNameForSends, MessageSystemAttributeValue};

use crate::Owner;

/// Maximum delay of a new message in SQS.
pub const MAX_DELAY: Duration = Duration::from_secs(900);

/// The longest visibility timeout of SQS, counted from the receive.
/// <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html>
const VISIBILITY_LIMIT: Duration = Duration::from_secs(12 * 3_600);

/// Maximum timeout of a Lambda function.
const LONGEST_TIMEOUT: Duration = Duration::from_secs(900);

/// By how much the queue's visibility timeout exceeds the worker's timeout: the time that a message may wait between its
/// receive and the start of its invocation.
pub const VISIBILITY_MARGIN: Duration = Duration::from_secs(60);

/// The longest delay with which a received message is returned to the queue. SQS counts its 12 h from the receive and refuses a
/// delay that would exceed them. The worker cannot see when a message was received, but a message that it still holds was
/// received no longer ago than the visibility timeout: the function's timeout and the margin.
pub const MAX_VISIBILITY: Duration = VISIBILITY_LIMIT
    .saturating_sub(LONGEST_TIMEOUT)
    .saturating_sub(VISIBILITY_MARGIN);

/// Number of deliveries after which a message moves to the dead-letter queue: the maximum of SQS. Each retry, each snooze and each slice
/// is a delivery.
pub const MAX_DELIVERIES: u32 = 1_000;

/// Number of deliveries after which a job gets no further retry, snooze or slice. The remaining deliveries are for faults while it ends, so
/// that it ends with an error instead of in the dead-letter queue.
pub const MAX_PAUSES: u32 = 900;

/// The queue of jobs. Cloning is cheap.
#[derive(Clone, Debug)]
pub struct JobQueue {
    pub(super) client: Client,
    pub(super) url: String,
}

/// The receipt of a delivery, by which its visibility timeout is changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt(pub String);

/// The queue did not answer, is not reachable, or refuses. It is unknown whether the call took effect.
#[derive(Debug, thiserror::Error)]
#[error("the queue did not answer")]
pub struct QueueError(#[source] pub Box<dyn Error + Send + Sync>);

impl JobQueue {
    /// The queue by its URL.
    #[must_use]
    pub fn new(client: Client, url: impl Into<String>) -> Self {
        Self {
            client,
            url: url.into(),
        }
    }

    pub(super) fn name(&self) -> &str {
        self.url.rsplit('/').next().unwrap_or_default()
    }

    /// Sends the body of a job's message ([`crate::JobMessage::to_body`]), visible after `delay` (maximum [`MAX_DELAY`]; the record has the
    /// time at which the job is due). The message group is the owner, so that one owner's flood does not delay the others (SQS fair
    /// queues). `trace` is an X-Ray trace header, which the worker's invocation continues.
    ///
    /// # Errors
    /// [`QueueError`]: the message may have been sent. Without a record, it is dropped when none can appear any more.
    pub async fn send(
        &self,
        body: String,
        owner: &Owner,
        delay: Duration,
        trace: Option<&str>,
    ) -> Result<(), QueueError> {
        let mut request = self
            .client
            .send_message()
            .queue_url(&self.url)
            .message_body(body)
            .message_group_id(owner.short_hash());
        if !delay.is_zero() {
            request = request.delay_seconds(seconds_rounded_up(delay.min(MAX_DELAY)));
        }
        if let Some(trace) = trace {
            request = request.message_system_attributes(TRACE_HEADER, trace_header(trace)?);
        }
        request.send().await.map_err(unavailable)?;
        Ok(())
    }

    /// Returns a received message to the queue, to be redelivered after `delay` (maximum [`MAX_VISIBILITY`]).
    ///
    /// # Errors
    /// [`QueueError`]: the message is redelivered when its visibility timeout ends.
    pub async fn hand_back(&self, receipt: &Receipt, delay: Duration) -> Result<(), QueueError> {
        let request = self
            .client
            .change_message_visibility()
            .queue_url(&self.url)
            .receipt_handle(&receipt.0);
        request
            .visibility_timeout(visibility_seconds(delay))
            .send()
            .await
            .map_err(unavailable)?;
        Ok(())
    }
}

pub(super) const TRACE_HEADER: MessageSystemAttributeNameForSends =
    MessageSystemAttributeNameForSends::AwsTraceHeader;

pub(super) fn trace_header(trace: &str) -> Result<MessageSystemAttributeValue, QueueError> {
    let value = MessageSystemAttributeValue::builder()
        .data_type("String")
        .string_value(trace);
    value.build().map_err(unavailable)
}

fn visibility_seconds(delay: Duration) -> i32 {
    seconds_rounded_up(delay.min(MAX_VISIBILITY))
}

/// Rounds up, so that a message is not redelivered before its job is due.
pub(super) fn seconds_rounded_up(delay: Duration) -> i32 {
    i32::try_from(delay.as_millis().div_ceil(1_000)).unwrap_or(i32::MAX)
}

pub(super) fn unavailable(error: impl Error + Send + Sync + 'static) -> QueueError {
    QueueError(Box::new(error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_never_comes_back_early() {
        assert_eq!(seconds_rounded_up(Duration::from_millis(1)), 1);
        assert_eq!(seconds_rounded_up(Duration::from_secs(2)), 2);
        assert_eq!(seconds_rounded_up(Duration::ZERO), 0);
        assert_eq!(seconds_rounded_up(Duration::MAX), i32::MAX);
    }

    #[test]
    fn a_message_is_never_held_back_for_longer_than_sqs_allows() {
        assert_eq!(visibility_seconds(Duration::from_millis(1_500)), 2);
        assert_eq!(visibility_seconds(Duration::MAX), 42_240);
    }
}
