//! The message that precedes each write of a job's end.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use super::JobStore;
use crate::{CallbackQueue, CreationToken, JobRecord, StoreError, Timestamp};

/// Sends the messages of a [`JobStore`]. Clones share what they have sent.
#[derive(Clone, Debug)]
pub(super) struct Announcer {
    queue: CallbackQueue,
    /// A message counts for the writes that begin within this time of it: see [`crate::CallbackMessage::end_may_come_for`].
    counts_for: Duration,
    /// When the message was sent before an end that is not known to be written: the repetitions of that write need no further message, and
    /// neither does another end of the job after a refused one.
    unwritten: Arc<Mutex<HashMap<CreationToken, Timestamp>>>,
}

impl JobStore {
    /// Returns this table with the queue of deliveries, if the deployment has webhooks. Each write of the end of a job with a callback sends
    /// a message to it first, so that no end is written without its delivery. Without the queue, no message is sent and no webhook
    /// delivered.
    #[must_use]
    pub fn with_callbacks(self, queue: Option<CallbackQueue>, write_horizon: Duration) -> Self {
        let announcer = queue.map(|queue| Announcer {
            queue,
            counts_for: write_horizon / 2,
            unwritten: Arc::default(),
        });
        Self { announcer, ..self }
    }

    /// Sends the message about the end of this job, which is about to be written with this `now`, unless an earlier try to end the job
    /// has sent it. Without a callback, or without webhooks, there is nothing to send.
    ///
    /// # Errors
    /// [`StoreError::Unannounced`]: the end must not be written.
    pub(super) async fn announce_end(
        &self,
        record: &JobRecord,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        match (&self.announcer, &record.callback) {
            (Some(announcer), Some(_)) => announcer.announce(record, now).await,
            _ => Ok(()),
        }
    }

    /// The end of this job is in its record, so no other one is written.
    pub(super) fn end_was_written(&self, record: &JobRecord) {
        if let Some(announcer) = &self.announcer {
            announcer.unwritten().remove(&record.creation_token);
        }
    }
}

impl Announcer {
    async fn announce(&self, record: &JobRecord, now: Timestamp) -> Result<(), StoreError> {
        let token = &record.creation_token;
        if self.was_sent(token, now) {
            return Ok(());
        }
        let sent = self.queue.announce_end(record).await;
        sent.map_err(StoreError::Unannounced)?;
        // From before the call, so that the message is never older than this.
        self.unwritten().insert(token.clone(), now);
        Ok(())
    }

    fn was_sent(&self, token: &CreationToken, now: Timestamp) -> bool {
        let mut unwritten = self.unwritten();
        // Of a write that was refused or given up, nothing else removes the entry.
        unwritten.retain(|_, sent_at| now.since(*sent_at) <= self.counts_for);
        unwritten.contains_key(token)
    }

    fn unwritten(&self) -> std::sync::MutexGuard<'_, HashMap<CreationToken, Timestamp>> {
        // No code panics while it has the lock.
        self.unwritten
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests;
