//! What the HTTP functions make of a back end that fails each time, and in which order they ask.
//!
//! A function runs here as `local` runs it, as a process behind a Runtime API; only its back ends are canned. Faults that come
//! and go, on back ends that work, are in `wire_faults`.

mod far;

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::http::{HeaderMap, Method, StatusCode};
use engine::{IdSecrets, Owner};
use local::{LogSink, Pool};
use serde_json::{Value, json};

use crate::app::{Launch, SECRET, eventually, time_in};

/// A back end with nothing in it, that counts. What it was asked, such as `PutItem`; repetitions of one call count once.
#[derive(Clone, Default)]
struct BackEnd {
    calls: Arc<Mutex<Vec<String>>>,
    /// The operation that fails each time, and how.
    broken: Option<(&'static str, StatusCode)>,
    /// Whether the first record is refused because of one like it: of the same request, written at the same millisecond.
    has_rival: bool,
}

impl BackEnd {
    async fn serve(&self) -> String {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let back_end = self.clone();
        let answer = move |method: Method, headers: HeaderMap, body: Bytes| async move {
            back_end.answer(&method, &headers, &body)
        };
        let router = Router::new().fallback(answer);
        tokio::spawn(async { axum::serve(listener, router).await });
        url
    }

    fn answer(&self, method: &Method, headers: &HeaderMap, body: &[u8]) -> (StatusCode, String) {
        // Scheduler has none.
        let target = headers.get("x-amz-target");
        let target = target.map_or_else(
            || match *method {
                Method::DELETE => "DeleteSchedule",
                _ => "CreateSchedule",
            },
            |target| target.to_str().unwrap(),
        );
        let operation = target.rsplit('.').next().unwrap();
        let mut calls = self.calls.lock().unwrap();
        let is_first = !calls.iter().any(|call| call == operation);
        calls.push(operation.to_owned());
        drop(calls);
        if let Some((_, status)) = self.broken.filter(|(broken, _)| *broken == operation) {
            return (status, json!({"__type": "InternalFailure"}).to_string());
        }
        if self.has_rival && operation == "PutItem" && is_first {
            return taken_by_a_rival(body);
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

/// The table's answer to a write whose id has a record that differs from the written one only in who wrote it.
fn taken_by_a_rival(write: &[u8]) -> (StatusCode, String) {
    let write: Value = serde_json::from_slice(write).unwrap();
    let mut item = write["Item"].clone();
    item["creation_token"] = json!({"S": "00".repeat(16)});
    let refused = "com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException";
    let answer =
        json!({"__type": refused, "message": "The conditional request failed", "Item": item});
    (StatusCode::BAD_REQUEST, answer.to_string())
}

/// One function before a back end.
struct Function {
    pool: Pool,
    back_end: BackEnd,
    /// What it has written so far, line by line.
    log: Arc<Mutex<Vec<String>>>,
}

impl Function {
    async fn start(name: &str, broken: Option<&'static str>) -> Self {
        let back_end = BackEnd {
            broken: broken.map(|operation| (operation, StatusCode::INTERNAL_SERVER_ERROR)),
            ..BackEnd::default()
        };
        Self::before(name, back_end, &[]).await
    }

    async fn before(name: &str, back_end: BackEnd, variables: &[(&str, &str)]) -> Self {
        let url = back_end.serve().await;
        let log: Arc<Mutex<Vec<String>>> = Arc::default();
        let written = log.clone();
        let launch = Launch::of(name, &url, &format!("{url}/123456789012/jobs"))
            .with("METRICS_NAMESPACE", "Accepted/wire");
        let launch = variables
            .iter()
            .fold(launch, |launch, (name, value)| launch.with(name, value));
        let pool = launch
            .logs(LogSink::new(move |_, line| {
                written.lock().unwrap().push(line.to_owned());
            }))
            .start();
        Self {
            pool,
            back_end,
            log,
        }
    }

    /// A request of alice's: the function's whole answer, its body read as JSON.
    async fn ask(&self, method: &str, path: &str, body: &str) -> Value {
        self.answer(&event(method, path, body)).await
    }

    /// Her submit under an `Idempotency-Key`.
    async fn ask_under_a_key(&self, key: &str, body: &str) -> Value {
        let mut event = event("POST", "/jobs", body);
        event["headers"]["idempotency-key"] = json!(key);
        self.answer(&event).await
    }

    async fn answer(&self, event: &Value) -> Value {
        let answer = self.pool.invoke(event.to_string()).await.unwrap();
        let mut answer: Value = serde_json::from_slice(&answer).unwrap();
        answer["body"] = serde_json::from_str(answer["body"].as_str().unwrap()).unwrap_or_default();
        answer
    }
}

fn event(method: &str, path: &str, body: &str) -> Value {
    json!({
        "version": "2.0", "routeKey": "$default", "rawPath": path, "rawQueryString": "", "body": body,
        "headers": {"host": "127.0.0.1", "content-type": "application/json"}, "isBase64Encoded": false,
        "requestContext": {
            "http": {"method": method, "path": path}, "stage": "$default", "requestId": "r1",
            "authorizer": {"jwt": {"claims": {"sub": "alice"}, "scopes": null}},
        },
    })
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

#[tokio::test]
async fn of_two_submits_in_one_millisecond_the_slower_one_gets_the_job_of_the_faster_one() {
    let back_end = BackEnd {
        has_rival: true,
        ..BackEnd::default()
    };
    let submit = Function::before("submit", back_end, &[]).await;

    let slower = submit.ask_under_a_key("one", ACCEPTABLE).await;
    let alone = submit.ask_under_a_key("two", ACCEPTABLE).await;

    assert_eq!(
        (&slower["statusCode"], &alone["statusCode"]),
        (&json!(202), &json!(202))
    );
    assert_eq!(
        slower["headers"]["idempotency-replayed"], "true",
        "{slower}"
    );
    assert_eq!(
        alone["headers"].get("idempotency-replayed"),
        None,
        "{alone}"
    );
    // What is logged of the first one comes before what is logged of the second.
    let counted = eventually("a count of the second", async || {
        let lines = submit.log.lock().unwrap();
        let counted = lines.iter().filter(|line| line.contains("JobAccepted"));
        Some(counted.count()).filter(|count| *count > 0)
    });
    assert_eq!(counted.await, 1);
}

#[tokio::test]
async fn a_start_may_lie_as_far_ahead_as_the_deployment_allows() {
    for (variables, limit) in [
        (&[][..], 31_622_400),
        (&[("MAX_SCHEDULE_AHEAD_SECONDS", "600")], 600),
        // A message of the longest deadline is kept as long as it takes, because a schedule sends it when it is due.
        (&[("DEADLINE_SECONDS", "1208340")], 31_622_400),
    ] {
        let submit = Function::before("submit", BackEnd::default(), variables).await;
        let start_in = async |seconds| {
            let start = time_in(seconds);
            let job = json!({"name": "rehearsal", "input": {}, "scheduled-start-time": start});
            submit.ask("POST", "/jobs", &job.to_string()).await
        };

        let too_far = start_in(limit + 60).await;
        assert_eq!(too_far["statusCode"], 422, "{too_far}");
        let error = &too_far["body"]["errors"][0];
        assert_eq!(error["pointer"], "/scheduled-start-time");
        let detail = error["detail"].as_str().unwrap();
        assert!(
            detail.ends_with(&format!(", {limit} seconds from now")),
            "{detail}"
        );
        assert!(submit.back_end.calls().is_empty());

        let accepted = start_in(limit - 60).await;
        assert_eq!(accepted["statusCode"], 202, "{accepted}");
    }
}

#[tokio::test]
async fn a_deployment_may_hold_no_answer_at_all() {
    for (variables, applied) in [
        (&[("MAX_WAIT_SECONDS", "1")][..], Some("wait=1")),
        (&[("MAX_WAIT_SECONDS", "0")], None),
    ] {
        let submit = Function::before("submit", BackEnd::default(), variables).await;
        let mut event = event("POST", "/jobs", ACCEPTABLE);
        event["headers"]["prefer"] = json!("wait=20");

        let answer = submit.answer(&event).await;

        assert_eq!(answer["statusCode"], 202, "{answer}");
        assert_eq!(answer["headers"]["preference-applied"].as_str(), applied);
    }
}

fn assert_unavailable(answer: &Value) {
    assert_eq!(answer["statusCode"], 503, "{answer}");
    let seconds = answer["headers"]["retry-after"]
        .as_str()
        .unwrap()
        .parse::<u32>();
    assert!(seconds.unwrap() >= 1, "{answer}");
    assert_eq!(
        answer["body"]["title"],
        "The service is temporarily unavailable"
    );
}
