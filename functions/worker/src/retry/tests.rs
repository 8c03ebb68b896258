//! What follows each outcome.

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
        limit: Limit::Invocation,
        made_progress: true,
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

/// What follows a slice of `ms` milliseconds, by its limit.
fn after_slice_of(ms: i64, attempt: u32, limit: Limit, made_progress: bool) -> String {
    let run = started(1_010, attempt);
    let now = Timestamp::from_ms(1_010_000 + ms);
    let circumstances = Circumstances {
        limit,
        made_progress,
        now,
        not_before: now,
        ..circumstances(&run, 1_010)
    };
    match circumstances.after(&JobError::next_slice()).1 {
        After::End(failure) => failure.code().to_owned(),
        After::Again(again) => again.reason,
        After::NextSlice { .. } => "next".to_owned(),
    }
}

#[test]
fn a_slice_that_had_a_whole_invocation_and_made_no_progress_is_a_failed_attempt() {
    let after = |attempt, limit| after_slice_of(5_000, attempt, limit, false);
    let reason = "attempt 1 of 3 failed: a slice ended with the checkpoint and the percentage with which it began";
    assert_eq!(after(1, Limit::Invocation), reason);
    assert_eq!(after(3, Limit::Invocation), "no-progress");
    // The next one may have more time.
    assert_eq!(after(3, Limit::Rest), "next");
    // It has less.
    assert_eq!(after(1, Limit::Deadline), "deadline-exceeded");
    assert_eq!(after_slice_of(5_000, 1, Limit::Deadline, true), "next");
}

#[test]
fn a_slice_that_ends_because_its_kinds_time_limit_is_near_is_a_time_out() {
    let after =
        |ms, attempt, made_progress| after_slice_of(ms, attempt, Limit::Kind, made_progress);
    let reason = "attempt 1 of 3 failed: the attempt exceeded its time limit";
    assert_eq!(after(5_000, 1, false), reason);
    assert_eq!(after(999, 1, true), reason);
    assert_eq!(after(999, 3, true), "timed-out");
    assert_eq!(after(1_000, 3, true), "next");
    // Of the others, a short slice is followed by another one.
    assert_eq!(after_slice_of(1, 3, Limit::Invocation, true), "next");
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
    let after = |limit, is_over| {
        let circumstances = Circumstances {
            limit,
            ..circumstances(&run, 1_010)
        };
        match circumstances.after_time_out(is_over) {
            After::End(failure) => failure.code().to_owned(),
            After::Again(_) | After::NextSlice { .. } => "again".to_owned(),
        }
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
    let code_after =
        |error: &JobError, deliveries| match after_deliveries(error, &run(1), 1_010, deliveries) {
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
