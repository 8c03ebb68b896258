//! The event source mapping against a server that speaks just enough SQS, with real function processes.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use aws_sdk_sqs::config::{Credentials, Region};
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use axum::{Json, Router};
use local::{EventSource, EventSourceSpec};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio::time::timeout;

use crate::app::{Gate, PATIENCE, pool};

/// A canned queue: it gives out the batches that it is told to, and tells what it is asked.
struct Queue {
    url: String,
    batches: mpsc::UnboundedSender<Value>,
    polls: mpsc::UnboundedReceiver<Value>,
    deletions: mpsc::UnboundedReceiver<Vec<String>>,
    canned: Arc<Canned>,
}

struct Canned {
    batches: tokio::sync::Mutex<mpsc::UnboundedReceiver<Value>>,
    polls: mpsc::UnboundedSender<Value>,
    deletions: mpsc::UnboundedSender<Vec<String>>,
    /// Answers to give to the next deletions instead of success.
    failures: Mutex<Vec<Value>>,
    /// How many polls to answer with an error.
    broken_polls: Mutex<u32>,
}

impl Queue {
    async fn start() -> Self {
        let (batches, batches_rx) = mpsc::unbounded_channel();
        let (polls_tx, polls) = mpsc::unbounded_channel();
        let (deletions_tx, deletions) = mpsc::unbounded_channel();
        let canned = Arc::new(Canned {
            batches: tokio::sync::Mutex::new(batches_rx),
            polls: polls_tx,
            deletions: deletions_tx,
            failures: Mutex::default(),
            broken_polls: Mutex::default(),
        });
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let router = Router::new()
            .fallback(answer)
            .with_state(Arc::clone(&canned));
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self {
            url,
            batches,
            polls,
            deletions,
            canned,
        }
    }

    async fn mapping(&self, max_concurrency: usize) -> EventSource {
        let config = aws_config::defaults(aws_config::BehaviorVersion::latest())
            .endpoint_url(&self.url)
            .region(Region::new("us-east-1"))
            .credentials_provider(Credentials::new("local", "local", None, None, "test"))
            .load()
            .await;
        let spec = EventSourceSpec {
            queue_url: format!("{}/123456789012/jobs", self.url),
            queue_arn: "arn:aws:sqs:us-east-1:123456789012:jobs".to_owned(),
            batch_size: 7,
            max_concurrency,
        };
        EventSource::start(
            aws_sdk_sqs::Client::new(&config),
            spec,
            pool(max_concurrency),
        )
    }

    /// Gives out one batch of messages with these bodies; their ids are `m0`, `m1`, …
    fn give(&self, bodies: &[&str]) {
        let messages: Vec<Value> = bodies
            .iter()
            .enumerate()
            .map(|(index, body)| {
                json!({"MessageId": format!("m{index}"), "ReceiptHandle": format!("r{index}"), "Body": body})
            })
            .collect();
        self.batches.send(json!({ "Messages": messages })).unwrap();
    }

    /// The receipt handles of the next deletion.
    async fn deleted(&mut self) -> Vec<String> {
        timeout(PATIENCE, self.deletions.recv())
            .await
            .expect("a deletion")
            .unwrap()
    }

    async fn polled(&mut self) -> Value {
        timeout(PATIENCE, self.polls.recv())
            .await
            .expect("a poll")
            .unwrap()
    }
}

async fn answer(State(canned): State<Arc<Canned>>, headers: HeaderMap, body: Bytes) -> Response {
    let request: Value = serde_json::from_slice(&body).unwrap();
    match headers["x-amz-target"].to_str().unwrap() {
        "AmazonSQS.ReceiveMessage" => receive(&canned, request).await,
        "AmazonSQS.DeleteMessageBatch" => Json(delete(&canned, &request)).into_response(),
        other => panic!("not canned: {other}"),
    }
}

async fn receive(canned: &Canned, request: Value) -> Response {
    canned.polls.send(request).unwrap();
    {
        let mut broken_polls = canned.broken_polls.lock().unwrap();
        if *broken_polls > 0 {
            *broken_polls -= 1;
            return (
                StatusCode::BAD_REQUEST,
                Json(json!({"__type": "QueueDoesNotExist"})),
            )
                .into_response();
        }
    }
    match canned.batches.lock().await.recv().await {
        Some(batch) => Json(batch).into_response(),
        None => std::future::pending().await,
    }
}

fn delete(canned: &Canned, request: &Value) -> Value {
    let entries = request["Entries"].as_array().unwrap();
    let handles = entries
        .iter()
        .map(|entry| entry["ReceiptHandle"].as_str().unwrap().to_owned());
    canned.deletions.send(handles.collect()).unwrap();
    let mut failures = canned.failures.lock().unwrap();
    if failures.is_empty() {
        let successful: Vec<Value> = entries
            .iter()
            .map(|entry| json!({"Id": entry["Id"]}))
            .collect();
        return json!({"Successful": successful, "Failed": []});
    }
    failures.remove(0)
}

#[tokio::test]
async fn a_batch_that_is_done_is_deleted_in_one_call() {
    let mut queue = Queue::start().await;
    let _mapping = queue.mapping(2).await;

    queue.give(&["one", "two", "three"]);

    assert_eq!(queue.deleted().await, ["r0", "r1", "r2"]);
    let poll = queue.polled().await;
    assert_eq!(
        (&poll["WaitTimeSeconds"], &poll["MaxNumberOfMessages"]),
        (&json!(20), &json!(7))
    );
    assert_eq!(poll["MessageSystemAttributeNames"], json!(["All"]));
}

#[tokio::test]
async fn messages_that_the_function_names_are_kept() {
    let mut queue = Queue::start().await;
    let _mapping = queue.mapping(2).await;

    queue.give(&["one", "fail", "three", "fail"]);

    assert_eq!(queue.deleted().await, ["r0", "r2"]);
}

#[tokio::test]
async fn nothing_is_deleted_when_the_whole_batch_failed() {
    let mut queue = Queue::start().await;
    let _mapping = queue.mapping(2).await;

    queue.give(&["one", "exit"]);
    queue.give(&["one", "malformed"]);
    queue.give(&["fail", "fail"]);
    for _ in 0..5 {
        // Two loops poll at the start, and one again after each batch.
        queue.polled().await;
    }
    queue.give(&["last"]);

    assert_eq!(queue.deleted().await, ["r0"]);
    assert!(queue.deletions.try_recv().is_err());
}

#[tokio::test]
async fn entries_that_the_queue_fails_to_delete_are_tried_again_unless_they_are_at_fault() {
    let mut queue = Queue::start().await;
    let failed =
        |id: &str, at_fault: bool| json!({"Id": id, "SenderFault": at_fault, "Code": "Oops"});
    let answer =
        json!({"Successful": [{"Id": "0"}], "Failed": [failed("1", false), failed("2", true)]});
    queue.canned.failures.lock().unwrap().push(answer);
    let _mapping = queue.mapping(2).await;

    queue.give(&["one", "two", "three"]);

    assert_eq!(queue.deleted().await, ["r0", "r1", "r2"]);
    assert_eq!(queue.deleted().await, ["r1"]);
}

#[tokio::test]
async fn nothing_is_received_while_every_place_is_taken() {
    let (mut queue, gate) = (Queue::start().await, Gate::new().await);
    let _mapping = queue.mapping(2).await;
    let at_gate = format!("gate {}", gate.address());
    queue.give(&[&at_gate]);
    queue.give(&[&at_gate]);
    queue.give(&["third"]);
    let held = (gate.entered().await, gate.entered().await);
    queue.polled().await;
    queue.polled().await;
    assert!(
        queue.polls.try_recv().is_err(),
        "both loops hold a batch, so neither polls"
    );

    drop(held.0);

    assert_eq!(queue.deleted().await, ["r0"]);
    assert_eq!(queue.deleted().await, ["r0"]);
    drop(held.1);
}

#[tokio::test]
async fn polling_goes_on_when_the_queue_is_back() {
    let mut queue = Queue::start().await;
    *queue.canned.broken_polls.lock().unwrap() = 4;
    let _mapping = queue.mapping(2).await;

    queue.give(&["one"]);

    assert_eq!(queue.deleted().await, ["r0"]);
}

#[tokio::test]
async fn a_stop_abandons_the_long_poll_and_does_not_wait_for_runs() {
    let (mut queue, gate) = (Queue::start().await, Gate::new().await);
    let mapping = queue.mapping(2).await;
    queue.give(&[&format!("gate {}", gate.address())]);
    let _held = gate.entered().await;
    queue.polled().await;
    queue.polled().await;

    timeout(Duration::from_secs(5), mapping.stop())
        .await
        .expect("a stop at once");

    assert!(queue.polls.try_recv().is_err());
    assert!(queue.deletions.try_recv().is_err());
}
