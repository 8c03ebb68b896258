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
        // Two seconds before it expires, because `submit` may have another clock.
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

fn unclaimed(decision: ClaimDecision, age_s: u64) -> Unclaimed {
    let (age, horizon) = (Duration::from_secs(age_s), Duration::from_secs(360));
    Unclaimed::of(decision, age, horizon, Timestamp::from_seconds(100))
}

fn back_in(seconds: u64) -> Unclaimed {
    Unclaimed::HandBack {
        after: Duration::from_secs(seconds),
    }
}

#[test]
fn a_message_whose_record_may_still_come_is_kept_and_looked_at_less_and_less_often() {
    let mut looks = vec![0];
    let mut age = 1;
    while let Unclaimed::HandBack { after } = unclaimed(ClaimDecision::Missing, age) {
        looks.push(age);
        age += after.as_secs();
    }
    assert_eq!(looks, [0, 1, 6, 12, 24, 48, 96, 192]);
    assert_eq!(age, 360);
    assert_eq!(unclaimed(ClaimDecision::Missing, 359), back_in(1));
    assert_eq!(unclaimed(ClaimDecision::Missing, 360), Unclaimed::Drop);
    for decision in [ClaimDecision::Finished, ClaimDecision::Foreign] {
        assert_eq!(unclaimed(decision, 1), Unclaimed::Drop);
    }
}

#[test]
fn a_short_horizon_does_not_drop_what_a_slow_submit_is_about_to_write() {
    let (age, horizon) = (Duration::from_secs(59), Duration::from_secs(1));
    let left = Unclaimed::record_may_come_for(age, horizon);
    assert_eq!(left, Duration::from_secs(1));
}

#[test]
fn a_message_that_is_too_early_comes_back_in_time() {
    let until = Timestamp::from_seconds(107);
    for decision in [
        ClaimDecision::NotDue { until },
        ClaimDecision::Busy { until },
        ClaimDecision::PastDeadline { until },
    ] {
        assert_eq!(unclaimed(decision, 600), back_in(7));
    }
    assert_eq!(unclaimed(ClaimDecision::Start, 600), back_in(0));
}
