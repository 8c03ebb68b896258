//! Whether a job is past its deadline: for whoever reads it, for a claim, and for its own run.

use std::time::Duration;

use crate::{Failure, JobRecord, Move, Timestamp, transition};

impl JobRecord {
    /// Whether the job is unfinished at `now` although its deadline has come. All that goes by a deadline asks here: readers
    /// and claims through [`Self::judged`], an attempt's writes through [`crate::owns_attempt`], a run through
    /// [`Self::time_left`]. So they agree, and a job ends even if everything that could end it was lost.
    #[must_use]
    pub fn is_overdue(&self, now: Timestamp) -> bool {
        !self.state.is_completed() && now >= self.deadline
    }

    /// The record as a reader at `now` has to see it: an unfinished job past its deadline is at its end, and has failed.
    #[must_use]
    pub fn judged(mut self, now: Timestamp) -> Self {
        if !self.is_overdue(now) {
            return self;
        }
        if let Ok(state) = transition(self.state, Move::Fail) {
            self.state = state;
            self.ended_at = Some(self.deadline);
            self.updated_at = self.deadline;
            self.error = Some(Self::deadline_exceeded());
        }
        self
    }

    /// How long an attempt may go on from `now` until the job is overdue.
    #[must_use]
    pub fn time_left(&self, now: Timestamp) -> Duration {
        if self.is_overdue(now) {
            return Duration::ZERO;
        }
        self.deadline.since(now)
    }

    /// The reason of a job that did not end by itself in time.
    #[must_use]
    pub fn deadline_exceeded() -> Failure {
        let message = "the job was not finished by its deadline";
        Failure::new("deadline-exceeded", message)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::tests::{accepted, at};
    use crate::{ClaimDecision, JobState, Outcome, decide_claim, owns_attempt};
    use proptest::prelude::*;

    #[test]
    fn an_unfinished_job_has_failed_from_its_deadline_on() {
        assert_eq!(accepted().judged(at(1_099)).state, JobState::Scheduled);
        let late = accepted().judged(at(1_100));
        assert_eq!(late.state, JobState::Completed(Outcome::Failed));
        assert_eq!(late.ended_at, Some(at(1_100)));
        assert_eq!(late.error.unwrap().code(), "deadline-exceeded");
    }

    #[test]
    fn the_deadline_changes_nothing_about_a_job_that_has_ended() {
        let done = JobRecord {
            state: JobState::Completed(Outcome::Success),
            ended_at: Some(at(1_005)),
            ..accepted()
        };
        assert_eq!(done.clone().judged(at(9_999)), done);
    }

    fn any_running() -> impl Strategy<Value = JobRecord> {
        let times = (0..3_000_i64, 0..3_000_i64, 0..3_000_i64);
        let counts = (1..=4_u32, 1..=4_u32, any::<bool>());
        (times, counts).prop_map(
            |((start, lease, deadline), (attempt, max_attempts, cancel))| {
                let scheduled_start = Timestamp::from_ms(start);
                let deadline = Timestamp::from_ms(deadline);
                JobRecord {
                    state: JobState::Started,
                    scheduled_start,
                    started_at: Some(scheduled_start),
                    lease_until: Some(Timestamp::from_ms(lease)),
                    run_token: Some("a run".to_owned()),
                    deadline,
                    expires_at: deadline.plus(Duration::from_secs(50)),
                    attempt,
                    max_attempts,
                    cancel_requested: cancel,
                    ..accepted()
                }
            },
        )
    }

    proptest! {
        #[test]
        fn readers_claims_and_runs_agree_on_when_a_job_is_overdue(record in any_running(), now in 0..3_000_i64) {
            let now = Timestamp::from_ms(now);
            let is_failed = record.clone().judged(now).state == JobState::Completed(Outcome::Failed);
            let is_refused = decide_claim(Some(&record), &record.fingerprint, now) == ClaimDecision::Overdue;
            let is_fenced = !owns_attempt(&record, &record, now);
            let is_out_of_time = record.time_left(now).is_zero();
            prop_assert_eq!((is_refused, is_fenced, is_out_of_time), (is_failed, is_failed, is_failed));
            // A run that takes all that is left to it ends at the very moment from which readers call it failed.
            let end = now.plus(record.time_left(now));
            prop_assert!(record.clone().judged(end).state.is_completed());
            prop_assert_eq!(is_failed, now >= record.deadline);
        }
    }
}
