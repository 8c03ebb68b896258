//! What the worker does with a message.

use std::time::Duration;

use engine::Timestamp;

/// What the worker does with a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Disposition {
    /// Nothing more to do: it is deleted.
    Done,
    /// It returns to the queue.
    HandBack {
        /// After this time; `None`: when its visibility timeout ends.
        after: Option<Duration>,
    },
}

impl Disposition {
    pub(crate) fn in_a_while() -> Self {
        Self::HandBack { after: None }
    }

    pub(crate) fn after(delay: Duration) -> Self {
        Self::HandBack { after: Some(delay) }
    }

    /// Redelivered at `until`.
    pub(crate) fn at(until: Timestamp, now: Timestamp) -> Self {
        Self::after(until.since(now))
    }
}
