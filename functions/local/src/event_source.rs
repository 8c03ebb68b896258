//! The event source mapping: what Lambda runs between a queue and a function.
//!
//! There are as many poll loops as batches may run at once, and each does one thing at a time: receive, invoke, delete.
//! So nothing is received that no process has room for, and no message waits out its visibility unseen.

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use aws_sdk_sqs::Client;
use aws_sdk_sqs::error::DisplayErrorContext;
use aws_sdk_sqs::types::{DeleteMessageBatchRequestEntry, Message, MessageSystemAttributeName};
use axum::body::Bytes;
use tokio::task::JoinSet;

use crate::invoke_error::InvokeError;
use crate::sqs_event::{event, failed_ids};
use crate::target::Target;

/// The longest poll that SQS offers; Lambda uses it too.
const LONG_POLL_S: i32 = 20;

/// The most that SQS gives or deletes in one call, and the largest batch without a batching window.
const LARGEST_BATCH: i32 = 10;

/// The wait after the first failed call in a row; it doubles each time.
const FIRST_BACKOFF: Duration = Duration::from_millis(100);

/// The longest wait between failed calls: how late a queue that is back may be noticed.
const LONGEST_BACKOFF: Duration = Duration::from_secs(5);

/// How often a deletion is tried that the queue refused for reasons of its own.
const DELETE_ATTEMPTS: usize = 3;

/// A queue and how its messages go to a function. The batching window is 0.
#[derive(Debug, Clone)]
pub struct EventSourceSpec {
    /// Where the queue is called.
    pub queue_url: String,
    /// What records say that they come from.
    pub queue_arn: String,
    /// The `awsRegion` of each record.
    pub region: String,
    /// The most messages in one event, 1 to 10; other values count as the nearer bound.
    pub batch_size: i32,
    /// The most batches at once, at least 2 as in Lambda (fewer count as 2). It should be no more than the function's
    /// `max_instances`: a batch that waits for a process spends its visibility.
    pub max_concurrency: usize,
}

/// A running event source mapping. Dropping it stops it.
pub struct EventSource {
    pollers: JoinSet<()>,
}

impl EventSource {
    /// Starts to poll the queue with `queue` and to invoke `function` with what comes.
    #[must_use]
    pub fn start(queue: Client, spec: EventSourceSpec, function: impl Into<Target>) -> Self {
        let concurrency = spec.max_concurrency.max(2);
        let poller = Arc::new(Poller {
            queue,
            spec,
            function: function.into(),
            queue_is_failing: AtomicBool::new(false),
        });
        let pollers = (0..concurrency)
            .map(|_| Arc::clone(&poller).run())
            .collect();
        Self { pollers }
    }

    /// Stops: a long poll under way is abandoned, and runs under way are not waited for. Their messages stay in the
    /// queue, as after any lost answer, until their visibility runs out.
    pub async fn stop(mut self) {
        self.pollers.shutdown().await;
    }
}

struct Poller {
    queue: Client,
    spec: EventSourceSpec,
    function: Target,
    /// Shared by all loops, so that an outage is said once.
    queue_is_failing: AtomicBool,
}

impl Poller {
    async fn run(self: Arc<Self>) {
        let mut backoff = FIRST_BACKOFF;
        loop {
            self.function.ready().await;
            match self.receive().await {
                Ok(messages) => {
                    backoff = FIRST_BACKOFF;
                    self.note_recovery();
                    if !messages.is_empty() && self.process(&messages).await.is_err() {
                        return;
                    }
                }
                Err(reason) => {
                    self.note_failure(&reason);
                    tokio::time::sleep(backoff).await;
                    backoff = (backoff * 2).min(LONGEST_BACKOFF);
                }
            }
        }
    }

    async fn receive(&self) -> Result<Vec<Message>, String> {
        let output = self
            .queue
            .receive_message()
            .queue_url(&self.spec.queue_url)
            .max_number_of_messages(self.spec.batch_size.clamp(1, LARGEST_BATCH))
            .wait_time_seconds(LONG_POLL_S)
            .message_system_attribute_names(MessageSystemAttributeName::All)
            .send()
            .await
            .map_err(|error| DisplayErrorContext(error).to_string())?;
        Ok(output.messages.unwrap_or_default())
    }

    /// Runs the function on a batch and deletes what it is done with. An error means that the pool is gone for good.
    async fn process(&self, messages: &[Message]) -> Result<(), PoolStopped> {
        let event = event(messages, &self.spec.queue_arn, &self.spec.region);
        match self.function.invoke(event.to_string()).await {
            Ok(answer) => self.delete_done(messages, &answer).await,
            Err(InvokeError::Stopped) => return Err(PoolStopped),
            Err(error) => {
                tracing::warn!(
                    "a batch of {} failed, its messages will come again: {error}",
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
                    "the answer to a batch of {} can't be used, all will come again: {reason}",
                    ids.len()
                );
            }
        }
    }

    /// Deletes by receipt handle. A call can fail for some entries only, so each answer is looked through.
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
            let worth_another_try = self.delete_once(&entries).await;
            entries.retain(|entry| worth_another_try.contains(entry.id()));
        }
        if !entries.is_empty() {
            tracing::error!(
                "{} messages are done but could not be deleted, they will come again",
                entries.len()
            );
        }
    }

    /// One call; the ids of entries that failed, and not by their own fault.
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
                        "a message that is done can't be deleted, it may come again: {}",
                        entry.code()
                    );
                }
                retryable.into_iter().map(|entry| entry.id).collect()
            }
            Err(error) => {
                self.note_failure(&DisplayErrorContext(error).to_string());
                entries.iter().map(|entry| entry.id().to_owned()).collect()
            }
        }
    }

    fn note_failure(&self, reason: &str) {
        if !self.queue_is_failing.swap(true, Ordering::Relaxed) {
            tracing::warn!(
                queue.url = self.spec.queue_url,
                "the queue can't be reached, trying on: {reason}"
            );
        }
    }

    fn note_recovery(&self) {
        if self.queue_is_failing.swap(false, Ordering::Relaxed) {
            tracing::info!(queue.url = self.spec.queue_url, "the queue is back");
        }
    }
}

/// The function's pool was shut down; there is nothing left to poll for.
struct PoolStopped;
