//! Many messages in one call.

use std::time::Duration;

use aws_sdk_sqs::types::SendMessageBatchRequestEntry;

use super::job_queue::{TRACE_HEADER, seconds_rounded_up, trace_header, unavailable};
use super::{JobQueue, MAX_DELAY, MAX_MESSAGE_BYTES, QueueError};
use crate::Owner;

/// Maximum number of messages in one call, whose bodies together must not exceed [`MAX_MESSAGE_BYTES`]. The trace header does not count.
/// <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessageBatch.html>
pub const MAX_BATCH_MESSAGES: usize = 10;

/// A message that is sent in a batch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BatchMessage {
    /// The body: [`crate::JobMessage::to_body`].
    pub body: String,
    /// When it becomes visible; maximum [`MAX_DELAY`].
    pub delay: Duration,
}

/// Splits messages into calls of [`JobQueue::send_batch`], in their order. `bytes` is the size of a body.
pub fn into_batches<T>(
    messages: impl IntoIterator<Item = T>,
    bytes: impl Fn(&T) -> usize,
) -> Vec<Vec<T>> {
    let mut batches: Vec<Vec<T>> = Vec::new();
    let mut total = 0;
    for message in messages {
        let more = bytes(&message);
        match batches.last_mut() {
            Some(batch)
                if batch.len() < MAX_BATCH_MESSAGES && total + more <= MAX_MESSAGE_BYTES =>
            {
                total += more;
                batch.push(message);
            }
            _ => {
                total = more;
                batches.push(vec![message]);
            }
        }
    }
    batches
}

impl JobQueue {
    /// Sends the messages of one owner's jobs in one call, each as [`Self::send`] does. There must be no more than one call can carry: see
    /// [`into_batches`]. Returns the outcome of each message, in their order.
    ///
    /// # Errors
    /// [`QueueError`] for the whole call: any of the messages may have been sent. For a message: the queue refused it, or did not report
    /// its outcome.
    pub async fn send_batch(
        &self,
        messages: Vec<BatchMessage>,
        owner: &Owner,
        trace: Option<&str>,
    ) -> Result<Vec<Result<(), QueueError>>, QueueError> {
        let unnamed = |_: &BatchMessage| Err(unavailable(NotSent::default()));
        let mut outcomes: Vec<_> = messages.iter().map(unnamed).collect();
        let group = owner.short_hash();
        let entries = messages.into_iter().enumerate();
        let entries: Result<_, _> = entries
            .map(|(index, message)| entry(index, message, &group, trace))
            .collect();
        let request = self.client.send_message_batch().queue_url(&self.url);
        let request = request.set_entries(Some(entries?));
        let answer = request.send().await.map_err(unavailable)?;
        let sent = answer.successful.into_iter().map(|sent| (sent.id, Ok(())));
        let failed = answer.failed.into_iter().map(|failed| {
            let (code, message) = (failed.code, failed.message.unwrap_or_default());
            (failed.id, Err(unavailable(NotSent { code, message })))
        });
        for (id, outcome) in sent.chain(failed) {
            let index = id.parse().ok();
            if let Some(named) = index.and_then(|index: usize| outcomes.get_mut(index)) {
                *named = outcome;
            }
        }
        Ok(outcomes)
    }
}

fn entry(
    index: usize,
    message: BatchMessage,
    group: &str,
    trace: Option<&str>,
) -> Result<SendMessageBatchRequestEntry, QueueError> {
    let BatchMessage { body, delay } = message;
    let mut entry = SendMessageBatchRequestEntry::builder()
        .id(index.to_string())
        .message_body(body)
        .message_group_id(group);
    if !delay.is_zero() {
        entry = entry.delay_seconds(seconds_rounded_up(delay.min(MAX_DELAY)));
    }
    if let Some(trace) = trace {
        entry = entry.message_system_attributes(TRACE_HEADER, trace_header(trace)?);
    }
    entry.build().map_err(unavailable)
}

/// A message that an answered call did not send. Without a code, the answer does not name it.
#[derive(Debug, Default, thiserror::Error)]
#[error("a message of the batch was not sent ({code}: {message})")]
struct NotSent {
    code: String,
    message: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split(sizes: impl IntoIterator<Item = usize>) -> Vec<Vec<usize>> {
        into_batches(sizes, |size| *size)
    }

    #[test]
    fn a_batch_has_ten_messages_and_a_mebibyte_at_most() {
        assert_eq!(split([]), [[0; 0]; 0]);
        let lengths = |sizes: Vec<usize>| split(sizes).iter().map(Vec::len).collect::<Vec<_>>();
        assert_eq!(lengths(vec![1; 100]), [10; 10]);
        assert_eq!(lengths(vec![1; 11]), [10, 1]);
        let (half, more) = (MAX_MESSAGE_BYTES / 2, MAX_MESSAGE_BYTES / 2 + 1);
        assert_eq!(split([half, half, 1]), [vec![half, half], vec![1]]);
        assert_eq!(
            split([half, more, half - 1]),
            [vec![half], vec![more, half - 1]]
        );
        assert_eq!(
            split([1, MAX_MESSAGE_BYTES, 1]),
            [[1], [MAX_MESSAGE_BYTES], [1]]
        );
    }
}
