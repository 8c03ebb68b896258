//! Messages as a queue holds them and hands them out.

use serde::{Deserialize, Serialize};

use super::content::Message;
use super::handle::Receipt;

/// A message and where it stands in this queue.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Held {
    pub(super) message: Message,
    pub(super) stage: Stage,
    /// How many times this queue delivered it; the receipt of the last delivery is the only one that counts.
    pub(super) delivery: u32,
}

/// What a message in a queue waits for: a receiver, its delay, or its receiver's timeout.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(super) enum Stage {
    Visible { since_ms: u64 },
    Delayed { until_ms: u64 },
    InFlight { until_ms: u64, received_at_ms: u64 },
}

/// One message as one receiver gets it.
#[derive(Debug)]
pub(super) struct Delivery {
    pub(super) message: Message,
    pub(super) receipt: Receipt,
}

/// What one receive brought: deliveries, and messages that were delivered too often.
#[derive(Debug, Default)]
pub(super) struct Received {
    pub(super) deliveries: Vec<Delivery>,
    pub(super) dead: Vec<Message>,
}

/// How many messages are in each stage.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Counts {
    pub(super) visible: usize,
    pub(super) in_flight: usize,
    pub(super) delayed: usize,
}

/// What a waiting poll has to know: how much there is, and when the next message becomes visible.
#[derive(Clone, Copy, Debug)]
pub(super) struct Outlook {
    pub(super) visible: usize,
    pub(super) next_due_ms: Option<u64>,
}
