//! Tests of the protocol, with a client in the place of the process.

use std::time::Duration;

use reqwest::{Client, StatusCode};
use serde_json::Value;

use super::*;

/// What a process does at its Runtime API.
struct Runtime {
    api: RuntimeApi,
    client: Client,
}

impl Runtime {
    async fn start() -> Self {
        Self {
            api: RuntimeApi::listen().await.unwrap(),
            client: Client::new(),
        }
    }

    fn url(&self, path: &str) -> String {
        format!("http://{}/2018-06-01/runtime/{path}", self.api.address)
    }

    fn hand_over(&self, id: &str) {
        let invocation = Invocation {
            id: id.to_owned(),
            event: Bytes::from_static(b"{\"n\":1}"),
            deadline_ms: 1_700_000_000_123,
            function_arn: "arn:aws:lambda:us-east-1:123456789012:function:f".into(),
            trace_root: "1-5e6a8e2e-000000000000000000000000".to_owned(),
        };
        assert!(self.api.invocations.send(invocation).is_ok());
    }

    async fn next(&self) -> reqwest::Response {
        self.client
            .get(self.url("invocation/next"))
            .send()
            .await
            .unwrap()
    }

    async fn post(&self, path: &str, body: impl Into<reqwest::Body>) -> (StatusCode, Value) {
        let answer = self
            .client
            .post(self.url(path))
            .body(body)
            .send()
            .await
            .unwrap();
        (answer.status(), answer.json().await.unwrap())
    }

    fn next_report(&mut self) -> Report {
        self.api.reports.try_recv().expect("a report")
    }
}

/// An error here would make the runtime client panic, and print that on the terminal of whoever stops the service.
#[tokio::test]
async fn a_process_whose_function_is_stopped_gets_no_answer() {
    let runtime = Runtime::start().await;
    let next = tokio::spawn(runtime.client.get(runtime.url("invocation/next")).send());
    let Runtime { mut api, .. } = runtime;
    assert!(matches!(api.reports.recv().await, Some(Report::Polling)));

    let (stopped, _) = mpsc::unbounded_channel();
    api.invocations = stopped;

    let answer = tokio::time::timeout(Duration::from_millis(500), next).await;
    assert!(answer.is_err(), "{answer:?}");
}

fn invalid_id() -> (StatusCode, Value) {
    (
        StatusCode::BAD_REQUEST,
        json!({"errorType": "InvalidRequestID", "errorMessage": "Invalid request ID"}),
    )
}

#[tokio::test]
async fn an_answer_is_accepted_once_and_for_its_own_invocation_only() {
    let mut runtime = Runtime::start().await;
    assert_eq!(
        runtime.post("invocation/i1/response", "early").await,
        invalid_id()
    );
    runtime.hand_over("i1");
    runtime.next().await;

    assert_eq!(
        runtime.post("invocation/i2/response", "other").await,
        invalid_id()
    );
    let accepted = (StatusCode::ACCEPTED, json!({"status": "OK"}));
    assert_eq!(
        runtime.post("invocation/i1/response", "answer").await,
        accepted
    );
    assert_eq!(
        runtime.post("invocation/i1/response", "again").await,
        invalid_id()
    );
    assert_eq!(
        runtime.post("invocation/i1/error", "{}").await,
        invalid_id()
    );

    assert!(matches!(runtime.next_report(), Report::Polling));
    let Report::Answered(Ok(answer)) = runtime.next_report() else {
        panic!("no answer")
    };
    assert_eq!(answer, "answer");
}

#[tokio::test]
async fn an_answer_over_the_limit_is_refused_and_ends_the_invocation() {
    let runtime = Runtime::start().await;
    runtime.hand_over("i1");
    runtime.next().await;

    let (status, error) = runtime
        .post(
            "invocation/i1/response",
            vec![b'x'; RESPONSE_LIMIT_BYTES + 1],
        )
        .await;

    assert_eq!(status, StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(error["errorType"], "RequestEntityTooLarge");
    assert_eq!(
        error["errorMessage"],
        "Exceeded maximum allowed payload size (6291556 bytes)."
    );
    assert_eq!(
        runtime.post("invocation/i1/error", "{}").await,
        invalid_id()
    );
}

#[tokio::test]
async fn no_event_is_given_before_the_last_one_is_answered() {
    let runtime = Runtime::start().await;
    runtime.hand_over("i1");
    runtime.hand_over("i2");
    runtime.next().await;

    assert_eq!(runtime.next().await.status(), StatusCode::FORBIDDEN);

    runtime.post("invocation/i1/response", "{}").await;
    let next = runtime.next().await;
    assert_eq!(next.headers()["lambda-runtime-aws-request-id"], "i2");
    assert_eq!(next.headers()["content-type"], "application/json");
}

#[tokio::test]
async fn an_initialisation_error_is_too_late_after_the_first_event() {
    let runtime = Runtime::start().await;
    runtime.hand_over("i1");
    runtime.next().await;

    let (status, _) = runtime.post("init/error", "{}").await;

    assert_eq!(status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn a_poll_that_is_repeated_is_reported_once() {
    let mut runtime = Runtime::start().await;
    for _ in 0..2 {
        let poll = runtime
            .client
            .get(runtime.url("invocation/next"))
            .timeout(Duration::from_millis(100));
        assert!(poll.send().await.unwrap_err().is_timeout());
    }

    assert!(matches!(runtime.next_report(), Report::Polling));
    assert!(runtime.api.reports.try_recv().is_err());
}
