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

/// A lease outlives its invocation by this much: the clocks of two workers differ by milliseconds, and a write that was sent
/// at the last moment may take effect a little later.
const CLOCK_MARGIN: Duration = Duration::from_secs(2);

/// What is kept back of an attempt's time to write its end: two tries at the table.
const END_MARGIN: Duration = Duration::from_secs(6);

impl Invocation {
    pub(crate) fn of(context: &lambda_runtime::Context) -> Self {
        let deadline = Timestamp::from_ms(i64::try_from(context.deadline).unwrap_or(i64::MAX));
        Self {
            request_id: context.request_id.clone(),
            started: now(),
            deadline,
        }
    }

    /// Until when an attempt that this invocation claims owns its job. Lambda kills a function at its deadline, so the deadline
    /// is a lease that needs no heartbeat.
    pub(crate) fn lease_until(&self) -> Timestamp {
        self.deadline.plus(CLOCK_MARGIN)
    }

    /// How long an attempt may run from `now`: to a margin before the invocation's deadline or the job's own. Of a short time
    /// an eighth is kept back.
    pub(crate) fn time_to_run(&self, run: &JobRecord, now: Timestamp) -> Duration {
        let left = self.deadline.min(run.deadline).since(now);
        left.saturating_sub(END_MARGIN.min(left / 8))
    }

    /// Whether so much of the invocation's time is left that another attempt is worth its start: half of it.
    pub(crate) fn has_time_for_another(&self, now: Timestamp) -> bool {
        self.deadline.since(now) * 2 >= self.deadline.since(self.started)
    }

    /// Whether the job's own deadline ends the attempt, and not the invocation's.
    pub(crate) fn is_beyond(&self, run: &JobRecord) -> bool {
        run.deadline <= self.deadline
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
