//! What is known of an invocation: until when it lives.

use std::time::{Duration, SystemTime};

use engine::{JobRecord, Timestamp};
use tokio::time::Instant;

/// One invocation of the function.
#[derive(Clone, Debug)]
pub(crate) struct Invocation {
    pub(crate) request_id: String,
    started: Timestamp,
    /// When Lambda kills the process.
    deadline: Timestamp,
}

/// What ends an attempt that takes too long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Limit {
    /// The job's deadline.
    Deadline,
    /// The function's time-out.
    Invocation,
    /// What the kind lets an attempt take.
    Kind,
}

/// A lease outlives its invocation by this much: the clocks of two workers differ by milliseconds, and a write that was sent
/// at the last moment may take effect a little later.
const CLOCK_MARGIN: Duration = Duration::from_secs(2);

/// What is kept back of an attempt's time: for a handler that does not stop at once, and to write its end with one call that
/// is tried again and hand the message back with another. A call that takes its whole time (4 s) leaves the rest to the lease.
const END_MARGIN: Duration = Duration::from_secs(6);

impl Invocation {
    pub(crate) fn of(context: &lambda_runtime::Context) -> Self {
        let started = now();
        Self {
            request_id: context.request_id.clone(),
            started,
            deadline: Timestamp::of_deadline(context.deadline, started),
        }
    }

    /// Until when an attempt that this invocation claims owns its job. Lambda kills a function at its deadline, so the deadline
    /// is a lease that needs no heartbeat.
    pub(crate) fn lease_until(&self) -> Timestamp {
        self.deadline.plus(CLOCK_MARGIN)
    }

    /// How long an attempt may run from `now`, and what ends it then: its kind's own limit, or a margin before the invocation's
    /// deadline or the job's own. Of a short time an eighth is kept back.
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
            (invocation, Limit::Invocation)
        };
        let left = left.saturating_sub(END_MARGIN.min(left / 8));
        match kinds_own {
            Some(own) if own < left => (own, Limit::Kind),
            _ => (left, limit),
        }
    }

    /// Whether so much of the invocation's time is left that another attempt is worth its start: half of it.
    pub(crate) fn has_time_for_another(&self, now: Timestamp) -> bool {
        self.deadline.since(now) * 2 >= self.deadline.since(self.started)
    }
}

/// The clock. Only here and in the handlers of the HTTP functions it is read.
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
    use engine::{CreationToken, Fingerprint, IdSecrets, NewJob, Owner};

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_seconds(seconds)
    }

    /// A job whose deadline is that second.
    fn run(deadline: u64) -> JobRecord {
        let owner = Owner::anonymous();
        let secrets = IdSecrets::parse("ID_SECRETS", "0123456789abcdef0123456789abcdef").unwrap();
        let job = NewJob {
            id: secrets.issue(&owner, [1; 10]),
            owner,
            kind: "any".parse().unwrap(),
            fingerprint: Fingerprint::of(b""),
            creation_token: CreationToken::of([1; 16]),
            summary: String::new(),
            scheduled_start: at(0),
            deadline: Duration::from_secs(deadline),
            write_horizon: Duration::from_secs(40),
            retention: Duration::from_secs(1),
            max_attempts: 3,
        };
        JobRecord::begin(job, at(0))
    }

    #[test]
    fn an_attempt_ends_before_whatever_ends_first() {
        let invocation = Invocation {
            request_id: String::new(),
            started: at(0),
            deadline: at(100),
        };
        let seconds = Duration::from_secs;
        let time = |deadline, own, now| invocation.time_to_run(&run(deadline), own, at(now));
        assert_eq!(time(500, None, 0), (seconds(94), Limit::Invocation));
        assert_eq!(time(60, None, 0), (seconds(54), Limit::Deadline));
        assert_eq!(time(100, None, 0), (seconds(94), Limit::Deadline));
        let own = Some(seconds(20));
        assert_eq!(time(500, own, 0), (seconds(20), Limit::Kind));
        assert_eq!(time(500, own, 84), (seconds(14), Limit::Invocation));
        // Of 8 s, one.
        assert_eq!(time(500, None, 92), (seconds(7), Limit::Invocation));
        assert_eq!(time(60, None, 60), (Duration::ZERO, Limit::Deadline));
    }
}
