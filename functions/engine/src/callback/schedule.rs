//! When an undelivered webhook is delivered again.

use std::time::Duration;

use crate::{MAX_VISIBILITY, Timestamp};

/// The delays after the first deliveries that failed. Further ones have the last delay.
const DELAYS: [Duration; 6] = [
    Duration::from_secs(5),
    Duration::from_secs(5 * 60),
    Duration::from_secs(30 * 60),
    Duration::from_secs(2 * 3_600),
    Duration::from_secs(5 * 3_600),
    Duration::from_secs(10 * 3_600),
];

/// How long after a job's end, and after the message about it, its webhook is delivered: three days, so that a receiver that fails on a Friday evening is back in time.
pub const GIVE_UP_AFTER: Duration = Duration::from_secs(3 * 86_400);

/// Jitter adds up to a tenth of a delay, so that the deliveries that failed together in an outage do not return together. It only adds, so
/// that a `Retry-After` is kept.
const JITTER_DIVISOR: u64 = 10;

/// The circumstances of a delivery that failed, which decide when the next one is made. The first delivery is made at once.
#[derive(Clone, Copy, Debug)]
pub struct NextDelivery {
    /// Number of deliveries so far, with the one that failed: at least 1.
    pub deliveries: u32,
    /// When the job ended.
    pub ended_at: Timestamp,
    /// When the message about the end was sent. The end of an overdue job can be written long after the job ended.
    pub announced_at: Timestamp,
    /// When the job expires: nobody can read it then.
    pub expires_at: Timestamp,
    /// When the delivery failed.
    pub now: Timestamp,
    /// The receiver's `Retry-After`.
    pub retry_after: Option<Duration>,
    /// Uniform over all of `u64`.
    pub random: u64,
}

impl NextDelivery {
    /// The delay until the next delivery, up to [`MAX_VISIBILITY`]; `None` if that is not within
    /// [`GIVE_UP_AFTER`] of the later of the job's end and the message about it, or if the job has expired by then.
    ///
    /// A `Retry-After` longer than the schedule's delay replaces it. A shorter one does not, so that no receiver is called more often for
    /// the same webhook than the schedule says.
    #[must_use]
    pub fn delay(&self) -> Option<Duration> {
        let delay = scheduled(self.deliveries).max(self.retry_after.unwrap_or_default());
        let longest_ms = u64::try_from(delay.as_millis()).unwrap_or(u64::MAX) / JITTER_DIVISOR;
        let jitter = Duration::from_millis(self.random % longest_ms.saturating_add(1));
        let delay = delay.saturating_add(jitter).min(MAX_VISIBILITY);
        let since = self.ended_at.max(self.announced_at);
        let last = since.plus(GIVE_UP_AFTER).min(self.expires_at);
        (self.now.plus(delay) < last).then_some(delay)
    }
}

fn scheduled(deliveries: u32) -> Duration {
    let index = usize::try_from(deliveries.saturating_sub(1)).unwrap_or(usize::MAX);
    DELAYS[index.min(DELAYS.len() - 1)]
}

/// The time at `now` until the next delivery is due, after this number of deliveries, the last of which was written at `last`; zero if it
/// is due. One end can have several messages, and the schedule holds for all of them together.
#[must_use]
pub fn until_next_delivery(deliveries: u32, last: Timestamp, now: Timestamp) -> Duration {
    if deliveries == 0 {
        return Duration::ZERO;
    }
    last.plus(scheduled(deliveries)).since(now)
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: Duration = Duration::from_secs(86_400);

    fn after(deliveries: u32) -> NextDelivery {
        let ended_at = Timestamp::from_seconds(1_000_000);
        NextDelivery {
            deliveries,
            ended_at,
            announced_at: ended_at,
            expires_at: ended_at.plus(7 * DAY),
            now: ended_at,
            retry_after: None,
            random: 0,
        }
    }

    fn seconds(next: &NextDelivery) -> Option<u64> {
        next.delay().map(|delay| delay.as_secs())
    }

    #[test]
    fn the_delays_grow_from_seconds_to_hours() {
        let delays = (0..=9).map(|deliveries| seconds(&after(deliveries)).unwrap());
        let delays: Vec<_> = delays.collect();
        let ten_hours = 36_000;
        assert_eq!(
            delays,
            [
                5, 5, 300, 1_800, 7_200, 18_000, ten_hours, ten_hours, ten_hours, ten_hours
            ]
        );
        assert_eq!(seconds(&after(u32::MAX)), Some(ten_hours));
    }

    #[test]
    fn a_delivery_of_another_message_is_not_made_before_the_next_one_is_due() {
        let last = Timestamp::from_seconds(1_000);
        let left = |deliveries, seconds_after| {
            let now = last.plus(Duration::from_secs(seconds_after));
            until_next_delivery(deliveries, last, now).as_secs()
        };
        assert_eq!((left(1, 0), left(1, 4), left(1, 5)), (5, 1, 0));
        assert_eq!((left(2, 5), left(2, 300)), (295, 0));
        assert_eq!((left(99, 0), left(99, 36_000)), (36_000, 0));
        // The end, not a delivery, was written last.
        assert_eq!(left(0, 0), 0);
    }

    #[test]
    fn jitter_adds_up_to_a_tenth() {
        let delay = |random| NextDelivery { random, ..after(2) }.delay().unwrap();
        let delays: Vec<_> = (0..=30_000).map(delay).collect();
        assert_eq!(delays.iter().min(), Some(&Duration::from_secs(300)));
        assert_eq!(delays.iter().max(), Some(&Duration::from_secs(330)));
        assert_eq!(delay(30_001), Duration::from_secs(300));
    }

    #[test]
    fn a_receiver_can_lengthen_a_delay_but_not_shorten_it() {
        let delay = |deliveries, retry_after| {
            seconds(&NextDelivery {
                retry_after: Some(Duration::from_secs(retry_after)),
                ..after(deliveries)
            })
        };
        assert_eq!(delay(1, 0), Some(5));
        assert_eq!(delay(1, 60), Some(60));
        assert_eq!(delay(4, 60), Some(7_200));
        let longest = Some(MAX_VISIBILITY.as_secs());
        assert_eq!(delay(1, MAX_VISIBILITY.as_secs()), longest);
        assert_eq!(delay(1, 86_400), longest);
        assert_eq!(delay(1, u64::MAX), longest);
    }

    #[test]
    fn no_delay_is_longer_than_a_queue_can_hide_a_message() {
        for deliveries in 1..20 {
            for random in [0, 1, 3_599_999, u64::MAX] {
                let next = NextDelivery {
                    random,
                    retry_after: Some(DAY),
                    ..after(deliveries)
                };
                assert!(next.delay().unwrap() <= MAX_VISIBILITY);
            }
        }
    }

    #[test]
    fn a_webhook_is_given_up_after_three_days_or_when_its_job_expires() {
        let at = |seconds_after_end, expires_after| {
            let next = after(1);
            let now = next.ended_at.plus(Duration::from_secs(seconds_after_end));
            let expires_at = next.ended_at.plus(Duration::from_secs(expires_after));
            seconds(&NextDelivery {
                expires_at,
                now,
                ..next
            })
        };
        let three_days = 3 * 86_400;
        assert_eq!(at(three_days - 6, 7 * 86_400), Some(5));
        assert_eq!(at(three_days - 5, 7 * 86_400), None);
        assert_eq!(at(94, 100), Some(5));
        assert_eq!(at(95, 100), None);
        assert_eq!(at(500, 100), None);
    }

    #[test]
    fn an_end_that_was_written_late_is_delivered_for_as_long_as_any_other() {
        let next = after(1);
        let announced_at = next.ended_at.plus(5 * DAY);
        let late = |now| NextDelivery {
            announced_at,
            now,
            ..next
        };
        assert_eq!(seconds(&late(announced_at)), Some(5));
        // Until the job expires.
        let expires_at = next.expires_at.ms();
        let at = |seconds_before: i64| Timestamp::from_ms(expires_at - seconds_before * 1_000);
        assert_eq!(seconds(&late(at(6))), Some(5));
        assert_eq!(seconds(&late(at(5))), None);
        let kept = NextDelivery {
            expires_at: next.ended_at.plus(30 * DAY),
            ..late(announced_at.plus(3 * DAY))
        };
        assert_eq!(seconds(&kept), None);
    }

    #[test]
    fn a_receiver_that_never_answers_gets_a_dozen_deliveries_in_three_days() {
        let mut next = after(1);
        while let Some(delay) = next.delay() {
            next.now = next.now.plus(delay);
            next.deliveries += 1;
        }
        assert_eq!(next.deliveries, 12);
        assert!(next.now.since(next.ended_at) + Duration::from_secs(10 * 3_600) > GIVE_UP_AFTER);
    }
}
