//! Lets each thing of the table happen once, and counts.

use std::time::Duration;

use engine::{
    Checkpoint, Claim, Fingerprint, JobRecord, JobStore, MAX_CHECKPOINT_BYTES, Progress, Timestamp,
};
use serde_json::{Value, json};

use super::counted::What;
use super::world::{World, at_once};
use crate::backends::{TABLE, dynamodb_client};
use crate::recorder::{Call, Recorder};

/// The calls while this happens.
pub(super) async fn count(what: What) -> Vec<Call> {
    let world = World::new().await;
    let body = json!({"name": "rehearsal", "input": at_once(), "summary": "a typical job"});
    let key = [("idempotency-key", "\"monday\"")];
    match what {
        What::Submit => world.calls_of(world.submit_as(&[], &body)).await,
        What::SubmitUnderKey => world.calls_of(world.submit_as(&key, &body)).await,
        What::Replay => {
            world.submit_as(&key, &body).await;
            world.calls_of(world.submit_as(&key, &body)).await
        }
        What::Refused => world.calls_of(world.submit_as(&key, &json!({}))).await,
        What::Poll | What::PollUnchanged | What::PollOfNobody | What::Look | What::Result => {
            read(&world, what).await
        }
        What::ListPage => {
            for _ in 0..25 {
                world.rehearse(&at_once()).await;
            }
            world.calls_of(world.get("/jobs", &[])).await
        }
        What::CancelScheduled | What::CancelRunning | What::Delete => command(&world, what).await,
        What::LargestCheckpoint => largest_checkpoint(&world).await,
        What::Run
        | What::Progress
        | What::SilentLook
        | What::Retry
        | What::Snooze
        | What::DuplicateDelivery => run(&world, what).await,
    }
}

async fn read(world: &World, what: What) -> Vec<Call> {
    let path = match what {
        What::Look => world.rehearse(&at_once()).await,
        _ => world.ended().await,
    };
    match what {
        What::PollUnchanged => {
            let etag = world.get(&path, &[]).await.header("etag").to_owned();
            let again = async {
                let answer = world.get(&path, &[("if-none-match", &etag)]).await;
                assert_eq!(answer.status, 304);
            };
            world.calls_of(again).await
        }
        What::PollOfNobody => {
            let nobodys = "/jobs/6f1d2c3b-4a59-8e07-9b1c-2d3e4f506172";
            world.calls_of(world.get(nobodys, &[])).await
        }
        // What comes before the looks is a poll, and what comes behind them another.
        What::Look => {
            let held = world.calls_of(world.get(&path, &[("prefer", "wait=1")]));
            held.await[1..2].to_vec()
        }
        What::Result => {
            let result = format!("{path}/result");
            world.calls_of(world.get(&result, &[])).await
        }
        _ => world.calls_of(world.get(&path, &[])).await,
    }
}

async fn command(world: &World, what: What) -> Vec<Call> {
    let cancel = |path: &str| format!("{path}/cancel");
    match what {
        What::Delete => {
            let path = world.ended().await;
            world.calls_of(world.command("DELETE", &path)).await
        }
        What::CancelScheduled => {
            let path = cancel(&world.rehearse(&at_once()).await);
            world.calls_of(world.command("POST", &path)).await
        }
        _ => {
            let path = world.rehearse(&json!({"seconds": 60, "steps": 1})).await;
            let messages = world.messages().await;
            let worked = world.work_on(&messages);
            let canceled = async {
                while world.get(&path, &[]).await.body["job"]["job-state"] != "STARTED" {}
                world.take();
                world.command("POST", &cancel(&path)).await;
                world.deployed.submit.recorder.take()
            };
            tokio::join!(canceled, worked).0
        }
    }
}

async fn run(world: &World, what: What) -> Vec<Call> {
    let input = match what {
        What::Progress => json!({"seconds": 1.5, "steps": 5}),
        What::SilentLook => json!({"seconds": 4.5, "steps": 1}),
        What::Retry => json!({"seconds": 0, "steps": 1, "outcome": "retry-then-success"}),
        What::Snooze => json!({"seconds": 0, "steps": 2, "outcome": "snooze-then-success"}),
        _ => at_once(),
    };
    world.rehearse(&input).await;
    let messages = world.messages().await;
    if what == What::DuplicateDelivery {
        world.work_on(&messages).await;
    }
    let calls = world.calls_of(world.work_on(&messages)).await;
    match what {
        // Behind the claim.
        What::Progress | What::SilentLook => calls[1..2].to_vec(),
        _ => calls,
    }
}

/// No kind here saves as much, so this is the store by itself, with the same calls.
async fn largest_checkpoint(world: &World) -> Vec<Call> {
    let path = world.rehearse(&at_once()).await;
    let (recorder, endpoint) = Recorder::before(&world.deployed.backends).await;
    let store = JobStore::new(dynamodb_client(&endpoint), TABLE);
    let run = claimed(&store, world, &path).await;
    recorder.take();
    let text = "x".repeat(MAX_CHECKPOINT_BYTES - "\"\"".len());
    let said = Progress {
        checkpoint: Some(Checkpoint::of(&text).unwrap()),
        ..Progress::default()
    };
    store.progress(&run, 1, &said, now()).await.unwrap();
    recorder.take()
}

async fn claimed(store: &JobStore, world: &World, path: &str) -> JobRecord {
    let id = path.trim_start_matches("/jobs/").parse().unwrap();
    let message: Value = {
        let messages = world.messages().await;
        serde_json::from_str(messages[0].body().unwrap()).unwrap()
    };
    let fingerprint = message["fingerprint"].as_str().unwrap();
    let fingerprint = Fingerprint::from_hex(fingerprint).unwrap();
    let lease = now().plus(Duration::from_secs(60));
    let claim = store.claim(&id, &fingerprint, "run-1", now(), lease);
    match claim.await.unwrap() {
        Claim::Acquired(run) => *run,
        refused @ Claim::Refused(..) => panic!("{refused:?}"),
    }
}

fn now() -> Timestamp {
    Timestamp::from_clock(std::time::SystemTime::now())
}
