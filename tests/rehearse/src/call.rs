//! A call of a function to a back end, as it appears on the wire.

use std::time::SystemTime;

use axum::body::Bytes;
use axum::http::{HeaderMap, Method, Uri, request::Parts};
use serde_json::Value;

/// The service that is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BackEnd {
    /// Has the table.
    DynamoDb,
    /// Has the queue.
    Sqs,
    /// Has the schedules.
    Scheduler,
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
    pub(crate) method: Method,
    pub(crate) uri: Uri,
    pub(crate) headers: HeaderMap,
    pub(crate) bytes: Bytes,
}

impl Call {
    /// DynamoDB and SQS name the operation in a header: `DynamoDB_20120810.GetItem`, `AmazonSQS.SendMessage`. Scheduler's is the method.
    pub(crate) fn of(parts: Parts, bytes: Bytes) -> Self {
        let target = parts.headers.get("x-amz-target");
        let target = target.and_then(|target| target.to_str().ok());
        let (service, operation) = target
            .and_then(|target| target.split_once('.'))
            .unwrap_or_default();
        let (back_end, operation) = match service {
            "AmazonSQS" => (BackEnd::Sqs, operation),
            "" if parts.method == Method::POST => (BackEnd::Scheduler, "CreateSchedule"),
            "" if parts.method == Method::DELETE => (BackEnd::Scheduler, "DeleteSchedule"),
            _ => (BackEnd::DynamoDb, operation),
        };
        Self {
            back_end,
            operation: operation.to_owned(),
            body: serde_json::from_slice(&bytes).unwrap_or_default(),
            arrived: SystemTime::now(),
            method: parts.method,
            uri: parts.uri,
            headers: parts.headers,
            bytes,
        }
    }

    /// The name of the schedule that it is about; `None` if it is about none.
    #[must_use]
    pub fn schedule(&self) -> Option<&str> {
        self.uri.path().strip_prefix("/schedules/")
    }

    /// The messages of a batch that is sent; `None` for every other call.
    #[must_use]
    pub fn entries(&self) -> Option<&[Value]> {
        let entries = self.body["Entries"].as_array()?;
        (self.operation == "SendMessageBatch").then_some(entries)
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
