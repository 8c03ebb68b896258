//! `Idempotency-Key`: the same request twice is one job.

use std::sync::Arc;

use reqwest::Method;
use serde_json::{Value, json};

use crate::app::{App, Job, eventually};
use crate::deployment::answers::{a_job, record};
use crate::deployment::deployed::{Deployed, http_api_event, http_api_event_with};

fn body() -> Value {
    json!({"name": "rehearsal", "input": {"seconds": 0}})
}

/// The ids of the caller's jobs.
async fn ids(app: &App) -> Vec<Value> {
    let list = app.get("/jobs?limit=100").await.json();
    let jobs = list["jobs"].as_array().unwrap().iter();
    jobs.map(|job| job["id"].clone()).collect()
}

#[tokio::test]
async fn a_replay_gets_the_same_job_as_it_stands_and_makes_no_second_one() {
    let app = App::shared().as_user("replays");
    let first = Job::of(app.post_under("\"8e03978e\"", &body()).await);
    app.wait_for_end(&first).await;

    let again = Job::of(app.post_under("\"8e03978e\"", &body()).await);
    let unquoted = Job::of(app.post_under("8e03978e", &body()).await);

    for replay in [&again, &unquoted] {
        assert_eq!(replay.uri, first.uri);
        assert_eq!(replay.accepted.header("idempotency-replayed"), Some("true"));
        assert_eq!(replay.accepted.json()["job"]["job-status"], "SUCCESS");
    }
    assert_eq!(first.accepted.header("idempotency-replayed"), None);
    assert_eq!(ids(&app).await, [json!(first.id)]);
}

#[tokio::test]
async fn what_is_no_key_is_refused() {
    let app = App::shared().as_user("no-keys");
    let too_long = "k".repeat(256);

    for key in ["", "\"\"", "\"a b\"", "\"open", "a\"b", &too_long] {
        let refused = app.post_under(key, &body()).await;
        refused.problem(400, "invalid-idempotency-key");
    }
    assert_eq!(ids(&app).await, [] as [Value; 0]);
}

#[tokio::test]
async fn a_key_under_which_another_body_was_sent_is_refused() {
    let app = App::shared().as_user("reused-keys");
    let first = Job::of(app.post_under("\"one\"", &body()).await);

    let other = json!({"name": "rehearsal", "input": {"seconds": 0.5}});
    let refused = app.post_under("\"one\"", &other).await;

    refused.problem(422, "idempotency-key-reused");
    assert_eq!(ids(&app).await, [json!(first.id)]);
}

#[tokio::test]
async fn two_owners_with_one_key_never_meet() {
    let app = App::shared();
    let (fay, gus) = (app.as_user("fay"), app.as_user("gus"));

    let of_fay = Job::of(fay.post_under("\"same\"", &body()).await);
    let of_gus = Job::of(
        gus.post_under("\"same\"", &json!({"name": "rehearsal", "input": {}}))
            .await,
    );

    assert_ne!(of_fay.id, of_gus.id);
    assert_eq!(of_gus.accepted.header("idempotency-replayed"), None);
    assert_eq!(ids(&fay).await, [json!(of_fay.id)]);
    assert_eq!(ids(&gus).await, [json!(of_gus.id)]);
}

#[tokio::test]
async fn twenty_requests_at_once_under_one_key_are_one_job() {
    let app = App::start(&[]);

    let mut requests = tokio::task::JoinSet::new();
    for _ in 0..20 {
        let app = app.clone();
        requests.spawn(async move { Job::of(app.post_under("\"at-once\"", &body()).await) });
    }
    let jobs = requests.join_all().await;

    let first_times = jobs
        .iter()
        .filter(|job| job.accepted.header("idempotency-replayed").is_none());
    assert_eq!(first_times.count(), 1);
    assert!(jobs.iter().all(|job| job.uri == jobs[0].uri));
    assert_eq!(app.records().await.len(), 1);
    let ended = app.wait_for_end(&jobs[0]).await;
    assert_eq!(
        (&ended["job"]["attempt"], &ended["job"]["job-status"]),
        (&json!(1), &json!("SUCCESS"))
    );
}

/// How many processes of `submit` there are, and so how many of its requests can be under way.
const AT_ONCE: usize = 8;

#[tokio::test]
async fn fifty_requests_under_one_key_send_no_more_messages_than_were_under_way() {
    let deployed = Arc::new(Deployed::with_instances(AT_ONCE).await);
    let key = [("idempotency-key", "\"fifty\"")];
    let event = http_api_event_with(&key, "POST", "/jobs", &a_job());

    let mut requests = tokio::task::JoinSet::new();
    for _ in 0..50 {
        let (deployed, event) = (deployed.clone(), event.clone());
        requests.spawn(async move { deployed.submit.answer(&event).await });
    }
    let answers = requests.join_all().await;

    let first_times = answers
        .iter()
        .filter(|answer| !answer.headers.contains_key("idempotency-replayed"));
    assert_eq!(first_times.count(), 1);
    for answer in &answers {
        assert_eq!(
            (answer.status, &answer.body["task"]),
            (202, &answers[0].body["task"])
        );
    }
    let recorder = &deployed.submit.recorder;
    let sent = recorder.requests("sqs:SendMessage").len();
    assert!((1..=AT_ONCE).contains(&sent), "{sent} messages");
    assert_eq!(recorder.requests("dynamodb:PutItem").len(), sent);
    assert_runs_once(&deployed, sent, &answers[0].body["task"]["href"]).await;
}

/// Lets the worker have each message, as old as one is that no submit can still write a record for; all of them are one
/// job's, which runs once.
async fn assert_runs_once(deployed: &Deployed, sent: usize, path: &Value) {
    let messages = deployed.backends.messages().await;
    assert_eq!(messages.len(), sent);
    let two_minutes_ago = now_ms() - 120_000;
    for message in &messages {
        let mut record = record(message);
        record["attributes"] = json!({ "SentTimestamp": two_minutes_ago.to_string() });
        let batch = json!({ "Records": [record] }).to_string();
        let answer = deployed.worker.invoke(&batch).await;
        assert_eq!(answer, json!({ "batchItemFailures": [] }));
    }
    let event = http_api_event("GET", path.as_str().unwrap(), &Value::Null);
    let job = &deployed.status.answer(&event).await.body["job"];
    assert_eq!(
        (&job["job-status"], &job["attempt"]),
        (&json!("SUCCESS"), &json!(1))
    );
    let listed = deployed
        .status
        .answer(&http_api_event("GET", "/jobs", &Value::Null))
        .await;
    assert_eq!(listed.body["jobs"].as_array().unwrap().len(), 1);
}

fn now_ms() -> i64 {
    engine::Timestamp::from_clock(std::time::SystemTime::now()).ms()
}

#[tokio::test]
async fn a_key_whose_job_has_expired_makes_a_new_one() {
    let app = App::start(&["--retention", "1", "--sweep-every", "3600"]);
    let first = Job::of(app.post_under("\"monthly\"", &body()).await);
    eventually("the end of its time", async || {
        (app.status(&first).await.status == 410).then_some(())
    })
    .await;

    let second = Job::of(
        app.post_under("\"monthly\"", &json!({"name": "rehearsal", "input": {}}))
            .await,
    );

    assert_eq!(second.accepted.header("idempotency-replayed"), None);
    assert_ne!(
        second.accepted.json()["job"]["expires-at"],
        first.accepted.json()["job"]["expires-at"]
    );
    assert_eq!(
        app.wait_for_end(&second).await["job"]["job-status"],
        "SUCCESS"
    );
}

#[tokio::test]
async fn the_same_request_is_the_same_body_byte_by_byte_whatever_its_headers() {
    let app = App::shared().as_user("same-requests");
    let send = async |body: &'static str, more: (&str, &str)| {
        let headers = [
            ("content-type", "application/json"),
            ("idempotency-key", "\"same\""),
            more,
        ];
        app.send(Method::POST, "/jobs", &headers, body).await
    };
    let first = Job::of(send(r#"{"name": "rehearsal", "input": {}}"#, ("accept", "*/*")).await);

    let replay = Job::of(
        send(
            r#"{"name": "rehearsal", "input": {}}"#,
            ("prefer", "respond-async"),
        )
        .await,
    );
    let reordered = send(r#"{"input": {}, "name": "rehearsal"}"#, ("accept", "*/*")).await;

    assert_eq!(replay.uri, first.uri);
    reordered.problem(422, "idempotency-key-reused");
}

#[tokio::test]
async fn an_entity_tag_of_a_keys_deleted_job_is_not_its_next_ones() {
    let app = App::shared().as_user("tags");
    let first = Job::of(app.post_under("\"again\"", &body()).await);
    app.wait_for_end(&first).await;
    let before = app.get(&first.uri).await;
    let tag = before.header("etag").unwrap().to_owned();
    app.send(Method::DELETE, &first.uri, &[], "").await;

    let second = Job::of(app.post_under("\"again\"", &body()).await);
    app.wait_for_end(&second).await;
    let asked = app
        .send(Method::GET, &second.uri, &[("if-none-match", &tag)], "")
        .await;

    assert_eq!(second.uri, first.uri);
    assert_eq!(asked.status, 200);
}

/// Another submit under the key, whose message ran this job since the two requests are the same, cannot write its record
/// after the job's end and deletion, so no message must be kept for that.
#[tokio::test]
async fn a_keys_message_is_gone_with_its_job() {
    let app = App::start(&[]);

    let keyed = Job::of(app.post_under("\"kept\"", &body()).await);
    app.wait_for_end(&keyed).await;

    eventually("the end of the message", async || {
        (app.messages().await == 0).then_some(())
    })
    .await;
}
