//! Deletes.

use engine::{
    Attribute, Cancellation, Claim, ClaimDecision, Deletion, Ending, JobRecord, JobState, NewJob,
    Outcome, Progress, ScheduleName, Written,
};

use super::check::checks;
use super::table::{HORIZON, RETENTION, Table, alice, at, job};

/// An ended job with all that one can have.
async fn ended(table: &Table) -> JobRecord {
    let run = table.running().await;
    let ending = Ending::Success {
        result: "{\"rows\": 3}".to_owned(),
    };
    let said = Progress {
        summary: Some("3 rows of alice's customers".to_owned()),
        ..Progress::default()
    };
    let finish = table
        .store
        .finish(&run, &ending, &said, at(1_500), RETENTION)
        .await;
    assert_eq!(finish.unwrap(), Written::Applied);
    table.read(&run.id).await
}

async fn a_job_that_has_ended_is_deleted_and_leaves_a_tombstone_for_the_horizon(table: &Table) {
    let old = ended(table).await;

    let deleted = table.store.delete(&old.id, || at(2_000), HORIZON).await;

    assert_eq!(deleted.unwrap(), Deletion::Deleted(None));
    let expected = JobRecord {
        is_deleted: true,
        title: None,
        summary: String::new(),
        result: None,
        version: old.version + 1,
        updated_at: at(2_000),
        expires_at: at(42_000),
        ..old
    };
    let id = expected.id;
    let tombstone = table.read(&id).await;
    assert_eq!(tombstone, expected);
    assert!(tombstone.is_expired(at(2_000)));
    let listed = table.store.list(&alice(), 100, None, None, at(2_000)).await;
    assert!(listed.unwrap().jobs.is_empty());
    let item = table.item(&id).await;
    assert!(!item.contains_key(Attribute::OwnerShard.name()), "listed");
    // Nothing that its owner or its kind put there is left but the request's fingerprint.
    assert!(!format!("{item:?}").contains("rows"), "{item:?}");
    assert_eq!(
        table
            .store
            .delete(&id, || at(2_000), HORIZON)
            .await
            .unwrap(),
        Deletion::Gone
    );
    let cancel = table.store.cancel(&id, || at(2_000), RETENTION).await;
    assert_eq!(cancel.unwrap(), Cancellation::Gone);
}

async fn a_job_that_waits_or_runs_is_not_deleted_before_it_is_overdue(table: &Table) {
    for record in [table.accept(job()).await, table.running().await] {
        let item = table.item(&record.id).await;

        let deleted = table
            .store
            .delete(&record.id, || at(139_999), HORIZON)
            .await;

        assert_eq!(deleted.unwrap(), Deletion::Active);
        assert_eq!(table.item(&record.id).await, item);
    }
}

async fn an_overdue_job_is_deleted(table: &Table) {
    for record in [table.accept(job()).await, table.running().await] {
        let deleted = table
            .store
            .delete(&record.id, || at(140_000), HORIZON)
            .await;

        assert_eq!(deleted.unwrap(), Deletion::Deleted(None));
        let tombstone = table.read(&record.id).await;
        assert!(tombstone.is_deleted);
        assert_eq!(tombstone.state, JobState::Completed(Outcome::Failed));
    }
}

/// Whatever was on its way to the job that the tombstone stands for.
async fn nothing_is_written_to_a_tombstone(table: &Table) {
    let waiting = table.accept(job()).await;
    let running = table.running().await;
    for record in [waiting, running] {
        let (store, id, early) = (&table.store, record.id, at(2_000));
        store.delete(&id, || at(140_000), HORIZON).await.unwrap();
        let item = table.item(&id).await;

        let claim = table.claim(&id, "run-2", at(50_000)).await;
        let progress = store
            .progress(&record, 1, &Progress::default(), early)
            .await;
        let canceled = store.finish_unowned(&record, &Ending::Canceled, early, early, early);
        let canceled = canceled.await.unwrap();
        let ended = store.finish_overdue(&record, at(140_000)).await.unwrap();

        assert!(
            matches!(claim, Claim::Refused(ClaimDecision::Missing, _)),
            "{claim:?}"
        );
        assert_eq!(progress.unwrap(), Written::Fenced);
        assert_eq!((canceled, ended), (None, None));
        assert_eq!(table.item(&id).await, item);
    }
}

async fn a_tombstone_makes_way_for_the_next_job(table: &Table) {
    let old = ended(table).await;
    table
        .store
        .delete(&old.id, || at(2_000), HORIZON)
        .await
        .unwrap();

    let next = table.accept_next(old.id, at(3_000)).await;

    assert_eq!(table.read(&old.id).await, next);
    let deleted = table.store.delete(&old.id, || at(3_000), HORIZON).await;
    assert_eq!(deleted.unwrap(), Deletion::Active);
}

async fn a_job_whose_time_is_over_is_gone(table: &Table) {
    let id = table.accept(job()).await.id;

    let deleted = table.store.delete(&id, || at(190_000), HORIZON).await;

    assert_eq!(deleted.unwrap(), Deletion::Gone);
}

/// The id is that of an `Idempotency-Key`, and its owner uses it again between the delete's read and its write.
async fn a_delete_that_a_new_job_overtakes_leaves_that_alone(table: &Table) {
    let old = table.accept(job()).await;
    let (front, behind) = table.behind_front().await;
    let held = front.hold_next_write();
    let delete = tokio::spawn(async move { behind.delete(&old.id, || at(189_999), HORIZON).await });
    held.arrived().await;

    let new = table.accept_next(old.id, at(190_000)).await;
    held.release();

    assert_eq!(delete.await.unwrap().unwrap(), Deletion::Deleted(None));
    assert_eq!(new.version, old.version);
    assert_eq!(table.read(&old.id).await, new);
}

async fn the_schedule_of_a_job_that_never_started_is_told_to_whoever_cancels_or_deletes_it(
    table: &Table,
) {
    let schedule = Some(ScheduleName::stored("it has not fired"));
    let far = NewJob {
        scheduled_start: at(90_000),
        schedule: schedule.clone(),
        ..job()
    };
    let id = table.accept(far).await.id;

    let canceled = table.store.cancel(&id, || at(2_000), RETENTION).await;
    let again = table.store.cancel(&id, || at(2_000), RETENTION).await;
    let deleted = table.store.delete(&id, || at(2_000), HORIZON).await;

    let Ok(Cancellation::Canceled(canceled)) = canceled else {
        panic!("{canceled:?}");
    };
    let Ok(Cancellation::CanceledBefore(again)) = again else {
        panic!("{again:?}");
    };
    assert_eq!(
        (&canceled.schedule, &again.schedule),
        (&schedule, &schedule)
    );
    assert_eq!(deleted.unwrap(), Deletion::Deleted(schedule));
    assert_eq!(table.read(&id).await.schedule, None);
}

checks![
    a_job_that_has_ended_is_deleted_and_leaves_a_tombstone_for_the_horizon,
    nothing_is_written_to_a_tombstone,
    a_tombstone_makes_way_for_the_next_job,
    a_job_that_waits_or_runs_is_not_deleted_before_it_is_overdue,
    an_overdue_job_is_deleted,
    a_job_whose_time_is_over_is_gone,
    a_delete_that_a_new_job_overtakes_leaves_that_alone,
    the_schedule_of_a_job_that_never_started_is_told_to_whoever_cancels_or_deletes_it,
];
