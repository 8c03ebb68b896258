//! Which call meets which fault, drawn from a seed.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng as _};

use super::fault::{Fault, TRY};
use super::objects::{ObjectCall, ObjectFault};
use crate::call::Call;

/// How much goes wrong.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rates {
    /// Of a thousand calls, how many meet a fault; of a thousand writes to the table, or requests to S3, three times as many.
    pub faults: u32,
    /// Of a thousand deliveries, how many come twice, and how many come late.
    pub deliveries: u32,
    /// The latest that a call takes effect.
    pub longest: Duration,
}

/// Writes to the table get this many times as many faults as other calls, because all promises are about writes; and so do requests to S3,
/// because there are few.
const WRITES: u64 = 3;

/// A plan of faults: the n-th call of an operation meets the same one in each run with the same seed. Which job's call is the
/// n-th depends on the processes, and differs.
#[derive(Debug)]
pub struct Plan {
    seed: u64,
    rates: Rates,
    drawn: Mutex<BTreeMap<String, ChaCha8Rng>>,
    is_over: AtomicBool,
}

impl Plan {
    /// The plan of a seed.
    #[must_use]
    pub fn new(seed: u64, rates: Rates) -> Self {
        Self {
            seed,
            rates,
            drawn: Mutex::default(),
            is_over: AtomicBool::new(false),
        }
    }

    /// From now on nothing goes wrong.
    pub fn end(&self) {
        self.is_over.store(true, Ordering::Relaxed);
    }

    /// What goes wrong with this call, if anything does.
    #[must_use]
    pub fn fault(&self, call: &Call) -> Option<Fault> {
        let [whether, which, how_long] = self.draw(&call.operation);
        let times = if call.is_table_write() { WRITES } else { 1 };
        let rate = u64::from(self.rates.faults) * times;
        if self.is_over.load(Ordering::Relaxed) || whether % 1_000 >= rate {
            return None;
        }
        if call.is_table_write() && which % 2 == 0 {
            return Some(self.harmful(which / 2, how_long));
        }
        Some(match which % 100 {
            0..25 => match call.entries() {
                None if call.operation == "BatchGetItem" => Fault::EntryFails(0),
                None => Fault::Throttle,
                Some(entries) => Fault::EntryFails(index(how_long, entries.len())),
            },
            25..35 => Fault::ErrorBefore,
            35..45 => Fault::ErrorAfter,
            45..55 => Fault::ResetBefore,
            55..65 => Fault::ResetAfter,
            65..70 => Fault::HangBefore,
            70..80 => Fault::HangAfter,
            80..90 => Fault::Delay(between(Duration::ZERO, TRY, how_long)),
            kind => Fault::Delay(self.late(kind, how_long)),
        })
    }

    /// What goes wrong with this request to S3, if anything does.
    #[must_use]
    pub fn object_fault(&self, call: &ObjectCall) -> Option<ObjectFault> {
        let [whether, which, _] = self.draw(call.action);
        let rate = u64::from(self.rates.faults) * WRITES;
        if self.is_over.load(Ordering::Relaxed) || whether % 1_000 >= rate {
            return None;
        }
        Some(match which % 3 {
            0 => ObjectFault::Refused,
            1 => ObjectFault::AnswerLost,
            _ => ObjectFault::AnswerCut,
        })
    }

    /// The worst fault for a write: it takes effect, and its sender gets no answer, or not in time.
    fn harmful(&self, which: u64, how_long: u64) -> Fault {
        match which % 8 {
            0 | 1 => Fault::HangAfter,
            kind => Fault::Delay(self.late(kind, how_long)),
        }
    }

    /// Every other one comes while its caller is still at work, the others up to the latest time.
    fn late(&self, kind: u64, how_long: u64) -> Duration {
        let longest = self.rates.longest.max(TRY);
        let soon = (TRY * 3).min(longest);
        if kind.is_multiple_of(2) {
            between(TRY, soon, how_long)
        } else {
            between(soon, longest, how_long)
        }
    }

    /// What goes wrong with the next delivery of a message.
    #[must_use]
    pub fn redelivery(&self) -> Option<Redelivery> {
        let [whether, which, how_long] = self.draw("a delivery");
        let rate = u64::from(self.rates.deliveries);
        if self.is_over.load(Ordering::Relaxed) || whether % 1_000 >= rate {
            return None;
        }
        let after = between(Duration::ZERO, self.rates.longest, how_long);
        Some(Redelivery {
            after,
            is_second: which % 2 == 0,
        })
    }

    /// The next three numbers of an operation's own sequence.
    fn draw(&self, operation: &str) -> [u64; 3] {
        let mut drawn = self.drawn.lock().unwrap_or_else(PoisonError::into_inner);
        if !drawn.contains_key(operation) {
            let mut numbers = ChaCha8Rng::seed_from_u64(self.seed);
            numbers.set_stream(stream(operation));
            drawn.insert(operation.to_owned(), numbers);
        }
        let mut next = || drawn.get_mut(operation).map_or(0, RngCore::next_u64);
        [next(), next(), next()]
    }
}

/// An additional or late delivery of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Redelivery {
    /// How much later it comes.
    pub after: Duration,
    /// Whether the message comes in time as well.
    pub is_second: bool,
}

fn index(random: u64, len: usize) -> usize {
    usize::try_from(random).unwrap_or_default() % len.max(1)
}

fn between(from: Duration, to: Duration, random: u64) -> Duration {
    let span = u64::try_from((to.saturating_sub(from)).as_millis()).unwrap_or(u64::MAX);
    from + Duration::from_millis(random % span.max(1))
}

/// A number for a name, so that each operation has its own sequence (FNV-1a, 64 bits).
pub(crate) fn stream(name: &str) -> u64 {
    name.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

#[cfg(test)]
mod tests {
    use axum::body::Bytes;
    use axum::http::Request;

    use super::*;

    const RATES: Rates = Rates {
        faults: 300,
        deliveries: 300,
        longest: Duration::from_secs(8),
    };

    fn call(operation: &str) -> Call {
        let request = Request::post("/")
            .header("x-amz-target", format!("DynamoDB_20120810.{operation}"))
            .body(())
            .unwrap();
        Call::of(request.into_parts().0, Bytes::from_static(b"{}"))
    }

    fn first(plan: &Plan, operation: &str) -> Vec<String> {
        let mut faults = || format!("{:?}", plan.fault(&call(operation)));
        std::iter::repeat_with(&mut faults).take(200).collect()
    }

    #[test]
    fn a_seed_is_a_plan_whatever_other_calls_come_in_between() {
        let (one, other) = (Plan::new(7, RATES), Plan::new(7, RATES));
        let alone = first(&one, "PutItem");
        let _ = first(&other, "UpdateItem");
        assert_eq!(first(&other, "PutItem"), alone);
        assert_ne!(first(&Plan::new(8, RATES), "PutItem"), alone);
        assert_ne!(first(&one, "UpdateItem"), alone);
    }

    #[test]
    fn as_many_calls_meet_a_fault_as_the_rate_says_and_each_fault_occurs() {
        let plan = Plan::new(1, RATES);
        let faults: Vec<_> = (0..10_000)
            .filter_map(|_| plan.fault(&call("GetItem")))
            .collect();
        assert!((2_800..3_200).contains(&faults.len()), "{}", faults.len());
        let names = faults.iter().map(|fault| {
            let shown = format!("{:?} {fault:?}", fault.kind());
            shown.split('(').next().unwrap_or_default().to_owned()
        });
        let names: std::collections::BTreeSet<_> = names.collect();
        assert_eq!(names.len(), 9, "{names:?}");
    }

    #[test]
    fn a_plan_that_is_over_does_no_harm() {
        let plan = Plan::new(1, RATES);
        plan.end();
        assert!((0..1_000).all(|_| plan.fault(&call("GetItem")).is_none()));
        assert!((0..1_000).all(|_| plan.redelivery().is_none()));
    }
}
