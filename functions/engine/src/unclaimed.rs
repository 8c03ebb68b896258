//! What becomes of a message that may not start its job?

use std::time::Duration;

use crate::{ClaimDecision, Timestamp};

/// What a worker does with a message whose claim was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unclaimed {
    /// Nobody needs it any more.
    Drop,
    /// It comes back after so long.
    HandBack {
        /// How long.
        after: Duration,
    },
    /// Its job ends without another attempt, and then it is done with.
    End,
}

impl Unclaimed {
    /// A message without a record that is older than this belongs to a submit whose write failed: `submit` gives up long
    /// before. The same holds for one whose record stands for another request.
    pub const DROP_AGE: Duration = Duration::from_secs(60);

    /// When a message without a record is looked at again.
    const RECORD_RETRY: Duration = Duration::from_secs(5);

    /// Judges a message of an age of `age`; `is_keyed` says whether its submit had an `Idempotency-Key`.
    #[must_use]
    pub fn of(decision: ClaimDecision, is_keyed: bool, age: Duration, now: Timestamp) -> Self {
        let left = Self::DROP_AGE.saturating_sub(age);
        match decision {
            ClaimDecision::Missing if left.is_zero() => Self::Drop,
            ClaimDecision::Missing => Self::HandBack {
                after: Self::RECORD_RETRY,
            },
            // A duplicate, or, under the id of a key, the message of a submit that was slower than another. As long as that one
            // may still write, its record can take the place of the one that stands, when that is deleted in between.
            ClaimDecision::Foreign | ClaimDecision::Finished if is_keyed && !left.is_zero() => {
                Self::HandBack { after: left }
            }
            ClaimDecision::Foreign | ClaimDecision::Finished => Self::Drop,
            ClaimDecision::NotDue { until } | ClaimDecision::Busy { until } => Self::HandBack {
                after: until.since(now),
            },
            // Claimable again between the write and the judgement: at once, then.
            ClaimDecision::Start => Self::HandBack {
                after: Duration::ZERO,
            },
            ClaimDecision::Overdue | ClaimDecision::Canceled | ClaimDecision::Exhausted => {
                Self::End
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(decision: ClaimDecision, is_keyed: bool, age_s: u64) -> Unclaimed {
        let age = Duration::from_secs(age_s);
        Unclaimed::of(decision, is_keyed, age, Timestamp::from_seconds(100))
    }

    fn back_in(seconds: u64) -> Unclaimed {
        Unclaimed::HandBack {
            after: Duration::from_secs(seconds),
        }
    }

    #[test]
    fn a_message_whose_record_may_still_come_is_kept_for_a_minute() {
        assert_eq!(of(ClaimDecision::Missing, false, 59), back_in(5));
        assert_eq!(of(ClaimDecision::Missing, false, 60), Unclaimed::Drop);
        for decision in [ClaimDecision::Foreign, ClaimDecision::Finished] {
            assert_eq!(of(decision, true, 10), back_in(50));
            assert_eq!(of(decision, true, 60), Unclaimed::Drop);
            assert_eq!(of(decision, false, 10), Unclaimed::Drop);
        }
    }

    #[test]
    fn a_message_that_is_too_early_comes_back_in_time() {
        let until = Timestamp::from_seconds(107);
        for decision in [
            ClaimDecision::NotDue { until },
            ClaimDecision::Busy { until },
        ] {
            assert_eq!(of(decision, false, 600), back_in(7));
        }
        assert_eq!(of(ClaimDecision::Start, false, 600), back_in(0));
    }
}
