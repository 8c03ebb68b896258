//! A deployment whose every call is counted, and the verbs of those who use it.

use aws_sdk_sqs::types::Message;
use serde_json::{Value, json};

use crate::app::time_in;
use crate::deployment::cloudformation::text;
use crate::deployment::deployed::{Answer, Deployed, http_api_event_with, sqs_event};
use crate::recorder::Call;

pub(super) struct CountedApp {
    pub(super) deployed: Deployed,
}

impl CountedApp {
    pub(super) async fn new() -> Self {
        Self::with(&[("OptInKinds", "rehearsal")]).await
    }

    pub(super) async fn with(parameters: &[(&str, &str)]) -> Self {
        Self {
            deployed: Deployed::with_parameters(parameters).await,
        }
    }

    /// The calls of all functions since this was asked last.
    pub(super) fn take(&self) -> Vec<Call> {
        let Deployed {
            submit,
            status,
            worker,
            ..
        } = &self.deployed;
        let functions = [submit, status, worker];
        functions
            .iter()
            .flat_map(|function| function.recorder.take())
            .collect()
    }

    /// The calls while `act` runs.
    pub(super) async fn calls_of<T>(&self, act: impl Future<Output = T>) -> Vec<Call> {
        self.take();
        act.await;
        self.take()
    }

    pub(super) async fn submit_as(&self, headers: &[(&str, &str)], body: &Value) -> Answer {
        let event = http_api_event_with(headers, "POST", "/jobs", body);
        self.deployed.submit.answer(&event).await
    }

    /// A `rehearsal` that is accepted: the path of its job.
    pub(super) async fn rehearse(&self, input: &Value) -> String {
        let body = json!({"name": "rehearsal", "input": input, "summary": "a typical job"});
        let accepted = self.submit_as(&[], &body).await;
        assert_eq!(accepted.status, 202, "{}", accepted.body);
        text(&accepted.body["task"]["href"]).to_owned()
    }

    /// A `rehearsal` that starts in this many seconds: the path of its job.
    pub(super) async fn submit_in(&self, seconds: u64) -> String {
        let start = time_in(seconds);
        let body = json!({
            "name": "rehearsal", "input": at_once(), "summary": "a typical job", "scheduled-start-time": start,
        });
        let accepted = self.submit_as(&[], &body).await;
        assert_eq!(accepted.status, 202, "{}", accepted.body);
        text(&accepted.body["task"]["href"]).to_owned()
    }

    pub(super) async fn get(&self, path: &str, headers: &[(&str, &str)]) -> Answer {
        let event = http_api_event_with(headers, "GET", path, &Value::Null);
        self.deployed.status.answer(&event).await
    }

    pub(super) async fn command(&self, method: &str, path: &str) -> Answer {
        self.command_with(method, path, &Value::Null).await
    }

    pub(super) async fn command_with(&self, method: &str, path: &str, body: &Value) -> Answer {
        let event = http_api_event_with(&[], method, path, body);
        self.deployed.submit.answer(&event).await
    }

    /// Takes what waits in the queue, in one batch.
    pub(super) async fn messages(&self) -> Vec<Message> {
        let messages = self.deployed.backends.messages().await;
        assert!(!messages.is_empty());
        messages
    }

    /// What the worker answers to these messages.
    pub(super) async fn work_on(&self, messages: &[Message]) -> Value {
        self.deployed.worker.invoke(&sqs_event(messages)).await
    }

    /// Lets the worker have what waits in the queue.
    pub(super) async fn work(&self) -> Value {
        let messages = self.messages().await;
        self.work_on(&messages).await
    }

    /// The path of a finished job.
    pub(super) async fn ended(&self) -> String {
        let path = self.rehearse(&at_once()).await;
        assert_eq!(self.work().await, json!({"batchItemFailures": []}));
        path
    }
}

/// A job that has nothing to do and says nothing about it.
pub(super) fn at_once() -> Value {
    json!({"seconds": 0, "steps": 1})
}
