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
    /// A message without a record is kept this long at least, also where the write horizon is shorter: a machine that is
    /// busy or asleep may come to write the record much later than it sent the message.
    const SLOWEST_SUBMIT: Duration = Duration::from_secs(60);

    /// When a message without a record is looked at again for the first time. From then on each wait is as long as the message
    /// is old, so it grows.
    const RECORD_RETRY: Duration = Duration::from_secs(5);

    /// For how long the record of a message can still come, if the message was sent `age` ago and a write can take
    /// effect `write_horizon` after its clock was read.
    #[must_use]
    pub fn record_may_come_for(age: Duration, write_horizon: Duration) -> Duration {
        write_horizon.max(Self::SLOWEST_SUBMIT).saturating_sub(age)
    }

    /// Judges a message that was sent `age` ago.
    #[must_use]
    pub fn of(
        decision: ClaimDecision,
        age: Duration,
        write_horizon: Duration,
        now: Timestamp,
    ) -> Self {
        let left = Self::record_may_come_for(age, write_horizon);
        match decision {
            ClaimDecision::Missing if !left.is_zero() => Self::HandBack {
                after: age.max(Self::RECORD_RETRY).min(left),
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

#[cfg(test)]
mod tests {
    use super::*;

    fn of(decision: ClaimDecision, age_s: u64) -> Unclaimed {
        let (age, horizon) = (Duration::from_secs(age_s), Duration::from_secs(360));
        Unclaimed::of(decision, age, horizon, Timestamp::from_seconds(100))
    }

    fn back_in(seconds: u64) -> Unclaimed {
        Unclaimed::HandBack {
            after: Duration::from_secs(seconds),
        }
    }

    #[test]
    fn a_message_whose_record_may_still_come_is_kept_and_looked_at_less_and_less_often() {
        let mut looks = vec![0];
        let mut age = 1;
        while let Unclaimed::HandBack { after } = of(ClaimDecision::Missing, age) {
            looks.push(age);
            age += after.as_secs();
        }
        assert_eq!(looks, [0, 1, 6, 12, 24, 48, 96, 192]);
        assert_eq!(age, 360);
        assert_eq!(of(ClaimDecision::Missing, 359), back_in(1));
        assert_eq!(of(ClaimDecision::Missing, 360), Unclaimed::Drop);
        for decision in [ClaimDecision::Finished, ClaimDecision::Foreign] {
            assert_eq!(of(decision, 1), Unclaimed::Drop);
        }
    }

    #[test]
    fn a_short_horizon_does_not_drop_what_a_slow_submit_is_about_to_write() {
        let (age, horizon) = (Duration::from_secs(59), Duration::from_secs(1));
        let left = Unclaimed::record_may_come_for(age, horizon);
        assert_eq!(left, Duration::from_secs(1));
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
