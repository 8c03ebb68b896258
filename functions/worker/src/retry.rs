//! Whether an attempt that did not succeed is followed by another one.

use std::error::Error;
use std::time::Duration;

use engine::{
    Failure, JobError, JobRecord, MAX_PAUSES, MIN_SLICE, MIN_SNOOZE, Pause, Rescheduling,
    RetryPolicy, Timestamp,
};

use crate::failures::{attempts_exhausted, sliced_too_often, snoozed_too_often, timed_out};
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
        let ran = self.run.started_at.map(|at| self.now.since(at));
        let next_start = self.next_start(MIN_SLICE.saturating_sub(ran.unwrap_or_default()));
        if self.run.is_past_deadline(next_start) {
            return After::End(JobRecord::deadline_exceeded());
        }
        if !self.may_pause() {
            return After::End(sliced_too_often());
        }
        After::NextSlice { next_start }
    }

    /// What follows an attempt that exceeded `limit`; `is_over` is whether its handler has stopped.
    #[must_use]
    pub fn after_time_out(&self, limit: Limit, is_over: bool) -> After {
        match limit {
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

#[cfg(test)]
mod tests {
    use super::*;
    use engine::{NewJob, test_kit};

    fn run(attempt: u32) -> JobRecord {
        let job = NewJob {
            scheduled_start: Timestamp::from_seconds(1_000),
            deadline: Duration::from_secs(100),
            ..test_kit::new_job()
        };
        JobRecord {
            attempt,
            ..JobRecord::begin(job, Timestamp::from_seconds(1_000))
        }
    }

    fn circumstances(run: &JobRecord, seconds: i64) -> Circumstances<'_> {
        let now = Timestamp::from_seconds(seconds);
        Circumstances {
            run,
            policy: RetryPolicy::DEFAULT,
            deliveries: 1,
            now,
            not_before: now,
            random: 1_500,
        }
    }

    fn after_deliveries(error: &JobError, run: &JobRecord, seconds: i64, deliveries: u32) -> After {
        let circumstances = Circumstances {
            deliveries,
            ..circumstances(run, seconds)
        };
        circumstances.after(error).1
    }

    fn after_at(error: &JobError, attempt: u32, seconds: i64) -> After {
        after_deliveries(error, &run(attempt), seconds, 1)
    }

    #[test]
    fn an_error_leads_to_another_attempt_with_the_reason() {
        let error = JobError::retry("busy", "the registry is busy");
        let expected = Rescheduling {
            pause: Pause::Retry,
            reason: "attempt 1 of 3 failed: the registry is busy".to_owned(),
            next_start: Timestamp::from_ms(1_011_500),
        };
        assert_eq!(after_at(&error, 1, 1_010), After::Again(expected));
    }

    #[test]
    fn the_last_attempts_error_ends_the_job() {
        let error = JobError::retry("busy", "the registry is busy");
        assert_eq!(
            after_at(&error, 3, 1_010),
            After::End(Failure::new("busy", "the registry is busy"))
        );
        let plain = JobError::from(std::fmt::Error);
        let exhausted = Failure::new("attempts-exhausted", "attempt 3 of 3 failed");
        assert_eq!(after_at(&plain, 3, 1_010), After::End(exhausted));
    }

    #[test]
    fn a_permanent_error_ends_the_job_at_once() {
        let error = JobError::permanent("malformed", "line 3");
        assert_eq!(
            after_at(&error, 1, 1_010),
            After::End(Failure::new("malformed", "line 3"))
        );
    }

    #[test]
    fn no_attempt_is_scheduled_past_the_deadline() {
        let error = JobError::retry("busy", "busy").after(Duration::from_secs(30));
        assert!(matches!(after_at(&error, 1, 1_069), After::Again(_)));
        assert!(matches!(after_at(&error, 1, 1_070), After::End(_)));
    }

    #[test]
    fn a_snooze_gives_the_attempt_back_and_the_last_one_may_ask_for_it_too() {
        let error = JobError::snooze(Duration::from_secs(30), "waits for the export");
        let expected = Rescheduling {
            pause: Pause::Snooze,
            reason: "waits for the export".to_owned(),
            next_start: Timestamp::from_seconds(1_040),
        };
        assert_eq!(after_at(&error, 3, 1_010), After::Again(expected));
        assert_eq!(Pause::Snooze.attempts_used(3), 2);
        assert_eq!(Pause::Retry.attempts_used(3), 3);
    }

    #[test]
    fn a_snooze_is_never_shorter_than_the_shortest() {
        let error = JobError::snooze(Duration::ZERO, "spins");
        let After::Again(again) = after_at(&error, 1, 1_010) else {
            panic!("ended")
        };
        assert_eq!(again.next_start, Timestamp::from_seconds(1_011));
    }

    #[test]
    fn a_snooze_past_the_deadline_ends_the_job() {
        let error = JobError::snooze(Duration::from_secs(30), "waits");
        assert!(matches!(after_at(&error, 1, 1_069), After::Again(_)));
        let overdue = After::End(JobRecord::deadline_exceeded());
        assert_eq!(after_at(&error, 1, 1_070), overdue);
    }

    fn started(seconds: i64, attempt: u32) -> JobRecord {
        JobRecord {
            started_at: Some(Timestamp::from_seconds(seconds)),
            ..run(attempt)
        }
    }

    #[test]
    fn a_slice_is_followed_by_the_next_one_at_once_in_the_last_attempt_too() {
        let run = started(1_005, 3);
        let after = circumstances(&run, 1_010).after(&JobError::next_slice()).1;
        let next_start = Timestamp::from_seconds(1_010);
        assert_eq!(after, After::NextSlice { next_start });
    }

    #[test]
    fn no_two_slices_begin_within_the_shortest_one() {
        let run = started(1_010, 1);
        let after = circumstances(&run, 1_010).after(&JobError::next_slice()).1;
        let next_start = Timestamp::from_seconds(1_011);
        assert_eq!(after, After::NextSlice { next_start });
    }

    #[test]
    fn a_slice_past_the_deadline_ends_the_job() {
        let run = started(1_005, 1);
        let after = |seconds| {
            circumstances(&run, seconds)
                .after(&JobError::next_slice())
                .1
        };
        assert!(matches!(after(1_099), After::NextSlice { .. }));
        let overdue = After::End(JobRecord::deadline_exceeded());
        assert_eq!(after(1_100), overdue);
    }

    #[test]
    fn while_anything_of_an_attempt_still_runs_the_next_one_waits_for_the_end_of_the_lease() {
        let run = run(1);
        let next_start = |error: &JobError, lease_s| {
            let circumstances = Circumstances {
                not_before: Timestamp::from_seconds(lease_s),
                ..circumstances(&run, 1_010)
            };
            match circumstances.after(error).1 {
                After::Again(again) => Some(again.next_start),
                After::NextSlice { next_start } => Some(next_start),
                After::End(_) => None,
            }
        };
        let snooze = JobError::snooze(Duration::from_secs(30), "waits");
        for error in [
            JobError::retry("busy", "busy"),
            snooze,
            JobError::next_slice(),
        ] {
            let lease = Timestamp::from_seconds(1_050);
            assert_eq!(next_start(&error, 1_050), Some(lease));
            assert_eq!(next_start(&error, 1_100), None, "past the deadline");
        }
    }

    #[test]
    fn an_attempt_that_ran_out_of_time_is_the_last_only_if_another_could_do_no_better() {
        let run = run(1);
        let after = |limit, is_over| match circumstances(&run, 1_010).after_time_out(limit, is_over)
        {
            After::End(failure) => failure.code().to_owned(),
            After::Again(_) | After::NextSlice { .. } => "again".to_owned(),
        };
        for is_over in [true, false] {
            assert_eq!(after(Limit::Deadline, is_over), "deadline-exceeded");
            assert_eq!(after(Limit::Invocation, is_over), "timed-out");
            assert_eq!(after(Limit::Rest, is_over), "again");
        }
        assert_eq!(after(Limit::Kind, true), "again");
        assert_eq!(after(Limit::Kind, false), "timed-out");
    }

    #[test]
    fn a_job_whose_message_is_nearly_dead_ends_with_a_reason() {
        let code_after = |error: &JobError, deliveries| match after_deliveries(
            error,
            &run(1),
            1_010,
            deliveries,
        ) {
            After::End(failure) => failure.code().to_owned(),
            After::Again(_) | After::NextSlice { .. } => "again".to_owned(),
        };
        let slice = JobError::next_slice();
        assert_eq!(code_after(&slice, MAX_PAUSES - 1), "again");
        assert_eq!(code_after(&slice, MAX_PAUSES), "sliced-too-often");
        let snooze = JobError::snooze(Duration::from_secs(1), "waits");
        let retry = JobError::retry("busy", "busy");
        assert_eq!(code_after(&snooze, MAX_PAUSES - 1), "again");
        assert_eq!(code_after(&snooze, MAX_PAUSES), "snoozed-too-often");
        assert_eq!(code_after(&retry, MAX_PAUSES - 1), "again");
        assert_eq!(code_after(&retry, MAX_PAUSES), "busy");
    }
}
