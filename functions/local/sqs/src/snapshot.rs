//! All queues as a value that can be written to a file, for `serve --data`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::clock::Clock;
use super::held::Held;
use super::queue::Queue;
use super::settings::Settings;
use super::store::{Queues, Slot, State};

/// The queues at one moment. Receipt handles stay valid, and visibility timeouts continue while the queues are only a file. Move tasks
/// and the names of deleted queues are not stored.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Snapshot {
    queues: BTreeMap<String, QueueSnapshot>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct QueueSnapshot {
    id: u64,
    created_at_ms: u64,
    modified_at_ms: u64,
    purged_at_ms: Option<u64>,
    settings: Settings,
    last_number: u64,
    messages: Vec<(u64, Held)>,
}

impl Queues {
    /// Returns a snapshot of the queues.
    #[must_use]
    pub fn to_snapshot(&self) -> Snapshot {
        let state = self.lock();
        let queues = state
            .queues
            .iter()
            .map(|(name, slot)| (name.clone(), QueueSnapshot::of(slot.queue())));
        Snapshot {
            queues: queues.collect(),
        }
    }

    /// Restores the queues. The time since the snapshot counts.
    #[must_use]
    pub fn from_snapshot(clock: Clock, snapshot: Snapshot) -> Self {
        let slots = snapshot
            .queues
            .into_iter()
            .map(|(name, queue)| (name, Slot::new(queue.into_queue())));
        let state = State {
            queues: slots.collect(),
            ..State::default()
        };
        Self::with_state(clock, state)
    }
}

impl QueueSnapshot {
    fn of(queue: &Queue) -> Self {
        Self {
            id: queue.id,
            created_at_ms: queue.created_at_ms,
            modified_at_ms: queue.modified_at_ms,
            purged_at_ms: queue.purged_at_ms,
            settings: queue.settings.clone(),
            last_number: queue.last_number(),
            messages: queue.held(),
        }
    }

    fn into_queue(self) -> Queue {
        let mut queue = Queue::new(self.id, self.settings, self.created_at_ms);
        queue.modified_at_ms = self.modified_at_ms;
        queue.purged_at_ms = self.purged_at_ms;
        queue.resume(self.last_number, self.messages);
        queue
    }
}
