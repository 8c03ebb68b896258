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
    /// before.
    pub const DROP_AGE: Duration = Duration::from_secs(60);

    /// When a message without a record is looked at again.
    const RECORD_RETRY: Duration = Duration::from_secs(5);

    /// Judges a message that was sent `age` ago.
    #[must_use]
    pub fn of(decision: ClaimDecision, age: Duration, now: Timestamp) -> Self {
        match decision {
            ClaimDecision::Missing if age < Self::DROP_AGE => Self::HandBack {
                after: Self::RECORD_RETRY,
            },
            ClaimDecision::Missing | ClaimDecision::Foreign | ClaimDecision::Finished => Self::Drop,
            ClaimDecision::NotDue { until }
            | ClaimDecision::Busy { until }
            | ClaimDecision::PastDeadline { until } => Self::HandBack {
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

/// For how long a message that was sent `age` ago has to be kept although it is done with: one of a submit with an
/// `Idempotency-Key` may be that of a submit that is still about to write, until that has given up.
#[must_use]
pub fn kept_for(is_keyed: bool, age: Duration) -> Option<Duration> {
    let left = Unclaimed::DROP_AGE.saturating_sub(age);
    Some(left).filter(|left| is_keyed && !left.is_zero())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(decision: ClaimDecision, age_s: u64) -> Unclaimed {
        let age = Duration::from_secs(age_s);
        Unclaimed::of(decision, age, Timestamp::from_seconds(100))
    }

    fn back_in(seconds: u64) -> Unclaimed {
        Unclaimed::HandBack {
            after: Duration::from_secs(seconds),
        }
    }

    #[test]
    fn a_message_whose_record_may_still_come_is_kept_for_a_minute() {
        assert_eq!(of(ClaimDecision::Missing, 59), back_in(5));
        assert_eq!(of(ClaimDecision::Missing, 60), Unclaimed::Drop);
        assert_eq!(of(ClaimDecision::Finished, 1), Unclaimed::Drop);
        let kept = |is_keyed, seconds| kept_for(is_keyed, Duration::from_secs(seconds));
        assert_eq!(kept(true, 59), Some(Duration::from_secs(1)));
        assert_eq!((kept(true, 60), kept(false, 1)), (None, None));
    }

    #[test]
    fn a_message_that_is_too_early_comes_back_in_time() {
        let until = Timestamp::from_seconds(107);
        for decision in [
            ClaimDecision::NotDue { until },
            ClaimDecision::Busy { until },
            ClaimDecision::PastDeadline { until },
        ] {
            assert_eq!(of(decision, 600), back_in(7));
        }
        assert_eq!(of(ClaimDecision::Start, 600), back_in(0));
    }
}
