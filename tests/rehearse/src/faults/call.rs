//! A call of a function to a back end, as it stands on the wire.

use std::time::SystemTime;

use axum::body::Bytes;
use axum::http::{HeaderMap, Uri, request::Parts};
use serde_json::Value;

/// Who is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BackEnd {
    /// The table's.
    DynamoDb,
    /// The queue's.
    Sqs,
}

/// One HTTP request to a back end. The SDK's tries of one operation are as many calls.
#[derive(Clone, Debug)]
pub struct Call {
    /// Who is called.
    pub back_end: BackEnd,
    /// What is asked: `UpdateItem`, `SendMessage`.
    pub operation: String,
    /// The request's body; `null` if it is not JSON.
    pub body: Value,
    /// When it came in.
    pub(crate) arrived: SystemTime,
    pub(super) uri: Uri,
    pub(super) headers: HeaderMap,
    pub(super) bytes: Bytes,
}

impl Call {
    /// Both services name the operation in a header: `DynamoDB_20120810.GetItem`, `AmazonSQS.SendMessage`.
    pub(super) fn of(parts: Parts, bytes: Bytes) -> Self {
        let target = parts.headers.get("x-amz-target");
        let target = target.and_then(|target| target.to_str().ok());
        let (service, operation) = target
            .and_then(|target| target.split_once('.'))
            .unwrap_or_default();
        Self {
            back_end: match service {
                "AmazonSQS" => BackEnd::Sqs,
                _ => BackEnd::DynamoDb,
            },
            operation: operation.to_owned(),
            body: serde_json::from_slice(&bytes).unwrap_or_default(),
            arrived: SystemTime::now(),
            uri: parts.uri,
            headers: parts.headers,
            bytes,
        }
    }

    /// Replaces the body.
    pub fn set_body(&mut self, body: Value) {
        self.bytes = body.to_string().into();
        self.body = body;
    }

    /// Whether it changes the table.
    #[must_use]
    pub fn is_table_write(&self) -> bool {
        matches!(
            self.operation.as_str(),
            "PutItem" | "UpdateItem" | "DeleteItem"
        )
    }

    /// The invocation that makes the call: the trace id that Lambda gives each one, which the SDK sends along.
    #[must_use]
    pub fn invocation(&self) -> Option<&str> {
        let trace = self.headers.get("x-amzn-trace-id")?.to_str().ok()?;
        trace
            .split(';')
            .find_map(|part| part.trim().strip_prefix("Root="))
    }
}
