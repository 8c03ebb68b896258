//! Jobs that run over several slices.
//!
//! Over 300 lines: one short check for each thing that can happen between two of them.

use std::time::Duration;

use engine::{
    Cancellation, Checkpoint, Claim, ClaimDecision, EndedSlices, Ending, JobRecord, JobState,
    Outcome, Percent, Progress, Timestamp, Written,
};

use super::check::checks;
use super::table::{DEADLINE, HORIZON, RETENTION, Table, at, job};

fn said(percent: u8) -> Progress {
    Progress {
        percent: Percent::new(percent),
        summary: Some(format!("{percent} % done")),
        checkpoint: Some(Checkpoint::of(&percent).unwrap()),
    }
}

/// Ends the slice of this run at `now`: the job may continue at once.
async fn end_slice(table: &Table, run: &JobRecord, percent: u8, now: Timestamp) -> JobRecord {
    let ended = table.store.end_slice(run, &said(percent), now, now).await;
    assert_eq!(ended.unwrap(), Written::Applied);
    table.read(&run.id).await
}

async fn between_two_slices_a_job_is_started_and_shows_what_was_done(table: &Table) {
    let run = table.running().await;

    let between = end_slice(table, &run, 40, at(5_000)).await;

    let expected = JobRecord {
        percent: Percent::new(40),
        start_percent: Percent::new(40),
        summary: "40 % done".to_owned(),
        checkpoint: said(40).checkpoint,
        lease_until: Some(at(5_000)),
        run_token: Some("run-1.ended".to_owned()),
        is_between_slices: true,
        ended_slices: Some(EndedSlices {
            attempt: 1,
            began_at: at(1_000),
            ran: Duration::from_secs(4),
        }),
        version: run.version + 1,
        updated_at: at(5_000),
        ..run
    };
    assert_eq!(between, expected);
}

async fn the_next_slice_is_the_same_attempt_with_its_percentage_and_checkpoint(table: &Table) {
    let run = table.running().await;
    end_slice(table, &run, 40, at(5_000)).await;

    let next = table.start(&run.id, "run-2", at(7_000)).await;
    let between = end_slice(table, &next, 70, at(10_000)).await;

    assert_eq!((next.attempt, next.percent), (1, Percent::new(40)));
    assert_eq!(next.checkpoint, said(40).checkpoint);
    assert_eq!(next.started_at, Some(at(7_000)));
    assert!(!next.is_between_slices);
    assert_eq!(next.attempt_began_at(), Some(at(1_000)));
    // Not the two seconds between them.
    assert_eq!(between.slices().unwrap().ran, Duration::from_secs(7));
    assert_eq!(between.attempt_began_at(), Some(at(1_000)));
}

/// What the last slice does, an ended job shows.
async fn an_end_leaves_the_start_of_the_attempt_and_nothing_else_of_its_slices(table: &Table) {
    let endings = [
        Ending::Success {
            result: "1".to_owned(),
        },
        Ending::Canceled,
    ];
    for ending in endings {
        let run = table.running().await;
        end_slice(table, &run, 40, at(5_000)).await;
        let next = table.start(&run.id, "run-2", at(7_000)).await;

        let done = Progress::default();
        let finish = table
            .store
            .finish(&next, &ending, &done, at(8_000), RETENTION)
            .await;

        assert_eq!(finish.unwrap(), Written::Applied);
        let record = table.read(&run.id).await;
        assert_eq!(record.started_at, Some(at(1_000)));
        has_no_slices(table, &record).await;
    }
}

async fn has_no_slices(table: &Table, record: &JobRecord) {
    assert_eq!(
        (record.ended_slices, record.is_between_slices),
        (None, false)
    );
    let item = table.item(&record.id).await;
    for name in ["attempt_step", "slice_attempt", "slice_began_ms", "ran_ms"] {
        assert!(!item.contains_key(name), "{name}");
    }
}

async fn a_retry_and_a_snooze_begin_without_slices(table: &Table) {
    for pause in [engine::Pause::Retry, engine::Pause::Snooze] {
        let run = table.running().await;
        end_slice(table, &run, 40, at(5_000)).await;
        let next = table.start(&run.id, "run-2", at(7_000)).await;

        let (again, half) = (super::table::again(pause, at(9_000)), said(50));
        let written = table.store.reschedule(&next, &again, &half, at(8_000));

        assert_eq!(written.await.unwrap(), Written::Applied);
        let record = table.read(&run.id).await;
        has_no_slices(table, &record).await;
    }
}

async fn a_worker_that_dies_in_a_slice_costs_an_attempt_and_no_checkpoint(table: &Table) {
    let run = table.running().await;
    end_slice(table, &run, 40, at(5_000)).await;
    let second = table.start(&run.id, "run-2", at(7_000)).await;
    let store = &table.store;
    let saved = store.progress(&second, 1, &said(60), at(8_000)).await;
    assert_eq!(saved.unwrap(), Written::Applied);

    let early = table.claim(&run.id, "run-3", at(36_999)).await;
    let next = table.start(&run.id, "run-3", at(37_000)).await;

    let until = at(37_000);
    assert!(
        matches!(early, Claim::Refused(ClaimDecision::Busy { until: lease }, _) if lease == until)
    );
    assert_eq!(
        (next.attempt, next.checkpoint.clone()),
        (2, said(60).checkpoint)
    );
    // The new attempt has had no slices, and began with its own claim.
    assert_eq!(next.slices(), None);
    assert_eq!(next.attempt_began_at(), Some(at(37_000)));
    let between = end_slice(table, &next, 70, at(38_000)).await;
    assert_eq!(between.slices().unwrap().attempt, 2);
    assert_eq!(between.slices().unwrap().ran, Duration::from_secs(1));
}

async fn the_last_attempt_ends_slices_and_is_the_last_all_the_same(table: &Table) {
    let job = engine::NewJob {
        max_attempts: 1,
        ..job()
    };
    let id = table.accept(job).await.id;
    let run = table.start(&id, "run-1", at(1_000)).await;
    end_slice(table, &run, 40, at(5_000)).await;

    let next = table.start(&id, "run-2", at(7_000)).await;
    // Its worker dies.
    let claim = table.claim(&id, "run-3", at(37_000)).await;

    assert_eq!(next.attempt, 1);
    assert!(matches!(claim, Claim::Refused(ClaimDecision::Exhausted, _)));
}

/// While a thread of the ended slice runs, it waits.
async fn the_next_slice_waits_for_the_lease_that_the_last_one_left(table: &Table) {
    let run = table.running().await;
    let store = &table.store;
    let lease = run.lease_until.unwrap();
    let ended = store.end_slice(&run, &said(40), lease, at(5_000)).await;
    assert_eq!(ended.unwrap(), Written::Applied);

    let early = table.claim(&run.id, "run-2", at(30_999)).await;
    let next = table.start(&run.id, "run-2", lease).await;

    assert!(matches!(early, Claim::Refused(ClaimDecision::Busy { until }, _) if until == lease));
    assert_eq!(next.attempt, 1);
}

/// Its progress was on its way for longer than the slice's end, or it was frozen in between.
async fn an_ended_slice_writes_nothing_more(table: &Table) {
    let run = table.running().await;
    let lease = run.lease_until.unwrap();
    let store = &table.store;
    // The longest lease that a slice leaves, so that nothing but the token refuses it.
    let ended = store.end_slice(&run, &said(40), lease, at(5_000)).await;
    assert_eq!(ended.unwrap(), Written::Applied);
    let between = table.item(&run.id).await;

    let late = store.progress(&run, 9, &said(20), at(4_000)).await;
    let ending = Ending::Success {
        result: "1".to_owned(),
    };
    let said_before = said(20);
    let end = store.finish(&run, &ending, &said_before, at(5_001), RETENTION);
    let end = end.await;

    assert_eq!(
        (late.unwrap(), end.unwrap()),
        (Written::Fenced, Written::Fenced)
    );
    assert_eq!(table.item(&run.id).await, between);
    table.start(&run.id, "run-2", lease).await;
    let item = table.item(&run.id).await;
    let late = store.progress(&run, 9, &said(20), at(4_000)).await;
    assert_eq!(late.unwrap(), Written::Fenced);
    assert_eq!(table.item(&run.id).await, item);
}

/// The first try's answer was lost.
async fn a_slices_end_knows_its_own_effect_and_not_another_slices(table: &Table) {
    let run = table.running().await;
    let (front, store) = table.behind_front().await;
    front.lose_next_answer();

    let ended = store.end_slice(&run, &said(40), at(5_000), at(5_000)).await;
    let again = store.end_slice(&run, &said(40), at(5_000), at(5_000)).await;

    assert_eq!(
        (ended.unwrap(), again.unwrap()),
        (Written::Applied, Written::Applied)
    );
    assert!(front.is_done());
    assert_eq!(table.read(&run.id).await.version, run.version + 1);
    let next = table.start(&run.id, "run-2", at(7_000)).await;
    end_slice(table, &next, 50, at(8_000)).await;
    let foreign = store.end_slice(&run, &said(40), at(5_000), at(5_000)).await;
    assert_eq!(foreign.unwrap(), Written::Fenced);
}

async fn a_slices_end_does_not_lose_a_cancel(table: &Table) {
    let run = table.running().await;
    let store = &table.store;
    let asked = store.cancel(&run.id, || at(2_000), RETENTION).await;
    assert!(matches!(asked.unwrap(), Cancellation::Requested(_)));

    let ended = store.end_slice(&run, &said(40), at(5_000), at(5_000)).await;

    assert_eq!(ended.unwrap(), Written::CancelRequested);
    assert!(!table.read(&run.id).await.is_between_slices);
}

async fn a_cancel_between_two_slices_ends_the_job_whatever_runs_on(table: &Table) {
    for lease in [at(5_000), at(31_000)] {
        let run = table.running().await;
        let store = &table.store;
        let ended = store.end_slice(&run, &said(40), lease, at(5_000)).await;
        assert_eq!(ended.unwrap(), Written::Applied);

        let canceled = store
            .cancel(&run.id, || at(6_000), RETENTION)
            .await
            .unwrap();

        let record = table.read(&run.id).await;
        assert_eq!(record.state, JobState::Completed(Outcome::Canceled));
        assert_eq!(record.ended_at, Some(at(6_000)));
        assert_eq!(record.started_at, Some(at(1_000)));
        assert_eq!(canceled, Cancellation::Canceled(record.clone().into()));
        has_no_slices(table, &record).await;
        let next = table.claim(&run.id, "run-2", at(31_000)).await;
        assert!(matches!(next, Claim::Refused(ClaimDecision::Finished, _)));
    }
}

/// The cancel found the slice at work, and its request was on its way for longer.
async fn a_request_to_stop_that_comes_between_two_slices_ends_the_job_instead(table: &Table) {
    let run = table.running().await;
    let (front, behind) = table.behind_front().await;
    let held = front.hold_next_write();
    let id = run.id;
    let cancel = tokio::spawn(async move { behind.cancel(&id, || at(6_000), RETENTION).await });
    held.arrived().await;
    end_slice(table, &run, 40, at(5_000)).await;
    held.release();

    let canceled = cancel.await.unwrap().unwrap();

    assert!(
        matches!(canceled, Cancellation::Canceled(_)),
        "{canceled:?}"
    );
    assert_eq!(table.read(&id).await.ended_at, Some(at(6_000)));
}

/// It is judged by whoever looks, ended by its message, and deleted by its owner.
async fn a_job_that_is_overdue_between_two_slices_ends_as_readers_see_it(table: &Table) {
    let run = table.running().await;
    end_slice(table, &run, 40, at(5_000)).await;
    let late = at(100_000).plus(HORIZON);
    let shown = table.read(&run.id).await.into_judged(late);
    assert_eq!(shown.state, JobState::Completed(Outcome::Failed));
    assert_eq!(shown.attempt_began_at(), Some(at(1_000)));
    assert_eq!(run.deadline, at(0).plus(DEADLINE));

    let record = table.read(&run.id).await;
    let ended = table.store.finish_overdue(&record, late).await;

    assert!(ended.unwrap().is_some());
    let written = table.read(&run.id).await;
    let expected = JobRecord {
        version: shown.version + 1,
        lease_until: None,
        checkpoint: None,
        start_percent: Percent::ZERO,
        ..JobRecord::clone(&shown)
    };
    assert_eq!(written, expected);
}

checks![
    between_two_slices_a_job_is_started_and_shows_what_was_done,
    the_next_slice_is_the_same_attempt_with_its_percentage_and_checkpoint,
    an_end_leaves_the_start_of_the_attempt_and_nothing_else_of_its_slices,
    a_retry_and_a_snooze_begin_without_slices,
    a_worker_that_dies_in_a_slice_costs_an_attempt_and_no_checkpoint,
    the_last_attempt_ends_slices_and_is_the_last_all_the_same,
    the_next_slice_waits_for_the_lease_that_the_last_one_left,
    an_ended_slice_writes_nothing_more,
    a_slices_end_knows_its_own_effect_and_not_another_slices,
    a_slices_end_does_not_lose_a_cancel,
    a_cancel_between_two_slices_ends_the_job_whatever_runs_on,
    a_request_to_stop_that_comes_between_two_slices_ends_the_job_instead,
    a_job_that_is_overdue_between_two_slices_ends_as_readers_see_it,
];
