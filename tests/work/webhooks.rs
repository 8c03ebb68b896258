//! Webhooks: what is sent before an end, and what becomes of the deliveries.
//!
//! Over 300 lines: one short test for each answer of a receiver.

mod app;
mod receiver;

use std::time::{Duration, Instant};

use engine::{
    CallbackMessage, CallbackState, Delivered, IdSecrets, JobRecord, Owner, Timestamp, WebhookId,
};
use serde_json::{Value, json};

use crate::app::{SECRET, eventually};
use crate::deployment::deployed::http_api_event_of;
use app::{App, BASE_URL, now};

const SEND: &str = "sqs:SendMessage";
const HAND_BACK: &str = "sqs:ChangeMessageVisibility";
const GET: &str = "dynamodb:GetItem";
const UPDATE: &str = "dynamodb:UpdateItem";

fn state(record: &JobRecord) -> Option<(CallbackState, u32, Option<u16>)> {
    let callback = record.callback.as_ref()?;
    Some((callback.state, callback.attempts, callback.last_status))
}

#[tokio::test]
async fn the_end_of_a_job_reaches_its_receiver_signed_and_without_its_result() {
    let app = App::start().await;
    let record = app.ended("204").await;
    let message = app.announce(&record).await;

    let failures = app.deliver(&[message]).await;

    assert!(failures.is_empty(), "{failures:?}");
    let received = app.receiver.received().remove(0);
    let id = WebhookId::of(&record.id, &record.creation_token);
    assert_eq!(received.header("webhook-id"), id.as_str());
    assert_eq!(received.header("content-type"), "application/json");
    let secrets = IdSecrets::parse("ID_SECRETS", SECRET).unwrap();
    let secret = secrets.signing_secrets(&Owner::anonymous());
    let secret = secret.iter().next().unwrap().reveal();
    let verifier = standardwebhooks::Webhook::new(&secret).unwrap();
    verifier.verify(&received.body, &received.headers).unwrap();
    let body = received.json();
    let ended_at = record.ended_at.unwrap().to_string();
    assert_eq!(body["type"], "job.completed");
    assert_eq!(body["timestamp"], ended_at);
    let job = &body["data"]["job"];
    assert_eq!(job["@uri"], format!("/jobs/{}", record.id));
    assert_eq!(
        (&job["end-time"], &job["result"]),
        (&json!(ended_at), &Value::Null)
    );
    let location = format!("{BASE_URL}/jobs/{}/result", record.id);
    assert_eq!(body["data"]["resourceLocation"], location);
    assert!(!format!("{:?}", received.body).contains("nobody else"));
    let expected = (CallbackState::Delivered, 1, Some(204));
    assert_eq!(state(&app.read(&record).await), Some(expected));
}

/// The whole way of a job, and what it takes.
#[tokio::test]
async fn a_job_with_a_callback_takes_a_message_and_a_delivery_a_read_and_a_write_more() {
    let app = App::start().await;
    let plain = app.accept(None).await;
    app.calls();
    app.run(&plain).await;
    assert_eq!(app.calls(), [UPDATE, UPDATE]);

    let record = app.accept(Some("200")).await;
    app.run(&record).await;
    assert_eq!(app.calls(), [UPDATE, SEND, UPDATE]);

    let messages = app.callbacks(1).await;
    assert!(app.deliver(&messages).await.is_empty());
    assert_eq!(app.calls(), [GET, UPDATE]);
    assert_eq!(app.receiver.received().len(), 1);
    assert_eq!(app.callback(&record).await.state, CallbackState::Delivered);
    // A late duplicate of the message.
    assert!(app.deliver(&messages).await.is_empty());
    assert_eq!(app.calls(), [GET]);
    assert_eq!(app.receiver.received().len(), 1);
}

#[tokio::test]
async fn a_deployment_without_webhooks_reads_no_setting_of_theirs_and_sends_nothing() {
    let app = App::without_webhooks().await;
    let record = app.accept(Some("200")).await;

    app.run(&record).await;

    assert_eq!(app.calls(), [UPDATE, UPDATE]);
    let ended = app.read(&record).await;
    assert!(ended.state.is_completed());
    assert_eq!(state(&ended), Some((CallbackState::Pending, 0, None)));
}

#[tokio::test]
async fn a_cancel_that_ends_a_job_sends_its_message_first() {
    let app = App::start().await;
    for (callback, calls) in [
        (None, &[GET, UPDATE][..]),
        (Some("200"), &[GET, SEND, UPDATE]),
    ] {
        let record = app.accept(callback).await;
        let path = format!("/jobs/{}/cancel", record.id);
        app.calls();

        let event = http_api_event_of(&Value::Null, "POST", &path, &Value::Null);
        assert_eq!(app.command(&event).await, 200);

        assert_eq!(app.calls(), calls);
    }
}

#[tokio::test]
async fn a_webhook_that_is_not_taken_is_delivered_again_with_the_same_id() {
    let app = App::start().await;
    let record = app.ended("503").await;
    let message = app.announce(&record).await;
    app.calls();

    let failures = app.deliver(std::slice::from_ref(&message)).await;

    assert_eq!(failures, [message.message_id.clone().unwrap()]);
    assert_eq!(app.calls(), [GET, UPDATE, HAND_BACK]);
    let expected = (CallbackState::Pending, 1, Some(503));
    assert_eq!(state(&app.read(&record).await), Some(expected));
    let visibility = || {
        let request = app.recorder.requests(HAND_BACK);
        request.last().unwrap()["VisibilityTimeout"]
            .as_i64()
            .unwrap()
    };
    // Another message about the same end does not shorten the schedule.
    app.deliver(std::slice::from_ref(&message)).await;
    assert!((1..=5).contains(&visibility()), "{}", visibility());
    assert_eq!(app.calls(), [GET, HAND_BACK]);
    assert_eq!(app.receiver.received().len(), 1);
    let (of, again) = (
        CallbackMessage::about(&record),
        Delivered::NotYet { attempts_before: 1 },
    );
    let earlier = Timestamp::from_ms(now().ms() - 301_000);
    let write = app.store.write_delivery(&of, again, None, earlier);
    write.await.unwrap();
    app.deliver(std::slice::from_ref(&message)).await;
    // By the deliveries that the record counts: the third delay of the schedule.
    assert!((1_800..=1_980).contains(&visibility()), "{}", visibility());
    let received = app.receiver.received();
    assert_eq!(
        received[0].header("webhook-id"),
        received[1].header("webhook-id")
    );
    assert_eq!(app.callback(&record).await.attempts, 3);
    let metrics = app.metrics();
    assert_eq!(
        (metrics["WebhookAttempts"], metrics["WebhookDelivered"]),
        (2, 0)
    );
    assert!(!metrics.contains_key("WebhookFailed"));
}

#[tokio::test]
async fn a_receiver_that_is_gone_gets_no_further_delivery() {
    let app = App::start().await;
    let record = app.ended("410").await;
    let message = app.announce(&record).await;

    assert!(app.deliver(std::slice::from_ref(&message)).await.is_empty());
    assert!(app.deliver(&[message]).await.is_empty());

    assert_eq!(app.receiver.received().len(), 1);
    let expected = (CallbackState::Failed, 1, Some(410));
    assert_eq!(state(&app.read(&record).await), Some(expected));
    assert_eq!(app.metrics()["WebhookFailed"], 1);
}

#[tokio::test]
async fn a_webhook_is_given_up_three_days_after_the_end() {
    let app = App::start().await;
    let long_ago = Timestamp::from_ms(now().ms() - 3 * 86_400_000);
    let record = app.ended_at(long_ago, "500").await;
    let message = app.announce(&record).await;
    let age = Duration::from_secs(3 * 86_400);

    assert!(app.deliver_after(&message, age).await.is_empty());

    let expected = (CallbackState::Failed, 1, Some(500));
    assert_eq!(state(&app.read(&record).await), Some(expected));
    assert_eq!(app.metrics()["WebhookFailed"], 1);
}

/// The end of an overdue job is its deadline, whenever it is written.
#[tokio::test]
async fn the_webhook_of_an_end_that_was_written_late_is_delivered_again() {
    let app = App::start().await;
    let long_ago = Timestamp::from_ms(now().ms() - 3 * 86_400_000);
    let record = app.ended_at(long_ago, "500").await;
    let message = app.announce(&record).await;

    assert_eq!(app.deliver(&[message]).await.len(), 1);

    let expected = (CallbackState::Pending, 1, Some(500));
    assert_eq!(state(&app.read(&record).await), Some(expected));
}

#[tokio::test]
async fn nothing_is_delivered_before_the_end_is_in_the_record() {
    let app = App::start().await;
    let record = app.accept(Some("200")).await;
    let message = app.announce(&record).await;
    app.calls();

    let age = |seconds| Duration::from_secs(seconds);
    let early = app.deliver_after(&message, age(719)).await;
    assert_eq!(early.len(), 1);
    assert_eq!(app.calls(), [GET, HAND_BACK]);
    // No end that this message precedes can be written any more.
    let late = app.deliver_after(&message, age(721)).await;
    assert!(late.is_empty());
    assert_eq!(app.calls(), [GET]);

    // A job that is overdue has an end for its readers, but nobody has written it.
    let overdue = app.accept_at(Timestamp::from_ms(now().ms() - 2 * 86_400_000), Some("200"));
    let message = app.announce(&overdue.await).await;
    assert_eq!(app.deliver(&[message]).await.len(), 1);

    assert!(app.receiver.received().is_empty());
    assert!(!app.metrics().contains_key("WebhookFailed"));
}

#[tokio::test]
async fn the_webhook_of_a_job_that_has_expired_is_given_up_and_of_a_deleted_one_dropped() {
    let app = App::start().await;
    let deleted = app.ended("200").await;
    let horizon = Duration::from_secs(360);
    app.store.delete(&deleted.id, now, horizon).await.unwrap();
    let expired = app
        .ended_at(Timestamp::from_ms(now().ms() - 31 * 86_400_000), "200")
        .await;
    // Two messages about each end, and one of them is delivered once more.
    for record in [&deleted, &expired] {
        let messages = [app.announce(record).await, app.announce(record).await];
        assert!(app.deliver(&messages).await.is_empty());
        assert!(app.deliver(&messages[..1]).await.is_empty());
    }
    // A receiver that took its webhook, and deleted the job then, leaves the same tombstone: only the other one counts.
    assert_eq!(app.metrics()["WebhookFailed"], 1);

    // The job that the message is about had this id before.
    let other = app.ended("200").await;
    let before = JobRecord {
        creation_token: engine::CreationToken::of([99; 16]),
        ..other
    };
    let message = app.announce(&before).await;
    assert!(app.deliver(&[message]).await.is_empty());

    assert!(app.receiver.received().is_empty());
}

#[tokio::test]
async fn the_webhook_of_a_job_that_is_deleted_during_a_delivery_is_dropped() {
    let app = App::with(Duration::from_secs(8), 1, true).await;
    let record = app.ended("hang").await;
    let messages = [app.announce(&record).await];
    let delete = async {
        eventually("a delivery", async || app.receiver.received().pop()).await;
        let horizon = Duration::from_secs(360);
        app.store.delete(&record.id, now, horizon).await.unwrap();
    };

    let (failures, ()) = tokio::join!(app.deliver(&messages), delete);

    assert!(failures.is_empty(), "{failures:?}");
    let metrics = app.metrics();
    assert_eq!(metrics["WebhookAttempts"], 1);
    assert!(!metrics.contains_key("WebhookFailed"), "{metrics:?}");
}

#[tokio::test]
async fn the_deliveries_of_a_batch_run_at_the_same_time() {
    let app = App::with(Duration::from_secs(60), 10, true).await;
    for _ in 0..10 {
        let record = app.accept(Some("meet")).await;
        app.run(&record).await;
    }

    let messages = app.callbacks(10).await;

    assert!(app.deliver(&messages).await.is_empty());
    assert_eq!(app.receiver.received().len(), 10);
}

#[tokio::test]
async fn a_receiver_that_hangs_harms_no_other_webhook_and_does_not_outlast_the_invocation() {
    let timeout = Duration::from_secs(8);
    let app = App::with(timeout, 1, true).await;
    let (hangs, answers) = (app.ended("hang").await, app.ended("200").await);
    let messages = [app.announce(&hangs).await, app.announce(&answers).await];

    let begun = Instant::now();
    let failures = app.deliver(&messages).await;

    assert!(begun.elapsed() < timeout, "{:?}", begun.elapsed());
    assert_eq!(failures, [messages[0].message_id.clone().unwrap()]);
    let (hung, answered) = (app.read(&hangs).await, app.read(&answers).await);
    assert_eq!(state(&hung), Some((CallbackState::Pending, 1, None)));
    assert_eq!(
        state(&answered),
        Some((CallbackState::Delivered, 1, Some(200)))
    );
}

#[tokio::test]
async fn a_message_that_cannot_be_read_harms_no_webhook() {
    let app = App::start().await;
    let record = app.ended("200").await;
    let unreadable = app.send(r#"{"callback": "what is this"}"#).await;
    let messages = [unreadable, app.announce(&record).await];

    let failures = app.deliver(&messages).await;

    assert_eq!(failures, [messages[0].message_id.clone().unwrap()]);
    assert_eq!(app.callback(&record).await.state, CallbackState::Delivered);
    // To the queue that it came out of.
    let returned = app.recorder.requests(HAND_BACK);
    assert_eq!(returned.len(), 1, "{returned:?}");
    assert_eq!(returned[0]["QueueUrl"], app.backends.callback_queue_url);
    assert_eq!(returned[0]["VisibilityTimeout"], 3_600);
}
