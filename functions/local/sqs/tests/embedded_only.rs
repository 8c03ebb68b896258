//! Tests that only the embedded queues can run: snapshots, stopping the server, and what it refuses to imitate.

use std::sync::Arc;
use std::time::Duration;

use aws_sdk_sqs::types::MessageAttributeValue;
use sqs::{ManualClock, Queues, Snapshot, serve};
use tokio::net::TcpListener;
use tokio::sync::oneshot;

use super::check::refused;
use super::endpoint::Sqs;

#[tokio::test]
async fn messages_and_receipts_outlive_a_restart() {
    let clock = ManualClock::starting_at(1_700_000_000_000);
    let before = Arc::new(Queues::new(clock.clone().into()));
    let sqs = Sqs::over(Arc::clone(&before), clock.clone()).await.unwrap();
    let queue = sqs.queue(&[]).await.unwrap();
    sqs.send_batch(&queue, &["a", "b"]).await.unwrap();
    let received = sqs.receive_for(&queue, 30).await.unwrap();

    let json = serde_json::to_string(&before.to_snapshot()).unwrap();
    let snapshot: Snapshot = serde_json::from_str(&json).unwrap();
    let after = Arc::new(Queues::from_snapshot(clock.clone().into(), snapshot));
    let sqs = Sqs::over(after, clock).await.unwrap();

    assert_eq!(sqs.counts(&queue).await.unwrap(), ["1", "1", "0"]);
    sqs.pass(Duration::from_secs(30)).await.unwrap();
    assert_eq!(sqs.counts(&queue).await.unwrap(), ["2", "0", "0"]);
    // A new message takes the place of neither.
    sqs.send(&queue, "c").await.unwrap();
    assert_eq!(sqs.counts(&queue).await.unwrap(), ["3", "0", "0"]);
    sqs.delete(&queue, &received).await.unwrap();
    assert_eq!(sqs.counts(&queue).await.unwrap(), ["2", "0", "0"]);
}

#[tokio::test]
async fn stopping_the_server_does_not_wait_for_polls() {
    let clock = ManualClock::starting_at(0);
    let queues = Arc::new(Queues::new(clock.clone().into()));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let sqs = Sqs::to(&format!("http://{}", listener.local_addr().unwrap()), clock);
    let (stop, stopped) = oneshot::channel::<()>();
    let server = tokio::spawn(serve(listener, queues, async { drop(stopped.await) }));
    let queue = sqs.queue(&[]).await.unwrap();
    let poll = sqs.poll(&queue, 20);
    sqs.until_polling(1).await;

    stop.send(()).unwrap();

    let messages = tokio::time::timeout(Duration::from_secs(5), poll).await;
    assert!(messages.unwrap().unwrap().unwrap().is_empty());
    drop(sqs);
    tokio::time::timeout(Duration::from_secs(5), server)
        .await
        .unwrap()
        .unwrap()
        .unwrap();
}

#[tokio::test]
async fn a_message_with_attributes_is_refused_rather_than_stored_without_them() {
    let sqs = Sqs::embedded().await.unwrap();
    let queue = sqs.queue(&[]).await.unwrap();
    let attribute = MessageAttributeValue::builder()
        .data_type("String")
        .string_value("x")
        .build();
    let request = sqs.client.send_message().queue_url(&queue);
    let sent = request
        .message_body("x")
        .message_attributes("name", attribute.unwrap());

    let code = "AWS.SimpleQueueService.UnsupportedOperation";
    refused(sent.send().await, code).unwrap();

    assert_eq!(sqs.counts(&queue).await.unwrap(), ["0", "0", "0"]);
}
