//! What an owner notices of another who floods the queue: the group of a message is its owner's.
//!
//! AWS does not publish by which rule a fair queue orders. What is shown here is that messages carry what such a queue goes by,
//! and what that changes under the embedded queue's rule (`local::sqs`): the group with the fewest messages in flight first.

use std::time::Duration;

use engine::Owner;
use serde_json::json;

use crate::app::App;
use crate::backends::Backends;

/// Messages of the owner who floods.
const FLOOD: usize = 300;

/// As many as one receive gives.
const BATCH: usize = 10;

/// How many messages of the flood are delivered before the other owner's one, which comes when two workers are busy with
/// the flood.
async fn delivered_before(backends: &Backends, is_grouped: bool) -> usize {
    let send = async |body: &str, owner: &str| {
        if is_grouped {
            let owner = Owner::named(owner).unwrap();
            let queue = backends.queue();
            let sent = queue.send(body.to_owned(), &owner, Duration::ZERO, None);
            sent.await.unwrap();
        } else {
            backends.send_without_group(body).await;
        }
    };
    for _ in 0..FLOOD {
        send("flood", "noisy").await;
    }
    let mut workers = [backends.messages().await, backends.messages().await];
    send("the one", "quiet").await;

    let mut delivered = 0;
    for turn in 0.. {
        let worker = &mut workers[turn % 2];
        backends.delete(worker).await;
        *worker = backends.messages().await;
        assert!(!worker.is_empty(), "it was never delivered");
        for message in worker {
            if message.body() == Some("the one") {
                return delivered;
            }
            delivered += 1;
        }
    }
    unreachable!()
}

#[tokio::test]
async fn one_owner_s_flood_does_not_delay_another_s_message_as_it_does_without_groups() {
    let grouped = delivered_before(&Backends::start().await, true).await;
    let ungrouped = delivered_before(&Backends::start().await, false).await;

    println!("delivered before it: {grouped} of {FLOOD} with groups, {ungrouped} without");
    assert_eq!(grouped, 0);
    // All but what the workers had.
    assert_eq!(ungrouped, FLOOD - 2 * BATCH);
}

#[tokio::test]
async fn a_job_beside_a_flood_starts_with_the_first_batches() {
    let app = App::start(&["--concurrency", "2"]);
    let (noisy, quiet) = (app.as_user("noisy"), app.as_user("quiet"));

    let (flood, job) = noisy
        .in_one_batch(async || {
            let mut flood = Vec::new();
            for _ in 0..60 {
                flood.push(noisy.rehearse(json!({"seconds": 0.1, "steps": 1})).await);
            }
            (
                flood,
                quiet.rehearse(json!({"seconds": 0.1, "steps": 1})).await,
            )
        })
        .await;
    let start_of = async |job| {
        let record = app.record(job).await.unwrap();
        record["started_at_ms"]
            .as_n()
            .unwrap()
            .parse::<i64>()
            .unwrap()
    };
    quiet.wait_for_end(&job).await;
    let started = start_of(&job).await;
    let mut before = 0;
    for job in &flood {
        noisy.wait_for_end(job).await;
        before += usize::from(start_of(job).await < started);
    }

    println!(
        "of {} jobs that were there before it, {before} started before it",
        flood.len()
    );
    assert!(before < 2 * BATCH, "{before}");
}
