//! `GetQueueAttributes` and `SetQueueAttributes`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::error::Result;
use super::limits::{fifo_unsupported, required};
use super::names::{name_in_url, queue_arn};
use super::queue::Queue;
use super::settings::{SETTABLE, unknown};
use super::store::Queues;
use super::wire::Empty;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct GetQueueAttributes {
    queue_url: Option<String>,
    #[serde(default)]
    attribute_names: Vec<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct SetQueueAttributes {
    queue_url: Option<String>,
    attributes: Option<BTreeMap<String, String>>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct QueueAttributes {
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    attributes: BTreeMap<String, String>,
}

/// Attributes that cannot be set.
const OWN: [&str; 6] = [
    "ApproximateNumberOfMessages",
    "ApproximateNumberOfMessagesNotVisible",
    "ApproximateNumberOfMessagesDelayed",
    "CreatedTimestamp",
    "LastModifiedTimestamp",
    "QueueArn",
];

impl Queues {
    pub(super) fn get_queue_attributes(
        &self,
        request: &GetQueueAttributes,
    ) -> Result<QueueAttributes> {
        let name = name_in_url(required(request.queue_url.as_ref(), "QueueUrl")?)?;
        let names = expanded(&request.attribute_names)?;
        let found = self.with_queue(request.queue_url.as_ref(), |queue, _| {
            let value_of = |attribute: &&str| {
                value(queue, name, attribute).map(|value| ((*attribute).to_owned(), value))
            };
            names.iter().filter_map(value_of).collect()
        })?;
        Ok(QueueAttributes { attributes: found })
    }

    pub(super) fn set_queue_attributes(&self, request: &SetQueueAttributes) -> Result<Empty> {
        let name = name_in_url(required(request.queue_url.as_ref(), "QueueUrl")?)?;
        let attributes = required(request.attributes.as_ref(), "Attributes")?;
        let mut state = self.lock();
        let settings = state.slot(name)?.queue().settings.with(attributes)?;
        state.check_target(&settings)?;
        let now_ms = self.clock.now_ms();
        state.slot(name)?.at(now_ms, |queue| {
            queue.settings = settings;
            queue.modified_at_ms = now_ms;
        });
        Ok(Empty {})
    }
}

/// The requested names, with `All` expanded.
fn expanded(asked: &[String]) -> Result<Vec<&str>> {
    let mut names = Vec::new();
    for name in asked {
        match name.as_str() {
            "All" => names.extend(OWN.iter().chain(&SETTABLE)),
            name if OWN.contains(&name) || SETTABLE.contains(&name) => names.push(name),
            "FifoQueue"
            | "ContentBasedDeduplication"
            | "DeduplicationScope"
            | "FifoThroughputLimit" => return Err(fifo_unsupported()),
            name => return Err(unknown(name)),
        }
    }
    Ok(names)
}

fn value(queue: &Queue, name: &str, attribute: &str) -> Option<String> {
    let counts = queue.counts();
    match attribute {
        "ApproximateNumberOfMessages" => Some(counts.visible.to_string()),
        "ApproximateNumberOfMessagesNotVisible" => Some(counts.in_flight.to_string()),
        "ApproximateNumberOfMessagesDelayed" => Some(counts.delayed.to_string()),
        "CreatedTimestamp" => Some((queue.created_at_ms / 1_000).to_string()),
        "LastModifiedTimestamp" => Some((queue.modified_at_ms / 1_000).to_string()),
        "QueueArn" => Some(queue_arn(name)),
        _ => queue.settings.get(attribute),
    }
}
