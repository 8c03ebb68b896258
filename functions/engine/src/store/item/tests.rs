//! Records to items, and back.

use super::*;
use crate::record::tests::{accepted, at};

#[test]
fn a_record_reads_back_from_its_item() {
    let record = accepted();
    assert_eq!(from_item(&to_item(&record)).unwrap(), record);
}

#[test]
fn a_completed_item_reads_back_with_all_it_has() {
    let mut item = to_item(&accepted());
    let more = [
        ("state", string("COMPLETED")),
        ("outcome", string("FAILED")),
        ("started_at_ms", number(1_001_000)),
        ("ended_at_ms", number(1_002_000)),
        ("error_code", string("malformed-csv")),
        ("error_message", string("line 3 is ragged")),
        ("cancel_requested", AttributeValue::Bool(true)),
        ("start_percent", number(40)),
        ("checkpoint", string("17")),
    ];
    item.extend(more.map(|(name, value)| (name.to_owned(), value)));
    let record = from_item(&item).unwrap();
    assert_eq!(record.state, JobState::Completed(Outcome::Failed));
    assert_eq!(
        (record.started_at, record.ended_at),
        (Some(at(1_001)), Some(at(1_002)))
    );
    assert_eq!(
        record.error,
        Some(Failure::new("malformed-csv", "line 3 is ragged"))
    );
    assert!(record.cancel_requested);
    assert_eq!(record.start_percent, Percent::new(40));
    assert_eq!(record.checkpoint.unwrap().read(), Some(17));
}

#[test]
fn an_item_between_two_slices_reads_back_with_what_was_done_so_far() {
    let mut item = to_item(&accepted());
    let more = [
        ("attempt_step", 0),
        ("slice_attempt", 2),
        ("slice_began_ms", 1_001_000),
        ("ran_ms", 1_500),
    ];
    item.extend(more.map(|(name, value)| (name.to_owned(), number(value))));
    let record = from_item(&item).unwrap();
    let slices = record.ended_slices.unwrap();
    assert!(record.is_between_slices);
    assert_eq!((slices.attempt, slices.began_at), (2, at(1_001)));
    assert_eq!(slices.ran, Duration::from_millis(1_500));
}

#[test]
fn a_record_with_a_callback_reads_back_with_how_far_it_has_come() {
    let url = "https://hooks.example.com/jobs".to_owned();
    let record = JobRecord {
        callback: Some(Callback::pending(url.clone())),
        ..accepted()
    };
    let mut item = to_item(&record);
    assert_eq!(from_item(&item).unwrap(), record);
    item.insert("callback_state".to_owned(), string("FAILED"));
    item.insert("callback_attempts".to_owned(), number(3));
    item.insert("callback_status".to_owned(), number(503));
    let failed = Callback {
        url,
        state: CallbackState::Failed,
        attempts: 3,
        last_status: Some(503),
    };
    assert_eq!(from_item(&item).unwrap().callback, Some(failed));
    item.insert("callback_state".to_owned(), string("LOST"));
    assert!(matches!(
        from_item(&item),
        Err(StoreError::Corrupt(Attribute::CallbackState))
    ));
}

#[test]
fn a_foreign_item_is_refused_and_the_attribute_named() {
    let mut item = to_item(&accepted());
    item.insert("attempt".to_owned(), string("three"));
    assert!(matches!(
        from_item(&item),
        Err(StoreError::Corrupt(Attribute::Attempt))
    ));
    item.remove("attempt");
    assert!(matches!(
        from_item(&item),
        Err(StoreError::Corrupt(Attribute::Attempt))
    ));
}

#[test]
fn the_longest_names_and_summary_cost_no_third_write_unit() {
    let record = JobRecord {
        owner: Owner::named(&"o".repeat(200)).unwrap(),
        kind: "k".repeat(64).parse().unwrap(),
        title: Some("s".repeat(200)),
        summary: "s".repeat(200),
        schedule: Some(ScheduleName::stored(&"a".repeat(64))),
        ..accepted()
    };
    let size = |value: &AttributeValue| match value {
        AttributeValue::S(text) => text.len(),
        _ => 21,
    };
    let bytes: usize = to_item(&record)
        .iter()
        .map(|(name, value)| name.len() + size(value))
        .sum();
    // What a claim adds: start, lease and token.
    let claimed =
        bytes + "started_at_ms".len() + "lease_until_ms".len() + 42 + "run_token".len() + 40;
    assert!(claimed <= 1_300, "{claimed}");
}
