//! A call of a function to a back end, as it appears on the wire.

use std::time::SystemTime;

use axum::body::Bytes;
use axum::http::{HeaderMap, Uri, request::Parts};
use serde_json::Value;

/// The service that is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BackEnd {
    /// Has the table.
    DynamoDb,
    /// Has the queue.
    Sqs,
}

/// One HTTP request to a back end. Each try of the SDK is a call.
#[derive(Clone, Debug)]
pub struct Call {
    /// The service that is called.
    pub back_end: BackEnd,
    /// For example `UpdateItem` or `SendMessage`.
    pub operation: String,
    /// The request's body; `null` if it is not JSON.
    pub body: Value,
    /// When it arrived.
    pub(crate) arrived: SystemTime,
    pub(crate) uri: Uri,
    pub(crate) headers: HeaderMap,
    pub(crate) bytes: Bytes,
}

impl Call {
    /// Both services name the operation in a header: `DynamoDB_20120810.GetItem`, `AmazonSQS.SendMessage`.
    pub(crate) fn of(parts: Parts, bytes: Bytes) -> Self {
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
