//! `SendMessage` and `SendMessageBatch`.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::batch::{BatchResult, check_ids};
use super::content::{Content, Message};
use super::digest::{attribute_digest, body_digest};
use super::error::{Code, Error, Result};
use super::limits::{DELAY_S, MAX_MESSAGE_BYTES, check_group_id, check_text, required, within};
use super::queue::Queue;
use super::store::Queues;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct SendMessage {
    queue_url: Option<String>,
    #[serde(flatten)]
    outgoing: Outgoing,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct SendMessageBatch {
    queue_url: Option<String>,
    entries: Option<Vec<Entry>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Entry {
    #[serde(default)]
    id: String,
    #[serde(flatten)]
    outgoing: Outgoing,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Outgoing {
    message_body: Option<String>,
    delay_seconds: Option<i64>,
    #[serde(default)]
    message_attributes: serde_json::Map<String, serde_json::Value>,
    #[serde(default)]
    message_system_attributes: BTreeMap<String, SystemAttribute>,
    message_group_id: Option<String>,
    message_deduplication_id: Option<String>,
}

/// `MessageSystemAttributeValue`, strings only.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct SystemAttribute {
    data_type: Option<String>,
    string_value: Option<String>,
}

#[derive(Serialize)]
pub(super) struct Sent {
    #[serde(rename = "Id", skip_serializing_if = "Option::is_none")]
    id: Option<String>,
    #[serde(rename = "MessageId")]
    message_id: String,
    #[serde(rename = "MD5OfMessageBody")]
    body_md5: String,
    #[serde(
        rename = "MD5OfMessageSystemAttributes",
        skip_serializing_if = "Option::is_none"
    )]
    system_attributes_md5: Option<String>,
}

/// The name of the only system attribute that a sender can set.
const TRACE_HEADER: &str = "AWSTraceHeader";

/// A message that passed all checks except the queue's own size limit.
struct Checked {
    content: Content,
    /// `None` means the queue's delay.
    delay_s: Option<u32>,
}

impl Queues {
    pub(super) fn send_message(&self, request: SendMessage) -> Result<Sent> {
        let checked = request.outgoing.check()?;
        let id = self.ids.uuid();
        self.with_queue(request.queue_url.as_ref(), |queue, now_ms| {
            send(queue, checked, id, now_ms)
        })?
    }

    pub(super) fn send_message_batch(
        &self,
        request: SendMessageBatch,
    ) -> Result<BatchResult<Sent>> {
        let entries = request.entries.unwrap_or_default();
        check_ids(entries.iter().map(|entry| entry.id.as_str()))?;
        check_total(&entries)?;
        let check = |entry: Entry| (entry.id, self.ids.uuid(), entry.outgoing.check());
        let checked: Vec<_> = entries.into_iter().map(check).collect();
        self.with_queue(request.queue_url.as_ref(), |queue, now_ms| {
            let mut result = BatchResult::new();
            for (id, message_id, checked) in checked {
                let sent = checked.and_then(|checked| send(queue, checked, message_id, now_ms));
                let sent = sent.map(|sent| Sent {
                    id: Some(id.clone()),
                    ..sent
                });
                result.add(id, sent);
            }
            result
        })
    }
}

fn send(queue: &mut Queue, checked: Checked, message_id: String, now_ms: u64) -> Result<Sent> {
    let Checked { content, delay_s } = checked;
    let most = queue.settings.max_message_bytes;
    if content.body.len() > most as usize {
        let message = format!(
            "One or more parameters are invalid. Reason: Message must be shorter than {most} bytes."
        );
        return Err(Code::InvalidParameterValue.because(message));
    }
    let sent = Sent {
        id: None,
        message_id: message_id.clone(),
        body_md5: content.body_md5.clone(),
        system_attributes_md5: content
            .trace_header
            .as_ref()
            .map(|header| attribute_digest(TRACE_HEADER, header)),
    };
    let delay_s = delay_s.unwrap_or(queue.settings.delay_s);
    queue.add(
        Message::new(message_id, Arc::new(content), now_ms),
        delay_s,
        now_ms,
    );
    Ok(sent)
}

impl Outgoing {
    fn check(self) -> Result<Checked> {
        if self.message_deduplication_id.is_some() {
            let message = "The request includes the parameter MessageDeduplicationId, which is not valid for a standard queue.";
            return Err(Code::InvalidParameterValue.because(message));
        }
        if !self.message_attributes.is_empty() {
            let message = "Message attributes are not supported by this local SQS.";
            return Err(Code::UnsupportedOperation.because(message));
        }
        let body = required(
            self.message_body.filter(|body| !body.is_empty()),
            "MessageBody",
        )?;
        check_text(&body)?;
        self.message_group_id
            .as_deref()
            .map_or(Ok(()), check_group_id)?;
        let delay_s = self
            .delay_seconds
            .map(|delay_s| within(delay_s, "DelaySeconds", &DELAY_S))
            .transpose()?;
        let content = Content {
            body_md5: body_digest(&body),
            body,
            trace_header: trace_header(self.message_system_attributes)?,
            group: self.message_group_id,
        };
        Ok(Checked { content, delay_s })
    }

    /// The size for the limit of a batch, which is checked first.
    fn size_bytes(&self) -> usize {
        self.message_body.as_ref().map_or(0, String::len)
    }
}

fn trace_header(mut attributes: BTreeMap<String, SystemAttribute>) -> Result<Option<String>> {
    let refused = |name: &str| {
        let reason = "Only AWSTraceHeader of type String is supported.";
        Error::parameter("MessageSystemAttributes", name, reason)
    };
    let header = attributes.remove(TRACE_HEADER);
    if let Some(name) = attributes.keys().next() {
        return Err(refused(name));
    }
    let Some(header) = header else {
        return Ok(None);
    };
    let value = header
        .string_value
        .filter(|value| !value.is_empty() && header.data_type.as_deref() == Some("String"))
        .ok_or_else(|| refused(TRACE_HEADER))?;
    check_text(&value)?;
    Ok(Some(value))
}

fn check_total(entries: &[Entry]) -> Result<()> {
    let total: usize = entries
        .iter()
        .map(|entry| entry.outgoing.size_bytes())
        .sum();
    if total <= MAX_MESSAGE_BYTES as usize {
        return Ok(());
    }
    let message = format!(
        "Batch requests cannot be longer than {MAX_MESSAGE_BYTES} bytes. You have sent {total} bytes."
    );
    Err(Code::BatchRequestTooLong.because(message))
}
