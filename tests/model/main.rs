//! Every scene of the model is walked through whole, and every guard that is left out is found.

use model::{Guard, Lifecycle, Scene, counterexample, walk};

#[test]
fn whatever_happens_to_a_job_its_promises_hold() {
    walk(Lifecycle::of(Scene::OneJob, None));
}

#[test]
fn whatever_is_late_a_job_keeps_its_end() {
    walk(Lifecycle::of(Scene::Late, None));
}

#[test]
fn however_long_a_lease_is_a_job_keeps_its_end() {
    walk(Lifecycle::of(Scene::LongLease, None));
}

#[test]
fn however_far_the_deadline_is_a_canceled_job_stays_canceled() {
    walk(Lifecycle::of(Scene::LongDeadline, None));
}

#[test]
fn whatever_happens_to_a_job_that_pauses_its_promises_hold() {
    walk(Lifecycle::of(Scene::Pauses, None));
}

#[test]
fn whatever_happens_to_a_job_that_runs_over_slices_its_promises_hold() {
    walk(Lifecycle::of(Scene::Slices, None));
}

#[test]
fn whatever_is_late_no_checkpoint_is_taken_back() {
    walk(Lifecycle::of(Scene::Progress, None));
}

#[test]
fn whatever_happens_under_a_key_no_job_is_lost_nor_run_for_another() {
    walk(Lifecycle::of(Scene::OneKey, None));
}

#[test]
fn whatever_happens_to_a_key_used_again_no_job_is_lost_nor_run_for_another() {
    walk(Lifecycle::of(Scene::Reuse, None));
}

#[test]
fn whatever_happens_to_a_job_its_end_is_reported() {
    walk(Lifecycle::of(Scene::Webhook, None));
}

#[test]
fn whenever_and_however_often_a_schedule_fires_its_job_runs_once_or_not_at_all() {
    walk(Lifecycle::of(Scene::FarStart, None));
}

/// The scene in which the checker finds each guard left out, and the property that is violated then.
const FOUND: [(Guard, Scene, &str); 34] = [
    (
        Guard::MessageFirst,
        Scene::Late,
        model::LIVE_WITHOUT_MESSAGE,
    ),
    (Guard::Deadline, Scene::LongLease, model::LEFT_ITS_END),
    (Guard::CancelDeadline, Scene::Late, model::LEFT_ITS_END),
    (Guard::LeaseBound, Scene::LongDeadline, model::LEFT_ITS_END),
    (Guard::Final, Scene::Late, model::LEFT_ITS_END),
    (Guard::Horizon, Scene::Late, model::LEFT_ITS_END),
    (Guard::ClockMargin, Scene::Late, model::LEFT_ITS_END),
    (Guard::Retention, Scene::Late, model::LIVE_WITHOUT_MESSAGE),
    (Guard::Tombstone, Scene::Late, model::LIVE_WITHOUT_MESSAGE),
    (
        Guard::TombstoneKept,
        Scene::Late,
        model::LIVE_WITHOUT_MESSAGE,
    ),
    (Guard::DropAge, Scene::Late, model::LIVE_WITHOUT_MESSAGE),
    (Guard::InPlace, Scene::Late, model::BURNED),
    (Guard::Fingerprint, Scene::Reuse, model::FOREIGN_INPUT),
    (Guard::ProgressNumber, Scene::Progress, model::TOOK_BACK),
    (Guard::LateStart, Scene::Progress, model::TIMED_OUT_EARLY),
    (Guard::Leftovers, Scene::Pauses, model::TWO_AT_ONCE),
    (Guard::SliceToken, Scene::Slices, model::STALE_WRITE),
    (Guard::SliceStep, Scene::Slices, model::STARTED_TOO_OFTEN),
    (Guard::SliceCancel, Scene::Slices, model::ASKED_NOBODY),
    (Guard::FreeId, Scene::OneKey, model::LOST),
    (Guard::Pinned, Scene::OneKey, model::ACTED_ON_ANOTHER),
    (Guard::PinnedLooks, Scene::OneKey, model::ACTED_ON_ANOTHER),
    (Guard::CreationToken, Scene::OneKey, model::TOLD_NEW_TWICE),
    (Guard::Lease, Scene::OneJob, model::TWO_AT_ONCE),
    (Guard::Fencing, Scene::OneJob, model::STALE_WRITE),
    (Guard::Token, Scene::OneJob, model::TWO_AT_ONCE),
    (Guard::HandBack, Scene::OneJob, model::LIVE_WITHOUT_MESSAGE),
    (Guard::AnnouncedEnd, Scene::Webhook, model::UNANNOUNCED),
    (Guard::NoticeAge, Scene::Webhook, model::UNANNOUNCED),
    (Guard::WrittenEnd, Scene::Webhook, model::TOLD_EARLY),
    (Guard::Arrived, Scene::Webhook, model::ARRIVAL_UNDONE),
    (Guard::ArrivedAfterAll, Scene::Webhook, model::ARRIVAL_LOST),
    (Guard::CountedOnce, Scene::Webhook, model::COUNTED_TWICE),
    (
        Guard::UnscheduleLast,
        Scene::FarStart,
        model::LIVE_WITHOUT_MESSAGE,
    ),
];

#[test]
fn each_guard_that_is_left_out_is_found() {
    let missed = FOUND.iter().filter(|(guard, scene, property)| {
        let found = counterexample(property, *scene, Some(*guard));
        println!("without {guard:?}, in {scene:?}: {property}: {found:?}");
        found.is_none()
    });
    let missed: Vec<_> = missed.map(|(guard, ..)| guard).collect();
    assert!(missed.is_empty(), "{missed:?}");
    for guard in Guard::ALL {
        assert!(
            FOUND.iter().any(|(found, ..)| *found == guard),
            "{guard:?} is not tried"
        );
    }
}
