//! Delays between attempts.

use std::time::Duration;

use crate::MAX_VISIBILITY;

/// The delay between attempts: exponential backoff with full jitter, so that jobs that failed together are not retried together
/// (<https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/>).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RetryPolicy {
    /// Upper bound of the first delay; it doubles with each attempt.
    pub base: Duration,
    /// Maximum of the upper bound.
    pub cap: Duration,
}

impl RetryPolicy {
    /// 2 s, because most faults of a dependency are throttles and restarts that pass within seconds; up to 15 min, so that an outage
    /// costs an attempt every quarter of an hour.
    pub const DEFAULT: Self = Self {
        base: Duration::from_secs(2),
        cap: Duration::from_secs(900),
    };

    /// Maximum delay after `attempt` (1 is the first) failed.
    #[must_use]
    pub fn bound(&self, attempt: u32) -> Duration {
        let factor = 2_u32.saturating_pow(attempt.saturating_sub(1));
        self.base
            .saturating_mul(factor)
            .min(self.cap)
            .min(MAX_VISIBILITY)
    }

    /// The delay after `attempt` (1 is the first) failed. `random` is uniform over all of `u64`.
    #[must_use]
    pub fn delay(&self, attempt: u32, random: u64) -> Duration {
        let bound = self.bound(attempt);
        let bound_ms = u64::try_from(bound.as_millis()).unwrap_or(u64::MAX);
        Duration::from_millis(random % bound_ms.saturating_add(1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bound_doubles_up_to_the_cap_and_the_delay_is_anywhere_below() {
        let policy = RetryPolicy {
            base: Duration::from_secs(2),
            cap: Duration::from_secs(10),
        };
        let longest = |attempt| {
            (0..20_000)
                .map(|random| policy.delay(attempt, random))
                .max()
                .unwrap()
        };
        assert_eq!(longest(1), Duration::from_secs(2));
        assert_eq!(longest(2), Duration::from_secs(4));
        assert_eq!(longest(9), Duration::from_secs(10));
        assert_eq!(longest(u32::MAX), Duration::from_secs(10));
        assert_eq!(policy.delay(1, 0), Duration::ZERO);
    }
}
