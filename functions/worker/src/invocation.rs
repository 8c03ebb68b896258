//! The time limits of an invocation.

use std::time::{Duration, SystemTime};

use engine::{JobRecord, Timestamp};
use tokio::time::Instant;

/// One invocation of the function.
#[derive(Clone, Debug)]
pub(crate) struct Invocation {
    started: Timestamp,
    /// When Lambda kills the process.
    deadline: Timestamp,
}

/// The limit that stops an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limit {
    /// The job's deadline.
    Deadline,
    /// The function's timeout, for an attempt that had nearly the whole invocation.
    Invocation,
    /// The function's timeout, for an attempt that began late in an invocation.
    Rest,
    /// The time limit of the kind.
    Kind,
}

/// The time by which a lease outlasts its invocation: the clocks of two workers differ by milliseconds, and a write that was sent at
/// the last moment may take effect a little later.
const CLOCK_MARGIN: Duration = Duration::from_secs(2);

/// Time reserved after an attempt: for a handler that does not stop at once, to write the end with a call that is tried again, and to
/// return the message to the queue. If a call takes its maximum time (4 s), the end of the lease does the rest.
const END_MARGIN: Duration = Duration::from_secs(6);

/// Maximum time of a call to the table, including all tries of the SDK: the operation timeout of [`engine::timeouts`].
const LONGEST_CALL: Duration = Duration::from_secs(4);

/// Time for a call to the queue, which takes milliseconds.
const HAND_BACK: Duration = Duration::from_secs(1);

/// Time that the start of a batch takes. Waiting for a fresh invocation gains time only if an invocation exceeds a delivery of a webhook,
/// and what follows it, by more than this.
const START: Duration = Duration::from_secs(5);

impl Invocation {
    pub(crate) fn of(context: &lambda_runtime::Context) -> Self {
        let started = now();
        Self {
            started,
            deadline: Timestamp::of_deadline(context.deadline, started),
        }
    }

    /// The end of the lease of an attempt that this invocation claims. Lambda kills a function at its deadline, so the deadline is a
    /// lease that needs no heartbeat.
    pub(crate) fn lease_until(&self) -> Timestamp {
        self.deadline.plus(CLOCK_MARGIN)
    }

    /// The time that an attempt may run from `now`, and the limit that stops it then: that of its kind, which counts over all its slices,
    /// or a margin before the deadline of the invocation or of the job. Of a short time, an eighth is reserved.
    pub(crate) fn time_to_run(
        &self,
        run: &JobRecord,
        kinds_own: Option<Duration>,
        now: Timestamp,
    ) -> (Duration, Limit) {
        let (invocation, job) = (self.deadline.since(now), run.time_left(now));
        let (left, limit) = if job <= invocation {
            (job, Limit::Deadline)
        } else {
            (invocation, self.limit(now))
        };
        let left = left.saturating_sub(END_MARGIN.min(left / 8));
        let ran = run.slices().map_or(Duration::ZERO, |slices| slices.ran);
        match kinds_own.map(|own| own.saturating_sub(ran)) {
            Some(own) if own < left => (own, Limit::Kind),
            _ => (left, limit),
        }
    }

    /// The meaning of the invocation's deadline to an attempt that begins at `now`: once a tenth of the invocation has passed, another
    /// attempt could have more time than this one.
    fn limit(&self, now: Timestamp) -> Limit {
        if self.deadline.since(now) * 10 >= self.duration() * 9 {
            Limit::Invocation
        } else {
            Limit::Rest
        }
    }

    /// The latest time at which an attempt may be claimed: when half of the invocation is left.
    pub(crate) fn last_claim(&self) -> Timestamp {
        self.started.plus(self.duration() / 2)
    }

    /// The latest time at which a call to the table may begin so that there is still time to return a message to the queue.
    pub(crate) fn last_call(&self) -> Timestamp {
        let time = self.duration().saturating_sub(LONGEST_CALL + HAND_BACK);
        self.started.plus(time)
    }

    /// The time that a delivery of a webhook which takes up to `longest` may take from `now`; `None` if it must wait for a fresh invocation,
    /// which has that much. In a short one, it takes what is left, if anything is.
    pub(crate) fn time_to_deliver(&self, longest: Duration, now: Timestamp) -> Option<Duration> {
        let left = self.last_call().since(now);
        let is_short = self.duration() < longest + LONGEST_CALL + HAND_BACK + START;
        (left >= longest || is_short && !left.is_zero()).then_some(left)
    }

    fn duration(&self) -> Duration {
        self.deadline.since(self.started)
    }
}

/// Reads the clock. Apart from this, only the HTTP functions read it.
pub(crate) fn now() -> Timestamp {
    Timestamp::from_clock(SystemTime::now())
}

/// The moment `span` from now.
pub(crate) fn moment_in(span: Duration) -> Instant {
    Instant::now() + span
}

#[cfg(test)]
mod tests {
    use super::*;
    use engine::{EndedSlices, NewJob, test_kit};

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_seconds(seconds)
    }

    /// A job whose deadline is that second.
    fn run(deadline: u64) -> JobRecord {
        let job = NewJob {
            scheduled_start: at(0),
            deadline: Duration::from_secs(deadline),
            ..test_kit::new_job()
        };
        JobRecord::begin(job, at(0))
    }

    /// From second 0 to second 100.
    fn invocation() -> Invocation {
        Invocation {
            started: at(0),
            deadline: at(100),
        }
    }

    #[test]
    fn a_lease_outlives_its_invocation_by_what_clocks_may_differ() {
        assert_eq!(invocation().lease_until(), at(102));
    }

    #[test]
    fn an_attempt_is_claimed_in_the_first_half_and_a_call_leaves_time_to_hand_back() {
        assert_eq!(invocation().last_claim(), at(50));
        assert_eq!(invocation().last_call(), at(95));
        assert_eq!(engine::timeouts().operation_timeout(), Some(LONGEST_CALL));
    }

    #[test]
    fn only_the_end_of_a_whole_invocation_is_the_most_that_an_attempt_may_have() {
        let limit = |now| invocation().time_to_run(&run(500), None, at(now)).1;
        assert_eq!(limit(10), Limit::Invocation);
        assert_eq!(limit(11), Limit::Rest);
    }

    #[test]
    fn the_time_limit_of_a_kind_counts_over_all_slices_of_an_attempt() {
        let seconds = Duration::from_secs;
        let slices = |attempt| EndedSlices {
            attempt,
            began_at: at(0),
            ran: seconds(150),
        };
        let time = |attempt, own| {
            let run = JobRecord {
                attempt: 2,
                ended_slices: Some(slices(attempt)),
                ..run(900)
            };
            invocation().time_to_run(&run, Some(seconds(own)), at(0))
        };
        assert_eq!(time(2, 200), (seconds(50), Limit::Kind));
        assert_eq!(time(2, 150), (Duration::ZERO, Limit::Kind));
        assert_eq!(time(2, 300), (seconds(94), Limit::Invocation));
        // Those of an earlier attempt, whose worker died.
        assert_eq!(time(1, 80), (seconds(80), Limit::Kind));
    }

    #[test]
    fn a_webhook_gets_its_whole_time_or_waits_for_an_invocation_that_has_it() {
        let longest = Duration::from_secs(15);
        let time = |deadline, now| {
            let invocation = Invocation {
                started: at(0),
                deadline: at(deadline),
            };
            let time = invocation.time_to_deliver(longest, at(now));
            time.map(|time| time.as_secs())
        };
        assert_eq!((time(100, 0), time(100, 80)), (Some(95), Some(15)));
        assert_eq!(time(100, 81), None);
        assert_eq!((time(25, 5), time(25, 6)), (Some(15), None));
        // No invocation of this deployment has that much for certain.
        assert_eq!((time(24, 9), time(8, 1)), (Some(10), Some(2)));
    }

    #[test]
    fn an_attempt_ends_before_whatever_ends_first() {
        let invocation = invocation();
        let seconds = Duration::from_secs;
        let time = |deadline, own, now| invocation.time_to_run(&run(deadline), own, at(now));
        assert_eq!(time(500, None, 0), (seconds(94), Limit::Invocation));
        assert_eq!(time(60, None, 0), (seconds(54), Limit::Deadline));
        assert_eq!(time(100, None, 0), (seconds(94), Limit::Deadline));
        let own = Some(seconds(20));
        assert_eq!(time(500, own, 0), (seconds(20), Limit::Kind));
        assert_eq!(time(500, own, 84), (seconds(14), Limit::Rest));
        // Of 8 s, one.
        assert_eq!(time(500, None, 92), (seconds(7), Limit::Rest));
        assert_eq!(time(60, None, 60), (Duration::ZERO, Limit::Deadline));
    }
}
