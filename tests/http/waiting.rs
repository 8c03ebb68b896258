//! `Prefer: wait`: an answer that is held until its job has finished.

use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::{Value, json};

use crate::app::{Answer, App, Job, time_in};
use crate::deployment::deployed::{Deployed, http_api_event_with, sqs_event};

/// `POST /jobs` of a `rehearsal`, with these headers besides its own.
async fn rehearse(app: &App, input: &Value, headers: &[(&str, &str)]) -> Answer {
    let headers = [&[("content-type", "application/json")], headers].concat();
    let body = json!({"name": "rehearsal", "input": input}).to_string();
    app.send(Method::POST, "/jobs", &headers, body).await
}

async fn get_within(app: &App, target: &str, wait: &str) -> Answer {
    app.send(Method::GET, target, &[("prefer", wait)], "").await
}

/// A job that starts in ten minutes.
async fn scheduled(app: &App) -> Job {
    app.submit(&json!({"name": "rehearsal", "input": {}, "scheduled-start-time": time_in(600)}))
        .await
}

#[tokio::test]
async fn a_submitter_that_waits_gets_the_job_that_ends_in_time() {
    let app = App::shared().as_user("submits-and-waits");

    let done = rehearse(&app, &json!({"seconds": 0.3}), &[("prefer", "wait=20")]).await;

    assert_eq!(
        (done.status, &done.json()["status"]),
        (200, &json!("Succeeded"))
    );
    assert_eq!(done.json()["job"]["result"]["outcome"], "success");
    assert_eq!(done.header("preference-applied"), Some("wait=20"));
    assert_eq!(
        (done.header("retry-after"), done.header("location")),
        (None, None)
    );
    let uri = done.header("content-location").unwrap();
    assert_eq!(done.header("operation-location"), Some(uri));
    assert_eq!(app.get(uri).await.body, done.body);
}

#[tokio::test]
async fn a_submitter_that_waited_in_vain_gets_the_202_that_it_would_have_got() {
    let app = App::shared().as_user("waits-in-vain");
    let asked = Instant::now();

    let accepted = rehearse(
        &app,
        &json!({"seconds": 60}),
        &[("prefer", "respond-async, wait=1")],
    )
    .await;

    assert!(asked.elapsed() >= Duration::from_secs(1));
    assert_eq!(
        accepted.header("preference-applied"),
        Some("respond-async, wait=1")
    );
    accepted.retry_after();
    let job = Job::of(accepted);
    app.cancel(&job).await;
}

#[tokio::test]
async fn a_replay_waits_for_its_job_too() {
    let app = App::shared().as_user("replays-and-waits");
    let headers = [("idempotency-key", "\"wait\""), ("prefer", "wait=20")];
    let input = json!({"seconds": 1});
    let first = Job::of(rehearse(&app, &input, &headers[..1]).await);

    let replay = rehearse(&app, &input, &headers).await;

    assert_eq!(
        (replay.status, replay.header("idempotency-replayed")),
        (200, Some("true"))
    );
    assert_eq!(replay.header("content-location"), Some(&*first.uri));
    assert_eq!(replay.json()["status"], "Succeeded");
}

#[tokio::test]
async fn a_poller_that_waits_gets_the_end_of_the_job() {
    let app = App::shared().as_user("polls-and-waits");
    let job = app.rehearse(json!({"seconds": 1})).await;

    let ended = get_within(&app, &job.uri, "wait=20").await;

    assert_eq!(
        (ended.status, &ended.json()["status"]),
        (200, &json!("Succeeded"))
    );
    assert_eq!(ended.header("preference-applied"), Some("wait=20"));
    assert_eq!(ended.header("retry-after"), None);
}

#[tokio::test]
async fn a_poller_that_waited_in_vain_gets_the_job_as_it_stands() {
    let app = App::shared().as_user("polls-in-vain");
    let job = app.rehearse(json!({"seconds": 60})).await;
    app.wait_for_state(&job, "STARTED").await;
    let asked = Instant::now();

    let standing = get_within(&app, &job.uri, "wait=1").await;
    let early = get_within(&app, &format!("{}/result", job.uri), "wait=1").await;

    assert!(asked.elapsed() >= Duration::from_secs(2));
    assert_eq!(
        (standing.status, &standing.json()["job"]["job-state"]),
        (200, &json!("STARTED"))
    );
    standing.retry_after();
    early.problem(404, "result-not-ready");
    for answer in [standing, early] {
        assert_eq!(answer.header("preference-applied"), Some("wait=1"));
    }
    app.cancel(&job).await;
}

/// It would be held in vain, and keep others from being answered.
#[tokio::test]
async fn a_job_that_starts_after_the_wait_is_answered_at_once() {
    let app = App::shared().as_user("waits-for-a-late-start");
    let asked = Instant::now();

    let body = json!({"name": "rehearsal", "input": {}, "scheduled-start-time": time_in(600)});
    let headers = [("content-type", "application/json"), ("prefer", "wait=20")];
    let accepted = app
        .send(Method::POST, "/jobs", &headers, body.to_string())
        .await;
    let uri = accepted.header("location").unwrap();
    let standing = get_within(&app, uri, "wait=20").await;
    let early = get_within(&app, &format!("{uri}/result"), "wait=20").await;

    assert!(asked.elapsed() < Duration::from_secs(20));
    assert_eq!((accepted.status, standing.status), (202, 200));
    early.problem(404, "result-not-ready");
    for answer in [&accepted, &standing, &early] {
        assert_eq!(answer.header("preference-applied"), None);
        assert_eq!(answer.retry_after(), 30);
    }
}

#[tokio::test]
async fn a_result_can_be_waited_for_and_so_can_the_news_that_there_is_none() {
    let app = App::shared().as_user("waits-for-results");
    let succeeds = app.rehearse(json!({"seconds": 0.5})).await;
    let fails = app
        .rehearse(json!({"seconds": 0.5, "outcome": "failure"}))
        .await;

    let result = get_within(&app, &format!("{}/result", succeeds.uri), "wait=20").await;
    let none = get_within(&app, &format!("{}/result", fails.uri), "wait=20").await;

    assert_eq!(
        (result.status, &result.json()["outcome"]),
        (200, &json!("success"))
    );
    none.problem(410, "job-failed");
}

#[tokio::test]
async fn a_cancel_ends_the_wait() {
    let app = App::shared().as_user("cancels-a-wait");
    let job = app.rehearse(json!({"seconds": 60})).await;
    let (waits, uri) = (app.clone(), job.uri.clone());
    let waiting = tokio::spawn(async move { get_within(&waits, &uri, "wait=20").await });
    tokio::time::sleep(Duration::from_millis(300)).await;

    app.cancel(&job).await;
    let ended = waiting.await.unwrap();

    assert_eq!(
        (ended.status, &ended.json()["status"]),
        (200, &json!("Canceled"))
    );
}

#[tokio::test]
async fn a_wait_is_for_the_end_and_not_for_a_change() {
    let app = App::shared().as_user("waits-with-a-tag");
    let job = app.rehearse(json!({"seconds": 2, "steps": 2})).await;
    let tag = app.status(&job).await.header("etag").unwrap().to_owned();
    let headers = |tag| [("prefer", "wait=20"), ("if-none-match", tag)];

    let ended = app.send(Method::GET, &job.uri, &headers(&tag), "").await;
    let tag = ended.header("etag").unwrap().to_owned();
    let again = app.send(Method::GET, &job.uri, &headers(&tag), "").await;

    assert_eq!(
        (ended.status, &ended.json()["status"]),
        (200, &json!("Succeeded"))
    );
    assert_eq!((again.status, &*again.body), (304, ""));
    assert_eq!(again.header("preference-applied"), Some("wait=20"));
}

#[tokio::test]
async fn other_preferences_are_ignored() {
    let app = App::shared().as_user("other-preferences");
    let job = scheduled(&app).await;

    for preference in [
        "wait=soon",
        "wait",
        "handling=strict",
        "return=minimal;wait=20",
        "\"",
        "",
    ] {
        let answer = get_within(&app, &job.uri, preference).await;

        assert_eq!(answer.status, 200, "{preference}");
        assert_eq!(answer.header("preference-applied"), None, "{preference}");
    }
}

#[tokio::test]
async fn the_longest_wait_costs_a_dozen_reads_most_of_them_at_half_the_price() {
    let deployed = Deployed::new().await;
    let prefer = [("prefer", "wait=3600")];
    let body = json!({ "name": "csv_profile", "input": { "csv": "a\n1\n" } });
    // Nobody hands the worker its message.
    let accepted = deployed
        .submit
        .answer(&http_api_event_with(&[], "POST", "/jobs", &body))
        .await;
    let path = accepted.body["task"]["href"].as_str().unwrap();
    let asked = Instant::now();

    let (submit, status) = (
        http_api_event_with(&prefer, "POST", "/jobs", &body),
        http_api_event_with(&prefer, "GET", path, &Value::Null),
    );
    let (submitted, read) = tokio::join!(
        deployed.submit.answer(&submit),
        deployed.status.answer(&status)
    );

    assert!(
        (20..29).contains(&asked.elapsed().as_secs()),
        "{:?}",
        asked.elapsed()
    );
    assert_eq!((submitted.status, read.status), (202, 200));
    for (function, answer, strong) in [
        (&deployed.submit, submitted, 1),
        (&deployed.status, read, 2),
    ] {
        assert_eq!(answer.header("preference-applied"), "wait=20");
        let reads = function.recorder.requests("dynamodb:GetItem");
        let strongly = reads.iter().filter(|read| read["ConsistentRead"] == true);
        assert_eq!(strongly.count(), strong, "{reads:?}");
        assert!((4..=13).contains(&reads.len()), "{} reads", reads.len());
    }
}

/// The key's first job was deleted, and DynamoDB may answer an eventually consistent read as if it were still there.
#[tokio::test]
async fn a_held_answer_does_not_mistake_an_earlier_job_of_the_key_for_the_present_one() {
    let deployed = Deployed::new().await;
    let (submit, status) = (&deployed.submit, &deployed.status);
    let under_key = |body: &Value| {
        let key = [("idempotency-key", "\"again\"")];
        http_api_event_with(&key, "POST", "/jobs", body)
    };
    let job = json!({ "name": "csv_profile", "input": { "csv": "a\n1\n" } });
    let accepted = submit.answer(&under_key(&job)).await;
    let path = accepted.body["task"]["href"].as_str().unwrap().to_owned();
    let messages = deployed.backends.messages().await;
    deployed.worker.invoke(&sqs_event(&messages)).await;
    let read = http_api_event_with(&[], "GET", &path, &Value::Null);
    assert_eq!(status.answer(&read).await.body["status"], "Succeeded");
    let first = status.recorder.take().remove(0).answer;
    let delete = http_api_event_with(&[], "DELETE", &path, &Value::Null);
    assert_eq!(submit.answer(&delete).await.status, 204);
    assert_eq!(submit.answer(&under_key(&job)).await.status, 202);

    status.recorder.serve_stale(first);
    let wait = http_api_event_with(&[("prefer", "wait=1")], "GET", &path, &Value::Null);
    let held = status.answer(&wait).await;

    assert_eq!(held.body["job"]["job-state"], "SCHEDULED");
    let reads = status.recorder.requests("dynamodb:GetItem");
    let mut eventual = reads.iter().filter(|read| read["ConsistentRead"] == false);
    assert!(eventual.next().is_some(), "{reads:?}");
}
