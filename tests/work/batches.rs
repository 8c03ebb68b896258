//! A batch: each record has its own end, whatever becomes of the others.

use aws_sdk_sqs::types::Message;
use engine::Outcome;
use serde_json::json;

use crate::app::{App, ended_as, eventually, first_invocations};
use crate::deployment::deployed::{Deployed, http_api_event, sqs_event};

#[tokio::test]
async fn the_records_of_a_batch_end_each_in_its_own_way() {
    let app = App::start(&["--concurrency", "2"]);
    let outcomes = [
        "success",
        "panic",
        "failure",
        "retry-then-success",
        "large-result",
        "success",
    ];
    let inputs = outcomes.map(|outcome| json!({"seconds": 0.2, "outcome": outcome}));

    let jobs = app.rehearse_in_one_batch(&inputs).await;

    let mut endings = Vec::new();
    for job in &jobs {
        let document = app.wait_for_end(job).await;
        let attempt = document["job"]["attempt"].as_u64().unwrap();
        endings.push((ended_as(&document).1.to_owned(), attempt));
    }
    let ended = |code: &str, attempt| (code.to_owned(), attempt);
    assert_eq!(
        endings,
        [
            ended("", 1),
            ended("panicked", 1),
            ended("rehearsed-failure", 1),
            ended("", 2),
            ended("", 1),
            ended("", 1),
        ]
    );
    let log = app.into_service().stop();
    let first_runs = first_invocations(&log, &jobs);
    assert_eq!(first_runs.len(), 1, "they were not in one batch");
}

#[tokio::test]
async fn what_is_no_message_gets_to_the_dead_letter_queue_and_its_neighbours_succeed() {
    let app = App::start(&["--concurrency", "2"]);
    app.set_max_receive_count(3).await;
    let no_messages = ["not JSON", "{}", "[1]"];

    let jobs = app
        .in_one_batch(async || {
            let first = app.rehearse(json!({"seconds": 0.2})).await;
            for body in no_messages {
                app.send_message(body).await;
            }
            [first, app.rehearse(json!({"seconds": 0.2})).await]
        })
        .await;

    for job in &jobs {
        let document = app.wait_for_end(job).await;
        assert_eq!(ended_as(&document), ("SUCCESS", ""));
        assert_eq!(document["job"]["attempt"], 1);
    }
    let dead = eventually("the dead letters", async || {
        let mut dead = app.dead_letters().await;
        dead.sort();
        (dead.len() == no_messages.len()).then_some(dead)
    })
    .await;
    assert_eq!(dead, ["[1]", "not JSON", "{}"]);
    assert_eq!(app.messages().await, 0);
}

#[tokio::test]
async fn an_answer_names_what_has_to_come_back_and_nothing_else() {
    let deployed = Deployed::with_parameters(&[("OptInKinds", "rehearsal")]).await;
    for outcome in [
        "success",
        "panic",
        "failure",
        "retry-then-success",
        "success",
    ] {
        deployed.rehearse(json!({"outcome": outcome})).await;
    }
    deployed.backends.send_without_group("not JSON").await;
    let messages = deployed.backends.messages().await;
    assert_eq!(messages.len(), 6);

    let answer = deployed.worker.invoke(&sqs_event(&messages)).await;

    let come_back = messages.iter().filter(|message| {
        let body = message.body().unwrap();
        body == "not JSON" || body.contains("retry-then-success")
    });
    let named: Vec<_> = come_back
        .map(|message| json!({"itemIdentifier": message.message_id()}))
        .collect();
    assert_eq!(answer, json!({ "batchItemFailures": named }));
}

/// The event source of the template never makes such a batch; somebody else's could.
#[tokio::test]
async fn of_a_batch_of_any_size_ten_jobs_run_at_once_and_each_comes_to_its_end() {
    let deployed = Deployed::with_parameters(&[("OptInKinds", "rehearsal")]).await;
    for _ in 0..16 {
        deployed.rehearse(json!({"seconds": 0.5, "steps": 1})).await;
    }
    // Ten are the most that the queue gives out at once.
    let mut messages = deployed.backends.messages().await;
    messages.extend(deployed.backends.messages().await);
    assert_eq!(messages.len(), 16);

    let answer = deployed.worker.invoke(&sqs_event(&messages)).await;

    assert_eq!(answer, json!({"batchItemFailures": []}));
    let mut moments = Vec::new();
    for record in deployed.backends.records().await {
        let time = |name: &str| record[name].as_n().unwrap().parse::<i64>().unwrap();
        // An end comes before a start of the same millisecond.
        moments.push((time("started_at_ms"), 1));
        moments.push((time("ended_at_ms"), -1));
    }
    moments.sort_unstable();
    let running = moments.iter().scan(0, |running, (_, change)| {
        *running += change;
        Some(*running)
    });
    assert_eq!(running.max(), Some(10));
}

/// A job whose last attempt died with its process is a suspect: it may take the next process along.
#[tokio::test]
async fn each_suspect_gets_an_invocation_for_itself_and_the_others_of_its_batch_another_one_at_once()
 {
    let deployed = Deployed::with_parameters(&[("OptInKinds", "rehearsal")]).await;
    let backends = &deployed.backends;
    let mut ids = Vec::new();
    for _ in 0..3 {
        let path = deployed.rehearse(json!({"seconds": 0})).await;
        ids.push(path.rsplit('/').next().unwrap().to_owned());
    }
    for suspect in &ids[1..] {
        backends.lose_worker_of(suspect).await;
    }
    // Redelivered, as after the death of their process.
    backends.hand_back(&backends.messages().await).await;

    let mut batches = Vec::new();
    loop {
        // Well within the visibility timeout of the last time.
        let messages = backends.messages().await;
        if messages.is_empty() {
            break;
        }
        let answer = deployed.worker.invoke(&sqs_event(&messages)).await;
        let named = answer["batchItemFailures"].as_array().unwrap();
        let is_done = |message: &Message| {
            !named.contains(&json!({"itemIdentifier": message.message_id().unwrap()}))
        };
        let done: Vec<_> = messages
            .iter()
            .filter(|one| is_done(one))
            .cloned()
            .collect();
        backends.delete(&done).await;
        batches.push((messages.len(), done.len()));
    }

    assert_eq!(batches, [(3, 1), (2, 1), (1, 1)]);
    let (mut ends, mut attempts) = (Vec::new(), Vec::new());
    for id in &ids {
        let record = backends.record_of(id).await;
        assert_eq!(record.outcome(), Some(Outcome::Success));
        ends.push(record.ended_at.unwrap());
        attempts.push(record.attempt);
    }
    assert_eq!(attempts, [1, 2, 2]);
    assert!(ends[1].max(ends[2]) < ends[0], "{ends:?}");
}

/// A message of a webhook can get into the queue of jobs by hand. It takes a place in the event, and none among the jobs.
#[tokio::test]
async fn a_suspect_is_the_one_that_runs_alone_after_a_webhook_in_its_batch_too() {
    let parameters = [("OptInKinds", "rehearsal"), ("Webhooks", "true")];
    let deployed = Deployed::with_parameters(&parameters).await;
    let backends = &deployed.backends;
    let with_callback = json!({
        "name": "rehearsal",
        "input": {"seconds": 0},
        "callback": {"url": "https://hooks.example.invalid/"},
    });
    let submitted = http_api_event("POST", "/jobs", &with_callback);
    assert_eq!(deployed.submit.answer(&submitted).await.status, 202);
    let of_ended = backends.messages().await;
    deployed.worker.invoke(&sqs_event(&of_ended)).await;
    backends.delete(&of_ended).await;
    let mut messages = backends.callback_messages().await;

    let mut ids = Vec::new();
    for _ in 0..2 {
        let path = deployed.rehearse(json!({"seconds": 0})).await;
        ids.push(path.rsplit('/').next().unwrap().to_owned());
    }
    backends.lose_worker_of(&ids[1]).await;
    backends.hand_back(&backends.messages().await).await;
    let mut jobs = backends.messages().await;
    jobs.sort_by_key(|message| message.body().unwrap().contains(&ids[1]));
    messages.extend(jobs);
    assert_eq!(messages.len(), 3);

    let answer = deployed.worker.invoke(&sqs_event(&messages)).await;

    let failures = answer["batchItemFailures"].as_array().map(Vec::len);
    assert_eq!(failures, Some(2), "{answer}");
    let outcomes = [
        backends.record_of(&ids[0]).await.outcome(),
        backends.record_of(&ids[1]).await.outcome(),
    ];
    assert_eq!(outcomes, [None, Some(Outcome::Success)]);
}
