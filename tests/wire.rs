//! What the HTTP functions make of a back end that fails each time, and in which order they ask.
//!
//! A function runs here as `local` runs it, as a process behind a Runtime API; only its back ends are canned. Faults that come
//! and go, on back ends that work, are in `wire_faults`.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::http::{HeaderMap, StatusCode};
use engine::{IdSecrets, Owner};
use local::Pool;
use serde_json::{Value, json};

use crate::app::{Launch, SECRET};

/// A back end with nothing in it, that counts. What it was asked, such as `PutItem`; repetitions of one call count once.
#[derive(Clone, Default)]
struct BackEnd {
    calls: Arc<Mutex<Vec<String>>>,
    /// The operation that fails each time.
    broken: Option<&'static str>,
}

impl BackEnd {
    async fn serve(&self) -> String {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let back_end = self.clone();
        let answer = move |headers: HeaderMap| async move { back_end.answer(&headers) };
        let router = Router::new().fallback(answer);
        tokio::spawn(async { axum::serve(listener, router).await });
        url
    }

    fn answer(&self, headers: &HeaderMap) -> (StatusCode, String) {
        let target = headers["x-amz-target"].to_str().unwrap();
        let operation = target.rsplit('.').next().unwrap();
        self.calls.lock().unwrap().push(operation.to_owned());
        if self.broken == Some(operation) {
            return (
                StatusCode::INTERNAL_SERVER_ERROR,
                json!({"__type": "InternalFailure"}).to_string(),
            );
        }
        (
            StatusCode::OK,
            json!({"MessageId": "1", "MD5OfMessageBody": ""}).to_string(),
        )
    }

    /// The calls so far; an SDK's own retries are one call.
    fn calls(&self) -> Vec<String> {
        let mut calls = self.calls.lock().unwrap().clone();
        calls.dedup();
        calls
    }
}

/// One function before a back end.
struct Function {
    pool: Pool,
    back_end: BackEnd,
}

impl Function {
    async fn start(name: &str, broken: Option<&'static str>) -> Self {
        let back_end = BackEnd {
            broken,
            ..BackEnd::default()
        };
        let url = back_end.serve().await;
        let pool = Launch::of(name, &url, &format!("{url}/123456789012/jobs")).start();
        Self { pool, back_end }
    }

    /// A request of alice's: the function's whole answer, its body read as JSON.
    async fn ask(&self, method: &str, path: &str, body: &str) -> Value {
        let event = json!({
            "version": "2.0", "routeKey": "$default", "rawPath": path, "rawQueryString": "", "body": body,
            "headers": {"host": "127.0.0.1", "content-type": "application/json"}, "isBase64Encoded": false,
            "requestContext": {
                "http": {"method": method, "path": path}, "stage": "$default", "requestId": "r1",
                "authorizer": {"jwt": {"claims": {"sub": "alice"}, "scopes": null}},
            },
        });
        let answer = self.pool.invoke(event.to_string()).await.unwrap();
        let mut answer: Value = serde_json::from_slice(&answer).unwrap();
        answer["body"] = serde_json::from_str(answer["body"].as_str().unwrap()).unwrap_or_default();
        answer
    }
}

/// The path of a job that was issued to this subject.
fn job_of(subject: &str) -> String {
    let secrets = IdSecrets::parse("ID_SECRETS", SECRET).unwrap();
    let owner = Owner::named(&format!("|{subject}")).unwrap();
    format!("/jobs/{}", secrets.issue(&owner, [7; 10]))
}

const ACCEPTABLE: &str = r#"{"name": "rehearsal", "input": {"seconds": 1}}"#;

#[tokio::test]
async fn a_job_that_cannot_be_sent_is_not_written_and_the_client_is_told_to_come_again() {
    let submit = Function::start("submit", Some("SendMessage")).await;

    let answer = submit.ask("POST", "/jobs", ACCEPTABLE).await;

    assert_unavailable(&answer);
    assert_eq!(submit.back_end.calls(), ["SendMessage"]);
}

#[tokio::test]
async fn a_job_that_cannot_be_written_is_not_accepted() {
    let submit = Function::start("submit", Some("PutItem")).await;

    let answer = submit.ask("POST", "/jobs", ACCEPTABLE).await;

    assert_unavailable(&answer);
    assert_eq!(submit.back_end.calls(), ["SendMessage", "PutItem"]);
}

#[tokio::test]
async fn a_table_that_cannot_be_read_is_503_and_never_404_or_410() {
    let status = Function::start("status", Some("GetItem")).await;

    let answer = status.ask("GET", &job_of("alice"), "").await;

    assert_unavailable(&answer);
}

fn assert_unavailable(answer: &Value) {
    assert_eq!(answer["statusCode"], 503, "{answer}");
    let seconds = answer["headers"]["retry-after"]
        .as_str()
        .unwrap()
        .parse::<u32>();
    assert!(seconds.unwrap() >= 1, "{answer}");
    assert_eq!(answer["body"]["title"], "The service cannot answer now");
}
