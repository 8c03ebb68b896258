//! The least that could replace the three functions: the same SDK clients, the same calls with the same contents, from
//! constants, and of the rest what the runtime's crates do by themselves. How large and how fast these are is what
//! `cargo bench -p footprint` compares with.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;

/// The clients, and whether they are used.
pub struct Aws {
    /// To the table.
    pub dynamodb: aws_sdk_dynamodb::Client,
    /// To the queue.
    pub sqs: aws_sdk_sqs::Client,
    /// The table's name.
    pub table: String,
    /// The queue's URL.
    pub queue: String,
    /// `BARE_CALLS=none` leaves the calls out: what is left is what the runtime costs.
    pub calls: bool,
}

impl Aws {
    /// Builds the clients as the SDK's documentation begins: with all sources of credentials and settings.
    pub async fn load() -> Self {
        let config = aws_config::load_defaults(aws_config::BehaviorVersion::latest()).await;
        let variable = |name| std::env::var(name).unwrap_or_default();
        Self {
            dynamodb: aws_sdk_dynamodb::Client::new(&config),
            sqs: aws_sdk_sqs::Client::new(&config),
            table: variable("TABLE_NAME"),
            queue: variable("QUEUE_URL"),
            calls: variable("BARE_CALLS") != "none",
        }
    }
}

/// Of a request.
pub const FINGERPRINT: &str = "c0fcb95d5758a90ff509b058a5c2fe5155162e17abd771de37d19f56cae7d879";

/// The record of a job that was accepted: as many attributes, and as long, as `submit` writes.
#[must_use]
pub fn record(id: &str) -> HashMap<String, AttributeValue> {
    let texts = [
        ("id", id),
        (
            "owner",
            "arn:aws:sts::123456789012:assumed-role/reports|AROADBQP57FF2AEXAMPLE",
        ),
        ("name", "csv_profile"),
        ("fingerprint", FINGERPRINT),
        ("creation_token", "0f1e2d3c4b5a69788796a5b4c3d2e1f0"),
        ("state", "SCHEDULED"),
        ("summary", ""),
        ("owner_shard", "adda8be240a4e23ff85387cfd2ca9985#3"),
        (
            "created_order",
            "001767264645000-f464b758-f84e-8e40-be0b-ed17081a2b15",
        ),
    ];
    let numbers = [
        ("percent", "0"),
        ("scheduled_start_ms", "1767264645000"),
        ("deadline_ms", "1767351045000"),
        ("overdue_ms", "1767351405000"),
        ("expires_at", "1767437445"),
        ("attempt", "0"),
        ("max_attempts", "3"),
        ("version", "1"),
        ("updated_at_ms", "1767264645000"),
    ];
    let texts = texts.map(|(name, text)| (name.to_owned(), AttributeValue::S(text.to_owned())));
    let numbers =
        numbers.map(|(name, digits)| (name.to_owned(), AttributeValue::N(digits.to_owned())));
    texts.into_iter().chain(numbers).collect()
}

/// The message of a job, around the request's body.
#[must_use]
pub fn message(id: &str, body: &str) -> String {
    format!(r#"{{"id":"{id}","name":"csv_profile","fingerprint":"{FINGERPRINT}","input":{body}}}"#)
}
