//! When the jobs of a load are due that does not wait for answers.

use std::time::Duration;

/// Arrivals at a fixed rate. They are fixed beforehand: a service that is slow to answer one submit gets the next one all the
/// same, and the time that both wait counts. Clients that submitted only once they are answered would leave out just those.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Schedule {
    /// Jobs a second.
    rate: u32,
    jobs: u64,
}

impl Schedule {
    /// As many as are due within `span`, at most `jobs`; at least one.
    pub(super) fn new(rate: u32, span: Duration, jobs: Option<u32>) -> Self {
        let rate = rate.max(1);
        let within = u64::from(rate) * span.as_secs();
        let jobs = jobs.map_or(within, |jobs| within.min(jobs.into()));
        Self {
            rate,
            jobs: jobs.max(1),
        }
    }

    pub(super) fn jobs(self) -> u64 {
        self.jobs
    }

    /// When each job is due, counted from the beginning. Each is reckoned by itself, so that nothing adds up.
    pub(super) fn dues(self) -> impl Iterator<Item = Duration> {
        let rate = u64::from(self.rate);
        (0..self.jobs).map(move |number| {
            let rest_ns = number % rate * 1_000_000_000 / rate;
            Duration::from_secs(number / rate) + Duration::from_nanos(rest_ns)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEN_SECONDS: Duration = Duration::from_secs(10);

    #[test]
    fn as_many_are_due_as_the_rate_makes_of_the_time_and_no_more_than_were_asked_for() {
        assert_eq!(Schedule::new(500, TEN_SECONDS, None).jobs(), 5_000);
        assert_eq!(Schedule::new(500, TEN_SECONDS, Some(70)).jobs(), 70);
        assert_eq!(Schedule::new(500, TEN_SECONDS, Some(9_000)).jobs(), 5_000);
        assert_eq!(Schedule::new(0, TEN_SECONDS, None).jobs(), 10);
    }

    #[test]
    fn they_are_due_at_even_distances() {
        let dues: Vec<_> = Schedule::new(4, TEN_SECONDS, Some(6)).dues().collect();
        assert_eq!(
            dues,
            [0, 250, 500, 750, 1_000, 1_250].map(Duration::from_millis)
        );
    }

    #[test]
    fn what_a_distance_is_rounded_by_does_not_add_up() {
        let last = Schedule::new(7, Duration::from_secs(1_000), None)
            .dues()
            .last();
        assert_eq!(last, Some(Duration::from_nanos(999_857_142_857)));
    }
}
