//! Jobs that are longer than an invocation, through the service with its processes.

use std::collections::HashSet;
use std::time::{Duration, Instant};

use engine::Timestamp;
use serde_json::{Value, json};

use crate::app::{App, Item, Job, PATIENCE, ended_as, eventually, signal, time};

/// What one look at a job's status URI shows.
#[derive(Clone, Debug, PartialEq)]
struct Look {
    state: String,
    attempt: u64,
    start: Value,
    percent: u64,
    /// The step after which it says that it is.
    step: u64,
    /// The step after which it says that this slice began.
    resumed: u64,
}

impl Look {
    fn of(document: &Value) -> Self {
        let job = &document["job"];
        // "rehearsed 7 of 20 steps, resumed after step 4"
        let numbers = job["summary"].as_str().unwrap();
        let numbers = numbers.split(|c: char| !c.is_ascii_digit());
        let numbers: Vec<u64> = numbers.filter_map(|text| text.parse().ok()).collect();
        Self {
            state: job["job-state"].as_str().unwrap().to_owned(),
            attempt: job["attempt"].as_u64().unwrap(),
            start: job["start-time"].clone(),
            percent: job["percent-complete"].as_u64().unwrap(),
            step: numbers.first().copied().unwrap_or(0),
            resumed: numbers.get(2).copied().unwrap_or(0),
        }
    }
}

/// All that a poller sees until the job's end. When the job is behind `kill_at` steps, its workers are killed.
async fn watched(app: &App, job: &Job, kill_at: u64) -> (Vec<Look>, Value) {
    let (mut looks, mut killed) = (Vec::new(), false);
    loop {
        let document = app.status(job).await.json();
        let look = Look::of(&document);
        if !killed && look.step >= kill_at {
            killed = true;
            for worker in app.service.workers() {
                signal("KILL", worker.pid);
            }
        }
        let is_over = look.state == "COMPLETED";
        looks.push(look);
        if is_over {
            return (looks, document);
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// Runs a job for `seconds` with a step in each, in workers that are allowed less, and kills it once.
async fn runs_over_slices_and_loses_one_worker(worker_timeout: &str, seconds: u64) {
    let app = App::start(&["--worker-timeout", worker_timeout]);
    let job = app
        .rehearse(json!({"seconds": seconds, "steps": seconds}))
        .await;

    let (mut looks, document) = watched(&app, &job, seconds / 2).await;

    println!("{document}");
    assert_eq!(ended_as(&document), ("SUCCESS", ""));
    // One attempt lost.
    assert_eq!(document["job"]["attempt"], 2);
    assert_eq!(document["job"]["result"]["attempt"], 2);
    // It may start before the first look.
    let waits = |look: &Look| look.state == "SCHEDULED";
    looks.drain(..looks.iter().take_while(|look| waits(look)).count());
    let mut states: Vec<_> = looks.iter().map(|look| look.state.clone()).collect();
    states.dedup();
    assert_eq!(states, ["STARTED", "COMPLETED"]);
    for attempt in [1, 2] {
        let of_it = || looks.iter().filter(move |look| look.attempt == attempt);
        assert!(of_it().is_sorted_by_key(|look| look.percent), "{looks:?}");
        let starts: Vec<_> = of_it().map(|look| &look.start).collect();
        assert!(starts.iter().all(|start| *start == starts[0]), "{starts:?}");
    }
    // No slice began before a step that the job had said it was behind, so none was taken twice beyond its checkpoint.
    let mut furthest = 0;
    let mut begun = vec![0];
    for look in &looks {
        if look.resumed != *begun.last().unwrap() {
            assert!(look.resumed >= furthest, "{looks:#?}");
            begun.push(look.resumed);
        }
        furthest = furthest.max(look.step);
    }
    println!("slices began behind the steps {begun:?}");
    let timeout: u64 = worker_timeout.parse().unwrap();
    let fewest = usize::try_from(seconds / timeout).unwrap();
    assert!(begun.len() >= fewest, "{begun:?}");
}

#[tokio::test]
async fn a_job_that_is_longer_than_its_workers_and_loses_one_of_them_loses_one_attempt_and_no_step()
{
    // A worker of less than 10 s leaves a slice so little time for its end that a busy machine needs more.
    runs_over_slices_and_loses_one_worker("10", 30).await;
}

/// By hand: `cargo test -p tests --test all three_minutes -- --ignored --nocapture`.
#[tokio::test]
#[ignore = "takes more than three minutes"]
async fn a_job_of_three_minutes_in_workers_of_twenty_seconds_loses_one_attempt_and_no_step() {
    runs_over_slices_and_loses_one_worker("20", 180).await;
}

/// The token of the slice that runs, and when it was claimed.
fn running_slice(record: &Item) -> Option<(String, Timestamp)> {
    let token = record.get("run_token")?.as_s().unwrap();
    let started_ms = record.get("started_at_ms")?.as_n().unwrap();
    let is_over = record.contains_key("attempt_step");
    (!is_over).then(|| {
        let started_at = Timestamp::from_ms(started_ms.parse().unwrap());
        (token.clone(), started_at)
    })
}

/// A slice takes a quarter of a second, and the clock is advanced by 45 s in it. A slice that no look meets in its first seconds takes the
/// quarter, so there are ten more slices than 40 minutes need.
#[tokio::test]
async fn a_job_of_40_minutes_in_workers_of_60_seconds_is_one_attempt() {
    const ADVANCE: Duration = Duration::from_secs(45);
    const NEEDED: u32 = 54;
    let steps = NEEDED + 10;
    let (app, mut clock) = App::start_with_clock(&["--worker-timeout", "60"]);
    let seconds = f64::from(steps) / 4.0;
    let job = app
        .rehearse(json!({"seconds": seconds, "steps": steps, "outcome": "slices"}))
        .await;

    let (begun, mut slices, mut looks) = (Instant::now(), HashSet::new(), Vec::new());
    let document = loop {
        let record = app.record(&job).await.unwrap();
        if let Some((token, started_at)) = running_slice(&record) {
            slices.insert(token);
            // Once in each slice, even if the one that was read has ended since: its lease is 62 s.
            if clock.now().since(started_at) < Duration::from_secs(5) {
                clock.advance(ADVANCE);
            }
        }
        let document = app.status(&job).await.json();
        let look = Look::of(&document);
        let is_over = look.state == "COMPLETED";
        looks.push(look);
        if is_over {
            break document;
        }
        assert!(begun.elapsed() < PATIENCE, "{document}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    };

    assert_eq!(ended_as(&document), ("SUCCESS", ""));
    let job = &document["job"];
    assert_eq!(job["result"]["attempt"], 1);
    assert_eq!(job["result"]["resumed_at"], steps - 1);
    let took = time(&job["end-time"]).since(time(&job["start-time"]));
    println!("{} slices seen, {took:?} on the clock", slices.len());
    assert!(took >= ADVANCE * NEEDED, "{took:?}");
    assert!(slices.len() > 30, "{slices:?}");
    looks.retain(|look| look.state != "SCHEDULED");
    let mut states: Vec<_> = looks.iter().map(|look| look.state.clone()).collect();
    states.dedup();
    assert_eq!(states, ["STARTED", "COMPLETED"]);
    assert!(looks.is_sorted_by_key(|look| look.percent), "{looks:?}");
    assert!(looks.iter().all(|look| look.attempt == 1), "{looks:?}");
    assert!(
        looks.iter().all(|look| look.start == job["start-time"]),
        "{looks:?}"
    );
}

#[tokio::test]
async fn slices_without_progress_are_failed_attempts() {
    let app = App::shared().as_user("stuck");
    let job = app.rehearse(json!({"outcome": "stuck"})).await;

    let document = app.wait_for_end(&job).await;

    assert_eq!(ended_as(&document), ("FAILED", "no-progress"));
    assert_eq!(document["job"]["attempt"], 3);
    assert_eq!(document["job"]["percent-complete"], 100);
}

#[tokio::test]
async fn a_cancel_stops_a_later_slice() {
    let app = App::start(&["--worker-timeout", "3"]);
    let job = app.rehearse(json!({"seconds": 600, "steps": 1_000})).await;
    app.wait_for(&job, "the second slice", |document| {
        Look::of(document).resumed > 0
    })
    .await;

    let asked = app.cancel(&job).await;
    let document = app.wait_for_end(&job).await;

    // Between two slices it ends at once.
    assert!(matches!(asked.status, 200 | 202), "{asked:?}");
    assert_eq!(ended_as(&document), ("CANCELED", "canceled"));
    assert_eq!(document["job"]["attempt"], 1);
}

#[tokio::test]
async fn a_cancel_between_two_slices_ends_the_job_at_once() {
    let app = App::start(&["--concurrency", "2", "--batch-size", "1"]);
    let blocker = json!({"seconds": 600, "steps": 1_000});
    // Its first slice lasts until the blockers are submitted.
    let sliced = json!({"seconds": 20, "steps": 2, "outcome": "slices"});
    let job = app.rehearse(sliced).await;
    let before = app.wait_for_state(&job, "STARTED").await;
    // One for the other worker, and one that waits before the job's next slice.
    let blockers = [
        app.rehearse(blocker.clone()).await,
        app.rehearse(blocker).await,
    ];
    eventually("the end of the first slice", async || {
        let record = app.record(&job).await.unwrap();
        record.contains_key("attempt_step").then_some(())
    })
    .await;
    let between = app.status(&job).await.json();

    let canceled = app.cancel(&job).await;

    assert_eq!(canceled.status, 200, "{canceled:?}");
    assert_eq!(between["job"]["job-state"], "STARTED");
    assert_eq!(between["job"]["percent-complete"], 50);
    let document = app.status(&job).await.json();
    assert_eq!(ended_as(&document), ("CANCELED", "canceled"));
    assert_eq!(document["job"]["attempt"], 1);
    assert_eq!(document["job"]["start-time"], before["job"]["start-time"]);
    for blocker in &blockers {
        app.cancel(blocker).await;
    }
    // Its message finds it ended.
    for blocker in &blockers {
        app.wait_for_end(blocker).await;
    }
    eventually("an empty queue", async || {
        (app.messages().await == 0).then_some(())
    })
    .await;
}
