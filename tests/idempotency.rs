//! `Idempotency-Key`: the same request twice is one job.

use reqwest::Method;
use serde_json::{Value, json};

use crate::app::{App, Job};

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

#[tokio::test]
async fn a_key_that_is_no_string_is_refused() {
    let app = App::shared().as_user("malformed-keys");

    for key in ["", "\"\"", "\"open", "two words", &"x".repeat(256)] {
        let refused = app.post_under(key, &body()).await;

        refused.problem(400, "invalid-idempotency-key");
    }
    assert!(ids(&app).await.is_empty());
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
