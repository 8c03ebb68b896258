//! May this message's job run here and now?

use std::time::Duration;

use crate::{Fingerprint, JobRecord, JobState, Timestamp};

/// What a worker does with a message, judged from the record as it stands.
///
/// [`crate::JobStore::claim`] writes under a condition that holds exactly when this is [`ClaimDecision::Start`]; the others say
/// why the condition did not hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClaimDecision {
    /// Due, and nobody's: start the next attempt.
    Start,
    /// No record, or one whose time is over. The message's own may be milliseconds behind it, or its write failed.
    Missing,
    /// The record stands for another request: this message's write lost the race for the id.
    Foreign,
    /// At its end.
    Finished,
    /// It waits for its start, or for its next attempt.
    NotDue {
        /// When it is due.
        until: Timestamp,
    },
    /// Another attempt owns it.
    Busy {
        /// When its lease ends.
        until: Timestamp,
    },
    /// Past its deadline, and something that was written before may still take effect.
    PastDeadline {
        /// When it is overdue.
        until: Timestamp,
    },
    /// Nothing from before its deadline can take effect any more: end it as readers see it.
    Overdue,
    /// Its attempt died after its owner had asked it to stop: cancel it.
    Canceled,
    /// Its last attempt died: fail it.
    Exhausted,
}

/// By how much the clock of the `submit` that finds a record expired may be ahead of the worker's.
const CLOCK_MARGIN: Duration = Duration::from_secs(2);

/// Judges at `now` what a worker with a message of this `fingerprint` does about `record`.
#[must_use]
pub fn decide_claim(
    record: Option<&JobRecord>,
    fingerprint: &Fingerprint,
    now: Timestamp,
) -> ClaimDecision {
    let Some(record) = record else {
        return ClaimDecision::Missing;
    };
    let is_completed = record.clone().judged(now).state.is_completed();
    // With an `Idempotency-Key` used again, a new job's message comes while the old record still stands: were it dropped as
    // a duplicate or as foreign, its record, written a moment later, would have no message.
    if is_completed && record.is_expired(now.plus(CLOCK_MARGIN)) {
        return ClaimDecision::Missing;
    }
    if record.fingerprint != *fingerprint {
        return ClaimDecision::Foreign;
    }
    if record.state.is_completed() {
        return ClaimDecision::Finished;
    }
    if record.is_overdue(now) {
        return ClaimDecision::Overdue;
    }
    if record.is_past_deadline(now) {
        return ClaimDecision::PastDeadline {
            until: record.overdue_at,
        };
    }
    decide_live(record, now)
}

fn decide_live(record: &JobRecord, now: Timestamp) -> ClaimDecision {
    let lease = record
        .lease_until
        .filter(|_| record.state == JobState::Started);
    match lease {
        Some(until) if now < until => ClaimDecision::Busy { until },
        None if now < record.scheduled_start => ClaimDecision::NotDue {
            until: record.scheduled_start,
        },
        _ if record.cancel_requested => ClaimDecision::Canceled,
        _ if record.attempt >= record.max_attempts => ClaimDecision::Exhausted,
        _ => ClaimDecision::Start,
    }
}

/// What came of a claim.
#[derive(Clone, Debug, PartialEq)]
pub enum Claim {
    /// The attempt is this worker's: the record as it now stands.
    Acquired(Box<JobRecord>),
    /// It is not, and the record as it stood (never [`ClaimDecision::Start`]).
    Refused(ClaimDecision, Option<Box<JobRecord>>),
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Outcome;
    use crate::record::tests::{accepted, at};

    fn decide(record: &JobRecord, seconds: i64) -> ClaimDecision {
        decide_claim(Some(record), &record.fingerprint, at(seconds))
    }

    fn running() -> JobRecord {
        JobRecord {
            state: JobState::Started,
            attempt: 1,
            lease_until: Some(at(1_030)),
            ..accepted()
        }
    }

    #[test]
    fn a_due_job_starts() {
        assert_eq!(decide(&accepted(), 1_000), ClaimDecision::Start);
    }

    #[test]
    fn a_message_without_a_record_waits_for_it() {
        assert_eq!(
            decide_claim(None, &Fingerprint::of(b""), at(0)),
            ClaimDecision::Missing
        );
    }

    #[test]
    fn a_message_of_another_request_never_runs_in_this_ones_name() {
        let other = Fingerprint::of(b"another");
        assert_eq!(
            decide_claim(Some(&accepted()), &other, at(1_000)),
            ClaimDecision::Foreign
        );
    }

    #[test]
    fn a_job_waits_for_its_start() {
        let later = JobRecord {
            scheduled_start: at(1_050),
            ..accepted()
        };
        assert_eq!(
            decide(&later, 1_049),
            ClaimDecision::NotDue { until: at(1_050) }
        );
        assert_eq!(decide(&later, 1_050), ClaimDecision::Start);
    }

    #[test]
    fn a_running_job_is_busy_until_its_lease_ends_and_then_starts_its_next_attempt() {
        assert_eq!(
            decide(&running(), 1_029),
            ClaimDecision::Busy { until: at(1_030) }
        );
        assert_eq!(decide(&running(), 1_030), ClaimDecision::Start);
    }

    #[test]
    fn a_job_whose_last_attempt_died_is_out_of_attempts() {
        let last = JobRecord {
            attempt: 3,
            ..running()
        };
        assert_eq!(
            decide(&last, 1_029),
            ClaimDecision::Busy { until: at(1_030) }
        );
        assert_eq!(decide(&last, 1_030), ClaimDecision::Exhausted);
    }

    #[test]
    fn a_cancel_that_the_dead_attempt_never_saw_takes_effect() {
        let canceled = JobRecord {
            cancel_requested: true,
            ..running()
        };
        assert_eq!(decide(&canceled, 1_030), ClaimDecision::Canceled);
    }

    #[test]
    fn past_its_deadline_a_job_never_starts() {
        for job in [accepted(), running()] {
            let until = at(1_140);
            assert_eq!(decide(&job, 1_100), ClaimDecision::PastDeadline { until });
            assert_eq!(decide(&job, 1_139), ClaimDecision::PastDeadline { until });
            assert_eq!(decide(&job, 1_140), ClaimDecision::Overdue);
        }
    }

    #[test]
    fn what_has_ended_stays_ended() {
        let done = JobRecord {
            state: JobState::Completed(Outcome::Success),
            ..accepted()
        };
        assert_eq!(decide(&done, 1_000), ClaimDecision::Finished);
        assert_eq!(decide(&done, 1_187), ClaimDecision::Finished);
    }

    #[test]
    fn a_record_whose_time_is_over_is_as_good_as_none() {
        let done = JobRecord {
            state: JobState::Completed(Outcome::Success),
            ..accepted()
        };
        for record in [&done, &accepted()] {
            // Two seconds before its time is over, since `submit` may go by another clock.
            assert_eq!(decide(record, 1_188), ClaimDecision::Missing);
            let other = Fingerprint::of(b"another");
            let foreign = decide_claim(Some(record), &other, at(1_190));
            assert_eq!(foreign, ClaimDecision::Missing);
        }
    }

    #[test]
    fn a_live_job_with_hardly_any_retention_is_not_taken_for_expired() {
        let brief = JobRecord {
            expires_at: at(1_100),
            ..accepted()
        };
        assert_eq!(decide(&brief, 1_099), ClaimDecision::Start);
    }
}
