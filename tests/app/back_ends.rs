//! What the table and the queue hold, seen past the service.

use std::collections::HashMap;

use aws_sdk_dynamodb::config::{BehaviorVersion, Credentials, Region};
use aws_sdk_dynamodb::types::AttributeValue;
use aws_sdk_sqs::types::QueueAttributeName;

use super::{App, Job};

/// An item of the table.
pub(crate) type Item = HashMap<String, AttributeValue>;

const TABLE: &str = "jobs";
const QUEUE: &str = "jobs";
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
