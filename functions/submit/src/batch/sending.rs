//! The messages and records of a batch.

use std::sync::Arc;

use api::{Incoming, Problem};
use engine::{BatchMessage, Owner, Timestamp, into_batches};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use super::Outcome;
use crate::App;
use crate::accept::store;
use crate::submission::Submission;

/// Maximum number of concurrent calls that send: the largest batch of small jobs takes ten. Each needs a connection of its own, and a new
/// connection costs a handshake.
const SENDS_AT_ONCE: usize = 10;

/// Maximum number of concurrent writes of records.
const WRITES_AT_ONCE: usize = 25;

/// A job that is ready to be sent and stored, and the index of its item.
type Ready = (usize, Submission);

/// What one call sends.
enum Sending {
    Messages(Vec<(Ready, BatchMessage)>),
    /// A job that starts later than a message can be delayed, and the body of its message.
    Schedule(Box<Ready>, String),
}

enum Done {
    Sent(Vec<(Ready, Result<(), Problem>)>),
    Stored(usize, Box<Outcome>),
}

/// What all calls of a batch have in common.
pub(super) struct Sender {
    app: Arc<App>,
    owner: Owner,
    trace: Option<String>,
    now: Timestamp,
    sends: Semaphore,
    writes: Semaphore,
}

impl Sender {
    pub(super) fn new(
        app: &Arc<App>,
        incoming: &Incoming,
        owner: &Owner,
        now: Timestamp,
    ) -> Arc<Self> {
        Arc::new(Self {
            app: app.clone(),
            owner: owner.clone(),
            trace: incoming.trace.clone(),
            now,
            sends: Semaphore::new(SENDS_AT_ONCE),
            writes: Semaphore::new(WRITES_AT_ONCE),
        })
    }

    /// Sends and stores the jobs, and passes the outcome of each one to `end` as soon as it is known. A record is written only after its own
    /// message was sent. If this future is dropped, the calls that have not begun are not made.
    pub(super) async fn store(
        self: Arc<Self>,
        jobs: Vec<Ready>,
        mut end: impl FnMut(usize, Outcome),
    ) {
        let mut calls = JoinSet::new();
        for sending in self.sendings(jobs, &mut end) {
            calls.spawn(self.clone().send(sending));
        }
        while let Some(done) = calls.join_next().await {
            match done {
                Ok(Done::Sent(jobs)) => {
                    for ((index, submission), sent) in jobs {
                        match sent {
                            Ok(()) => {
                                calls.spawn(self.clone().write(index, submission));
                            }
                            Err(problem) => end(index, Err(problem)),
                        }
                    }
                }
                Ok(Done::Stored(index, outcome)) => end(index, *outcome),
                // No call panics. The jobs of one that does are not finished.
                Err(_) => {}
            }
        }
    }

    fn sendings(&self, jobs: Vec<Ready>, end: &mut impl FnMut(usize, Outcome)) -> Vec<Sending> {
        let (mut messages, mut sendings) = (Vec::new(), Vec::new());
        for (index, submission) in jobs {
            match (submission.body(), submission.delay(self.now)) {
                (Ok(body), Some(delay)) => {
                    messages.push(((index, submission), BatchMessage { body, delay }));
                }
                (Ok(body), None) => {
                    sendings.push(Sending::Schedule((index, submission).into(), body));
                }
                (Err(problem), _) => end(index, Err(problem)),
            }
        }
        let batches = into_batches(messages, |(_, message)| message.body.len());
        sendings.extend(batches.into_iter().map(Sending::Messages));
        sendings
    }

    async fn send(self: Arc<Self>, sending: Sending) -> Done {
        // It is never closed.
        let _permit = self.sends.acquire().await;
        match sending {
            Sending::Messages(messages) => Done::Sent(self.send_messages(messages).await),
            Sending::Schedule(job, body) => {
                let (index, mut submission) = *job;
                let created = submission.schedule(&self.app, self.now, &body).await;
                Done::Sent(vec![((index, submission), created)])
            }
        }
    }

    async fn send_messages(
        &self,
        messages: Vec<(Ready, BatchMessage)>,
    ) -> Vec<(Ready, Result<(), Problem>)> {
        let (jobs, messages): (Vec<_>, Vec<_>) = messages.into_iter().unzip();
        let trace = self.trace.as_deref();
        let queue = &self.app.queue;
        match queue.send_batch(messages, &self.owner, trace).await {
            Ok(sent) => {
                let sent = sent.into_iter().map(|sent| sent.map_err(Problem::from));
                jobs.into_iter().zip(sent).collect()
            }
            Err(error) => {
                let problem = Problem::from(error);
                let failed = |job| (job, Err(problem.clone()));
                jobs.into_iter().map(failed).collect()
            }
        }
    }

    async fn write(self: Arc<Self>, index: usize, submission: Submission) -> Done {
        // It is never closed.
        let _permit = self.writes.acquire().await;
        let trace = self.trace.as_deref();
        let stored = store(&self.app, submission, trace, self.now).await;
        Done::Stored(index, Box::new(stored))
    }
}
