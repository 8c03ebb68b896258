//! What a batch of a hundred jobs takes of AWS, next to a hundred single submits.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::counted::What;
use super::counted_app::{CountedApp, at_once};
use crate::app::eventually;
use crate::recorder::{Call, Units};

/// Number of calls of each action.
fn tally(calls: &[Call]) -> Vec<(&str, usize)> {
    let mut tally = BTreeMap::new();
    for call in calls {
        *tally.entry(call.action.as_str()).or_default() += 1;
    }
    tally.into_iter().collect()
}

fn units(calls: &[Call]) -> Units {
    calls.iter().map(|call| call.units).sum()
}

fn batch(count: usize) -> Value {
    let job = json!({"name": "rehearsal", "input": at_once(), "summary": "a typical job"});
    json!(vec![job; count])
}

const SENDS: (&str, usize) = ("sqs:SendMessageBatch", 10);
const WRITES: (&str, usize) = ("dynamodb:PutItem", 100);
const READ: (&str, usize) = ("dynamodb:BatchGetItem", 1);

#[tokio::test]
async fn a_hundred_jobs_take_ten_sends_a_hundred_writes_and_with_a_key_one_read() {
    let app = CountedApp::new().await;
    let key = [("idempotency-key", "\"monday\"")];
    let body = batch(100);

    let plain = app.calls_of(app.submit_as(&[], &body)).await;
    let keyed = app.calls_of(app.submit_as(&key, &body)).await;
    let again = app.calls_of(app.submit_as(&key, &body)).await;

    assert_eq!(tally(&plain), [WRITES, SENDS]);
    assert_eq!(tally(&keyed), [READ, WRITES, SENDS]);
    assert_eq!(tally(&again), [READ]);
    let (batch, single) = (units(&plain), What::Submit.units());
    assert_eq!(batch.writes(), 100.0 * single.writes());
    assert_eq!(batch.sqs_requests, 10.0 * single.sqs_requests);
    assert_eq!(
        units(&keyed).reads,
        100.0 * What::SubmitUnderKey.units().reads
    );
    assert_eq!(units(&again).reads, 100.0 * What::Replay.units().reads);
}

#[tokio::test]
async fn a_batch_is_sent_in_calls_of_a_mebibyte_at_most() {
    let app = CountedApp::new().await;
    // Each U+FFFE takes three bytes of the body, and six of the message, because SQS refuses it.
    let csv = format!("a\n{}\n", "\u{fffe}".repeat(65_000));
    let job = json!({"name": "csv_profile", "input": {"csv": csv}});

    let calls = app.calls_of(app.submit_as(&[], &json!(vec![job; 5]))).await;

    // Two messages of 390 kB fit into a call, and three do not. On a busy machine, the SDK repeats a call of a mebibyte.
    let sends = match tally(&calls)[..] {
        [("dynamodb:PutItem", 5), ("sqs:SendMessageBatch", sends)] => sends,
        ref other => panic!("{other:?}"),
    };
    assert!((3..=9).contains(&sends), "{sends}");
}

#[tokio::test]
async fn the_jobs_of_a_batch_are_counted_in_one_line_for_each_kind() {
    let app = CountedApp::new().await;
    let mut body = batch(3);
    let profile = json!({"name": "csv_profile", "input": {"csv": "a,b\n1,2\n"}});
    body.as_array_mut().unwrap().push(profile);

    app.submit_as(&[], &body).await;

    let counted = eventually("two lines", async || {
        let lines = app.deployed.submit.lines();
        let counted = lines.iter().filter(|line| line["JobAccepted"].is_u64());
        let counted: Vec<_> = counted
            .map(|line| (line["kind"].to_string(), line["JobAccepted"].clone()))
            .collect();
        (counted.len() >= 2).then_some(counted)
    })
    .await;
    let expected = [("\"csv_profile\"", 1), ("\"rehearsal\"", 3)];
    assert_eq!(
        counted,
        expected.map(|(kind, jobs)| (kind.to_owned(), json!(jobs)))
    );
}
