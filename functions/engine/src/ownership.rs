//! Whether an attempt may still write.

use crate::{JobRecord, JobState, Outcome, Timestamp};

/// A write of an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AttemptWrite {
    /// Its progress.
    Progress,
    /// Its retry or its snooze.
    Reschedule,
    /// The end of its slice.
    EndSlice,
    /// The end of the job.
    End(Outcome),
}

/// Outcome of an attempt's write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Written {
    /// The write took effect. Progress also counts as applied if the attempt has reported more since.
    Applied,
    /// The owner asked this attempt to stop. Progress was written; a reschedule, a slice's end or a failure was not.
    CancelRequested,
    /// The attempt was superseded, or its lease or the job's deadline has passed. It must not write any more.
    Fenced,
}

/// Whether the attempt that began as `run` may write at `now`, given the current record. Must agree with the conditions of an
/// attempt's writes in [`crate::JobStore`]. Once its lease has ended, an attempt writes nothing, even if no other attempt has
/// started: so readers know when they have seen its last write.
///
/// Compares fencing tokens, not attempt numbers: after a snooze the next claim has the same attempt number, and so has the next slice.
#[must_use]
pub fn owns_attempt(record: &JobRecord, run: &JobRecord, now: Timestamp) -> bool {
    record.state == JobState::Started
        && run.run_token.is_some()
        && record.run_token == run.run_token
        && record.lease_until.is_some_and(|lease| lease > now)
        && !record.is_past_deadline(now)
}

/// Decides the outcome of an attempt's write, given the current record. A result takes precedence over a cancel that came too
/// late; a reschedule, a slice's end or a failure does not, and has no effect then.
#[must_use]
pub fn decide_write(
    record: Option<&JobRecord>,
    run: &JobRecord,
    write: AttemptWrite,
    now: Timestamp,
) -> Written {
    let Some(record) = record.filter(|record| owns_attempt(record, run, now)) else {
        return Written::Fenced;
    };
    match write {
        AttemptWrite::End(Outcome::Success | Outcome::Canceled) => Written::Applied,
        _ if !record.cancel_requested => Written::Applied,
        AttemptWrite::Progress
        | AttemptWrite::Reschedule
        | AttemptWrite::EndSlice
        | AttemptWrite::End(Outcome::Failed) => Written::CancelRequested,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::tests::{accepted, at};

    fn running(token: &str) -> JobRecord {
        JobRecord {
            state: JobState::Started,
            attempt: 1,
            lease_until: Some(at(1_030)),
            run_token: Some(token.to_owned()),
            ..accepted()
        }
    }

    #[test]
    fn an_attempts_number_that_is_used_again_is_not_the_attempt() {
        let (before, after) = (running("before the snooze"), running("after it"));
        assert_eq!(before.attempt, after.attempt);
        assert!(owns_attempt(&after, &after, at(1_010)));
        assert!(!owns_attempt(&after, &before, at(1_010)));
    }

    #[test]
    fn an_ended_slice_owns_nothing_though_the_lease_lasts() {
        let run = running("run");
        let ended = JobRecord {
            run_token: run.ended_slice_token(),
            is_between_slices: true,
            ..run.clone()
        };
        assert!(!owns_attempt(&ended, &run, at(1_010)));
    }

    #[test]
    fn what_is_not_started_is_no_attempts() {
        let run = running("run");
        for state in [JobState::Scheduled, JobState::Completed(Outcome::Failed)] {
            let record = JobRecord {
                state,
                ..run.clone()
            };
            assert!(!owns_attempt(&record, &run, at(1_010)));
        }
    }

    #[test]
    fn an_attempt_owns_its_job_until_its_lease_or_the_deadline_ends() {
        let run = running("run");
        assert!(owns_attempt(&run, &run, at(1_029)));
        assert!(!owns_attempt(&run, &run, at(1_030)));
        let long = JobRecord {
            lease_until: Some(at(1_200)),
            ..run
        };
        assert!(owns_attempt(&long, &long, at(1_099)));
        assert!(!owns_attempt(&long, &long, at(1_100)));
    }

    #[test]
    fn a_cancel_stops_all_but_an_end_that_stands_against_it() {
        let run = running("run");
        let canceled = JobRecord {
            cancel_requested: true,
            ..run.clone()
        };
        let decide = |record, write| decide_write(Some(record), &run, write, at(1_010));
        for (write, expected) in [
            (AttemptWrite::Progress, Written::CancelRequested),
            (AttemptWrite::Reschedule, Written::CancelRequested),
            (AttemptWrite::EndSlice, Written::CancelRequested),
            (AttemptWrite::End(Outcome::Failed), Written::CancelRequested),
            (AttemptWrite::End(Outcome::Success), Written::Applied),
            (AttemptWrite::End(Outcome::Canceled), Written::Applied),
        ] {
            assert_eq!(decide(&run, write), Written::Applied);
            assert_eq!(decide(&canceled, write), expected, "{write:?}");
        }
        let gone = decide_write(None, &run, AttemptWrite::Progress, at(1_010));
        assert_eq!(gone, Written::Fenced);
    }
}
