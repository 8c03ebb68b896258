//! `ReceiveMessage`, with long polls.

use std::collections::BTreeMap;
use std::pin::pin;

use serde::{Deserialize, Serialize};

use super::error::Result;
use super::held::{Delivery, Received};
use super::limits::{RECEIVE_COUNT, VISIBILITY_S, WAIT_S, required, within, within_or};
use super::names::{ACCOUNT, name_in_arn, name_in_url, queue_arn};
use super::settings::unknown;
use super::store::{Queues, State};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ReceiveMessage {
    queue_url: Option<String>,
    max_number_of_messages: Option<i64>,
    visibility_timeout: Option<i64>,
    wait_time_seconds: Option<i64>,
    #[serde(default)]
    message_system_attribute_names: Vec<String>,
    /// The older name of `message_system_attribute_names`.
    #[serde(default)]
    attribute_names: Vec<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Messages {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    messages: Vec<DeliveredMessage>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct DeliveredMessage {
    message_id: String,
    receipt_handle: String,
    body: String,
    #[serde(rename = "MD5OfBody")]
    body_md5: String,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    attributes: BTreeMap<&'static str, String>,
}

/// Number of messages and visibility timeout of one receive.
struct Demand {
    most: usize,
    /// `None` means the queue's own timeout.
    visibility_s: Option<u32>,
}

/// State of the queue for a poll.
enum Look {
    Messages(Vec<Delivery>),
    /// No visible message, and the time at which the next one becomes visible unless one is sent before.
    Nothing {
        next_due_ms: Option<u64>,
    },
}

impl Queues {
    pub(super) async fn receive_message(&self, request: ReceiveMessage) -> Result<Messages> {
        let name = name_in_url(required(request.queue_url.as_ref(), "QueueUrl")?)?;
        let demand = request.demand()?;
        let system_names = request.system_names()?;
        let wait_s = request
            .wait_time_seconds
            .map(|wait_s| within(wait_s, "WaitTimeSeconds", &WAIT_S))
            .transpose()?;
        let deliveries = self.poll(name, &demand, wait_s).await?;
        let delivered = |delivery: &Delivery| DeliveredMessage::new(delivery, &system_names);
        Ok(Messages {
            messages: deliveries.iter().map(delivered).collect(),
        })
    }

    /// Waits for a visible message or the end of the poll. It receives messages only in the step that returns them, so a poll that is
    /// dropped while it waits has received none.
    async fn poll(
        &self,
        name: &str,
        demand: &Demand,
        wait_s: Option<u32>,
    ) -> Result<Vec<Delivery>> {
        let (wait_s, bell) = {
            let mut state = self.lock();
            let slot = state.slot(name)?;
            (
                wait_s.unwrap_or(slot.queue().settings.receive_wait_s),
                slot.bell.clone(),
            )
        };
        let end_ms = self.clock.now_ms() + u64::from(wait_s) * 1_000;
        loop {
            // Subscribes before it reads, so that it misses no change in between.
            let mut rung = pin!(bell.notified());
            rung.as_mut().enable();
            let next_due_ms = match self.look(name, demand, end_ms)? {
                Look::Messages(deliveries) => return Ok(deliveries),
                Look::Nothing { next_due_ms } => next_due_ms,
            };
            let wake_ms = next_due_ms.map_or(end_ms, |due_ms| due_ms.min(end_ms));
            tokio::select! {
                () = rung => {}
                () = self.clock.sleep_until(wake_ms) => {}
            }
        }
    }

    fn look(&self, name: &str, demand: &Demand, end_ms: u64) -> Result<Look> {
        let mut state = self.lock();
        let now_ms = self.clock.now_ms();
        let deliveries = state.receive(name, demand, now_ms)?;
        if !deliveries.is_empty() || now_ms >= end_ms || state.is_closed {
            return Ok(Look::Messages(deliveries));
        }
        let next_due_ms = state.slot(name)?.queue().outlook().next_due_ms;
        Ok(Look::Nothing { next_due_ms })
    }
}

impl State {
    fn receive(&mut self, name: &str, demand: &Demand, now_ms: u64) -> Result<Vec<Delivery>> {
        let policy = self.slot(name)?.queue().settings.redrive.clone();
        // A message moves only to a dead-letter queue that exists; it is never dropped.
        let target = policy.and_then(|policy| {
            let target = name_in_arn(&policy.dead_letter_target_arn)?.to_owned();
            self.queues
                .contains_key(&target)
                .then_some((target, policy.max_receive_count))
        });
        let give_up_after = target.as_ref().map(|(_, count)| *count);
        let Received { deliveries, dead } = self.slot(name)?.at(now_ms, |queue| {
            let visibility_s = demand.visibility_s.unwrap_or(queue.settings.visibility_s);
            queue.receive(demand.most, visibility_s, give_up_after, now_ms)
        });
        if let Some((target, _)) = target.filter(|_| !dead.is_empty()) {
            let source_arn = queue_arn(name);
            self.slot(&target)?.at(now_ms, |queue| {
                for mut message in dead {
                    message.dead_letter_source_arn = Some(source_arn.clone());
                    queue.add(message, 0, now_ms);
                }
            });
        }
        Ok(deliveries)
    }
}

impl ReceiveMessage {
    fn demand(&self) -> Result<Demand> {
        let most = within_or(
            self.max_number_of_messages,
            1,
            "MaxNumberOfMessages",
            &RECEIVE_COUNT,
        )?;
        let visibility_s = self
            .visibility_timeout
            .map(|s| within(s, "VisibilityTimeout", &VISIBILITY_S))
            .transpose()?;
        Ok(Demand {
            most: most as usize,
            visibility_s,
        })
    }

    /// The requested system attributes, with `All` expanded.
    fn system_names(&self) -> Result<Vec<&'static str>> {
        let asked = self
            .message_system_attribute_names
            .iter()
            .chain(&self.attribute_names);
        let mut names = Vec::new();
        for name in asked {
            match SYSTEM_ATTRIBUTES.iter().find(|known| *known == name) {
                Some(known) => names.push(*known),
                None if name == "All" => names.extend(SYSTEM_ATTRIBUTES),
                None if ONLY_FIFO.contains(&name.as_str()) => {}
                None => return Err(unknown(name)),
            }
        }
        Ok(names)
    }
}

const SYSTEM_ATTRIBUTES: [&str; 7] = [
    "AWSTraceHeader",
    "ApproximateFirstReceiveTimestamp",
    "ApproximateReceiveCount",
    "DeadLetterQueueSourceArn",
    "MessageGroupId",
    "SenderId",
    "SentTimestamp",
];
const ONLY_FIFO: [&str; 2] = ["MessageDeduplicationId", "SequenceNumber"];

impl DeliveredMessage {
    fn new(delivery: &Delivery, system_names: &[&'static str]) -> Self {
        let content = &delivery.message.content;
        let system =
            |name: &&'static str| system_attribute(delivery, name).map(|value| (*name, value));
        Self {
            attributes: system_names.iter().filter_map(system).collect(),
            message_id: delivery.message.id.clone(),
            receipt_handle: delivery.receipt.to_string(),
            body: content.body.clone(),
            body_md5: content.body_md5.clone(),
        }
    }
}

fn system_attribute(delivery: &Delivery, name: &str) -> Option<String> {
    let message = &delivery.message;
    match name {
        "AWSTraceHeader" => message.content.trace_header.clone(),
        "ApproximateFirstReceiveTimestamp" => message.first_received_at_ms.map(|ms| ms.to_string()),
        "ApproximateReceiveCount" => Some(message.receive_count.to_string()),
        "DeadLetterQueueSourceArn" => message.dead_letter_source_arn.clone(),
        "MessageGroupId" => message.content.group.clone(),
        "SenderId" => Some(ACCOUNT.to_owned()),
        "SentTimestamp" => Some(message.sent_at_ms.to_string()),
        _ => None,
    }
}
