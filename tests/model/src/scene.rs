//! What happens in the world: scenes small enough to be walked through whole, chosen so that each race is in one.

use crate::world::{FLIGHT, HORIZON, Left};

/// What happens in the world.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scene {
    /// One job, whose message is duplicated, whose workers die, and whose owner cancels it.
    OneJob,
    /// One job, a write of which takes effect late, twice or never: any of them.
    Late,
    /// One job whose attempts' leases are longer than its deadline and the write horizon, with a late write and a cancel.
    LongLease,
    /// One job that is canceled while it runs, long before its deadline.
    LongDeadline,
    /// One job that postpones itself, retries, and leaves threads behind, with a late write.
    Pauses,
    /// One job that ends a slice of its only attempt, saves a checkpoint and is canceled, with a late write.
    Slices,
    /// One job that saves checkpoints and runs out of the invocation's time, with a late write.
    Progress,
    /// Two submitters use one idempotency key, at once or one after the other's job; a late write, a cancel, a delete.
    OneKey,
    /// One job whose message a schedule sends, early, late or twice, canceled before or not, with a late write.
    FarStart,
    /// Two submitters, for the same request or for two, while the record of an earlier job is still there, expired or deleted.
    Reuse,
    /// One job whose end is reported, with a late write, a second message about its end, and a delivery that fails.
    Webhook,
}

impl Scene {
    /// All of them.
    pub const ALL: [Self; 11] = [
        Self::OneJob,
        Self::Late,
        Self::LongLease,
        Self::LongDeadline,
        Self::Pauses,
        Self::Slices,
        Self::Progress,
        Self::OneKey,
        Self::FarStart,
        Self::Reuse,
        Self::Webhook,
    ];

    pub(crate) fn left(self) -> Left {
        match self {
            Self::OneJob => Left {
                duplicates: 1,
                crashes: 1,
                cancels: 1,
                ..Left::default()
            },
            Self::Late => Left {
                late: 1,
                cancels: 1,
                deletes: 1,
                ..Left::default()
            },
            Self::LongDeadline => Left {
                cancels: 1,
                ..Left::default()
            },
            Self::LongLease => Left {
                late: 1,
                cancels: 1,
                ..Left::default()
            },
            Self::Pauses => Left {
                late: 1,
                snoozes: 1,
                leftovers: 1,
                ..Left::default()
            },
            Self::Slices => Left {
                late: 1,
                slices: 1,
                saves: 1,
                cancels: 1,
                ..Left::default()
            },
            Self::Progress => Left {
                late: 1,
                timeouts: 1,
                saves: 2,
                ..Left::default()
            },
            // A schedule that fires twice is one whose create takes effect again.
            Self::OneKey | Self::FarStart => Left {
                late: 1,
                deletes: 1,
                cancels: 1,
                ..Left::default()
            },
            Self::Reuse => Left {
                late: 1,
                deletes: 1,
                ..Left::default()
            },
            Self::Webhook => Left {
                late: 1,
                notices: 1,
                failures: 1,
                ..Left::default()
            },
        }
    }

    /// The requests of the submitters, one world for each line.
    pub(crate) fn requests(self) -> &'static [&'static [u8]] {
        match self {
            Self::OneKey => &[&[1, 1]],
            Self::Reuse => &[&[1, 1], &[1, 2]],
            _ => &[&[1]],
        }
    }

    pub(crate) fn max_attempts(self) -> u32 {
        match self {
            Self::OneJob | Self::Pauses | Self::Progress => 2,
            _ => 1,
        }
    }

    /// In ticks, from the scheduled start.
    pub(crate) fn deadline(self) -> i64 {
        match self {
            Self::OneKey | Self::Reuse | Self::FarStart | Self::Webhook => 1,
            Self::LongDeadline => 5,
            Self::OneJob | Self::Pauses | Self::Slices => 3,
            Self::Late | Self::LongLease | Self::Progress => 2,
        }
    }

    /// From the submit to the scheduled start, in ticks.
    pub(crate) fn ahead(self) -> i64 {
        i64::from(self == Self::FarStart)
    }

    /// An attempt's lease, in ticks from the delivery.
    pub(crate) fn lease(self) -> i64 {
        match self {
            Self::LongLease => 3,
            Self::OneJob | Self::Pauses => 2,
            _ => 1,
        }
    }

    /// Whether handlers fail for good: where many other things happen, a success is as good an end.
    pub(crate) fn has_failures(self) -> bool {
        !matches!(
            self,
            Self::OneKey | Self::FarStart | Self::Webhook | Self::Reuse
        )
    }

    /// When everything is over, in ticks.
    pub(crate) fn end(self) -> i64 {
        self.ahead() + FLIGHT + self.deadline() + HORIZON + 1
    }
}
