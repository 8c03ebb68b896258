//! A job from SCHEDULED to COMPLETED, as its status URI shows it.

use std::time::{Duration, Instant, SystemTime};

use engine::Timestamp;
use reqwest::Method;
use serde_json::{Value, json};

use crate::app::{App, Job, PATIENCE, eventually, time, time_in};

#[tokio::test]
async fn a_job_that_has_finished_says_when_its_uris_will_be_gone() {
    let app = App::shared().as_user("sunset");
    let later = json!({"name": "rehearsal", "input": {}, "scheduled-start-time": time_in(600)});
    let waiting = app.submit(&later).await;
    let before = app.status(&waiting).await;
    let job = app.rehearse(json!({"seconds": 0})).await;
    let ended = app.wait_for_end(&job).await;

    let status = app.status(&job).await;
    let tag = status.header("etag").unwrap();
    let unchanged = app
        .send(Method::GET, &job.uri, &[("if-none-match", tag)], "")
        .await;
    let entry = app.get_as("application/atom+xml", &job.uri).await;
    let result = app.result(&job).await;

    assert_eq!(before.header("sunset"), None, "{before:?}");
    let sunset = time(&ended["job"]["expires-at"]).http_date();
    assert_eq!((unchanged.status, entry.status), (304, 201));
    for answer in [&status, &unchanged, &entry, &result] {
        assert_eq!(answer.header("sunset"), Some(sunset.as_str()), "{answer:?}");
    }
}

/// Every document that a poller sees from the 202 to the end, and whether its answer said when to look again.
async fn watched(app: &App, job: &Job) -> Vec<(Value, Option<u64>)> {
    let mut seen = vec![(job.accepted.json(), Some(job.accepted.retry_after()))];
    let asked = Instant::now();
    while seen.last().unwrap().0["job"]["job-state"] != "COMPLETED" {
        assert!(asked.elapsed() < PATIENCE, "{seen:?}");
        tokio::time::sleep(Duration::from_millis(100)).await;
        let answer = app.status(job).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        let wait = answer.header("retry-after").map(|_| answer.retry_after());
        seen.push((answer.json(), wait));
    }
    seen
}

#[tokio::test]
async fn a_job_is_scheduled_then_started_with_a_percentage_that_grows_then_a_success_at_100() {
    let app = App::shared().as_user("lifecycle");
    let job = app.rehearse(json!({"seconds": 4, "steps": 8})).await;

    let seen = watched(&app, &job).await;

    let mut words: Vec<_> = seen
        .iter()
        .map(|(document, _)| {
            let job = &document["job"];
            [&job["job-state"], &job["job-status"], &document["status"]]
                .map(|word| word.as_str().unwrap())
        })
        .collect();
    words.dedup();
    assert_eq!(
        words,
        [
            ["SCHEDULED", "UNDETERMINED", "InProgress"],
            ["STARTED", "INPROGRESS", "InProgress"],
            ["COMPLETED", "SUCCESS", "Succeeded"],
        ]
    );
    let mut percentages: Vec<_> = seen
        .iter()
        .map(|(document, _)| document["job"]["percent-complete"].as_u64().unwrap())
        .collect();
    assert!(percentages.is_sorted(), "{percentages:?}");
    percentages.dedup();
    assert!(percentages.len() >= 4, "{percentages:?}");
    assert_eq!((percentages[0], percentages.last()), (0, Some(&100)));
    for (document, wait) in &seen {
        let is_over = document["job"]["job-state"] == "COMPLETED";
        assert_eq!(wait.is_none(), is_over, "{document}");
    }
}

#[tokio::test]
async fn a_job_that_runs_says_when_it_will_end_and_what_it_is_doing() {
    let app = App::shared().as_user("estimates");
    let job = app.rehearse(json!({"seconds": 3, "steps": 6})).await;

    let running = app
        .wait_for(&job, "a step", |document| {
            document["job"]["percent-complete"].as_u64() > Some(0)
        })
        .await;

    let running = &running["job"];
    assert_eq!(running["job-state"], "STARTED");
    assert!(time(&running["estimated-end-time"]) > time(&running["start-time"]));
    assert!(
        running["summary"]
            .as_str()
            .unwrap()
            .starts_with("rehearsed "),
        "{running}"
    );
    assert_eq!(
        (&running["attempt"], &running["result"]),
        (&json!(1), &Value::Null)
    );
}

#[tokio::test]
async fn a_success_has_its_result_in_the_document_and_at_an_absolute_uri() {
    let app = App::shared().as_user("results");
    let job = app.rehearse(json!({"seconds": 0, "steps": 2})).await;

    let document = app.wait_for_end(&job).await;
    let result = app
        .get(document["resourceLocation"].as_str().unwrap())
        .await;

    assert_eq!(document["resourceLocation"], format!("{}/result", job.uri));
    assert_eq!(
        document["job"]["result"],
        json!({"outcome": "success", "attempt": 1, "steps": 2})
    );
    assert_eq!(
        (result.status, result.json()),
        (200, document["job"]["result"].clone())
    );
    assert!(time(&document["job"]["end-time"]) >= time(&document["job"]["start-time"]));
    assert_eq!(
        (&document["job"]["error"], document.get("error")),
        (&Value::Null, None)
    );
}

#[tokio::test]
async fn a_result_is_not_there_until_the_job_is_over() {
    let app = App::shared().as_user("not-ready");
    let job = app.rehearse(json!({"seconds": 2})).await;

    let early = app.result(&job).await;
    app.wait_for_end(&job).await;
    let late = app.result(&job).await;

    early.problem(404, "result-not-ready");
    early.retry_after();
    assert_eq!((late.status, late.header("retry-after")), (200, None));
}

#[tokio::test]
async fn a_tag_lasts_only_as_long_as_the_document_it_stands_for() {
    let app = App::shared().as_user("changing-tags");
    let job = app.rehearse(json!({"seconds": 2, "steps": 4})).await;
    app.wait_for_state(&job, "STARTED").await;

    let running = app.status(&job).await;
    let ended = app.wait_for_end(&job).await;
    let tag = running.header("etag").unwrap();
    let after = app
        .send(Method::GET, &job.uri, &[("if-none-match", tag)], "")
        .await;

    assert_eq!((after.status, after.json()), (200, ended));
}

#[tokio::test]
async fn a_job_waits_for_its_scheduled_start() {
    let app = App::shared().as_user("scheduled");
    let start = time_in(3);

    let job = app
        .submit(
            &json!({"name": "rehearsal", "input": {"seconds": 0}, "scheduled-start-time": start}),
        )
        .await;
    let seen = watched(&app, &job).await;

    assert_eq!(job.accepted.json()["job"]["scheduled-start-time"], *start);
    let waited = seen
        .iter()
        .filter(|(document, _)| document["job"]["job-state"] == "SCHEDULED");
    assert!(waited.count() >= 10, "{seen:?}");
    let ended = &seen.last().unwrap().0["job"];
    assert_eq!(ended["job-status"], "SUCCESS");
    assert!(time(&ended["start-time"]) >= time(&json!(start)), "{ended}");
}

#[tokio::test]
async fn a_job_that_runs_past_its_deadline_has_failed() {
    let app = App::start(&["--deadline", "4"]);
    let submitted = Instant::now();

    let job = app.rehearse(json!({"seconds": 60})).await;
    let document = app.wait_for_end(&job).await;

    assert!(
        submitted.elapsed() < Duration::from_secs(6),
        "{:?}",
        submitted.elapsed()
    );
    assert_eq!(
        (&document["status"], &document["job"]["job-status"]),
        (&json!("Failed"), &json!("FAILED"))
    );
    assert_eq!(document["error"]["code"], "deadline-exceeded");
    app.result(&job).await.problem(410, "job-failed");
}

#[tokio::test]
async fn a_job_whose_message_is_lost_has_failed_once_it_is_overdue_for_whoever_looks() {
    let app = App::start(&["--deadline", "2", "--write-horizon", "1"]);
    let job = app
        .submit(&json!({"name": "rehearsal", "input": {}, "scheduled-start-time": time_in(2)}))
        .await;

    app.purge().await;
    let document = app.wait_for_end(&job).await;

    assert_eq!(document["error"]["code"], "deadline-exceeded");
    assert_eq!(document["job"]["attempt"], 0);
    // Nobody has written that: it was judged by its reader.
    assert_eq!(
        app.record(&job).await.unwrap()["state"].as_s().unwrap(),
        "SCHEDULED"
    );
}

#[tokio::test]
async fn between_its_deadline_and_the_write_horizon_a_job_is_neither_failed_nor_canceled() {
    let app = App::start(&["--deadline", "2", "--write-horizon", "10"]);
    let job = app
        .submit(&json!({"name": "rehearsal", "input": {}, "scheduled-start-time": time_in(2)}))
        .await;
    app.purge().await;
    let record = app.record(&job).await.unwrap();
    let deadline_ms: i64 = record["deadline_ms"].as_n().unwrap().parse().unwrap();
    eventually("the deadline", async || {
        (now_ms() >= deadline_ms).then_some(())
    })
    .await;

    let status = app.status(&job).await;
    let canceled = app.cancel(&job).await;
    let deleted = app.delete(&job).await;

    assert_eq!(status.json()["job"]["job-state"], "SCHEDULED");
    for waits in [&status, &canceled] {
        assert!((1..=10).contains(&waits.retry_after()), "{waits:?}");
    }
    let problem = canceled.problem(409, "job-overdue");
    let detail = problem["detail"].as_str().unwrap();
    assert!(detail.contains("Nothing was canceled."), "{detail}");
    deleted.problem(409, "job-active");
    let ended = app.wait_for_end(&job).await;
    assert_eq!(ended["error"]["code"], "deadline-exceeded");
    assert_eq!(time(&ended["job"]["end-time"]).ms(), deadline_ms);
    app.cancel(&job).await.problem(409, "job-finished");
    assert_eq!(app.delete(&job).await.status, 204);
    app.status(&job).await.problem(410, "job-expired");
}

fn now_ms() -> i64 {
    Timestamp::from_clock(SystemTime::now()).ms()
}
