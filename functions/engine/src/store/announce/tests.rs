//! Ends on back ends that answer as a test says.

use std::sync::atomic::{AtomicBool, Ordering};

use super::*;
use crate::record::tests::{accepted, at};
use crate::store::item::to_item;
use crate::{Callback, Ending, JobState, Progress};
use aws_sdk_dynamodb::config::retry::RetryConfig;
use aws_sdk_dynamodb::config::{BehaviorVersion, Credentials, Region};
use aws_sdk_dynamodb::types::AttributeValue;
use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, SharedHttpConnector, http_client_fn,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_types::body::SdkBody;
use serde_json::{Map, json};

const HORIZON: Duration = Duration::from_secs(40);

/// SQS and DynamoDB. The table refuses each condition, unless it applies each write.
#[derive(Clone, Debug, Default)]
struct BackEnds {
    calls: Arc<Mutex<Vec<String>>>,
    /// The operations that get a 500.
    broken: Arc<Mutex<Vec<&'static str>>>,
    applies: Arc<AtomicBool>,
}

impl HttpConnector for BackEnds {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let target = request.headers().get("x-amz-target").unwrap();
        let operation = target.split_once('.').unwrap().1.to_owned();
        let is_broken = self.broken.lock().unwrap().contains(&&*operation);
        let empty = "{}".to_owned();
        let (status, body) = match &*operation {
            _ if is_broken => (500, empty),
            "UpdateItem" if self.applies.load(Ordering::SeqCst) => (200, written()),
            "UpdateItem" => {
                let refused = r##"{"__type": "#ConditionalCheckFailedException"}"##;
                (400, refused.to_owned())
            }
            _ => (200, empty),
        };
        self.calls.lock().unwrap().push(operation);
        let response = HttpResponse::new(status.try_into().unwrap(), SdkBody::from(body));
        HttpConnectorFuture::ready(Ok(response))
    }
}

impl BackEnds {
    fn store(&self, has_webhooks: bool) -> JobStore {
        let connector = SharedHttpConnector::new(self.clone());
        let config = aws_types::SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new("us-east-1"))
            .credentials_provider(aws_sdk_dynamodb::config::SharedCredentialsProvider::new(
                Credentials::new("a", "b", None, None, "test"),
            ))
            .retry_config(RetryConfig::disabled())
            .http_client(http_client_fn(move |_, _| connector.clone()))
            .build();
        let sqs = aws_sdk_sqs::Client::new(&config);
        let queue = CallbackQueue::new(sqs, "https://sqs.us-east-1.amazonaws.com/1/callbacks");
        let table = aws_sdk_dynamodb::Client::new(&config);
        JobStore::new(table, "jobs").with_callbacks(has_webhooks.then_some(queue), HORIZON)
    }

    fn break_operation(&self, operation: &'static str) {
        self.broken.lock().unwrap().push(operation);
    }

    fn repair(&self) {
        self.broken.lock().unwrap().clear();
    }

    /// The calls since this was asked last: the first letter of each.
    fn calls(&self) -> String {
        let calls = std::mem::take(&mut *self.calls.lock().unwrap());
        let letters = calls.iter().map(|call| match &**call {
            "SendMessage" => 'S',
            "UpdateItem" => 'U',
            other => panic!("{other}"),
        });
        letters.collect()
    }
}

/// The answer to a write: any record will do.
fn written() -> String {
    let attributes = to_item(&accepted()).into_iter().map(|(name, value)| {
        let value = match value {
            AttributeValue::N(number) => json!({"N": number}),
            AttributeValue::S(text) => json!({"S": text}),
            other => panic!("{other:?}"),
        };
        (name, value)
    });
    json!({"Attributes": attributes.collect::<Map<_, _>>()}).to_string()
}

fn running() -> JobRecord {
    JobRecord {
        state: JobState::Started,
        run_token: Some("run-1".to_owned()),
        callback: Some(Callback::pending("https://example.com/".to_owned())),
        ..accepted()
    }
}

async fn finish(store: &JobStore, run: &JobRecord, now: Timestamp) -> Result<(), StoreError> {
    let (ending, said) = (Ending::Canceled, Progress::default());
    let finish = store.finish(run, &ending, &said, now, Duration::from_secs(50));
    finish.await.map(drop)
}

/// Every end that the store writes, so far apart that each needs a message of its own.
async fn all_ends(store: &JobStore, run: &JobRecord) {
    let (now, overdue) = (at(1_041), at(1_141));
    finish(store, run, at(1_001)).await.unwrap();
    let unowned = store.finish_unowned(run, &Ending::Canceled, now, now, now);
    unowned.await.unwrap();
    store.finish_overdue(run, overdue).await.unwrap();
}

#[tokio::test]
async fn each_end_of_a_job_with_a_callback_is_written_after_its_message() {
    let back_ends = BackEnds::default();
    all_ends(&back_ends.store(true), &running()).await;
    assert_eq!(back_ends.calls(), "SUSUSU");
}

#[tokio::test]
async fn without_a_callback_or_without_webhooks_no_message_is_sent() {
    let back_ends = BackEnds::default();
    let plain = JobRecord {
        callback: None,
        ..running()
    };
    all_ends(&back_ends.store(true), &plain).await;
    assert_eq!(back_ends.calls(), "UUU");
    all_ends(&back_ends.store(false), &running()).await;
    assert_eq!(back_ends.calls(), "UUU");
}

#[tokio::test]
async fn without_its_message_no_end_is_written() {
    let back_ends = BackEnds::default();
    let store = back_ends.store(true);
    back_ends.break_operation("SendMessage");
    let refused = finish(&store, &running(), at(1_001)).await;
    assert!(matches!(refused, Err(StoreError::Unannounced(_))));
    assert_eq!(back_ends.calls(), "S");
    // A message that may not have been sent does not count.
    back_ends.repair();
    finish(&store, &running(), at(1_001)).await.unwrap();
    assert_eq!(back_ends.calls(), "SU");
}

#[tokio::test]
async fn a_message_counts_for_the_repetitions_of_its_write_for_half_of_the_horizon() {
    let back_ends = BackEnds::default();
    let store = back_ends.store(true);
    back_ends.break_operation("UpdateItem");
    for (second, calls) in [(1_001, "SU"), (1_021, "U"), (1_022, "SU"), (1_023, "U")] {
        let unanswered = finish(&store, &running(), at(second)).await;
        assert!(matches!(unanswered, Err(StoreError::Unavailable(_))));
        assert_eq!(back_ends.calls(), calls, "{second}");
    }
    // Another job has a message of its own.
    let other = JobRecord {
        creation_token: CreationToken::of([9; 16]),
        ..running()
    };
    assert!(finish(&store, &other, at(1_024)).await.is_err());
    assert_eq!(back_ends.calls(), "SU");
}

/// As a failure is refused once a cancel was requested.
#[tokio::test]
async fn the_end_after_a_refused_one_needs_no_other_message_for_half_of_the_horizon() {
    let back_ends = BackEnds::default();
    let store = back_ends.store(true);
    for (second, calls) in [(1_001, "SU"), (1_002, "U"), (1_021, "U"), (1_022, "SU")] {
        finish(&store, &running(), at(second)).await.unwrap();
        assert_eq!(back_ends.calls(), calls, "{second}");
    }
}

#[tokio::test]
async fn an_end_that_was_written_leaves_nothing_behind() {
    let back_ends = BackEnds::default();
    let store = back_ends.store(true);
    back_ends.break_operation("UpdateItem");
    assert!(finish(&store, &running(), at(1_001)).await.is_err());
    back_ends.repair();
    back_ends.applies.store(true, Ordering::SeqCst);
    finish(&store, &running(), at(1_002)).await.unwrap();
    assert_eq!(back_ends.calls(), "SUU");
    finish(&store, &running(), at(1_003)).await.unwrap();
    assert_eq!(back_ends.calls(), "SU");
}
