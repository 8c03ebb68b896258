//! Results that are too large for their job's record.

use aws_sdk_dynamodb::types::AttributeValue;
use engine::{Attribute, Deletion, Ending, JobRecord, Progress, StoreError, Written};

use super::check::checks;
use super::scripted_front::ScriptedFront;
use super::table::{HORIZON, Item, RETENTION, Table, alice, at};

/// A result that no record has room for.
fn large(letter: &str) -> Ending {
    Ending::Success {
        result: letter.repeat(20_000),
    }
}

async fn finish(table: &Table, run: &JobRecord, ending: &Ending, ms: i64) -> Written {
    let said = Progress::default();
    let finish = table
        .store
        .finish(run, ending, &said, at(ms), RETENTION)
        .await;
    finish.unwrap()
}

/// A job that has succeeded with a large result, as its record stands.
async fn succeeded(table: &Table) -> JobRecord {
    let run = table.running().await;
    assert_eq!(
        finish(table, &run, &large("a"), 2_000).await,
        Written::Applied
    );
    table.read(&run.id).await
}

async fn result_of(table: &Table, record: &JobRecord) -> Option<String> {
    table.store.result(record).await.unwrap()
}

/// The items of results in the table.
async fn result_items(table: &Table) -> Vec<Item> {
    let scan = table.client.scan().table_name(&table.name);
    let items = scan.consistent_read(true).send().await.unwrap().items;
    let mut items = items.unwrap_or_default();
    items.retain(|item| item["id"].as_s().unwrap().contains('#'));
    items
}

async fn a_large_result_is_in_an_item_of_its_own_which_no_list_finds(table: &Table) {
    let record = succeeded(table).await;

    assert_eq!(
        (&record.result, record.result_token.as_deref()),
        (&None, Some("run-1"))
    );
    assert_eq!(result_of(table, &record).await, Some("a".repeat(20_000)));
    let [item] = &result_items(table).await[..] else {
        panic!("not one item");
    };
    assert_eq!(item["id"].as_s().unwrap(), &format!("{}#run-1", record.id));
    assert_eq!(item.len(), 3, "{item:?}");
    let alice = alice();
    let listed = table.store.list(&alice, 10, None, None, at(3_000));
    assert_eq!(listed.await.unwrap().jobs, [record]);
}

async fn a_small_result_is_in_the_record(table: &Table) {
    let run = table.running().await;
    let ending = Ending::Success {
        result: "a".repeat(3_000),
    };

    finish(table, &run, &ending, 2_000).await;

    let record = table.read(&run.id).await;
    assert_eq!(
        (&record.result, &record.result_token),
        (&Some("a".repeat(3_000)), &None)
    );
    assert_eq!(result_of(table, &record).await, record.result);
    assert_eq!(result_items(table).await, []);
}

/// The end may be written at any time of the lease, and counts the retention from then.
async fn a_result_expires_no_earlier_than_its_record(table: &Table) {
    let run = table.running().await;
    let lease = run.lease_until.unwrap();

    finish(table, &run, &large("a"), 2_000).await;

    let [item] = &result_items(table).await[..] else {
        panic!("not one item");
    };
    let expires_at = item[Attribute::ExpiresAt.name()].as_n().unwrap();
    let latest = engine::expiry(lease, RETENTION).seconds_rounded_up();
    assert!(expires_at.parse::<i64>().unwrap() >= latest, "{expires_at}");
}

/// The SDK tried twice, or the worker did: what takes effect last changes nothing that a reader may have seen.
async fn the_first_result_that_an_attempt_writes_stands(table: &Table) {
    let record = succeeded(table).await;
    let run = JobRecord {
        lease_until: Some(at(31_000)),
        ..record.clone()
    };

    let again = finish(table, &run, &large("b"), 3_000).await;

    assert_eq!(again, Written::Applied);
    assert_eq!(table.read(&record.id).await, record);
    assert_eq!(result_of(table, &record).await, Some("a".repeat(20_000)));
}

async fn a_superseded_attempt_does_not_touch_the_winner_s_result(table: &Table) {
    let first = table.running().await;
    let second = table.start(&first.id, "run-2", at(31_000)).await;
    finish(table, &second, &large("b"), 32_000).await;

    let late = finish(table, &first, &large("a"), 33_000).await;

    assert_eq!(late, Written::Fenced);
    let record = table.read(&first.id).await;
    assert_eq!(result_of(table, &record).await, Some("b".repeat(20_000)));
}

async fn an_attempt_recognizes_its_result_when_the_answer_was_lost(table: &Table) {
    let run = table.running().await;
    let (front, store): (ScriptedFront, _) = table.behind_front().await;
    front.lose_next_answer();

    let said = Progress::default();
    let written = store
        .finish(&run, &large("a"), &said, at(2_000), RETENTION)
        .await;

    assert_eq!(written.unwrap(), Written::Applied);
    assert!(front.is_done());
    let record = table.read(&run.id).await;
    assert_eq!(result_of(table, &record).await, Some("a".repeat(20_000)));
}

async fn a_delete_deletes_the_result_even_if_its_first_answer_is_lost(table: &Table) {
    for loses_an_answer in [false, true] {
        let record = succeeded(table).await;
        let (front, store) = table.behind_front().await;
        if loses_an_answer {
            front.lose_next_answer();
        }

        let deleted = store.delete(&record.id, || at(3_000), HORIZON).await;

        assert_eq!(deleted.unwrap(), Deletion::Deleted(None));
        assert_eq!(result_items(table).await, []);
        assert_eq!(
            result_of(table, &record).await,
            None,
            "it is gone, not lost"
        );
    }
}

async fn a_result_that_is_missing_is_an_error_as_long_as_its_record_stands(table: &Table) {
    let record = succeeded(table).await;
    let key = AttributeValue::S(format!("{}#run-1", record.id));
    let delete = table.client.delete_item().table_name(&table.name);
    delete.key(Attribute::Id.name(), key).send().await.unwrap();

    let result = table.store.result(&record).await;

    assert!(
        matches!(result, Err(StoreError::NoResult(id)) if id == record.id),
        "{result:?}"
    );
    table.remove(&record.id).await;
    assert_eq!(result_of(table, &record).await, None);
}

checks![
    a_large_result_is_in_an_item_of_its_own_which_no_list_finds,
    a_small_result_is_in_the_record,
    a_result_expires_no_earlier_than_its_record,
    the_first_result_that_an_attempt_writes_stands,
    a_superseded_attempt_does_not_touch_the_winner_s_result,
    an_attempt_recognizes_its_result_when_the_answer_was_lost,
    a_delete_deletes_the_result_even_if_its_first_answer_is_lost,
    a_result_that_is_missing_is_an_error_as_long_as_its_record_stands,
];
