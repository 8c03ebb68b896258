//! What the event source asks of the queue, and what SQS charges for messages of all sizes.

use local::{EventSource, EventSourceSpec, Pool};
use serde_json::json;

use super::counted::{What, per_batch};
use super::counted_app::{CountedApp, at_once};
use crate::app::eventually;
use crate::backends::sqs_client;
use crate::recorder::{Call, Recorder};

/// Calls of the event source until the messages of this many jobs are deleted, without empty polls.
async fn taken(app: &CountedApp, batch_size: i32, jobs: usize) -> Vec<Call> {
    let backends = &app.deployed.backends;
    let (recorder, endpoint) = Recorder::before(backends).await;
    let spec = EventSourceSpec {
        queue_url: backends.queue_url.clone(),
        queue_arn: "arn:aws:sqs:us-east-1:123456789012:jobs".to_owned(),
        batch_size,
        max_concurrency: 2,
    };
    let worker: Pool = app.deployed.worker.pool.clone();
    let source = EventSource::start(sqs_client(&endpoint), spec, worker);
    let mut calls = Vec::new();
    eventually("all messages deleted", async || {
        calls.extend(recorder.take());
        let deleted = calls.iter().map(|call| entries(&call.answer, "Successful"));
        (deleted.sum::<usize>() == jobs).then_some(())
    })
    .await;
    source.stop().await;
    calls.retain(|call| {
        call.action != "sqs:ReceiveMessage" || entries(&call.answer, "Messages") > 0
    });
    calls
}

fn entries(answer: &serde_json::Value, list: &str) -> usize {
    answer[list].as_array().map_or(0, Vec::len)
}

fn count(calls: &[Call], action: &str) -> usize {
    calls.iter().filter(|call| call.action == action).count()
}

#[tokio::test]
async fn ten_jobs_in_one_batch_share_a_receive_and_a_delete() {
    for (batch_size, batches) in [(10, 1_u8), (1, 10)] {
        let app = CountedApp::new().await;
        for _ in 0..10 {
            app.rehearse(&at_once()).await;
        }

        let calls = taken(&app, batch_size, 10).await;

        assert_eq!(count(&calls, "sqs:ReceiveMessage"), usize::from(batches));
        assert_eq!(
            count(&calls, "sqs:DeleteMessageBatch"),
            usize::from(batches)
        );
        assert_eq!(calls.len(), 2 * usize::from(batches), "{calls:?}");
        let requests: f64 = calls.iter().map(|call| call.units.sqs_requests).sum();
        assert_eq!(requests, per_batch().sqs_requests * f64::from(batches));
    }
}

#[tokio::test]
async fn a_message_of_more_than_64_kib_costs_a_request_for_each_of_them_twice() {
    let app = CountedApp::new().await;
    let submitted = async |csv_bytes: usize| {
        let csv = format!("a\n{}\n", "x".repeat(csv_bytes - 3));
        let body = json!({"name": "csv_profile", "input": {"csv": csv}});
        let calls = app.calls_of(app.submit_as(&[], &body)).await;
        calls
            .iter()
            .map(|call| call.units.sqs_requests)
            .sum::<f64>()
    };

    let small = submitted(60_000).await;
    let large = submitted(1_000_000).await;
    let received: f64 = taken(&app, 1, 2)
        .await
        .iter()
        .filter(|call| call.action == "sqs:ReceiveMessage")
        .map(|call| call.units.sqs_requests)
        .sum();

    assert_eq!(small, What::Submit.units().sqs_requests);
    assert_eq!(large, 16.0);
    assert_eq!(received, small + large);
}
