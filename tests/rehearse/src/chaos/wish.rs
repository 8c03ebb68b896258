//! What each job is asked for, drawn from the seed.

use std::time::Duration;

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore as _, SeedableRng as _};
use serde_json::{Value, json};

/// What a job is asked to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wish {
    /// A rehearsal that succeeds.
    Succeed,
    /// A CSV text that is profiled.
    Profile,
    /// A rehearsal that reads an upload.
    ReadUpload,
    /// A rehearsal with a result that no item can hold.
    LargeResult,
    /// Its first attempt fails, its second one succeeds.
    Retry,
    /// It fails permanently.
    Fail,
    /// It saves one step after the other at the same percentage.
    Save,
    /// It runs over several slices.
    Slice,
    /// Its first attempt fails and leaves a thread behind, its second one succeeds.
    LeaveBehind,
    /// It is canceled a moment after it was accepted, before or while it runs.
    Cancel,
    /// Its start is some time away, and it is canceled before; its message is delivered anyway.
    CancelBeforeStart,
    /// It ends just before its deadline, unless something delays it.
    EndInTime,
    /// It runs past its deadline.
    Overrun,
    /// It runs past its deadline, and is canceled around that time.
    CancelLate,
}

/// What the client does with a finished job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Afterlife {
    /// It stays.
    Stays,
    /// It is deleted.
    Deleted,
    /// It is deleted, and as soon as it is gone there is another one under its key.
    Replaced,
}

/// One job of the run.
#[derive(Clone, Debug)]
pub(super) struct Order {
    pub(super) wish: Wish,
    /// Its `Idempotency-Key`, if it has one.
    pub(super) key: Option<String>,
    /// Whether it is submitted twice at once; only with a key.
    pub(super) is_doubled: bool,
    /// How often it is submitted once more after its 202; only with a key.
    pub(super) again: u64,
    /// How long after its 202 it is canceled.
    pub(super) cancel_after: Duration,
    pub(super) afterlife: Afterlife,
    /// Whether its end is reported to a receiver.
    pub(super) has_webhook: bool,
    /// Whether it follows a deleted one under its key.
    is_next: bool,
    /// How long it takes, unless its wish determines that.
    takes: Duration,
    number: u32,
}

/// Much longer than a cancel that meets several faults takes, and short enough that the message arrives during the run.
const START_IN: Duration = Duration::from_secs(40);

/// The deadline of jobs that test it: short, so that nobody waits long for it.
pub(super) const DEADLINE: Duration = Duration::from_secs(4);

const SECOND: Duration = Duration::from_secs(1);

impl Wish {
    fn draw(percentage: u64) -> Self {
        match percentage {
            0..26 => Self::Succeed,
            26..34 => Self::Slice,
            34..38 => Self::ReadUpload,
            38..42 => Self::LargeResult,
            42..46 => Self::Profile,
            46..54 => Self::Retry,
            54..60 => Self::Fail,
            60..67 => Self::Save,
            67..73 => Self::LeaveBehind,
            73..80 => Self::Cancel,
            80..85 => Self::CancelBeforeStart,
            85..92 => Self::EndInTime,
            92..95 => Self::Overrun,
            _ => Self::CancelLate,
        }
    }

    /// Whether it tests the deadline.
    pub(super) fn is_hurried(self) -> bool {
        matches!(self, Self::EndInTime | Self::Overrun | Self::CancelLate)
    }

    pub(super) fn is_cancel(self) -> bool {
        matches!(
            self,
            Self::Cancel | Self::CancelBeforeStart | Self::CancelLate
        )
    }
}

impl Order {
    pub(super) fn draw(seed: u64, number: u32) -> Self {
        let mut numbers = ChaCha8Rng::seed_from_u64(seed);
        numbers.set_stream(u64::from(number));
        let mut below = |bound: u64| numbers.next_u64() % bound;
        let wish = Wish::draw(below(100));
        let is_keyed = below(100) < 40;
        let (short, long) = (
            Duration::from_millis(below(300)),
            Duration::from_millis(below(1_400)),
        );
        let cancel_after = Duration::from_millis(below(800));
        let late = DEADLINE.saturating_sub(SECOND) + Duration::from_millis(below(1_500));
        let afterlife = match below(100) {
            // The message of a job that is canceled before its start arrives nevertheless.
            _ if wish == Wish::CancelBeforeStart => Afterlife::Stays,
            0..30 if is_keyed => Afterlife::Replaced,
            30..35 => Afterlife::Deleted,
            _ => Afterlife::Stays,
        };
        let has_webhook = below(3) == 0;
        Self {
            wish,
            has_webhook,
            is_next: false,
            key: is_keyed.then(|| format!("chaos-{seed}-{number}")),
            is_doubled: below(4) == 0,
            again: below(3),
            cancel_after: if wish == Wish::CancelLate {
                late
            } else {
                cancel_after
            },
            afterlife,
            takes: match wish {
                // An attempt stops itself an eighth of its time before the deadline.
                Wish::EndInTime => (DEADLINE * 7 / 8).saturating_sub(long),
                Wish::Overrun | Wish::CancelLate => DEADLINE + SECOND,
                // Long enough that the cancel finds it running, and that its progress is written.
                Wish::Cancel => SECOND * 5 / 2,
                Wish::Save => SECOND * 5,
                // Some are killed in it. The next slice begins at least a second later.
                Wish::Slice => short * 12,
                Wish::LeaveBehind => SECOND * 8,
                _ => short,
            },
            number,
        }
    }

    /// The same as an item of a batch with this key. No other job follows it under the key, since that is the others' key, too.
    pub(super) fn in_batch(self, key: Option<String>) -> Self {
        let afterlife = match self.afterlife {
            Afterlife::Replaced => Afterlife::Deleted,
            other => other,
        };
        Self {
            key,
            afterlife,
            ..self
        }
    }

    /// The next job under its key, after it was deleted: sometimes one that still runs when a late call for this one arrives,
    /// otherwise a short one.
    pub(super) fn next(&self) -> Option<Self> {
        let is_long = self.number.is_multiple_of(2);
        (self.afterlife == Afterlife::Replaced).then(|| Self {
            wish: Wish::Succeed,
            is_next: true,
            afterlife: Afterlife::Stays,
            is_doubled: false,
            again: 0,
            takes: if is_long { SECOND * 4 } else { Duration::ZERO },
            ..self.clone()
        })
    }

    /// The content of its upload, if it has one.
    pub(super) fn upload(&self) -> Option<String> {
        // Some are read in many chunks.
        let times = if self.number.is_multiple_of(4) {
            1_000
        } else {
            50
        };
        (self.wish == Wish::ReadUpload).then(|| csv(self.number).repeat(times))
    }

    /// The path of its webhook, which no other job has.
    fn path(&self) -> String {
        let which = if self.is_next { "next" } else { "first" };
        format!("/{}/{which}", self.number)
    }

    /// The request's body, with the id of its upload and the webhook's URL, if it has one. `now` is the same for each try, since a key stands for one request.
    pub(super) fn body(
        &self,
        now: engine::Timestamp,
        upload: Option<&str>,
        receiver_url: &str,
    ) -> String {
        let (name, input) = match self.wish {
            Wish::Profile => ("csv_profile", json!({"csv": csv(self.number)})),
            _ => ("rehearsal", self.rehearsal(upload)),
        };
        let mut body =
            json!({"name": name, "input": input, "summary": format!("chaos {}", self.number)});
        if self.wish == Wish::CancelBeforeStart {
            body["scheduled-start-time"] = Value::from(now.plus(START_IN).to_string());
        }
        if self.has_webhook {
            body["callback"] = json!({"url": format!("{receiver_url}{}", self.path())});
        }
        body.to_string()
    }

    fn rehearsal(&self, upload: Option<&str>) -> Value {
        let (steps, outcome) = match self.wish {
            Wish::Retry => (3, "retry-then-success"),
            Wish::Fail => (3, "failure"),
            Wish::Save => (50, "unmeasured"),
            Wish::Slice => (3, "slices"),
            Wish::LeaveBehind => (1, "leftover"),
            Wish::LargeResult => (3, "large-result"),
            _ => (3, "success"),
        };
        let seconds = self.takes.as_secs_f64();
        let mut input = json!({"seconds": seconds, "steps": steps, "outcome": outcome});
        if let Some(id) = upload {
            input["attachment"] = json!({"upload": id});
        }
        input
    }
}

fn csv(number: u32) -> String {
    let rows = (0..200_u32).map(|row| {
        format!(
            "{row},{},x{}\n",
            u64::from(row) * u64::from(number),
            row % 7
        )
    });
    "a,b,c\n".chars().map(String::from).chain(rows).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_makes_the_same_orders_each_time() {
        let now = engine::Timestamp::from_seconds(0);
        let bodies = |seed| {
            (0..50)
                .map(|number| Order::draw(seed, number).body(now, None, "http://a"))
                .collect::<Vec<_>>()
        };
        assert_eq!(bodies(1), bodies(1));
        assert_ne!(bodies(1), bodies(2));
    }

    #[test]
    fn what_follows_a_deleted_job_under_its_key_is_another_request() {
        let now = engine::Timestamp::from_seconds(0);
        let mut orders = (0..1_000).map(|number| Order::draw(1, number));
        let replaced = orders.find(|order| order.afterlife == Afterlife::Replaced);
        let replaced = replaced.unwrap();
        let next = replaced.next().unwrap();
        assert_eq!(next.key, replaced.key);
        assert!(next.next().is_none());
        let body = |order: &Order| order.body(now, None, "http://a");
        assert_ne!(body(&next), body(&replaced));
        // Its webhook is another one, too.
        assert_ne!(next.path(), replaced.path());
    }
}
