//! What can go wrong with a call.

use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use tokio::sync::Notify;

/// What goes wrong with one call.
#[derive(Clone, Debug)]
pub enum Fault {
    /// It is refused because there are too many.
    Throttle,
    /// The back end fails before it takes effect.
    ErrorBefore,
    /// The back end fails after it took effect: a 500 does not reveal which.
    ErrorAfter,
    /// The connection is reset before it takes effect.
    ResetBefore,
    /// It takes effect, and the connection is reset instead of an answer.
    ResetAfter,
    /// It never takes effect and is never answered.
    HangBefore,
    /// It takes effect and is never answered.
    HangAfter,
    /// It takes effect after this time, and is then answered if its caller still waits.
    Delay(Duration),
    /// It waits here until a test lets it go on.
    Hold(Arc<Hold>),
    /// Of the messages of a batch, this one (counted from 0) is not sent; of the keys of a batch, this one is not read. The answer says so.
    /// Any other call is throttled.
    EntryFails(usize),
    /// As [`Fault::EntryFails`], and the answer says nothing about it.
    EntryUnnamed(usize),
    /// It never takes effect and gets this answer: an eventually consistent read may return what was there before.
    Stale(Value),
}

/// The kinds of [`Fault`], to be counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// [`Fault::Throttle`].
    Throttle,
    /// [`Fault::ErrorBefore`] and [`Fault::ErrorAfter`].
    Error,
    /// [`Fault::ResetBefore`] and [`Fault::ResetAfter`].
    Reset,
    /// [`Fault::HangBefore`] and [`Fault::HangAfter`].
    Hang,
    /// [`Fault::Delay`] for less time than a call may take.
    Delay,
    /// [`Fault::Delay`] for longer than its caller waits, and [`Fault::Hold`].
    Late,
    /// [`Fault::EntryFails`] and [`Fault::EntryUnnamed`].
    Entry,
    /// [`Fault::Stale`].
    Stale,
    /// A message that is delivered once more.
    Duplicate,
    /// A message that is delivered later, behind others.
    LateDelivery,
}

/// The time limit that the functions' SDK clients give one try.
pub(super) const TRY: Duration = Duration::from_millis(1_500);

impl Fault {
    pub(super) fn kind(&self) -> Kind {
        match self {
            Self::Throttle => Kind::Throttle,
            Self::ErrorBefore | Self::ErrorAfter => Kind::Error,
            Self::ResetBefore | Self::ResetAfter => Kind::Reset,
            Self::HangBefore | Self::HangAfter => Kind::Hang,
            Self::Delay(by) if *by < TRY => Kind::Delay,
            Self::Delay(_) | Self::Hold(_) => Kind::Late,
            Self::EntryFails(_) | Self::EntryUnnamed(_) => Kind::Entry,
            Self::Stale(_) => Kind::Stale,
        }
    }
}

impl Kind {
    /// What a report calls it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Throttle => "throttled",
            Self::Error => "error 500",
            Self::Reset => "connection reset",
            Self::Hang => "no answer",
            Self::Delay => "delayed",
            Self::Late => "late effect",
            Self::Entry => "one entry of a batch left out",
            Self::Stale => "stale read",
            Self::Duplicate => "message delivered twice",
            Self::LateDelivery => "message delivered late",
        }
    }
}

/// A call that waits for a test.
#[derive(Debug, Default)]
pub struct Hold {
    arrived: Notify,
    released: Notify,
}

impl Hold {
    /// Ends once the call is here, and so is whatever its sender read before.
    pub async fn arrived(&self) {
        self.arrived.notified().await;
    }

    /// Lets it go on.
    pub fn release(&self) {
        self.released.notify_one();
    }

    pub(super) async fn wait(&self) {
        self.arrived.notify_one();
        self.released.notified().await;
    }
}
