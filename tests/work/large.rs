//! Large inputs and results: read in little memory, resumed after a kill, and gone with their job.

use std::fs;
use std::path::PathBuf;

use reqwest::Method;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::app::{App, Job, ended_as, eventually, fetch, signal, time_in};
use crate::deployment::deployed::{Deployed, http_api_event};

const MIB: usize = 1_024 * 1_024;

/// A job with a large result that has succeeded.
async fn with_large_result(app: &App) -> Job {
    let job = app
        .rehearse(json!({"seconds": 0, "outcome": "large-result"}))
        .await;
    let document = app.wait_for_end(&job).await;
    assert_eq!(ended_as(&document), ("SUCCESS", ""), "{document}");
    assert_eq!(document["job"]["result"], json!(null));
    let result = format!("{}/result", job.uri);
    assert_eq!(document["resourceLocation"], result);
    job
}

/// The URL in the store to which the result of a job leads.
async fn place(app: &App, method: Method, job: &Job) -> String {
    let target = format!("{}/result", job.uri);
    let answer = app.send(method, &target, &[], "").await;
    assert_eq!((answer.status, answer.body.as_str()), (307, ""));
    assert_eq!(answer.header("cache-control"), Some("private, no-store"));
    assert!(answer.header("sunset").is_some());
    answer.header("location").unwrap().to_owned()
}

#[tokio::test]
async fn a_large_result_is_at_its_place_until_its_job_is_deleted() {
    let app = App::shared().as_user("large-results");
    let job = with_large_result(&app).await;

    let url = place(&app, Method::GET, &job).await;
    let result = fetch(Method::GET, &url).await;

    assert_eq!(result.status, 200);
    assert_eq!(result.header("content-type"), Some("application/json"));
    assert!(result.body.len() > engine::MAX_RESULT_BYTES);
    assert_eq!(result.json()["outcome"], "large-result");
    // The signature is for one method.
    let head = place(&app, Method::HEAD, &job).await;
    assert_eq!(fetch(Method::HEAD, &head).await.status, 200);
    assert_eq!(fetch(Method::GET, &head).await.status, 403);
    let entry = [("accept", "application/atom+xml")];
    let entry = app.send(Method::GET, &job.uri, &entry, "").await;
    assert_eq!(entry.status, 201, "{entry:?}");
    let foreign = app.as_user("someone-else").result(&job).await;
    foreign.problem(404, "job-not-found");

    assert_eq!(app.delete(&job).await.status, 204);

    assert_eq!(app.result(&job).await.status, 410);
    assert_eq!(fetch(Method::GET, &url).await.status, 403);
}

#[tokio::test]
async fn a_url_of_a_result_is_not_valid_longer_than_its_job() {
    let app = App::start(&["--retention", "100", "--write-horizon", "5"]);
    let job = with_large_result(&app).await;

    let url = place(&app, Method::GET, &job).await;

    let (_, valid) = url.split_once("X-Amz-Expires=").unwrap();
    let valid: u64 = valid.split('&').next().unwrap().parse().unwrap();
    assert!((50..=100).contains(&valid), "{url}");
}

#[tokio::test]
async fn without_a_bucket_a_large_result_fails_its_job_and_says_by_how_much() {
    let app = Deployed::with_parameters(&[("OptInKinds", "rehearsal")]).await;
    let path = app
        .rehearse(json!({"seconds": 0, "outcome": "large-result"}))
        .await;
    app.work().await;

    let document = app.status_of(&path).await;

    assert_eq!(ended_as(&document), ("FAILED", "result-too-large"));
    let message = document["error"]["message"].as_str().unwrap();
    assert!(message.contains("the maximum of 380000"), "{message}");
}

#[tokio::test]
async fn after_large_payloads_are_switched_off_a_stored_result_is_gone_and_nothing_fails() {
    let on = [("OptInKinds", "rehearsal"), ("LargePayloads", "true")];
    let app = Deployed::with_parameters(&on).await;
    let path = app
        .rehearse(json!({"seconds": 0, "outcome": "large-result"}))
        .await;
    app.work().await;
    assert_eq!(app.status_of(&path).await["status"], "Succeeded");

    let app = app.updated(&on[..1]).await;

    let result = http_api_event("GET", &format!("{path}/result"), &Value::Null);
    let result = app.status.answer(&result).await;
    assert_eq!(result.status, 410, "{}", result.body);
    let kind = result.body["type"].as_str().unwrap();
    assert!(kind.ends_with("/problems/result-gone"), "{kind}");
    assert_eq!(app.status_of(&path).await["status"], "Succeeded");
    let deleted = http_api_event("DELETE", &path, &Value::Null);
    assert_eq!(app.submit.answer(&deleted).await.status, 204);
}

const ROW: &[u8] = b"1234567,some text,2026-01-01,true,0.5\n";

/// Rows of a CSV text of this size.
fn text_of(bytes: usize) -> Vec<u8> {
    ROW.iter().copied().cycle().take(bytes).collect()
}

#[tokio::test]
async fn an_upload_larger_than_the_memory_of_its_worker_is_read() {
    let app = App::start(&["--worker-memory", "128"]);
    let size = 200 * MIB;
    let id = app.upload(text_of(size)).await;

    let input = json!({"seconds": 0, "steps": 20, "attachment": {"upload": id}});
    let job = app.rehearse(input).await;
    let document = app.wait_for_end(&job).await;

    assert_eq!(ended_as(&document), ("SUCCESS", ""), "{document}");
    assert_eq!(document["job"]["attempt"], 1);
    assert_eq!(document["job"]["result"]["bytes_read"], size);
}

#[tokio::test]
async fn a_job_whose_worker_is_killed_while_it_reads_goes_on_where_it_was() {
    let app = App::start(&["--worker-timeout", "6", "--visibility", "7"]);
    let size = 8 * MIB;
    let id = app.upload(text_of(size)).await;
    let input = json!({"seconds": 4, "steps": 8, "attachment": {"upload": id}});
    let job = app.rehearse(input).await;
    app.wait_for(&job, "two steps", |document| {
        document["job"]["percent-complete"].as_u64() >= Some(25)
    })
    .await;

    for worker in app.service.workers() {
        signal("KILL", worker.pid);
    }
    let document = app.wait_for_end(&job).await;

    assert_eq!(ended_as(&document), ("SUCCESS", ""), "{document}");
    let result = &document["job"]["result"];
    let resumed_at = result["resumed_at"].as_u64().unwrap();
    let part = (size / 8) as u64;
    assert!(resumed_at >= 2, "{result}");
    assert_eq!(result["bytes_read"], (8 - resumed_at) * part, "{result}");
}

#[tokio::test]
async fn a_profile_of_an_upload_starts_again_after_a_kill_and_says_how_far_it_is() {
    // Large enough that it is still read when its first progress is seen, and with time for a machine that does much else.
    let app = App::start(&["--worker-timeout", "30", "--visibility", "31"]);
    let size = 40 * MIB;
    let rows = size / ROW.len();
    let id = app.upload(text_of(rows * ROW.len())).await;
    let body = json!({"name": "csv_profile", "input": {"csv": {"upload": id}, "header": false}});
    let job = app.submit(&body).await;
    let seen = app
        .wait_for(&job, "progress", |document| {
            document["job"]["percent-complete"].as_u64() > Some(0)
        })
        .await;
    assert_eq!(seen["job"]["job-state"], "STARTED", "{seen}");

    for worker in app.service.workers() {
        signal("KILL", worker.pid);
    }
    let document = app.wait_for_end(&job).await;

    assert_eq!(ended_as(&document), ("SUCCESS", ""), "{document}");
    assert_eq!(document["job"]["attempt"], 2);
    assert_eq!(document["job"]["result"]["rows"], rows);
}

/// A profile of this upload that starts in so many seconds.
fn profile_in(seconds: u64, upload: &str) -> Value {
    json!({
        "name": "csv_profile",
        "input": {"csv": {"upload": upload}},
        "scheduled-start-time": time_in(seconds),
    })
}

/// The file of the only upload of a service that keeps its objects in this folder.
fn stored(data: &TempDir) -> PathBuf {
    let entries = fs::read_dir(data.path().join("objects")).unwrap();
    let mut files = entries.map(|entry| entry.unwrap().path());
    let file = files.next().unwrap();
    assert_eq!(files.next(), None);
    file
}

#[tokio::test]
async fn an_upload_that_vanishes_before_its_job_runs_ends_it_with_the_reason() {
    let data = TempDir::new().unwrap();
    let app = App::start(&["--data", data.path().to_str().unwrap()]);
    let id = app.upload(text_of(1_000)).await;
    let job = app.submit(&profile_in(2, &id)).await;

    fs::remove_file(stored(&data)).unwrap();
    let document = app.wait_for_end(&job).await;

    assert_eq!(ended_as(&document), ("FAILED", "upload-gone"), "{document}");
    assert_eq!(document["job"]["attempt"], 1);
}

#[tokio::test]
async fn an_upload_that_changes_before_its_job_runs_ends_it_with_the_reason() {
    let data = TempDir::new().unwrap();
    let app = App::start(&["--data", data.path().to_str().unwrap()]);
    let id = app.upload(text_of(1_000)).await;
    let job = app.submit(&profile_in(3, &id)).await;

    // Whoever may write to the bucket can replace an object.
    let (place, other) = (stored(&data), app.upload(text_of(1_001)).await);
    let replacement = eventually("the other object", async || {
        let entries = fs::read_dir(data.path().join("objects")).unwrap();
        let mut files = entries.map(|entry| entry.unwrap().path());
        files.find(|file| file.to_string_lossy().contains(&other))
    })
    .await;
    fs::rename(replacement, place).unwrap();
    let document = app.wait_for_end(&job).await;

    assert_eq!(
        ended_as(&document),
        ("FAILED", "upload-changed"),
        "{document}"
    );
}
