//! Embedded back ends of a test's own, without an event source: a message stays in the queue until the test takes it out.

use std::time::{Duration, SystemTime};

use aws_sdk_sqs::types::{Message, MessageSystemAttributeName};
use engine::{Claim, JobQueue, JobRecord, JobStore, Receipt, Timestamp};
use local::{Endpoints, ServiceOptions};
use tokio::net::TcpListener;

use crate::app::{Item, eventually};

pub(crate) use local::{TABLE, dynamodb_client, sqs_client};

/// The back ends that `local` embeds, with the verbs of tests.
pub(crate) struct Backends {
    pub(crate) dynamodb_url: String,
    pub(crate) sqs_url: String,
    pub(crate) s3_url: String,
    pub(crate) queue_url: String,
    pub(crate) callback_queue_url: String,
    pub(crate) undelivered_arn: String,
    sqs: aws_sdk_sqs::Client,
    embedded: local::Backends,
}

impl Backends {
    pub(crate) async fn start() -> Self {
        Self::with_visibility(Duration::from_secs(30)).await
    }

    /// With this visibility timeout of a received message. Nothing is swept: expired records stay.
    pub(crate) async fn with_visibility(visibility: Duration) -> Self {
        let options = ServiceOptions {
            visibility: Some(visibility),
            sweep_every: Duration::from_hours(24),
            ..ServiceOptions::default()
        };
        let embedded = local::Backends::start(&options).await;
        let embedded = embedded.expect("the back ends");
        Self {
            dynamodb_url: embedded.endpoints.dynamodb.clone(),
            sqs_url: embedded.endpoints.sqs.clone(),
            s3_url: embedded.endpoints.s3.clone(),
            queue_url: embedded.queue_url.clone(),
            callback_queue_url: embedded.callback_queue_url.clone(),
            undelivered_arn: embedded.undelivered_arn.clone(),
            sqs: sqs_client(&embedded.endpoints.sqs),
            embedded,
        }
    }

    /// Where they are.
    pub(crate) fn endpoints(&self) -> Endpoints {
        self.embedded.endpoints.clone()
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
        self.messages_of(&self.queue_url).await
    }

    /// The webhooks that wait, once there are some: the message of one is delayed.
    pub(crate) async fn callback_messages(&self) -> Vec<Message> {
        eventually("a webhook's message", async || {
            let messages = self.messages_of(&self.callback_queue_url).await;
            (!messages.is_empty()).then_some(messages)
        })
        .await
    }

    async fn messages_of(&self, queue_url: &str) -> Vec<Message> {
        let request = self.sqs.receive_message().queue_url(queue_url);
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
