//! Items that somebody else wrote, and tables that give no answer.

use std::time::{Duration, Instant};

use aws_sdk_dynamodb::types::AttributeValue;
use engine::{Attribute, JobStore, StoreError};
use tokio::net::TcpListener;

use super::check::checks;
use super::table::{HORIZON, RETENTION, Table, at, client, job, request};

/// Above the time limit of a call, and below the shortest timeout of a function.
const BOUND: Duration = Duration::from_secs(9);

fn names<T: std::fmt::Debug>(outcome: Result<T, StoreError>, attribute: Attribute) {
    match outcome {
        Err(StoreError::Corrupt(named)) => assert_eq!(named, attribute),
        other => panic!("{attribute:?}: {other:?}"),
    }
}

async fn an_item_without_an_attribute_is_corrupt_and_the_attribute_named(table: &Table) {
    use Attribute as A;
    for attribute in [
        A::Owner,
        A::Name,
        A::Fingerprint,
        A::CreationToken,
        A::State,
        A::Percent,
        A::Summary,
        A::ScheduledStartMs,
        A::DeadlineMs,
        A::ExpiresAt,
        A::Attempt,
        A::MaxAttempts,
        A::Version,
        A::UpdatedAtMs,
        A::CreatedOrder,
    ] {
        let id = table.accept(job()).await.id;
        let mut item = table.item(&id).await;
        item.remove(attribute.name());
        table.put(item).await;

        names(table.store.get(&id).await, attribute);
    }
}

async fn an_item_with_nonsense_is_corrupt_and_the_attribute_named(table: &Table) {
    use Attribute as A;
    let text = |text: &str| AttributeValue::S(text.to_owned());
    for (attribute, nonsense) in [
        (A::Owner, AttributeValue::N("1".to_owned())),
        (A::Name, text("No Kind")),
        (A::Fingerprint, text("short")),
        (A::CreationToken, text("")),
        (A::State, text("RUNNING")),
        (A::Percent, AttributeValue::N("256".to_owned())),
        (A::Attempt, text("three")),
        (A::Version, AttributeValue::N("-1".to_owned())),
        (A::LeaseUntilMs, text("soon")),
        (A::DeadlineMs, AttributeValue::N("1.5".to_owned())),
    ] {
        let id = table.accept(job()).await.id;
        let mut item = table.item(&id).await;
        item.insert(attribute.name().to_owned(), nonsense);
        table.put(item).await;

        names(table.store.get(&id).await, attribute);
    }
}

async fn every_operation_on_a_job_says_that_its_item_is_corrupt(table: &Table) {
    let run = table.running().await;
    let mut item = table.item(&run.id).await;
    item.remove(Attribute::MaxAttempts.name());
    table.put(item).await;
    let (id, store) = (run.id, &table.store);

    let corrupt = Attribute::MaxAttempts;
    let again = engine::NewJob { id, ..job() };
    names(store.create(again, None, at(0)).await, corrupt);
    let request = request();
    let claim = store.claim(&id, &request, "run-2", at(40_000), at(70_000));
    names(claim.await, corrupt);
    names(store.cancel(&id, || at(2_000), RETENTION).await, corrupt);
    names(store.delete(&id, || at(2_000), HORIZON).await, corrupt);
}

async fn a_table_that_is_not_there_is_unavailable(table: &Table) {
    let store = JobStore::new(table.client.clone(), "no-such-table");

    let read = store.get(&job().id).await;
    let created = store.create(job(), None, at(0)).await;

    assert!(matches!(read, Err(StoreError::Unavailable(_))), "{read:?}");
    assert!(
        matches!(created, Err(StoreError::Unavailable(_))),
        "{created:?}"
    );
}

/// The port of a listener that is gone.
async fn a_table_out_of_reach_is_unavailable_soon(table: &Table) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let store = JobStore::new(client(&endpoint), &table.name);
    let began = Instant::now();

    let read = store.get(&job().id).await;

    assert!(matches!(read, Err(StoreError::Unavailable(_))), "{read:?}");
    assert!(began.elapsed() < BOUND, "{:?}", began.elapsed());
}

/// Takes connections and never says a word on them.
async fn a_table_that_never_answers_is_unavailable_soon(table: &Table) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        let mut open = Vec::new();
        while let Ok((connection, _)) = listener.accept().await {
            open.push(connection);
        }
    });
    let store = JobStore::new(client(&endpoint), &table.name);
    let began = Instant::now();

    let claim = store
        .claim(&job().id, &request(), "run-1", at(0), at(1))
        .await;

    assert!(
        matches!(claim, Err(StoreError::Unavailable(_))),
        "{claim:?}"
    );
    assert!(began.elapsed() < BOUND, "{:?}", began.elapsed());
}

checks![
    an_item_without_an_attribute_is_corrupt_and_the_attribute_named,
    an_item_with_nonsense_is_corrupt_and_the_attribute_named,
    every_operation_on_a_job_says_that_its_item_is_corrupt,
    a_table_that_is_not_there_is_unavailable,
    a_table_out_of_reach_is_unavailable_soon,
    a_table_that_never_answers_is_unavailable_soon,
];
