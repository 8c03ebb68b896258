//! TTL: what only the embedded DynamoDB can be told to do now.

use engine::{Created, NewJob, Timestamp};

use super::table::{Table, alice, job};

/// In 1970, so that it has expired by the clock, too.
fn then(seconds: i64) -> Timestamp {
    Timestamp::from_seconds(1_000_000 + seconds)
}

#[tokio::test]
async fn a_record_that_ttl_deleted_is_gone_and_its_id_is_free() {
    let table = Table::embedded().await;
    let old = NewJob {
        scheduled_start: then(0),
        ..job()
    };
    table.accept_at(old.clone(), then(0)).await;
    let live = table.accept(job()).await;

    let database = table.database.clone();
    let swept = tokio::task::spawn_blocking(move || database.sweep_ttl()).await;
    swept.unwrap().unwrap();

    assert_eq!(table.store.get(&old.id).await.unwrap(), None);
    let listed = table.store.list(&alice(), 100, None, None, then(0)).await;
    assert_eq!(listed.unwrap().jobs, [live]);
    let again = table.store.create(old, None, then(1)).await.unwrap();
    assert!(matches!(again, Created::New(_)));
}
