//! Attempts that go wrong, by their handlers or because their process dies. Every job ends.

use std::time::{Duration, Instant};

use serde_json::json;

use crate::app::{App, ended_as, eventually, signal};

/// How much longer than its invocation a lease lasts.
const LEASE_MARGIN: Duration = Duration::from_secs(2);

/// How much longer processes may take to start on a machine that does other work, too. Far less than a visibility timeout of
/// six times the worker's would add.
const BUSY_MACHINE: Duration = Duration::from_secs(10);

#[tokio::test]
async fn a_job_whose_worker_is_killed_in_the_middle_succeeds_at_its_second_attempt() {
    let app = App::start(&["--worker-timeout", "6", "--visibility", "7"]);
    // Its first step is seen seconds before its last one, on a busy machine too.
    let job = app.rehearse(json!({"seconds": 4, "steps": 4})).await;
    app.wait_for(&job, "a step", |document| {
        document["job"]["percent-complete"].as_u64() > Some(0)
    })
    .await;

    let workers = app.service.workers();
    for worker in &workers {
        signal("KILL", worker.pid);
    }
    let document = app.wait_for_end(&job).await;

    assert_eq!(workers.len(), 1, "{workers:?}");
    assert_eq!(ended_as(&document), ("SUCCESS", ""));
    assert_eq!(document["job"]["attempt"], 2);
    assert_eq!(document["job"]["result"]["attempt"], 2);
    // It went on behind a step that it had said it was at.
    let resumed_at = document["job"]["result"]["resumed_at"].as_u64();
    assert!(resumed_at >= Some(1), "{document}");
}

#[tokio::test]
async fn a_job_whose_process_dies_each_time_fails_with_the_reason() {
    let (timeout, visibility, attempts) = (Duration::from_secs(2), Duration::from_secs(3), 3);
    let app = App::start(&["--worker-timeout", "2", "--visibility", "3"]);
    let submitted = Instant::now();

    let job = app.rehearse(json!({"seconds": 0, "outcome": "exit"})).await;
    let document = app.wait_for_end(&job).await;

    let longest = (visibility.max(timeout) + LEASE_MARGIN) * attempts + BUSY_MACHINE;
    assert!(submitted.elapsed() < longest, "{:?}", submitted.elapsed());
    assert_eq!(ended_as(&document), ("FAILED", "worker-lost"));
    assert_eq!(document["job"]["attempt"], attempts);
    let message = document["error"]["message"].as_str().unwrap();
    assert_eq!(message, "attempt 3 of 3 never reported its end");
}

#[tokio::test]
async fn a_process_that_dies_costs_its_neighbours_one_attempt() {
    let app = App::start(&["--concurrency", "2", "--worker-timeout", "3"]);
    let jobs = app
        .rehearse_in_one_batch(&[
            json!({"seconds": 0.3, "outcome": "exit"}),
            json!({"seconds": 1}),
            json!({"seconds": 1}),
        ])
        .await;

    let mut endings = Vec::new();
    for job in &jobs {
        let document = app.wait_for_end(job).await;
        endings.push((
            ended_as(&document).1.to_owned(),
            document["job"]["attempt"].clone(),
        ));
    }

    let ended = |code: &str, attempt: u8| (code.to_owned(), json!(attempt));
    assert_eq!(
        endings,
        [ended("worker-lost", 3), ended("", 2), ended("", 2)]
    );
}

#[tokio::test]
async fn a_job_whose_first_attempt_fails_is_scheduled_again_and_succeeds() {
    let app = App::shared().as_user("retries");
    let job = app
        .rehearse(json!({"seconds": 1, "outcome": "retry-then-success"}))
        .await;

    let document = app.wait_for_end(&job).await;

    assert_eq!(ended_as(&document), ("SUCCESS", ""));
    assert_eq!(document["job"]["attempt"], 2);
    assert_eq!(document["job"]["result"]["outcome"], "retry-then-success");
}

#[tokio::test]
async fn a_job_that_snoozes_waits_without_using_up_an_attempt_and_goes_on_where_it_was() {
    let app = App::shared().as_user("snoozes");
    let job = app
        .rehearse(json!({"seconds": 1, "steps": 5, "outcome": "snooze-then-success"}))
        .await;

    let waiting = app
        .wait_for(&job, "a snooze", |document| {
            document["job"]["summary"] == "the job was asked to snooze"
        })
        .await;
    let document = app.wait_for_end(&job).await;

    assert_eq!(waiting["job"]["job-state"], "SCHEDULED");
    assert_eq!(
        (
            &waiting["job"]["attempt"],
            &waiting["job"]["percent-complete"]
        ),
        (&json!(0), &json!(100))
    );
    assert_eq!(ended_as(&document), ("SUCCESS", ""));
    assert_eq!(
        document["job"]["result"],
        json!({"outcome": "snooze-then-success", "attempt": 1, "steps": 5, "resumed_at": 5})
    );
}

#[tokio::test]
async fn a_handler_that_ignores_its_stop_loses_its_job_and_its_process_and_no_neighbour() {
    let app = App::start(&["--concurrency", "2", "--worker-timeout", "6"]);
    for _ in 0..2 {
        let blocker = app.rehearse(json!({"seconds": 1.5, "steps": 1})).await;
        app.wait_for_state(&blocker, "STARTED").await;
    }
    let runaway = app.rehearse(json!({"seconds": 0, "outcome": "spin"})).await;
    let neighbour = app.rehearse(json!({"seconds": 1})).await;
    let before = app.service.workers();

    let ended = app.wait_for_end(&runaway).await;
    let beside = app.wait_for_end(&neighbour).await;
    eventually("the end of the process", async || {
        let left = before.iter().filter(|worker| worker.is_alive()).count();
        (left < before.len()).then_some(())
    })
    .await;
    let next = app.rehearse(json!({"seconds": 0})).await;
    let next = app.wait_for_end(&next).await;

    assert_eq!(ended_as(&ended), ("FAILED", "timed-out"));
    assert_eq!(ended_as(&beside), ("SUCCESS", ""));
    assert_eq!(ended_as(&next), ("SUCCESS", ""));
    // Nobody paid for it with an attempt.
    for document in [&ended, &beside, &next] {
        assert_eq!(document["job"]["attempt"], 1, "{document}");
    }
}

#[tokio::test]
async fn a_permanent_error_fails_a_job_at_its_first_attempt() {
    let app = App::shared().as_user("failures");
    let job = app
        .rehearse(json!({"seconds": 0, "outcome": "failure"}))
        .await;

    let document = app.wait_for_end(&job).await;

    assert_eq!(ended_as(&document), ("FAILED", "rehearsed-failure"));
    assert_eq!(
        (&document["job"]["attempt"], &document["status"]),
        (&json!(1), &json!("Failed"))
    );
    assert_eq!(document["job"]["error"], document["error"]);
    assert_eq!(document.get("resourceLocation"), None);
    app.result(&job).await.problem(410, "job-failed");
}

#[tokio::test]
async fn a_job_that_takes_longer_than_an_attempt_may_fails_as_timed_out() {
    let app = App::start(&["--worker-timeout", "2"]);
    let submitted = Instant::now();

    let job = app.rehearse(json!({"seconds": 0, "outcome": "hang"})).await;
    let document = app.wait_for_end(&job).await;

    assert_eq!(ended_as(&document), ("FAILED", "timed-out"));
    assert_eq!(document["job"]["attempt"], 1);
    assert!(
        submitted.elapsed() < Duration::from_secs(4),
        "{:?}",
        submitted.elapsed()
    );
}
