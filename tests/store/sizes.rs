//! Sizes: what a write costs, and the largest record that there can be.

use aws_sdk_dynamodb::types::AttributeValue;
use engine::{
    Attribute, Checkpoint, Ending, Failure, JobState, MAX_CHECKPOINT_BYTES, MAX_RESULT_BYTES,
    MAX_SUMMARY_CHARS, NewJob, Owner, Pause, Percent, Progress, StoreError, Written,
};

use super::check::checks;
use super::table::{Item, RETENTION, Table, again, at, job, job_of};

/// One write unit.
const UNIT_BYTES: usize = 1_024;

/// One read unit.
const READ_UNIT_BYTES: usize = 4_096;

/// A name of the greatest length, in characters of four bytes.
fn longest_owner() -> Owner {
    Owner::named(&"🦀".repeat(50)).unwrap()
}

fn longest_job() -> NewJob {
    NewJob {
        kind: "k".repeat(64).parse().unwrap(),
        summary: "🦀".repeat(MAX_SUMMARY_CHARS),
        ..job_of(&longest_owner())
    }
}

/// As DynamoDB counts: names and texts in UTF-8; a number takes at most a byte for two digits and one more.
fn bytes(item: &Item) -> usize {
    let value = |value: &AttributeValue| match value {
        AttributeValue::S(text) => text.len(),
        AttributeValue::N(digits) => digits.len().div_ceil(2) + 1,
        AttributeValue::Bool(_) => 1,
        other => panic!("no record has {other:?}"),
    };
    item.iter()
        .map(|(name, held)| name.len() + value(held))
        .sum()
}

async fn a_usual_job_costs_one_unit_a_write_to_its_end(table: &Table) {
    let owner =
        Owner::named("arn:aws:sts::123456789012:assumed-role/reports-client|AROADBQP57FF2AEXAMPLE")
            .unwrap();
    let record = table.accept(job_of(&owner)).await;
    let run = table
        .start(
            &record.id,
            "8f7f8b54-4a8c-4a39-9d6b-0a0b6a4a9a0c.0",
            at(1_000),
        )
        .await;
    let progress = Progress {
        percent: Percent::new(55),
        summary: Some("profiled 1,012 of 3,376 rows in 9 columns".to_owned()),
        ..Progress::default()
    };
    table
        .store
        .progress(&run, 1, &progress, at(2_000))
        .await
        .unwrap();
    table
        .store
        .cancel(&run.id, || at(2_500), RETENTION)
        .await
        .unwrap();
    assert!(bytes(&table.item(&run.id).await) <= UNIT_BYTES);

    let failed = Ending::Failed(Failure::new(
        "malformed-csv",
        "line 3 has 4 fields where 5 are",
    ));
    table
        .store
        .finish(&run, &failed, &progress, at(3_000), RETENTION)
        .await
        .unwrap();

    assert!(bytes(&table.item(&run.id).await) <= UNIT_BYTES);
}

async fn with_the_largest_checkpoint_it_costs_two(table: &Table) {
    let owner =
        Owner::named("arn:aws:sts::123456789012:assumed-role/reports-client|AROADBQP57FF2AEXAMPLE")
            .unwrap();
    let record = table.accept(job_of(&owner)).await;
    let token = "8f7f8b54-4a8c-4a39-9d6b-0a0b6a4a9a0c.0";
    let run = table.start(&record.id, token, at(1_000)).await;
    let progress = Progress {
        percent: Percent::new(55),
        summary: Some("profiled 1,012 of 3,376 rows in 9 columns".to_owned()),
        checkpoint: Some(Checkpoint::of(&"x".repeat(MAX_CHECKPOINT_BYTES - 2)).unwrap()),
    };
    let snooze = again(Pause::Snooze, at(9_000));
    table
        .store
        .reschedule(&run, &snooze, &progress, at(2_000))
        .await
        .unwrap();

    let run = table.start(&run.id, token, at(9_000)).await;
    table
        .store
        .progress(&run, 1, &progress, at(10_000))
        .await
        .unwrap();

    assert!(bytes(&table.item(&run.id).await) <= 2 * UNIT_BYTES);
}

async fn the_largest_result_and_the_longest_of_everything_else_are_stored(table: &Table) {
    let record = table.accept(longest_job()).await;
    let run = table.start(&record.id, &"t".repeat(64), at(1_000)).await;
    let result = format!("\"{}\"", "x".repeat(MAX_RESULT_BYTES - 2));
    let progress = Progress {
        percent: Percent::DONE,
        summary: Some("🦀".repeat(MAX_SUMMARY_CHARS + 1)),
        ..Progress::default()
    };
    let ending = Ending::Success {
        result: result.clone(),
    };

    let written = table
        .store
        .finish(&run, &ending, &progress, at(2_000), RETENTION)
        .await;

    assert_eq!(written.unwrap(), Written::Applied);
    let record = table.read(&run.id).await;
    assert_eq!(table.store.result(&record).await.unwrap(), Some(result));
    assert_eq!(record.summary.chars().count(), MAX_SUMMARY_CHARS);
    assert!(record.summary.ends_with('…'));
}

/// Results around the size from which on they move out of the record, which depends on what else the record has.
async fn a_record_never_costs_a_second_read_unit_whatever_its_result_weighs(table: &Table) {
    for (new, token) in [(job(), "t"), (longest_job(), &*"t".repeat(64))] {
        let progress = Progress {
            percent: Percent::DONE,
            summary: Some(new.summary.clone()),
            ..Progress::default()
        };
        let mut largest = 0;
        for result_bytes in (1_000..=4_200).step_by(100) {
            let record = table
                .accept(NewJob {
                    id: job_of(&new.owner).id,
                    ..new.clone()
                })
                .await;
            let run = table.start(&record.id, token, at(1_000)).await;
            let ending = Ending::Success {
                result: "x".repeat(result_bytes),
            };

            let written = table
                .store
                .finish(&run, &ending, &progress, at(2_000), RETENTION);

            assert_eq!(written.await.unwrap(), Written::Applied);
            let weighs = bytes(&table.item(&run.id).await);
            assert!(weighs <= READ_UNIT_BYTES, "{weighs} with {result_bytes}");
            largest = largest.max(weighs);
        }
        // The size is computed from bounds; they may not be so wide that small results move out too.
        assert!(largest > READ_UNIT_BYTES - 300, "{largest}");
    }
}

/// The worker refuses what is larger than [`MAX_RESULT_BYTES`]; should something else let it pass, the table refuses.
async fn a_result_that_no_item_can_hold_is_refused_and_nothing_changes(table: &Table) {
    let run = table.running().await;
    let item = table.item(&run.id).await;
    let ending = Ending::Success {
        result: "x".repeat(400 * 1_024),
    };

    let refused = table
        .store
        .finish(&run, &ending, &Progress::default(), at(2_000), RETENTION)
        .await;

    assert!(
        matches!(refused, Err(StoreError::Unavailable(_))),
        "{refused:?}"
    );
    assert_eq!(table.item(&run.id).await, item);
}

/// Together more than the 16 MB that one `BatchGetItem` gives. No record of ours is as large; but under load DynamoDB leaves
/// keys out of smaller pages too.
async fn a_page_of_which_a_batch_leaves_keys_out_comes_whole(table: &Table) {
    let result = AttributeValue::S("x".repeat(MAX_RESULT_BYTES));
    for _ in 0..50 {
        let run = table.running().await;
        let ending = Ending::Canceled;
        let said = Progress::default();
        let end = table
            .store
            .finish(&run, &ending, &said, at(2_000), RETENTION);
        end.await.unwrap();
        let mut item = table.item(&run.id).await;
        item.insert(Attribute::Result.name().to_owned(), result.clone());
        table.put(item).await;
    }
    let owner = job().owner;

    let listed = table
        .store
        .list(&owner, 100, None, None, at(3_000))
        .await
        .unwrap();

    assert_eq!(listed.jobs.len(), 50);
    assert!(
        listed
            .jobs
            .iter()
            .all(|job| matches!(job.state, JobState::Completed(_)))
    );
}

checks![
    a_usual_job_costs_one_unit_a_write_to_its_end,
    with_the_largest_checkpoint_it_costs_two,
    the_largest_result_and_the_longest_of_everything_else_are_stored,
    a_record_never_costs_a_second_read_unit_whatever_its_result_weighs,
    a_result_that_no_item_can_hold_is_refused_and_nothing_changes,
    a_page_of_which_a_batch_leaves_keys_out_comes_whole,
];
