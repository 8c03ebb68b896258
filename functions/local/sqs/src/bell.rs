//! Wakes waiting polls.

use std::sync::Arc;

use tokio::sync::Notify;

use super::held::Outlook;

/// Above this many new messages all waiting polls are woken at once instead of one for each message.
const ONE_BY_ONE: usize = 10;

/// The bell of one queue. If a poll is dropped after a ring, the ring goes to another poll, so no visible message is overlooked.
#[derive(Clone, Debug, Default)]
pub(super) struct Bell(Arc<Notify>);

impl Bell {
    /// The notification that a poll waits for. From its `enable` on, it misses no ring.
    pub(super) fn notified(&self) -> tokio::sync::futures::Notified<'_> {
        self.0.notified()
    }

    /// Rings for one poll for each message that became visible. Rings for all if they must read the time again, because a message
    /// becomes visible sooner than they know.
    pub(super) fn announce(&self, before: Outlook, after: Outlook) {
        let sooner = match (before.next_due_ms, after.next_due_ms) {
            (_, None) => false,
            (None, Some(_)) => true,
            (Some(before), Some(after)) => after < before,
        };
        let more = after.visible.saturating_sub(before.visible);
        if sooner || more > ONE_BY_ONE {
            self.ring_all();
        }
        for _ in 0..more.min(ONE_BY_ONE) {
            self.0.notify_one();
        }
    }

    /// Rings for every waiting poll.
    pub(super) fn ring_all(&self) {
        self.0.notify_waiters();
    }
}
