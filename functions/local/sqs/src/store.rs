//! All queues, behind one lock that is never held across an await.

use std::collections::BTreeMap;
use std::hash::{BuildHasher, RandomState};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde::Serialize;

use super::bell::Bell;
use super::clock::Clock;
use super::error::{Error, Result};
use super::limits::required;
use super::names::name_in_url;
use super::queue::Queue;

/// The queues of one account on one machine.
#[derive(Debug)]
pub struct Queues {
    pub(super) clock: Clock,
    pub(super) ids: Ids,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
pub(super) struct State {
    pub(super) queues: BTreeMap<String, Slot>,
    /// Names of deleted queues, and the times of their deletion.
    pub(super) deleted_at_ms: BTreeMap<String, u64>,
    pub(super) moves: Vec<MoveTask>,
    /// Whether the server is stopping: polls no longer wait.
    pub(super) is_closed: bool,
}

/// A finished task, as `ListMessageMoveTasks` lists it: here every task finishes within the request that starts it.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct MoveTask {
    pub(super) status: &'static str,
    pub(super) source_arn: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) destination_arn: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) max_number_of_messages_per_second: Option<u32>,
    pub(super) approximate_number_of_messages_moved: usize,
    pub(super) approximate_number_of_messages_to_move: usize,
    pub(super) started_timestamp: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) failure_reason: Option<&'static str>,
}

/// A queue, and the bell for the polls that wait for its messages.
#[derive(Debug)]
pub(super) struct Slot {
    queue: Queue,
    pub(super) bell: Bell,
}

impl Queues {
    /// Creates a store without queues. All queues use this clock.
    #[must_use]
    pub fn new(clock: Clock) -> Self {
        Self::with_state(clock, State::default())
    }

    pub(super) fn with_state(clock: Clock, state: State) -> Self {
        Self {
            clock,
            ids: Ids::default(),
            state: Mutex::new(state),
        }
    }

    /// Ends all polls, present and future, so that a server can stop.
    pub fn close(&self) {
        let mut state = self.lock();
        state.is_closed = true;
        for slot in state.queues.values() {
            slot.bell.ring_all();
        }
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        // A panic under the lock is a bug in one request. The other messages are intact.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes or reads the queue that a request names by its URL.
    pub(super) fn with_queue<T>(
        &self,
        url: Option<&String>,
        act: impl FnOnce(&mut Queue, u64) -> T,
    ) -> Result<T> {
        let name = name_in_url(required(url, "QueueUrl")?)?;
        let mut state = self.lock();
        let now_ms = self.clock.now_ms();
        Ok(state.slot(name)?.at(now_ms, |queue| act(queue, now_ms)))
    }
}

impl State {
    pub(super) fn slot(&mut self, name: &str) -> Result<&mut Slot> {
        self.queues.get_mut(name).ok_or_else(Error::no_queue)
    }
}

impl Slot {
    pub(super) fn new(queue: Queue) -> Self {
        Self {
            queue,
            bell: Bell::default(),
        }
    }

    /// Changes the queue at this time, and wakes the polls that the change concerns. All changes go through here, so none can forget
    /// to wake them.
    pub(super) fn at<T>(&mut self, now_ms: u64, act: impl FnOnce(&mut Queue) -> T) -> T {
        let before = self.queue.outlook();
        self.queue.settle(now_ms);
        let answer = act(&mut self.queue);
        self.bell.announce(before, self.queue.outlook());
        answer
    }

    /// The queue after the last change.
    pub(super) fn queue(&self) -> &Queue {
        &self.queue
    }
}

/// Random identifiers. The standard library's hasher is keyed at random for each process, which is all they need: they
/// must differ, not be secret.
#[derive(Debug, Default)]
pub(super) struct Ids {
    hasher: RandomState,
    next: AtomicU64,
}

impl Ids {
    pub(super) fn number(&self) -> u64 {
        self.hasher
            .hash_one(self.next.fetch_add(1, Ordering::Relaxed))
    }

    /// A UUID in the usual form, like the ids of SQS messages.
    pub(super) fn uuid(&self) -> String {
        let random = (u128::from(self.number()) << 64) | u128::from(self.number());
        let uuid = uuid::Builder::from_random_bytes(random.to_be_bytes()).into_uuid();
        uuid.hyphenated().to_string()
    }
}
