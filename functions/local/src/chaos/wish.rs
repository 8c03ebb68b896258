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
    /// Its first attempt fails, its second one succeeds.
    Retry,
    /// It fails for good.
    Fail,
    /// It is canceled a moment after it was accepted, before or while it runs.
    Cancel,
    /// Its start is some time away, and it is canceled before it; its message comes all the same.
    CancelBeforeStart,
}

/// One job of the run.
#[derive(Clone, Debug)]
pub(super) struct Order {
    pub(super) wish: Wish,
    /// Its `Idempotency-Key`, if it has one.
    pub(super) key: Option<String>,
    /// How often it is submitted once more after its 202; only with a key.
    pub(super) again: u64,
    /// How long after its 202 it is canceled.
    pub(super) cancel_after: Duration,
    /// How long it takes.
    millis: u64,
    number: u32,
}

/// Far more than a cancel takes that meets one fault after the other, and soon enough that the run sees the message come.
const START_IN: Duration = Duration::from_secs(40);

impl Order {
    pub(super) fn draw(seed: u64, number: u32) -> Self {
        let mut numbers = ChaCha8Rng::seed_from_u64(seed);
        numbers.set_stream(u64::from(number));
        let mut below = |bound: u64| numbers.next_u64() % bound;
        let wish = match below(100) {
            0..60 => Wish::Succeed,
            60..65 => Wish::Profile,
            65..77 => Wish::Retry,
            77..85 => Wish::Fail,
            85..94 => Wish::Cancel,
            _ => Wish::CancelBeforeStart,
        };
        let is_keyed = below(100) < 40;
        Self {
            wish,
            key: is_keyed.then(|| format!("chaos-{seed}-{number}")),
            again: below(3),
            cancel_after: Duration::from_millis(below(800)),
            millis: below(300),
            number,
        }
    }

    /// The request's body. `now` is the same for each try, since a key stands for one request.
    pub(super) fn body(&self, now: engine::Timestamp) -> String {
        let rehearsal = |seconds: f64, outcome: &str| json!({"seconds": seconds, "steps": 3, "outcome": outcome});
        let short = Duration::from_millis(self.millis).as_secs_f64();
        let (name, input) = match self.wish {
            Wish::Succeed | Wish::CancelBeforeStart => ("rehearsal", rehearsal(short, "success")),
            Wish::Retry => ("rehearsal", rehearsal(short, "retry-then-success")),
            Wish::Fail => ("rehearsal", rehearsal(short, "failure")),
            // Long enough that the cancel finds it running, and that its progress is written.
            Wish::Cancel => ("rehearsal", rehearsal(2.5, "success")),
            Wish::Profile => ("csv_profile", json!({"csv": csv(self.number)})),
        };
        let mut body =
            json!({"name": name, "input": input, "summary": format!("chaos {}", self.number)});
        if self.wish == Wish::CancelBeforeStart {
            body["scheduled-start-time"] = Value::from(now.plus(START_IN).to_string());
        }
        body.to_string()
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
                .map(|number| Order::draw(seed, number).body(now))
                .collect::<Vec<_>>()
        };
        assert_eq!(bodies(1), bodies(1));
        assert_ne!(bodies(1), bodies(2));
    }
}
