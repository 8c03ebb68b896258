//! What an owner can say about a job: cancel, delete, list.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::app::{App, Job, eventually, time_in};

/// A job that starts in this many seconds.
async fn scheduled(app: &App, seconds: u64) -> Job {
    app.submit(
        &json!({"name": "rehearsal", "input": {"seconds": 0}, "scheduled-start-time": time_in(seconds)}),
    )
    .await
}

#[tokio::test]
async fn a_scheduled_job_that_is_canceled_never_runs() {
    let app = App::start(&[]);
    let job = scheduled(&app, 2).await;

    let canceled = app.cancel(&job).await;
    let again = app.cancel(&job).await;
    // The worker has had the message once the queue is empty.
    eventually("the end of the message", async || {
        (app.messages().await == 0).then_some(())
    })
    .await;

    for answer in [&canceled, &again] {
        assert_eq!(answer.status, 200, "{answer:?}");
        assert_eq!(answer.json()["job"]["job-status"], "CANCELED");
        assert_eq!(answer.json()["status"], "Canceled");
        assert_eq!(answer.header("retry-after"), None);
    }
    let after = app.status(&job).await.json();
    assert_eq!(
        (&after["job"]["attempt"], &after["job"]["start-time"]),
        (&json!(0), &Value::Null)
    );
    assert_eq!(after["error"]["code"], "canceled");
    app.result(&job).await.problem(410, "job-canceled");
}

#[tokio::test]
async fn a_running_job_that_is_canceled_winds_down_within_5_seconds() {
    let app = App::shared().as_user("cancels-running");
    let job = app.rehearse(json!({"seconds": 60, "steps": 1})).await;
    app.wait_for_state(&job, "STARTED").await;

    let answer = app.cancel(&job).await;
    let asked = Instant::now();
    let ended = app.wait_for_end(&job).await;
    let took = asked.elapsed();
    let again = app.cancel(&job).await;

    assert_eq!(answer.status, 202, "{answer:?}");
    assert_eq!(answer.header("location"), Some(&*job.uri));
    answer.retry_after();
    assert_eq!(ended["job"]["job-status"], "CANCELED");
    assert!(took < Duration::from_secs(5), "{took:?}");
    assert_eq!((again.status, again.json()), (200, ended));
}

/// A run looks every four seconds whether it is canceled, and this one takes less.
#[tokio::test]
async fn a_success_that_is_faster_than_the_cancel_stands() {
    let app = App::shared().as_user("cancels-too-late");
    let job = app.rehearse(json!({"seconds": 2.5, "steps": 1})).await;
    app.wait_for_state(&job, "STARTED").await;

    let answer = app.cancel(&job).await;
    let ended = app.wait_for_end(&job).await;

    assert_eq!(answer.status, 202, "{answer:?}");
    assert_eq!(ended["job"]["job-status"], "SUCCESS");
    app.cancel(&job).await.problem(409, "job-finished");
    assert_eq!(app.result(&job).await.status, 200);
}

/// The wait is up to two seconds, at random, so it can be too short to get in.
#[tokio::test]
async fn a_job_that_waits_for_its_next_attempt_is_canceled_at_once() {
    let app = App::start(&[]);
    for _ in 0..20 {
        let job = app
            .rehearse(json!({"seconds": 0, "outcome": "retry-then-success"}))
            .await;
        let is_tried = |document: &Value| document["job"]["attempt"] == 1;
        let waits = |document: &Value| document["job"]["job-state"] != "STARTED";
        app.wait_for(&job, "the end of the first attempt", |document| {
            document["job"]["attempt"] == 2 || is_tried(document) && waits(document)
        })
        .await;

        let answer = app.cancel(&job).await;

        if answer.status != 200 {
            // The second attempt was faster.
            app.wait_for_end(&job).await;
            continue;
        }
        assert_eq!(answer.json()["job"]["job-status"], "CANCELED");
        eventually("the end of the message", async || {
            (app.messages().await == 0).then_some(())
        })
        .await;
        let after = app.status(&job).await.json();
        assert_eq!(after, answer.json());
        assert_eq!(after["job"]["attempt"], 1);
        return;
    }
    panic!("no job was met waiting");
}

#[tokio::test]
async fn a_finished_job_cannot_be_canceled() {
    let app = App::shared().as_user("cancels-finished");
    let job = app.rehearse(json!({"seconds": 0})).await;
    let ended = app.wait_for_end(&job).await;

    let answer = app.cancel(&job).await;

    answer.problem(409, "job-finished");
    assert_eq!(app.status(&job).await.json(), ended);
}

#[tokio::test]
async fn a_finished_job_that_is_deleted_is_gone() {
    let app = App::shared().as_user("deletes");
    let job = app.rehearse(json!({"seconds": 0})).await;
    app.wait_for_end(&job).await;

    let deleted = app.delete(&job).await;
    let again = app.delete(&job).await;

    assert_eq!((deleted.status, &*deleted.body), (204, ""));
    again.problem(410, "job-expired");
    app.status(&job).await.problem(410, "job-expired");
    app.result(&job).await.problem(410, "job-expired");
    app.cancel(&job).await.problem(410, "job-expired");
    let record = app.record(&job).await.unwrap();
    assert!(record.contains_key("deleted") && !record.contains_key("owner_shard"));
    assert!(!record.contains_key("result"), "{record:?}");
}

#[tokio::test]
async fn a_job_that_is_not_over_cannot_be_deleted() {
    let app = App::shared().as_user("deletes-active");
    let running = app.rehearse(json!({"seconds": 3})).await;
    app.wait_for_state(&running, "STARTED").await;
    let waiting = scheduled(&app, 4).await;

    for job in [&running, &waiting] {
        app.delete(job).await.problem(409, "job-active");
    }

    for job in [&running, &waiting] {
        assert_eq!(app.wait_for_end(job).await["job"]["job-status"], "SUCCESS");
    }
}

#[tokio::test]
async fn a_list_is_newest_first_over_its_pages() {
    let app = App::shared().as_user("pages");
    let mut submitted = Vec::new();
    for _ in 0..7 {
        submitted.push(app.rehearse(json!({"seconds": 0})).await.id);
    }

    let mut listed = Vec::new();
    let mut pages = 0;
    let mut next = Some("/jobs?limit=3".to_owned());
    while let Some(target) = next {
        let page = app.get(&target).await.json();
        listed.extend(ids(&page));
        next = page["next"].as_str().map(str::to_owned);
        pages += 1;
        assert!(pages <= 4, "{listed:?}");
    }

    submitted.reverse();
    assert_eq!(listed, submitted);
    assert!(pages >= 3);
}

#[tokio::test]
async fn a_list_can_be_of_one_status_over_its_pages() {
    let app = App::shared().as_user("statuses");
    let mut failures = Vec::new();
    for outcome in ["success", "failure", "success", "failure", "failure"] {
        let job = app.rehearse(json!({"outcome": outcome})).await;
        app.wait_for_end(&job).await;
        failures.extend((outcome == "failure").then_some(job.id));
    }

    let mut listed = Vec::new();
    let mut next = Some("/jobs?limit=2&job-status=FAILED".to_owned());
    while let Some(target) = next {
        let page = app.get(&target).await.json();
        assert!(ids(&page).len() <= 2, "{page}");
        listed.extend(ids(&page));
        next = page["next"].as_str().map(str::to_owned);
    }

    failures.reverse();
    assert_eq!(listed, failures);
}

#[tokio::test]
async fn a_list_can_be_of_one_kind_and_keeps_that_over_its_pages() {
    let app = App::shared().as_user("kinds");
    let mut profiles = Vec::new();
    for _ in 0..3 {
        let profile = json!({"name": "csv_profile", "input": {"csv": "a\n1\n"}});
        let profile = app.submit(&profile).await;
        app.wait_for_end(&profile).await;
        profiles.push(profile.id);
        app.rehearse(json!({"outcome": "failure"})).await;
    }

    let mut listed = Vec::new();
    let mut next = Some("/jobs?name=csv_profile&limit=2&job-status=SUCCESS".to_owned());
    while let Some(target) = next {
        let page = app.get(&target).await.json();
        listed.extend(ids(&page));
        next = page["next"].as_str().map(str::to_owned);
    }
    let failed = app.get("/jobs?job-status=FAILED&name=csv_profile").await;

    profiles.reverse();
    assert_eq!(listed, profiles);
    assert_eq!(ids(&failed.json()), [] as [String; 0]);
}

/// Jobs of a kind remain for as long as they are kept, whether the deployment still has the kind or not.
#[tokio::test]
async fn a_list_can_be_of_each_name_that_the_document_allows() {
    let app = App::shared().as_user("gone-kinds");
    let document = app.get("/openapi.json").await.json();
    let schema = &document["components"]["parameters"]["name"]["schema"];
    let pattern = regex::Regex::new(schema["pattern"].as_str().unwrap()).unwrap();
    let (longest, too_long) = ("a".repeat(64), "a".repeat(65));

    for name in [
        "rehearsal",
        "gone_kind",
        "x-1",
        &longest,
        &too_long,
        "",
        "1st",
        "_x",
        "No",
        "a.b",
    ] {
        let list = app.get(&format!("/jobs?name={name}")).await;
        if pattern.is_match(name) {
            assert_eq!(list.json()["jobs"], json!([]), "{name}");
        } else {
            list.problem(400, "invalid-query");
        }
    }
}

fn ids(page: &Value) -> Vec<String> {
    let jobs = page["jobs"].as_array().unwrap().iter();
    jobs.map(|job| job["id"].as_str().unwrap().to_owned())
        .collect()
}

#[tokio::test]
async fn a_query_that_the_list_does_not_understand_is_refused() {
    let app = App::shared().as_user("queries");

    for query in [
        "limit=0",
        "limit=101",
        "limit=x",
        "cursor=x",
        "job-status=DONE",
        "name=No",
        "name=",
        "name=a%26b",
        "state=FAILED",
        "limit=1&job_status=FAILED",
        "limit=1&limit=1",
    ] {
        app.get(&format!("/jobs?{query}"))
            .await
            .problem(400, "invalid-query");
    }
    // A request can be signed in its query.
    let signed = app.get("/jobs?limit=1&X-Amz-Date=20261130T000000Z").await;
    assert_eq!(signed.status, 200, "{signed:?}");
}
