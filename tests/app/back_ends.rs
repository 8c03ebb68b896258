//! What the table and the queue hold, seen past the service.

use std::collections::HashMap;

use aws_sdk_dynamodb::config::{BehaviorVersion, Credentials, Region};
use aws_sdk_dynamodb::types::AttributeValue;
use aws_sdk_sqs::types::QueueAttributeName;
use serde_json::Value;

use super::{App, Job};

/// An item of the table.
pub(crate) type Item = HashMap<String, AttributeValue>;

const TABLE: &str = "jobs";
const QUEUE: &str = "jobs";
const DEAD_LETTER_QUEUE: &str = "jobs-dead-letters";
const REGION: Region = Region::from_static("us-east-1");

impl App {
    /// Every item of the table.
    pub(crate) async fn records(&self) -> Vec<Item> {
        let scan = self.dynamodb().scan().table_name(TABLE).send().await;
        scan.unwrap().items.unwrap_or_default()
    }

    /// The job's item.
    pub(crate) async fn record(&self, job: &Job) -> Option<Item> {
        let get = self.dynamodb().get_item().table_name(TABLE);
        let got = get
            .key("id", AttributeValue::S(job.id.clone()))
            .send()
            .await;
        got.unwrap().item
    }

    /// Loses the job's item, as if it had never been written.
    pub(crate) async fn delete_record(&self, job: &Job) {
        let delete = self.dynamodb().delete_item().table_name(TABLE);
        let deleted = delete.key("id", AttributeValue::S(job.id.clone()));
        deleted.send().await.unwrap();
    }

    /// How many messages the queue holds: visible, in flight, delayed.
    pub(crate) async fn messages(&self) -> u32 {
        let wanted = [
            QueueAttributeName::ApproximateNumberOfMessages,
            QueueAttributeName::ApproximateNumberOfMessagesNotVisible,
            QueueAttributeName::ApproximateNumberOfMessagesDelayed,
        ];
        let attributes = self
            .sqs()
            .get_queue_attributes()
            .queue_url(self.queue_url().await)
            .set_attribute_names(Some(wanted.to_vec()));
        let counts = attributes.send().await.unwrap().attributes.unwrap();
        wanted
            .iter()
            .map(|name| counts[name].parse::<u32>().unwrap())
            .sum()
    }

    /// Loses every message, as an operator can.
    pub(crate) async fn purge(&self) {
        let purge = self.sqs().purge_queue().queue_url(self.queue_url().await);
        purge.send().await.unwrap();
    }

    /// Sends a message past the service.
    pub(crate) async fn send_message(&self, body: &str) {
        let send = self.sqs().send_message().message_body(body);
        let to_queue = send.queue_url(self.queue_url().await);
        to_queue.send().await.unwrap();
    }

    /// Sets after how many deliveries a message moves to the dead-letter queue.
    pub(crate) async fn set_max_receive_count(&self, count: u32) {
        let name = QueueAttributeName::RedrivePolicy;
        let get = self.sqs().get_queue_attributes();
        let policy = get
            .queue_url(self.queue_url().await)
            .attribute_names(name.clone())
            .send()
            .await;
        let mut policy: Value =
            serde_json::from_str(&policy.unwrap().attributes.unwrap()[&name]).unwrap();
        policy["maxReceiveCount"] = count.into();
        let set = self.sqs().set_queue_attributes();
        let set = set.queue_url(self.queue_url().await);
        set.attributes(name, policy.to_string())
            .send()
            .await
            .unwrap();
    }

    /// The bodies of the messages in the dead-letter queue.
    pub(crate) async fn dead_letters(&self) -> Vec<String> {
        let dead = self.sqs().get_queue_url().queue_name(DEAD_LETTER_QUEUE);
        let dead = dead.send().await.unwrap().queue_url.unwrap();
        let receive = self.sqs().receive_message().queue_url(dead);
        let received = receive.max_number_of_messages(10).visibility_timeout(0);
        let messages = received.send().await.unwrap().messages.unwrap_or_default();
        messages
            .into_iter()
            .filter_map(|message| message.body)
            .collect()
    }

    async fn queue_url(&self) -> String {
        let found = self.sqs().get_queue_url().queue_name(QUEUE).send().await;
        found.unwrap().queue_url.unwrap()
    }

    fn dynamodb(&self) -> aws_sdk_dynamodb::Client {
        let config = aws_sdk_dynamodb::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(REGION)
            .credentials_provider(credentials())
            .endpoint_url(&self.service.dynamodb_url);
        aws_sdk_dynamodb::Client::from_conf(config.build())
    }

    fn sqs(&self) -> aws_sdk_sqs::Client {
        let config = aws_sdk_sqs::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(REGION)
            .credentials_provider(credentials())
            .endpoint_url(&self.service.sqs_url);
        aws_sdk_sqs::Client::from_conf(config.build())
    }
}

fn credentials() -> Credentials {
    Credentials::new("tests", "tests", None, None, "tests")
}
