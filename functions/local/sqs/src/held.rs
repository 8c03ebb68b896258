//! Messages in a queue, and messages as delivered.

use serde::{Deserialize, Serialize};

use super::content::Message;
use super::handle::Receipt;

/// A message and its stage in this queue.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Held {
    pub(super) message: Message,
    pub(super) stage: Stage,
    /// Number of deliveries by this queue. Only the receipt of the last delivery is valid.
    pub(super) delivery: u32,
}

/// Stage of a message: visible, delayed, or in flight.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(super) enum Stage {
    Visible { since_ms: u64 },
    Delayed { until_ms: u64 },
    InFlight { until_ms: u64, received_at_ms: u64 },
}

/// One delivery of a message.
#[derive(Debug)]
pub(super) struct Delivery {
    pub(super) message: Message,
    pub(super) receipt: Receipt,
}

/// Result of a receive: deliveries, and messages that exceeded the maximum number of receives.
#[derive(Debug, Default)]
pub(super) struct Received {
    pub(super) deliveries: Vec<Delivery>,
    pub(super) dead: Vec<Message>,
}

/// Number of messages in each stage.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Counts {
    pub(super) visible: usize,
    pub(super) in_flight: usize,
    pub(super) delayed: usize,
}

/// State of a queue for a waiting poll: the number of visible messages, and when the next one becomes visible.
#[derive(Clone, Copy, Debug)]
pub(super) struct Outlook {
    pub(super) visible: usize,
    pub(super) next_due_ms: Option<u64>,
}
