//! The queue of jobs.

use std::error::Error;
use std::time::Duration;

use aws_sdk_sqs::Client;
use aws_sdk_sqs::types::{MessageSystemAttributeNameForSends, MessageSystemAttributeValue};

use crate::Owner;

/// The longest that SQS holds a message back when it is sent.
pub const MAX_DELAY: Duration = Duration::from_secs(900);

/// The longest visibility timeout of SQS, counted from the receive.
/// <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html>
const VISIBILITY_LIMIT: Duration = Duration::from_secs(12 * 3_600);

/// The longest that Lambda lets a function run.
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

/// How often a message is delivered before it is dead: the most that SQS takes. Each retry and each snooze is a delivery.
pub const MAX_DELIVERIES: u32 = 1_000;

/// After so many deliveries of its message a job cannot ask for another start: what is left is for faults on the way to its
/// end, so that it ends with a reason and not in the dead-letter queue.
pub const MAX_PAUSES: u32 = 900;

/// The queue of jobs. Cloning is cheap.
#[derive(Clone, Debug)]
pub struct JobQueue {
    client: Client,
    url: String,
}

/// One delivery of a message: what changes its visibility.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt(pub String);

/// The queue gave no answer that can be used: nothing is known about whether the call took effect.
#[derive(Debug, thiserror::Error)]
pub enum QueueError {
    /// The queue is out of reach, or refuses.
    #[error("the queue gave no answer")]
    Unavailable(#[source] Box<dyn Error + Send + Sync>),
}

impl JobQueue {
    /// The queue by its URL.
    #[must_use]
    pub fn new(client: Client, url: impl Into<String>) -> Self {
        Self {
            client,
            url: url.into(),
        }
    }

    /// Sends the body of a job's message ([`crate::JobMessage::to_body`]), visible after `delay` (at most [`MAX_DELAY`]; the record says when the job is due).
    /// Its group is the owner, so that one owner's flood doesn't delay the others (SQS fair queues). `trace` is an X-Ray trace
    /// header that the worker's invocation goes on with.
    ///
    /// # Errors
    /// [`QueueError`]: the message may or may not be there. Without a record it is dropped once none can come any more.
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
            request = trace_header(request, trace)?;
        }
        request.send().await.map_err(unavailable)?;
        Ok(())
    }

    /// Hands a received message back, to be delivered again after `delay` (at most [`MAX_VISIBILITY`]).
    ///
    /// # Errors
    /// [`QueueError::Unavailable`]: the message comes back when its visibility timeout ends.
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

type Sending = aws_sdk_sqs::operation::send_message::builders::SendMessageFluentBuilder;

fn trace_header(request: Sending, trace: &str) -> Result<Sending, QueueError> {
    let value = MessageSystemAttributeValue::builder()
        .data_type("String")
        .string_value(trace)
        .build();
    let value = value.map_err(unavailable)?;
    Ok(
        request
            .message_system_attributes(MessageSystemAttributeNameForSends::AwsTraceHeader, value),
    )
}

fn visibility_seconds(delay: Duration) -> i32 {
    seconds_rounded_up(delay.min(MAX_VISIBILITY))
}

/// Rounded up, so that a message never comes back before its job is due.
fn seconds_rounded_up(delay: Duration) -> i32 {
    i32::try_from(delay.as_millis().div_ceil(1_000)).unwrap_or(i32::MAX)
}

fn unavailable(error: impl Error + Send + Sync + 'static) -> QueueError {
    QueueError::Unavailable(Box::new(error))
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
