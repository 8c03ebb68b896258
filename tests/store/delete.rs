//! Deletes.

use engine::{Cancellation, Deletion};

use super::check::checks;
use super::table::{RETENTION, Table, at, job};

async fn a_job_that_has_ended_is_deleted(table: &Table) {
    let id = table.accept(job()).await.id;
    table
        .store
        .cancel(&id, || at(1_000), RETENTION)
        .await
        .unwrap();

    let deleted = table.store.delete(&id, || at(2_000)).await;

    assert_eq!(deleted.unwrap(), Deletion::Deleted);
    assert_eq!(table.store.get(&id).await.unwrap(), None);
    assert_eq!(
        table.store.delete(&id, || at(2_000)).await.unwrap(),
        Deletion::Gone
    );
    let cancel = table.store.cancel(&id, || at(2_000), RETENTION).await;
    assert_eq!(cancel.unwrap(), Cancellation::Gone);
}

async fn a_job_that_waits_or_runs_is_not_deleted_before_it_is_overdue(table: &Table) {
    for record in [table.accept(job()).await, table.running().await] {
        let item = table.item(&record.id).await;

        let deleted = table.store.delete(&record.id, || at(139_999)).await;

        assert_eq!(deleted.unwrap(), Deletion::Active);
        assert_eq!(table.item(&record.id).await, item);
    }
}

async fn an_overdue_job_is_deleted(table: &Table) {
    for record in [table.accept(job()).await, table.running().await] {
        let deleted = table.store.delete(&record.id, || at(140_000)).await;

        assert_eq!(deleted.unwrap(), Deletion::Deleted);
        assert_eq!(table.store.get(&record.id).await.unwrap(), None);
    }
}

async fn a_job_whose_time_is_over_is_gone(table: &Table) {
    let id = table.accept(job()).await.id;

    let deleted = table.store.delete(&id, || at(190_000)).await;

    assert_eq!(deleted.unwrap(), Deletion::Gone);
}

/// The id is that of an `Idempotency-Key`, and its owner uses it again between the delete's read and its write.
async fn a_delete_that_a_new_job_overtakes_leaves_that_alone(table: &Table) {
    let old = table.accept(job()).await;
    let (front, behind) = table.behind_front().await;
    let held = front.hold_next_write();
    let delete = tokio::spawn(async move { behind.delete(&old.id, || at(189_999)).await });
    held.arrived().await;

    let new = table.accept_next(old.id, at(190_000)).await;
    held.release();

    assert_eq!(delete.await.unwrap().unwrap(), Deletion::Deleted);
    assert_eq!(new.version, old.version);
    assert_eq!(table.read(&old.id).await, new);
}

checks![
    a_job_that_has_ended_is_deleted,
    a_job_that_waits_or_runs_is_not_deleted_before_it_is_overdue,
    an_overdue_job_is_deleted,
    a_job_whose_time_is_over_is_gone,
    a_delete_that_a_new_job_overtakes_leaves_that_alone,
];
