//! What a run may not write any more.
//!
//! Over 300 lines: one short check for each write of a superseded attempt.

use engine::{
    Ending, Failure, JobRecord, JobState, Outcome, Pause, Percent, Progress, Timestamp, Written,
};

use super::check::checks;
use super::table::{DEADLINE, RETENTION, Table, again, at, job};

fn half() -> Progress {
    Progress {
        percent: Percent::new(50),
        summary: Some("half".to_owned()),
        ..Progress::default()
    }
}

fn success() -> Ending {
    Ending::Success {
        result: "1".to_owned(),
    }
}

fn endings() -> [Ending; 3] {
    let failed = Ending::Failed(Failure::new("code", "message"));
    [success(), failed, Ending::Canceled]
}

/// Everything that a run can write is refused at this time, and leaves the item as it is, byte for byte.
async fn writes_nothing(table: &Table, run: &JobRecord, now: Timestamp) {
    let item = table.item(&run.id).await;
    let store = &table.store;
    let progress = store.progress(run, 1, &half(), now).await.unwrap();
    assert_eq!(progress, Written::Fenced);
    let next = now.plus(DEADLINE);
    for pause in [Pause::Retry, Pause::Snooze] {
        let again = again(pause, next);
        let reschedule = store.reschedule(run, &again, &half(), now).await.unwrap();
        assert_eq!(reschedule, Written::Fenced);
    }
    let slice = store.end_slice(run, &half(), next, now).await.unwrap();
    assert_eq!(slice, Written::Fenced);
    for ending in endings() {
        let finish = store.finish(run, &ending, &half(), now, RETENTION).await;
        assert_eq!(finish.unwrap(), Written::Fenced, "{ending:?}");
    }
    assert_eq!(table.item(&run.id).await, item);
}

async fn an_older_attempt_writes_nothing_while_a_later_one_runs(table: &Table) {
    let run = table.running().await;
    table.start(&run.id, "run-2", at(31_000)).await;

    writes_nothing(table, &run, at(31_001)).await;
}

async fn an_older_attempt_writes_nothing_while_the_job_waits_for_the_next(table: &Table) {
    let run = table.running().await;
    let second = table.start(&run.id, "run-2", at(31_000)).await;
    let next = at(40_000);
    let written = table
        .store
        .reschedule(&second, &again(Pause::Retry, next), &half(), at(32_000))
        .await;
    assert_eq!(written.unwrap(), Written::Applied);

    writes_nothing(table, &run, at(32_001)).await;
}

async fn a_run_before_a_snooze_writes_nothing_though_the_next_has_its_number(table: &Table) {
    let run = table.running().await;
    let snooze = again(Pause::Snooze, at(9_000));
    let written = table
        .store
        .reschedule(&run, &snooze, &half(), at(2_000))
        .await;
    assert_eq!(written.unwrap(), Written::Applied);

    let next = table.start(&run.id, "run-2", at(9_000)).await;

    assert_eq!(next.attempt, run.attempt);
    writes_nothing(table, &run, at(9_001)).await;
}

async fn an_older_attempt_writes_nothing_after_the_end(table: &Table) {
    for ending in endings() {
        let run = table.running().await;
        let second = table.start(&run.id, "run-2", at(31_000)).await;
        let now = at(32_000);
        let written = table
            .store
            .finish(&second, &ending, &half(), now, RETENTION)
            .await;
        assert_eq!(written.unwrap(), Written::Applied);

        writes_nothing(table, &run, at(32_001)).await;
    }
}

async fn no_attempt_writes_from_the_deadline_on(table: &Table) {
    let run = table.running_to_the_deadline().await;
    assert_eq!(run.deadline, at(100_000));

    writes_nothing(table, &run, at(100_000)).await;

    let (store, last) = (&table.store, at(99_999));
    let finish = store
        .finish(&run, &success(), &half(), last, RETENTION)
        .await;
    assert_eq!(finish.unwrap(), Written::Applied);
}

/// Nobody else has the job; but readers judge a canceled one by its attempt's lease.
async fn no_attempt_writes_from_the_end_of_its_lease_on(table: &Table) {
    let run = table.running().await;
    assert_eq!(run.lease_until, Some(at(31_000)));

    writes_nothing(table, &run, at(31_000)).await;

    let (store, last) = (&table.store, at(30_999));
    let finish = store
        .finish(&run, &success(), &half(), last, RETENTION)
        .await;
    assert_eq!(finish.unwrap(), Written::Applied);
}

async fn a_run_whose_record_is_gone_makes_none(table: &Table) {
    let run = table.running().await;
    table.remove(&run.id).await;

    let progress = table
        .store
        .progress(&run, 1, &half(), at(2_000))
        .await
        .unwrap();
    let finish = table
        .store
        .finish(&run, &success(), &half(), at(2_000), RETENTION)
        .await;

    assert_eq!(
        (progress, finish.unwrap()),
        (Written::Fenced, Written::Fenced)
    );
    assert_eq!(table.store.get(&run.id).await.unwrap(), None);
}

/// Its last progress may be on its way for longer than its end.
async fn an_attempt_that_is_over_says_nothing_of_its_progress(table: &Table) {
    for ending in endings() {
        let run = table.running().await;
        let now = at(2_000);
        let finish = table
            .store
            .finish(&run, &ending, &half(), now, RETENTION)
            .await;
        assert_eq!(finish.unwrap(), Written::Applied);
        let item = table.item(&run.id).await;

        let late = table.store.progress(&run, 1, &half(), at(2_001)).await;

        assert_eq!(late.unwrap(), Written::Fenced, "{ending:?}");
        assert_eq!(table.item(&run.id).await, item);
    }
}

async fn what_has_ended_is_not_ended_otherwise(table: &Table) {
    for ending in endings() {
        let run = table.running().await;
        let now = at(2_000);
        table
            .store
            .finish(&run, &ending, &half(), now, RETENTION)
            .await
            .unwrap();
        let item = table.item(&run.id).await;

        for other in endings().into_iter().filter(|other| *other != ending) {
            let written = table
                .store
                .finish(&run, &other, &half(), now, RETENTION)
                .await;
            assert_eq!(written.unwrap(), Written::Fenced, "{ending:?}, {other:?}");
        }
        assert_eq!(table.item(&run.id).await, item);
    }
}

async fn a_decision_takes_effect_only_on_the_record_it_was_made_from(table: &Table) {
    let run = table.running().await;
    table
        .store
        .progress(&run, 1, &half(), at(2_000))
        .await
        .unwrap();
    let item = table.item(&run.id).await;

    let stale =
        table
            .store
            .finish_unowned(&run, &Ending::Canceled, at(3_000), at(9_000), at(3_000));

    assert_eq!(stale.await.unwrap(), None);
    assert_eq!(table.item(&run.id).await, item);

    let fresh = table.read(&run.id).await;
    let ended =
        table
            .store
            .finish_unowned(&fresh, &Ending::Canceled, at(3_000), at(9_000), at(3_000));
    let ended = ended.await.unwrap();
    let record = table.read(&run.id).await;
    assert_eq!(ended.as_deref(), Some(&record));
    assert_eq!(record.state, JobState::Completed(Outcome::Canceled));
    assert_eq!(
        (record.ended_at, record.expires_at),
        (Some(at(3_000)), at(9_000))
    );
    assert_eq!(
        (record.lease_until, record.version),
        (None, fresh.version + 1)
    );
}

/// It was never claimed, so the new job has its version too.
async fn a_decision_about_an_expired_record_does_not_hit_the_new_job_under_its_id(table: &Table) {
    let old = table.accept(job()).await;
    let new = table.accept_next(old.id, at(190_000)).await;

    let store = &table.store;
    let now = at(190_000);
    let canceled = store.finish_unowned(&old, &Ending::Canceled, now, now, now);
    let canceled = canceled.await.unwrap();
    let ended = store.finish_overdue(&old, new.overdue_at).await.unwrap();

    assert_eq!((canceled, ended), (None, None));
    assert_eq!(table.read(&old.id).await, new);
}

async fn no_decision_ends_a_job_between_its_deadline_and_when_it_is_overdue(table: &Table) {
    for record in [table.accept(job()).await, table.running().await] {
        let item = table.item(&record.id).await;
        let (store, now) = (&table.store, at(100_000));

        let canceled = store.finish_unowned(&record, &Ending::Canceled, now, now, now);
        let canceled = canceled.await.unwrap();
        let ended = store.finish_overdue(&record, at(139_999)).await.unwrap();

        assert_eq!((canceled, ended), (None, None));
        assert_eq!(table.item(&record.id).await, item);
    }
}

async fn an_overdue_job_is_ended_as_readers_saw_it(table: &Table) {
    let canceled = table.running().await;
    let store = &table.store;
    store
        .cancel(&canceled.id, || at(2_000), RETENTION)
        .await
        .unwrap();
    for id in [
        table.accept(job()).await.id,
        table.running().await.id,
        canceled.id,
    ] {
        let record = table.read(&id).await;
        let shown = record.judged(at(150_000));

        let ended = store
            .finish_overdue(&table.read(&id).await, at(150_000))
            .await;

        let written = table.read(&id).await;
        assert_eq!(ended.unwrap().as_deref(), Some(&written));
        let expected = JobRecord {
            version: shown.version + 1,
            lease_until: None,
            cancel_requested: false,
            ..JobRecord::clone(&shown)
        };
        assert_eq!(written, expected);
    }
}

async fn an_end_that_came_in_time_stands_when_the_job_would_be_overdue(table: &Table) {
    let run = table.running_to_the_deadline().await;
    let store = &table.store;
    let finish = store
        .finish(&run, &success(), &half(), at(99_999), RETENTION)
        .await;
    assert_eq!(finish.unwrap(), Written::Applied);
    let item = table.item(&run.id).await;

    let ended = table.store.finish_overdue(&run, at(140_000)).await;

    assert_eq!(ended.unwrap(), None);
    assert_eq!(table.item(&run.id).await, item);
}

checks![
    an_older_attempt_writes_nothing_while_a_later_one_runs,
    an_older_attempt_writes_nothing_while_the_job_waits_for_the_next,
    a_run_before_a_snooze_writes_nothing_though_the_next_has_its_number,
    an_older_attempt_writes_nothing_after_the_end,
    no_attempt_writes_from_the_deadline_on,
    no_attempt_writes_from_the_end_of_its_lease_on,
    a_run_whose_record_is_gone_makes_none,
    an_attempt_that_is_over_says_nothing_of_its_progress,
    what_has_ended_is_not_ended_otherwise,
    a_decision_takes_effect_only_on_the_record_it_was_made_from,
    a_decision_about_an_expired_record_does_not_hit_the_new_job_under_its_id,
    no_decision_ends_a_job_between_its_deadline_and_when_it_is_overdue,
    an_overdue_job_is_ended_as_readers_saw_it,
    an_end_that_came_in_time_stands_when_the_job_would_be_overdue,
];
