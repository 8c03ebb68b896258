//! Deletes.

use engine::{Cancellation, Created, Deletion, NewJob};

use super::check::checks;
use super::table::{RETENTION, Table, at, job};

async fn a_job_that_has_ended_is_deleted(table: &Table) {
    let id = table.accept(job()).await.id;
    table.store.cancel(&id, at(1_000), RETENTION).await.unwrap();

    let deleted = table.store.delete(&id, at(2_000)).await;

    assert_eq!(deleted.unwrap(), Deletion::Deleted);
    assert_eq!(table.store.get(&id).await.unwrap(), None);
    assert_eq!(
        table.store.delete(&id, at(2_000)).await.unwrap(),
        Deletion::Gone
    );
    let cancel = table.store.cancel(&id, at(2_000), RETENTION).await;
    assert_eq!(cancel.unwrap(), Cancellation::Gone);
}

async fn a_job_that_waits_or_runs_is_not_deleted(table: &Table) {
    for record in [table.accept(job()).await, table.running().await] {
        let item = table.item(&record.id).await;

        let deleted = table.store.delete(&record.id, at(40_000)).await;

        assert_eq!(deleted.unwrap(), Deletion::Active);
        assert_eq!(table.item(&record.id).await, item);
    }
}

async fn a_job_past_its_deadline_is_deleted(table: &Table) {
    for record in [table.accept(job()).await, table.running().await] {
        let deleted = table.store.delete(&record.id, at(100_000)).await;

        assert_eq!(deleted.unwrap(), Deletion::Deleted);
        assert_eq!(table.store.get(&record.id).await.unwrap(), None);
    }
}

async fn a_job_whose_time_is_over_is_gone(table: &Table) {
    let id = table.accept(job()).await.id;

    let deleted = table.store.delete(&id, at(150_000)).await;

    assert_eq!(deleted.unwrap(), Deletion::Gone);
}

/// The id is that of an `Idempotency-Key`, and its owner uses it again between the delete's read and its write.
async fn a_delete_that_a_new_job_overtakes_leaves_that_alone(table: &Table) {
    let old = table.accept(job()).await;
    let (front, behind) = table.behind_front().await;
    let held = front.hold_next_write();
    let delete = tokio::spawn(async move { behind.delete(&old.id, at(149_999)).await });
    held.arrived().await;

    let again = NewJob {
        id: old.id,
        scheduled_start: at(150_000),
        ..job()
    };
    let created = table.store.create(again, at(150_000)).await;
    held.release();

    let Created::New(new) = created.unwrap() else {
        panic!("an expired record did not make way");
    };
    assert_eq!(delete.await.unwrap().unwrap(), Deletion::Active);
    assert_eq!(new.version, old.version);
    assert_eq!(table.read(&old.id).await, *new);
}

checks![
    a_job_that_has_ended_is_deleted,
    a_job_that_waits_or_runs_is_not_deleted,
    a_job_past_its_deadline_is_deleted,
    a_job_whose_time_is_over_is_gone,
    a_delete_that_a_new_job_overtakes_leaves_that_alone,
];
