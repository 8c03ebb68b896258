//! The event source mapping, which Lambda runs between a queue and a function.
//!
//! There is one poll loop per concurrent batch. Each loop does one thing at a time: receive, invoke, delete. So a batch is
//! only received when a process can take it, and no message spends its visibility timeout waiting for a process.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use aws_sdk_sqs::Client;
use aws_sdk_sqs::error::{DisplayErrorContext, SdkError};
use aws_sdk_sqs::operation::receive_message::ReceiveMessageError;
use aws_sdk_sqs::types::{DeleteMessageBatchRequestEntry, Message, MessageSystemAttributeName};
use axum::body::Bytes;
use tokio::task::JoinSet;

use crate::invoke_error::InvokeError;
use crate::sqs_event::{event, failed_ids};
use crate::target::Target;

/// The longest poll of SQS, which Lambda uses too.
const LONG_POLL_S: i32 = 20;

/// The maximum that SQS delivers or deletes in one call, and the largest batch without a batching window.
const LARGEST_BATCH: i32 = 10;

/// The wait after the first failed call; it doubles with each further failure in a row.
const FIRST_BACKOFF: Duration = Duration::from_millis(100);

/// The longest wait between failed calls, and so the longest time until a recovered queue is noticed.
const LONGEST_BACKOFF: Duration = Duration::from_secs(5);

/// How often a deletion is attempted if the queue fails it without fault of the sender.
const DELETE_ATTEMPTS: usize = 3;

/// A queue, and how its messages are passed to a function. The batching window is 0.
#[derive(Debug, Clone)]
pub struct EventSourceSpec {
    pub queue_url: String,
    /// The `eventSourceARN` of each record.
    pub queue_arn: String,
    /// Maximum number of messages per event, 1 to 10; a value outside counts as the nearer bound.
    pub batch_size: i32,
    /// Maximum number of concurrent batches, at least 2 as in Lambda (fewer count as 2). It should not exceed the function's
    /// `max_instances`: a batch that waits for a process uses up its visibility timeout.
    pub max_concurrency: usize,
}

/// A running event source mapping. Dropping it stops it.
pub struct EventSource {
    pollers: JoinSet<()>,
}

impl EventSource {
    /// Starts to poll the queue with the client `queue`, and to invoke `function` with each batch.
    #[must_use]
    pub fn start(queue: Client, spec: EventSourceSpec, function: impl Into<Target>) -> Self {
        let concurrency = spec.max_concurrency.max(2);
        let poller = Arc::new(Poller {
            queue,
            spec,
            function: function.into(),
        });
        let pollers = (0..concurrency)
            .map(|_| Arc::clone(&poller).run())
            .collect();
        Self { pollers }
    }

    /// Stops without waiting for polls and invocations in progress. Their messages are redelivered after their visibility
    /// timeout, as after any lost answer.
    pub async fn stop(mut self) {
        self.pollers.shutdown().await;
    }
}

struct Poller {
    queue: Client,
    spec: EventSourceSpec,
    function: Target,
}

impl Poller {
    async fn run(self: Arc<Self>) {
        let mut backoff = FIRST_BACKOFF;
        loop {
            self.function.ready().await;
            match self.receive().await {
                Ok(messages) => {
                    backoff = FIRST_BACKOFF;
                    if !messages.is_empty() && self.process(&messages).await.is_err() {
                        return;
                    }
                }
                Err(error) => {
                    warn(&error);
                    tokio::time::sleep(backoff).await;
                    backoff = (backoff * 2).min(LONGEST_BACKOFF);
                }
            }
        }
    }

    async fn receive(&self) -> Result<Vec<Message>, SdkError<ReceiveMessageError>> {
        let output = self
            .queue
            .receive_message()
            .queue_url(&self.spec.queue_url)
            .max_number_of_messages(self.spec.batch_size.clamp(1, LARGEST_BATCH))
            .wait_time_seconds(LONG_POLL_S)
            .message_system_attribute_names(MessageSystemAttributeName::All)
            .send()
            .await?;
        Ok(output.messages.unwrap_or_default())
    }

    /// Invokes the function with a batch and deletes the messages that it finished. An error means that the pool was stopped.
    async fn process(&self, messages: &[Message]) -> Result<(), InvokeError> {
        let event = event(messages, &self.spec.queue_arn);
        match self.function.invoke(event.to_string()).await {
            Ok(answer) => self.delete_done(messages, &answer).await,
            Err(stopped @ InvokeError::Stopped) => return Err(stopped),
            Err(error) => {
                tracing::warn!(
                    "a batch of {} messages failed and will be redelivered: {error}",
                    messages.len()
                );
            }
        }
        Ok(())
    }

    async fn delete_done(&self, messages: &[Message], answer: &Bytes) {
        let ids: HashSet<&str> = messages.iter().filter_map(Message::message_id).collect();
        match failed_ids(answer, &ids) {
            Ok(failed) => {
                let done = messages
                    .iter()
                    .filter(|message| message.message_id().is_none_or(|id| !failed.contains(id)));
                self.delete(done.filter_map(Message::receipt_handle)).await;
            }
            Err(reason) => {
                tracing::error!(
                    "the answer to a batch of {} messages is not valid, all will be redelivered: {reason}",
                    ids.len()
                );
            }
        }
    }

    /// Deletes by receipt handle. A call can fail for some entries only, so each entry of the answer is checked.
    async fn delete(&self, receipt_handles: impl Iterator<Item = &str>) {
        let mut entries: Vec<_> = receipt_handles
            .enumerate()
            .filter_map(|(index, handle)| {
                let entry = DeleteMessageBatchRequestEntry::builder()
                    .id(index.to_string())
                    .receipt_handle(handle);
                entry.build().ok()
            })
            .collect();
        for _ in 0..DELETE_ATTEMPTS {
            if entries.is_empty() {
                return;
            }
            let retryable = self.delete_once(&entries).await;
            entries.retain(|entry| retryable.contains(entry.id()));
        }
        if !entries.is_empty() {
            tracing::error!(
                "{} finished messages could not be deleted and will be redelivered",
                entries.len()
            );
        }
    }

    /// Makes one call. Returns the ids of entries that failed without fault of the sender.
    async fn delete_once(&self, entries: &[DeleteMessageBatchRequestEntry]) -> HashSet<String> {
        let call = self
            .queue
            .delete_message_batch()
            .queue_url(&self.spec.queue_url);
        match call.set_entries(Some(entries.to_vec())).send().await {
            Ok(output) => {
                let (refused, retryable): (Vec<_>, Vec<_>) = output
                    .failed
                    .into_iter()
                    .partition(aws_sdk_sqs::types::BatchResultErrorEntry::sender_fault);
                for entry in refused {
                    tracing::warn!(
                        "a finished message cannot be deleted and may be redelivered: {}",
                        entry.code()
                    );
                }
                retryable.into_iter().map(|entry| entry.id).collect()
            }
            Err(error) => {
                warn(&error);
                entries.iter().map(|entry| entry.id().to_owned()).collect()
            }
        }
    }
}

fn warn(error: impl std::error::Error) {
    tracing::warn!(
        "the queue fails, trying again: {}",
        DisplayErrorContext(error)
    );
}
