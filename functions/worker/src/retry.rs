//! Whether an attempt that did not succeed is followed by another one.

#[cfg(test)]
mod tests;

use std::error::Error;
use std::time::Duration;

use engine::{
    Failure, JobError, JobRecord, MAX_PAUSES, MIN_SLICE, MIN_SNOOZE, Pause, Rescheduling,
    RetryPolicy, Timestamp,
};

use crate::failures::{
    attempts_exhausted, no_progress, sliced_too_often, snoozed_too_often, timed_out,
};
use crate::invocation::Limit;

/// What follows an attempt that did not succeed.
#[derive(Debug, PartialEq, Eq)]
pub enum After {
    /// The job fails.
    End(Failure),
    /// The job starts again.
    Again(Rescheduling),
    /// The attempt continues with another slice.
    NextSlice {
        /// When that may start.
        next_start: Timestamp,
    },
}

/// The circumstances that decide it, other than the error.
pub struct Circumstances<'a> {
    /// The record as the claim left it.
    pub run: &'a JobRecord,
    /// The retry policy of the kind.
    pub policy: RetryPolicy,
    /// What would have stopped the attempt or slice.
    pub limit: Limit,
    /// Whether it got further than it began: [`engine::Progress::is_beyond`].
    pub made_progress: bool,
    /// Number of deliveries of the job's message.
    pub deliveries: u32,
    /// When the attempt ended.
    pub now: Timestamp,
    /// Earliest start of the next attempt or slice: the end of the lease while a thread of this one still runs, so that no two attempts'
    /// handlers run at once. The process does not outlive the lease.
    pub not_before: Timestamp,
    /// Uniform over all of `u64`.
    pub random: u64,
}

type Source<'a> = Option<&'a (dyn Error + Send + Sync)>;

impl Circumstances<'_> {
    /// What follows an attempt's error, and the source of the error for the log.
    #[must_use]
    pub fn after<'e>(&self, error: &'e JobError) -> (Source<'e>, After) {
        match error {
            JobError::Permanent(failure) => (None, After::End(failure.clone())),
            JobError::Snooze { after, reason } => (None, self.after_snooze(*after, reason)),
            JobError::NextSlice => (None, self.after_slice()),
            JobError::Retry {
                failure,
                source,
                after,
            } => (
                source.as_deref(),
                self.after_failure(failure.as_ref(), *after),
            ),
        }
    }

    /// What follows an attempt that failed; `failure` is its error for the client, if any, `wanted` the delay that the kind asked for.
    #[must_use]
    pub fn after_failure(&self, failure: Option<&Failure>, wanted: Option<Duration>) -> After {
        let run = self.run;
        let delay = wanted.unwrap_or_else(|| self.policy.delay(run.attempt, self.random));
        let next_start = self.next_start(delay.min(engine::MAX_VISIBILITY));
        // If the next attempt could only start after the deadline, this attempt is the last.
        let is_last = run.attempt >= run.max_attempts || run.is_past_deadline(next_start);
        if is_last || !self.may_pause() {
            return After::End(failure.cloned().unwrap_or_else(|| attempts_exhausted(run)));
        }
        let why = failure.map_or_else(String::new, |failure| format!(": {}", failure.message()));
        let (attempt, of) = (run.attempt, run.max_attempts);
        After::Again(Rescheduling {
            pause: Pause::Retry,
            reason: format!("attempt {attempt} of {of} failed{why}"),
            next_start,
        })
    }

    fn after_snooze(&self, delay: Duration, reason: &str) -> After {
        let next_start = self.next_start(delay.max(MIN_SNOOZE));
        if self.run.is_past_deadline(next_start) {
            return After::End(JobRecord::deadline_exceeded());
        }
        if !self.may_pause() {
            return After::End(snoozed_too_often());
        }
        After::Again(Rescheduling {
            pause: Pause::Snooze,
            reason: reason.to_owned(),
            next_start,
        })
    }

    fn after_slice(&self) -> After {
        let started_at = self.run.started_at.unwrap_or(self.now);
        let rest_of_shortest = MIN_SLICE.saturating_sub(self.now.since(started_at));
        match self.limit {
            // The next slice would have no more time than this one, and end at once, too.
            Limit::Kind if !self.made_progress || !rest_of_shortest.is_zero() => {
                return self.after_time_out(true);
            }
            Limit::Deadline if !self.made_progress => return self.after_time_out(true),
            // The next slice would do the same. Another attempt may not, if something else was slow or failed.
            Limit::Invocation if !self.made_progress => {
                return self.after_failure(Some(&no_progress()), None);
            }
            // The next slice may have a whole invocation.
            Limit::Rest | Limit::Invocation | Limit::Deadline | Limit::Kind => {}
        }
        let next_start = self.next_start(rest_of_shortest);
        if self.run.is_past_deadline(next_start) {
            return After::End(JobRecord::deadline_exceeded());
        }
        if !self.may_pause() {
            return After::End(sliced_too_often());
        }
        After::NextSlice { next_start }
    }

    /// What follows an attempt that exceeded its limit; `is_over` is whether its handler has stopped.
    #[must_use]
    pub fn after_time_out(&self, is_over: bool) -> After {
        match self.limit {
            Limit::Deadline => After::End(JobRecord::deadline_exceeded()),
            // Another attempt would have no more time than this one.
            Limit::Invocation => After::End(timed_out()),
            // The handler would ignore the next stop, too, and end another process.
            Limit::Kind if !is_over => After::End(timed_out()),
            Limit::Kind | Limit::Rest => self.after_failure(Some(&timed_out()), None),
        }
    }

    fn next_start(&self, delay: Duration) -> Timestamp {
        self.now.plus(delay).max(self.not_before)
    }

    fn may_pause(&self) -> bool {
        self.deliveries < MAX_PAUSES
    }
}
