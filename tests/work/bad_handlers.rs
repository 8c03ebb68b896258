//! Handlers that do what they should not: each ends as the README says, and its neighbors in the batch do not notice.

use std::time::{Duration, Instant};

use serde_json::json;

use crate::app::{App, ended_as, first_invocations};
use crate::deployment::deployed::{Deployed, http_api_event, sqs_event};

#[tokio::test]
async fn handlers_that_do_not_end_are_timed_out_while_progress_cancel_and_neighbours_go_on() {
    let app = App::start(&["--concurrency", "2", "--worker-timeout", "10"]);
    let jobs = app
        .rehearse_in_one_batch(&[
            json!({"outcome": "spin"}),
            json!({"outcome": "hang"}),
            json!({"outcome": "block", "seconds": 60, "steps": 60}),
            json!({"outcome": "block", "seconds": 60, "steps": 1}),
            json!({"seconds": 3, "steps": 6}),
        ])
        .await;
    let [spinning, hanging, blocking, canceled, neighbour] = &jobs[..] else {
        unreachable!()
    };

    for job in [blocking, neighbour] {
        app.wait_for(job, "a step", |document| {
            let job = &document["job"];
            job["job-state"] == "STARTED" && job["percent-complete"].as_u64() > Some(0)
        })
        .await;
    }
    let answer = app.cancel(canceled).await;
    let asked = Instant::now();
    let wound_down = app.wait_for_end(canceled).await;
    let took = asked.elapsed();

    assert_eq!(answer.status, 202, "{answer:?}");
    assert_eq!(ended_as(&wound_down), ("CANCELED", "canceled"));
    assert!(took < Duration::from_secs(5), "{took:?}");
    let document = app.wait_for_end(neighbour).await;
    assert_eq!(ended_as(&document), ("SUCCESS", ""));
    for job in [spinning, hanging, blocking] {
        assert_eq!(
            ended_as(&app.wait_for_end(job).await),
            ("FAILED", "timed-out")
        );
    }
    // One attempt each: nobody's lease ran out.
    for job in &jobs {
        let record = app.record(job).await.unwrap();
        assert_eq!(record["attempt"].as_n().unwrap(), "1");
    }
    let log = app.into_service().stop();
    let runs = first_invocations(&log, &jobs);
    assert_eq!(runs.len(), 1, "they were not in one batch");
}

#[tokio::test]
async fn no_attempt_runs_beside_what_an_earlier_one_left_running() {
    let app = App::start(&["--concurrency", "2", "--worker-timeout", "6"]);
    let jobs = app
        .rehearse_in_one_batch(&[
            json!({"outcome": "leftover", "seconds": 20}),
            // Keeps the process, and the thread that is left in it, alive for longer than a retry waits.
            json!({"seconds": 4.5}),
        ])
        .await;

    let mut endings = Vec::new();
    for job in &jobs {
        let document = app.wait_for_end(job).await;
        let (_, code) = ended_as(&document);
        endings.push((code.to_owned(), document["job"]["attempt"].clone()));
    }

    let ended = |attempt: u8| (String::new(), json!(attempt));
    assert_eq!(endings, [ended(2), ended(1)]);
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_handler_that_takes_too_much_memory_loses_its_worker_and_its_neighbours_one_attempt() {
    let app = App::start(&[
        "--concurrency",
        "2",
        "--worker-timeout",
        "6",
        "--worker-memory",
        "256",
    ]);
    let jobs = app
        .rehearse_in_one_batch(&[
            json!({"outcome": "memory"}),
            json!({"seconds": 3}),
            json!({"seconds": 3}),
        ])
        .await;

    let mut endings = Vec::new();
    for job in &jobs {
        let document = app.wait_for_end(job).await;
        let (_, code) = ended_as(&document);
        endings.push((code.to_owned(), document["job"]["attempt"].clone()));
    }
    let log = app.into_service().stop();

    let ended = |code: &str, attempt: u8| (code.to_owned(), json!(attempt));
    assert_eq!(
        endings,
        [ended("worker-lost", 3), ended("", 2), ended("", 2)]
    );
    let kills = log.matches("Error Type: Runtime.OutOfMemory").count();
    assert_eq!(kills, 3, "{log}");
}

#[tokio::test]
async fn a_million_words_about_progress_are_at_most_one_write_a_second_and_the_last_is_kept() {
    let deployed = Deployed::with_parameters(&[("OptInKinds", "rehearsal")]).await;
    let path = deployed
        .rehearse(json!({"seconds": 2, "outcome": "chatter"}))
        .await;
    let batch = sqs_event(&deployed.backends.messages().await);

    let began = Instant::now();
    let answer = deployed.worker.invoke(&batch).await;
    let took = began.elapsed();

    assert_eq!(answer, json!({"batchItemFailures": []}));
    let status = deployed
        .status
        .answer(&http_api_event("GET", &path, &json!(null)))
        .await;
    let job = &status.body["job"];
    assert_eq!(
        (
            &job["job-status"],
            &job["percent-complete"],
            &job["summary"]
        ),
        (&json!("SUCCESS"), &json!(100), &json!("said 1000000 words"))
    );
    let writes = deployed.worker.recorder.requests("dynamodb:UpdateItem");
    // Besides the claim and the end.
    let progress = u64::try_from(writes.len()).unwrap() - 2;
    println!("a million words in {took:?}: {progress} writes");
    assert!(
        (1..=took.as_secs()).contains(&progress),
        "{progress}, {took:?}"
    );
}
