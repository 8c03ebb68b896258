//! When a running attempt checks in the table whether it was canceled.

use std::time::Duration;

use tokio::time::Instant;

/// Check interval of an attempt that reports no progress.
const LOOK_EVERY: Duration = Duration::from_secs(4);

/// Time limit of the first call that is due. The table answers in milliseconds, so a call without an answer is lost, and there is
/// time for another one within the 5 s in which a cancel takes effect.
const ANSWERS_WITHIN: Duration = Duration::from_millis(400);

/// Delay of the next call after one without an answer, once a cancel can no longer take effect within 5 s.
const AGAIN_AFTER: Duration = Duration::from_secs(1);

/// Longer than any call takes: the SDK ends it earlier.
const UNBOUNDED: Duration = Duration::from_secs(60);

/// The attempt's last calls to the table. Each answer says whether the job was canceled.
pub(crate) struct Hearing {
    /// Start of the last call that got an answer.
    heard_at: Instant,
    /// When the next call is due.
    due: Instant,
}

impl Hearing {
    /// The claim was the first answer.
    pub(crate) fn since(now: Instant) -> Self {
        Self {
            heard_at: now,
            due: now + LOOK_EVERY,
        }
    }

    /// When the next call is due, even if there is no progress to write.
    pub(crate) fn due(&self) -> Instant {
        self.due
    }

    /// Until when the attempt waits for a call that begins at `now`. Only the first late call is cut short: if the table is slow, the
    /// next one still gets its answer.
    pub(crate) fn waits_until(&self, now: Instant) -> Instant {
        let limit = self.limit();
        if now < limit { limit } else { now + UNBOUNDED }
    }

    /// A call that began at `began` got an answer.
    pub(crate) fn answered(&mut self, began: Instant) {
        *self = Self::since(began);
    }

    /// A call got no answer, or an error.
    pub(crate) fn unanswered(&mut self, now: Instant, began: Instant) {
        let limit = self.limit();
        self.due = if began < limit {
            limit.max(now)
        } else {
            now + AGAIN_AFTER
        };
    }

    fn limit(&self) -> Instant {
        self.heard_at + LOOK_EVERY + ANSWERS_WITHIN
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TAKES_EFFECT_WITHIN: Duration = Duration::from_secs(5);

    fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    #[test]
    fn a_silent_attempt_hears_every_four_seconds() {
        let began = Instant::now();
        let mut hearing = Hearing::since(began);
        assert_eq!(hearing.due(), began + ms(4_000));
        // The answer took its time.
        hearing.answered(began + ms(4_000));
        assert_eq!(hearing.due(), began + ms(8_000));
    }

    #[test]
    fn one_call_without_an_answer_leaves_time_for_another_whenever_it_begins() {
        let began = Instant::now();
        for first in [0, 1_000, 3_999, 4_000] {
            for fails_after in [0, 1, 400, u64::MAX] {
                let mut hearing = Hearing::since(began);
                let first = began + ms(first);
                let cut = hearing.waits_until(first);
                let failed = first
                    .checked_add(ms(fails_after))
                    .map_or(cut, |at| at.min(cut));
                hearing.unanswered(failed, first);
                assert!(hearing.due() >= failed);
                assert!(hearing.due() + ms(600) <= began + TAKES_EFFECT_WITHIN);
            }
        }
    }

    #[test]
    fn a_table_that_is_slow_gets_its_time_at_the_second_call() {
        let began = Instant::now();
        let mut hearing = Hearing::since(began);
        let (first, cut) = (began + ms(4_000), began + ms(4_400));
        assert_eq!(hearing.waits_until(first), cut);
        hearing.unanswered(cut, first);
        assert_eq!(hearing.due(), cut);
        assert!(hearing.waits_until(cut) >= cut + ms(4_000));
        hearing.unanswered(cut + ms(4_000), cut);
        assert_eq!(hearing.due(), cut + ms(5_000));
    }
}
