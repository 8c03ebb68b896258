//! An auditor at the wire: it sees each write that the table takes, and each message that the queue takes, and judges by
//! itself whether a job was run as promised. It shares no decision with the functions.

mod history;
mod image;
mod ledger;
mod rule;
mod webhooks;
mod write;

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::AttributeValue;
use axum::body::Bytes;
use axum::http::Response;
use http_body_util::{BodyExt as _, Full};
use serde_json::Value;

pub use image::{End, Image};
pub use ledger::{JobSeen, Ledger};
pub use rule::{Rule, Violation};
pub use webhooks::{Webhook, Webhooks};
pub use write::{Sender, Write};

use crate::call::Call;
use local::TABLE;

/// Enough that writes to different jobs hardly ever wait for each other.
const LOCKS: usize = 64;

/// Watches the calls that a front lets through.
#[derive(Debug)]
pub struct Auditor {
    /// Reads past the front, so that it meets no fault.
    table: Client,
    /// Writes to one record pass one by one, so that the auditor sees them in the order in which they took effect.
    locks: [tokio::sync::Mutex<()>; LOCKS],
    hasher: RandomState,
    ledger: Mutex<Ledger>,
}

impl Auditor {
    /// Reads records with this client, which must reach the table itself, not the front.
    #[must_use]
    pub fn new(table: Client) -> Self {
        Self {
            table,
            locks: [const { tokio::sync::Mutex::const_new(()) }; LOCKS],
            hasher: RandomState::new(),
            ledger: Mutex::default(),
        }
    }

    /// What has been seen so far.
    pub fn ledger(&self) -> MutexGuard<'_, Ledger> {
        self.ledger.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets the call take effect, and records what it did.
    pub(crate) async fn watch(
        &self,
        call: &Call,
        effect: impl Future<Output = Response<Full<Bytes>>>,
    ) -> Response<Full<Bytes>> {
        let is_send = matches!(
            call.operation.as_str(),
            "SendMessage" | "SendMessageBatch" | "CreateSchedule"
        );
        if is_send {
            let answer = effect.await;
            if !answer.status().is_success() {
                return answer;
            }
            return match call.entries() {
                None => {
                    self.sent(&call.body);
                    answer
                }
                Some(entries) => self.sent_batch(entries, answer).await,
            };
        }
        let Some(id) = written_id(call).filter(|_| call.is_table_write()) else {
            return effect.await;
        };
        let _one_by_one = self.lock(id).await;
        let begun_ms = ms(SystemTime::now());
        let answer = effect.await;
        if answer.status().is_success() {
            let write = Write {
                after: self.read(id).await,
                sender: call.invocation().map(|root| Sender(root.to_owned())),
                arrived_ms: ms(call.arrived),
                begun_ms,
                done_ms: ms(SystemTime::now()),
            };
            self.ledger().wrote(id, write);
        }
        answer
    }

    /// Waits until the writes to this job that have taken effect are in the ledger.
    pub async fn settle(&self, id: &str) {
        drop(self.lock(id).await);
    }

    async fn lock(&self, id: &str) -> tokio::sync::MutexGuard<'_, ()> {
        let slot = usize::try_from(self.hasher.hash_one(id)).unwrap_or_default() % LOCKS;
        self.locks[slot].lock().await
    }

    /// Of a batch, those messages count as sent that the queue reports as such.
    async fn sent_batch(
        &self,
        entries: &[Value],
        answer: Response<Full<Bytes>>,
    ) -> Response<Full<Bytes>> {
        let (parts, body) = answer.into_parts();
        let Ok(body) = body.collect().await;
        let body = body.to_bytes();
        let said: Value = serde_json::from_slice(&body).unwrap_or_default();
        let successful = said["Successful"].as_array().into_iter().flatten();
        let successful: Vec<_> = successful.map(|entry| &entry["Id"]).collect();
        for entry in entries {
            if successful.contains(&&entry["Id"]) {
                self.sent(entry);
            }
        }
        Response::from_parts(parts, Full::new(body))
    }

    /// The message was sent, or will be.
    fn sent(&self, request: &Value) {
        let of_schedule = request["Target"]["Input"].as_str();
        let of_schedule = of_schedule.and_then(|input| serde_json::from_str(input).ok());
        let request: &Value = of_schedule.as_ref().unwrap_or(request);
        let message = request["MessageBody"].as_str().unwrap_or_default();
        let message: Value = serde_json::from_str(message).unwrap_or_default();
        if let Some(id) = message["id"].as_str() {
            self.ledger().sent(id);
        }
        if let Some(token) = message["callback"]["acceptance"].as_str() {
            self.ledger().announced(token);
        }
    }

    /// The current record. A record that cannot be read counts as gone, which the ledger reports.
    async fn read(&self, id: &str) -> Option<Image> {
        let key = AttributeValue::S(id.to_owned());
        let request = self.table.get_item().table_name(TABLE).key("id", key);
        let answer = request.consistent_read(true).send().await;
        let item: HashMap<_, _> = answer.ok()?.item?;
        Some(Image::of(&item))
    }
}

fn written_id(call: &Call) -> Option<&str> {
    let key = match call.operation.as_str() {
        "PutItem" => &call.body["Item"],
        _ => &call.body["Key"],
    };
    // The item of a result has a key of two parts, and no history: it is written once.
    key["id"]["S"].as_str().filter(|id| !id.contains('#'))
}

fn ms(time: SystemTime) -> i64 {
    let since_epoch = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since_epoch.as_millis()).unwrap_or(i64::MAX)
}
