//! What the deliveries of webhooks write.

use engine::{
    Attribute, Callback, CallbackMessage, CallbackState, Delivered, Ending, JobRecord, NewJob,
    Progress, Written, WrittenDelivery,
};

use super::check::checks;
use super::table::{HORIZON, RETENTION, Table, at, job};

const URL: &str = "https://hooks.example.com/jobs";

fn with_callback() -> NewJob {
    NewJob {
        callback: Some(URL.to_owned()),
        ..job()
    }
}

/// An ended job whose webhook is to be delivered.
async fn ended(table: &Table) -> JobRecord {
    let id = table.accept(with_callback()).await.id;
    let run = table.start(&id, "run-1", at(1_000)).await;
    let (ending, said) = (Ending::Canceled, Progress::default());
    let finish = table
        .store
        .finish(&run, &ending, &said, at(1_500), RETENTION)
        .await;
    assert_eq!(finish.unwrap(), Written::Applied);
    table.read(&id).await
}

/// The callback after this outcome of a delivery was written.
async fn write(
    table: &Table,
    record: &JobRecord,
    outcome: Delivered,
    status: Option<u16>,
) -> Option<Callback> {
    let written = write_delivery(table, record, outcome, status).await;
    written.map(|written| written.callback)
}

async fn write_delivery(
    table: &Table,
    record: &JobRecord,
    outcome: Delivered,
    status: Option<u16>,
) -> Option<WrittenDelivery> {
    let message = CallbackMessage::about(record);
    let written = table
        .store
        .write_delivery(&message, outcome, status, at(2_000));
    written.await.unwrap()
}

fn not_yet(attempts_before: u32) -> Delivered {
    Delivered::NotYet { attempts_before }
}

fn callback(state: CallbackState, attempts: u32, last_status: Option<u16>) -> Callback {
    Callback {
        url: URL.to_owned(),
        state,
        attempts,
        last_status,
    }
}

async fn a_job_keeps_its_callback_to_its_end(table: &Table) {
    let record = ended(table).await;

    assert_eq!(
        record.callback,
        Some(callback(CallbackState::Pending, 0, None))
    );
}

async fn each_delivery_is_counted_with_its_status_until_one_arrives(table: &Table) {
    let old = ended(table).await;

    let first = write(table, &old, not_yet(0), Some(503)).await;
    let second = write(table, &old, not_yet(1), None).await;
    let third = write(table, &old, Delivered::Yes, Some(204)).await;

    // A delivery without a status leaves that of the one before.
    assert_eq!(first, Some(callback(CallbackState::Pending, 1, Some(503))));
    assert_eq!(second, Some(callback(CallbackState::Pending, 2, Some(503))));
    assert_eq!(
        third,
        Some(callback(CallbackState::Delivered, 3, Some(204)))
    );
    let expected = JobRecord {
        callback: third,
        version: old.version + 3,
        updated_at: at(2_000),
        ..old
    };
    assert_eq!(table.read(&expected.id).await, expected);
}

async fn a_webhook_is_given_up(table: &Table) {
    let record = ended(table).await;

    let given_up = write(table, &record, Delivered::Never, Some(410)).await;

    assert_eq!(
        given_up,
        Some(callback(CallbackState::Failed, 1, Some(410)))
    );
    assert_eq!(table.read(&record.id).await.callback, given_up);
}

async fn a_webhook_that_arrived_is_never_recorded_as_failed_nor_counted_again(table: &Table) {
    for late in [Delivered::Never, not_yet(1), Delivered::Yes] {
        let record = ended(table).await;
        let delivered = write(table, &record, Delivered::Yes, Some(200)).await;
        let item = table.item(&record.id).await;

        let standing = write(table, &record, late, Some(500)).await;

        assert_eq!(standing, delivered, "{late:?}");
        assert_eq!(table.item(&record.id).await, item, "{late:?}");
    }
}

async fn a_webhook_that_arrived_after_it_was_given_up_is_recorded_as_delivered(table: &Table) {
    let record = ended(table).await;
    write(table, &record, Delivered::Never, None).await;

    let arrived = write(table, &record, Delivered::Yes, Some(200)).await;

    assert_eq!(
        arrived,
        Some(callback(CallbackState::Delivered, 2, Some(200)))
    );
}

async fn a_webhook_that_was_given_up_is_not_given_up_again(table: &Table) {
    for late in [Delivered::Never, not_yet(1)] {
        let record = ended(table).await;
        let first = write_delivery(table, &record, Delivered::Never, Some(410)).await;

        let second = write_delivery(table, &record, late, Some(500)).await;

        let (first, second) = (first.unwrap(), second.unwrap());
        assert_eq!(second.callback, first.callback, "{late:?}");
        // So that only one of them counts it.
        assert_eq!(
            (first.is_applied, second.is_applied),
            (true, false),
            "{late:?}"
        );
    }
}

/// The first try takes effect and its answer is lost, so the SDK tries again.
async fn a_delivery_whose_answer_is_lost_counts_once(table: &Table) {
    let (front, store) = table.behind_front().await;
    for outcome in [not_yet(0), Delivered::Yes, Delivered::Never] {
        let record = ended(table).await;
        let message = CallbackMessage::about(&record);
        front.lose_next_answer();

        let written = store.write_delivery(&message, outcome, Some(500), at(2_000));
        let standing = written.await.unwrap().unwrap().callback;

        assert_eq!(standing.attempts, 1, "{outcome:?}");
        assert_eq!(table.read(&record.id).await.callback, Some(standing));
    }
}

async fn a_late_write_replaces_no_newer_status(table: &Table) {
    let record = ended(table).await;
    write(table, &record, not_yet(0), Some(503)).await;
    write(table, &record, not_yet(1), Some(502)).await;

    let standing = write(table, &record, not_yet(0), Some(503)).await;

    assert_eq!(
        standing,
        Some(callback(CallbackState::Pending, 2, Some(502)))
    );
}

async fn no_delivery_is_written_into_the_next_job_under_the_id(table: &Table) {
    let old = ended(table).await;
    let next = NewJob {
        id: old.id,
        scheduled_start: at(60_000),
        ..with_callback()
    };
    table.accept_at(next, at(60_000)).await;
    let item = table.item(&old.id).await;

    for outcome in [Delivered::Yes, not_yet(0), Delivered::Never] {
        let standing = write(table, &old, outcome, Some(200)).await;

        assert_eq!(standing, None, "{outcome:?}");
        assert_eq!(table.item(&old.id).await, item, "{outcome:?}");
    }
}

async fn a_tombstone_has_no_callback_and_gets_none(table: &Table) {
    let record = ended(table).await;
    write(table, &record, not_yet(0), Some(503)).await;
    let (store, id) = (&table.store, record.id);
    store.delete(&id, || at(3_000), HORIZON).await.unwrap();
    let item = table.item(&id).await;
    for attribute in [
        Attribute::CallbackUrl,
        Attribute::CallbackState,
        Attribute::CallbackAttempts,
        Attribute::CallbackStatus,
    ] {
        assert!(!item.contains_key(attribute.name()), "{attribute:?}");
    }

    for outcome in [Delivered::Yes, not_yet(1), Delivered::Never] {
        assert_eq!(write(table, &record, outcome, Some(200)).await, None);
        assert_eq!(table.item(&id).await, item, "{outcome:?}");
    }
}

async fn no_record_comes_of_a_delivery(table: &Table) {
    let record = ended(table).await;
    table.remove(&record.id).await;

    for outcome in [Delivered::Yes, not_yet(0), Delivered::Never] {
        assert_eq!(write(table, &record, outcome, Some(200)).await, None);
    }

    assert_eq!(table.store.get(&record.id).await.unwrap(), None);
}

checks![
    a_job_keeps_its_callback_to_its_end,
    each_delivery_is_counted_with_its_status_until_one_arrives,
    a_webhook_is_given_up,
    a_webhook_that_arrived_is_never_recorded_as_failed_nor_counted_again,
    a_webhook_that_arrived_after_it_was_given_up_is_recorded_as_delivered,
    a_webhook_that_was_given_up_is_not_given_up_again,
    a_delivery_whose_answer_is_lost_counts_once,
    a_late_write_replaces_no_newer_status,
    no_delivery_is_written_into_the_next_job_under_the_id,
    a_tombstone_has_no_callback_and_gets_none,
    no_record_comes_of_a_delivery,
];
