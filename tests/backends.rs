//! Embedded back ends of a test's own, without an event source: a message stays in the queue until the test takes it out.

use std::future::pending;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use aws_sdk_dynamodb::config::{BehaviorVersion, Credentials, Region};
use aws_sdk_sqs::types::{Message, MessageSystemAttributeName, QueueAttributeName};
use dynoxide::Database;
use engine::{Claim, JobQueue, JobRecord, JobStore, Receipt, Timestamp};
use sqs::{Clock, Queues};
use tokio::net::TcpListener;

use crate::app::Item;

pub(crate) const TABLE: &str = "jobs";

/// A table and a queue that end with the test's runtime.
pub(crate) struct Backends {
    pub(crate) dynamodb_url: String,
    pub(crate) sqs_url: String,
    pub(crate) queue_url: String,
    sqs: aws_sdk_sqs::Client,
}

impl Backends {
    pub(crate) async fn start() -> Self {
        Self::with_visibility(Duration::from_secs(30)).await
    }

    /// With a queue whose messages stay invisible so long once they are received.
    pub(crate) async fn with_visibility(visibility: Duration) -> Self {
        let (dynamodb, dynamodb_url) = listen().await;
        let database = Database::memory().expect("a database in memory");
        tokio::spawn(dynoxide::server::serve_with_shutdown(
            dynamodb,
            database,
            pending(),
        ));
        let (queues, sqs_url) = listen().await;
        let store = Arc::new(Queues::new(Clock::system()));
        tokio::spawn(sqs::serve(queues, store, pending()));
        local::create_table(&dynamodb_client(&dynamodb_url), TABLE)
            .await
            .expect("the table");
        let sqs = sqs_client(&sqs_url);
        let seconds = visibility.as_secs().to_string();
        let queue = sqs
            .create_queue()
            .queue_name("jobs")
            .attributes(QueueAttributeName::VisibilityTimeout, seconds)
            .send()
            .await;
        let queue_url = queue.expect("the queue").queue_url.expect("its URL");
        Self {
            dynamodb_url,
            sqs_url,
            queue_url,
            sqs,
        }
    }

    /// The job's record.
    pub(crate) async fn record_of(&self, id: &str) -> JobRecord {
        let store = JobStore::new(dynamodb_client(&self.dynamodb_url), TABLE.to_owned());
        let record = store.get(&id.parse().expect("an id")).await;
        record.expect("an answer").expect("a record")
    }

    /// The job's next attempt is claimed, and its process dies.
    pub(crate) async fn lose_worker_of(&self, id: &str) {
        let record = self.record_of(id).await;
        let store = JobStore::new(dynamodb_client(&self.dynamodb_url), TABLE.to_owned());
        let now = Timestamp::from_clock(SystemTime::now());
        let claim = store.claim(&record.id, &record.fingerprint, "lost", now, now);
        let claim = claim.await.expect("an answer");
        assert!(matches!(claim, Claim::Acquired(_)), "{claim:?}");
    }

    /// Messages that were received come again at once.
    pub(crate) async fn hand_back(&self, messages: &[Message]) {
        for message in messages {
            let receipt = Receipt(message.receipt_handle.clone().expect("a receipt"));
            let back = self.queue().hand_back(&receipt, Duration::ZERO).await;
            back.expect("it is back");
        }
    }

    /// The messages that wait, with all that comes with them.
    pub(crate) async fn messages(&self) -> Vec<Message> {
        let request = self.sqs.receive_message().queue_url(&self.queue_url);
        let answer = request
            .max_number_of_messages(10)
            .message_system_attribute_names(MessageSystemAttributeName::All)
            .send()
            .await;
        answer.expect("an answer").messages.unwrap_or_default()
    }
}

impl Backends {
    /// The queue, as the functions have it.
    pub(crate) fn queue(&self) -> JobQueue {
        JobQueue::new(self.sqs.clone(), &self.queue_url)
    }

    /// Sends a message as one would without fair queues.
    pub(crate) async fn send_without_group(&self, body: &str) {
        let send = self.sqs.send_message().queue_url(&self.queue_url);
        send.message_body(body).send().await.expect("it is sent");
    }

    /// Deletes what was received.
    pub(crate) async fn delete(&self, messages: &[Message]) {
        for message in messages {
            let delete = self.sqs.delete_message().queue_url(&self.queue_url);
            let delete = delete.set_receipt_handle(message.receipt_handle.clone());
            delete.send().await.expect("it is deleted");
        }
    }

    /// Every item of the table.
    pub(crate) async fn records(&self) -> Vec<Item> {
        let scan = dynamodb_client(&self.dynamodb_url).scan().table_name(TABLE);
        let items = scan.send().await.expect("the table").items;
        items.unwrap_or_default()
    }
}

/// A port of the system's choice, on loopback only, and its URL.
pub(crate) async fn listen() -> (TcpListener, String) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("an address");
    (listener, format!("http://{address}"))
}

fn credentials() -> Credentials {
    Credentials::new("test", "test", None, None, "test")
}

pub(crate) fn dynamodb_client(url: &str) -> aws_sdk_dynamodb::Client {
    let config = aws_sdk_dynamodb::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::from_static("us-east-1"))
        .credentials_provider(credentials())
        .endpoint_url(url);
    aws_sdk_dynamodb::Client::from_conf(config.build())
}

pub(crate) fn sqs_client(url: &str) -> aws_sdk_sqs::Client {
    let config = aws_sdk_sqs::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::from_static("us-east-1"))
        .credentials_provider(credentials())
        .endpoint_url(url);
    aws_sdk_sqs::Client::from_conf(config.build())
}
