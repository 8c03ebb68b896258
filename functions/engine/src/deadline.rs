//! Whether a job is past its deadline: for readers, for a claim, and for the running attempt.
//!
//! ```text
//!   ── writers may end, claim, retry, report progress, cancel ──▶│ deadline
//!                          their writes may still take effect     ├────────── write horizon ─────────▶│ overdue
//!                                                                 readers see it failed; that end may be written ──▶
//! ```

use std::borrow::Cow;
use std::time::Duration;

use crate::record::expiry;
use crate::{Failure, JobRecord, JobState, Judged, Move, Timestamp, transition};

/// The maximum time after which a write can still take effect, counted from when the clock for its condition was read. The
/// signature of a request is valid for 5 minutes
/// (<https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html>), however long the SDK, the
/// kernel or the network delayed it; the rest is for differing clocks, and for the time between reading the clock and signing.
///
/// Readers draw a conclusion from a time only when this much more has passed: then no write can contradict it.
pub const WRITE_HORIZON: Duration = Duration::from_secs(360);

impl JobRecord {
    /// Whether the job is unfinished at `now` and its deadline has passed. Then no attempt may start or write, and nothing is
    /// left to cancel. Every writer respects this: a claim, an attempt's writes (through [`crate::owns_attempt`]), a running
    /// attempt (through [`Self::time_left`]), a cancel.
    #[must_use]
    pub fn is_past_deadline(&self, now: Timestamp) -> bool {
        !self.state.is_completed() && now >= self.deadline
    }

    /// Whether the job is unfinished at `now` and no write from before its deadline can take effect any more. Every reader
    /// respects this, through [`Self::judged`], and so does the one writer that ends such a job. So they agree, and a job
    /// ends even if every message and process that could end it was lost.
    #[must_use]
    pub fn is_overdue(&self, now: Timestamp) -> bool {
        !self.state.is_completed() && now >= self.overdue_at
    }

    /// The write horizon that an unfinished job was accepted with.
    fn write_horizon(&self) -> Duration {
        self.overdue_at.since(self.deadline)
    }

    /// The end of the lease of an attempt that was asked to stop, if that is not after the deadline. Unless the attempt ends
    /// by itself, the job is canceled at that time: no other attempt may start, and this one may not write later.
    #[must_use]
    pub fn abandoned_at(&self) -> Option<Timestamp> {
        let is_canceled = self.state == JobState::Started && self.cancel_requested;
        self.lease_until
            .filter(|lease| is_canceled && *lease <= self.deadline)
    }

    /// The end time and expiry of an unowned job that a writer cancels at `now`. If an attempt was asked to stop and died, both
    /// are what readers see without any write.
    #[must_use]
    pub fn canceled_end(&self, now: Timestamp, retention: Duration) -> (Timestamp, Timestamp) {
        match self.abandoned_at() {
            Some(lease) => (lease, self.expires_at),
            None => (now, expiry(now, retention)),
        }
    }

    /// The record as a reader at `now` must see it. An unfinished job ended by itself at the end of the lease of an attempt that
    /// had been asked to stop, or at its deadline: readers see that as soon as no write can contradict it any more.
    #[must_use]
    pub fn judged(&self, now: Timestamp) -> Judged<'_> {
        let record = match self.unwritten_end(now) {
            None => Cow::Borrowed(self),
            Some(end) => Cow::Owned(self.clone().ended(end)),
        };
        Judged::new(record, now)
    }

    /// Returns the same as [`Self::judged`] without borrowing the record.
    #[must_use]
    pub fn into_judged(self, now: Timestamp) -> Judged<'static> {
        let record = match self.unwritten_end(now) {
            None => self,
            Some(end) => self.ended(end),
        };
        Judged::new(Cow::Owned(record), now)
    }

    fn ended(mut self, (ended_at, end): (Timestamp, Move)) -> Self {
        if let Ok(state) = transition(self.state, end) {
            self.started_at = self.attempt_began_at();
            self.ended_slices = None;
            self.is_between_slices = false;
            self.state = state;
            self.ended_at = Some(ended_at);
            self.updated_at = ended_at;
            self.error = (end == Move::Fail).then(Self::deadline_exceeded);
            self.overdue_at = self.deadline;
            self.progress_number = 0;
        }
        self
    }

    fn unwritten_end(&self, now: Timestamp) -> Option<(Timestamp, Move)> {
        match self.abandoned_at() {
            Some(lease) if now >= lease.plus(self.write_horizon()) => Some((lease, Move::Cancel)),
            None if self.is_overdue(now) => Some((self.deadline, Move::Fail)),
            Some(_) | None => None,
        }
    }

    /// The time from `now` to the deadline.
    #[must_use]
    pub fn time_left(&self, now: Timestamp) -> Duration {
        if self.is_past_deadline(now) {
            return Duration::ZERO;
        }
        self.deadline.since(now)
    }

    /// The error of a job that did not finish by its deadline.
    #[must_use]
    pub fn deadline_exceeded() -> Failure {
        let message = "the job did not finish by its deadline";
        Failure::new("deadline-exceeded", message)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::tests::{accepted, at};
    use crate::{ClaimDecision, Outcome, decide_claim, owns_attempt};
    use proptest::prelude::*;

    #[test]
    fn an_unfinished_job_has_failed_once_no_write_can_say_otherwise() {
        assert_eq!(accepted().judged(at(1_100)).state, JobState::Scheduled);
        assert_eq!(accepted().judged(at(1_139)).state, JobState::Scheduled);
        let late = accepted().into_judged(at(1_140));
        assert_eq!(late.state, JobState::Completed(Outcome::Failed));
        assert_eq!(late.ended_at, Some(at(1_100)));
        assert_eq!(late.error.as_ref().unwrap().code(), "deadline-exceeded");
    }

    #[test]
    fn the_deadline_changes_nothing_about_a_job_that_has_ended() {
        let done = JobRecord {
            state: JobState::Completed(Outcome::Success),
            ended_at: Some(at(1_005)),
            ..accepted()
        };
        assert_eq!(*done.judged(at(9_999)), done);
    }

    fn asked_to_stop(lease_s: i64) -> JobRecord {
        JobRecord {
            state: JobState::Started,
            started_at: Some(at(1_010)),
            lease_until: Some(at(lease_s)),
            cancel_requested: true,
            ..accepted()
        }
    }

    #[test]
    fn a_canceled_job_whose_worker_died_is_canceled_without_another_delivery() {
        let run = asked_to_stop(1_030);
        assert_eq!(*run.judged(at(1_069)), run);
        let canceled = run.judged(at(1_070));
        assert_eq!(canceled.state, JobState::Completed(Outcome::Canceled));
        assert_eq!(
            (canceled.ended_at, &canceled.error),
            (Some(at(1_030)), &None)
        );
    }

    #[test]
    fn of_two_ends_that_nobody_wrote_the_earlier_one_stands() {
        let state = |lease_s, now| asked_to_stop(lease_s).judged(at(now)).state;
        let (canceled, failed) = (Outcome::Canceled, Outcome::Failed);
        for now in [1_140, 9_999] {
            assert_eq!(state(1_099, now), JobState::Completed(canceled));
            assert_eq!(state(1_101, now), JobState::Completed(failed));
        }
        assert_eq!(state(1_099, 1_138), JobState::Started);
    }

    fn any_running() -> impl Strategy<Value = JobRecord> {
        let times = (0..3_000_i64, 0..3_000_i64, 0..3_000_i64, 0..1_000_u64);
        let counts = (1..=4_u32, 1..=4_u32, any::<bool>());
        (times, counts).prop_map(
            |((start, lease, deadline, horizon), (attempt, max_attempts, cancel))| {
                let scheduled_start = Timestamp::from_ms(start);
                let deadline = Timestamp::from_ms(deadline);
                let overdue_at = deadline.plus(Duration::from_millis(horizon));
                JobRecord {
                    state: JobState::Started,
                    scheduled_start,
                    started_at: Some(scheduled_start),
                    lease_until: Some(Timestamp::from_ms(lease)),
                    run_token: Some("a run".to_owned()),
                    deadline,
                    overdue_at,
                    expires_at: overdue_at.plus(Duration::from_secs(50)),
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
        fn claims_and_runs_agree_on_the_deadline_and_readers_follow_a_horizon_later(record in any_running(), now in 0..4_000_i64) {
            let now = Timestamp::from_ms(now);
            let is_past = now >= record.deadline;
            let decision = decide_claim(Some(&record), &record.fingerprint, now);
            let is_overdue = now >= record.overdue_at;
            let until = record.overdue_at;
            prop_assert_eq!(decision == ClaimDecision::PastDeadline { until }, is_past && !is_overdue);
            prop_assert_eq!(decision == ClaimDecision::Overdue, is_overdue);
            let is_fenced = !owns_attempt(&record, &record, now);
            let is_lost = record.lease_until.unwrap() <= now;
            prop_assert_eq!(is_fenced, is_past || is_lost);
            prop_assert_eq!(record.time_left(now).is_zero(), is_past);
            // Whoever could write something else has lost the right to do so a whole horizon before.
            let judged = record.judged(now);
            prop_assert!(judged.state.is_completed() || !is_overdue);
            if judged.state.is_completed() {
                let before = Timestamp::from_ms(now.ms() - i64::try_from(record.write_horizon().as_millis()).unwrap());
                prop_assert!(!owns_attempt(&record, &record, before));
                let claim = decide_claim(Some(&record), &record.fingerprint, before);
                prop_assert_ne!(claim, ClaimDecision::Start);
                prop_assert_eq!(&*judged.judged(until.plus(Duration::from_secs(1))), &*judged);
            }
        }
    }
}
