//! Lets each thing of the table happen once, and counts.

use std::time::Duration;

use engine::{
    Checkpoint, Claim, Fingerprint, JobRecord, JobStore, MAX_CHECKPOINT_BYTES, Progress, Timestamp,
};
use serde_json::{Value, json};

use super::counted::What;
use super::counted_app::{CountedApp, at_once};
use crate::backends::{TABLE, dynamodb_client};
use crate::recorder::{Call, Recorder};

/// The calls while this happens.
pub(super) async fn count(what: What) -> Vec<Call> {
    let app = CountedApp::new().await;
    let body = json!({"name": "rehearsal", "input": at_once(), "summary": "a typical job"});
    let key = [("idempotency-key", "\"monday\"")];
    match what {
        What::Submit => app.calls_of(app.submit_as(&[], &body)).await,
        What::SubmitSoon => app.calls_of(app.submit_in(900)).await,
        What::SubmitFar => app.calls_of(app.submit_in(960)).await,
        What::SubmitUnderKey => app.calls_of(app.submit_as(&key, &body)).await,
        What::Replay => {
            app.submit_as(&key, &body).await;
            app.calls_of(app.submit_as(&key, &body)).await
        }
        What::Refused => app.calls_of(app.submit_as(&key, &json!({}))).await,
        What::Poll | What::PollUnchanged | What::PollOfNobody | What::Look | What::Result => {
            read(&app, what).await
        }
        What::ListPage => {
            for _ in 0..25 {
                app.rehearse(&at_once()).await;
            }
            app.calls_of(app.get("/jobs", &[])).await
        }
        What::CancelScheduled | What::CancelFar | What::CancelRunning | What::Delete => {
            command(&app, what).await
        }
        What::LargestCheckpoint => largest_checkpoint(&app).await,
        What::Run
        | What::Progress
        | What::SilentLook
        | What::Retry
        | What::Snooze
        | What::Slice
        | What::DuplicateDelivery => run(&app, what).await,
    }
}

async fn read(app: &CountedApp, what: What) -> Vec<Call> {
    let path = match what {
        What::Look => app.rehearse(&at_once()).await,
        _ => app.ended().await,
    };
    match what {
        What::PollUnchanged => {
            let etag = app.get(&path, &[]).await.header("etag").to_owned();
            let again = async {
                let answer = app.get(&path, &[("if-none-match", &etag)]).await;
                assert_eq!(answer.status, 304);
            };
            app.calls_of(again).await
        }
        What::PollOfNobody => {
            let nobodys = "/jobs/6f1d2c3b-4a59-8e07-9b1c-2d3e4f506172";
            app.calls_of(app.get(nobodys, &[])).await
        }
        // One poll comes before the checks, and another after them.
        What::Look => {
            let held = app.calls_of(app.get(&path, &[("prefer", "wait=1")]));
            held.await[1..2].to_vec()
        }
        What::Result => {
            let result = format!("{path}/result");
            app.calls_of(app.get(&result, &[])).await
        }
        _ => app.calls_of(app.get(&path, &[])).await,
    }
}

async fn command(app: &CountedApp, what: What) -> Vec<Call> {
    let cancel = |path: &str| format!("{path}/cancel");
    match what {
        What::Delete => {
            let path = app.ended().await;
            app.calls_of(app.command("DELETE", &path)).await
        }
        What::CancelFar => {
            let path = cancel(&app.submit_in(960).await);
            app.calls_of(app.command("POST", &path)).await
        }
        What::CancelScheduled => {
            let path = cancel(&app.rehearse(&at_once()).await);
            app.calls_of(app.command("POST", &path)).await
        }
        _ => {
            let path = app.rehearse(&json!({"seconds": 60, "steps": 1})).await;
            let messages = app.messages().await;
            let worked = app.work_on(&messages);
            let canceled = async {
                while app.get(&path, &[]).await.body["job"]["job-state"] != "STARTED" {}
                app.take();
                app.command("POST", &cancel(&path)).await;
                app.deployed.submit.recorder.take()
            };
            tokio::join!(canceled, worked).0
        }
    }
}

async fn run(app: &CountedApp, what: What) -> Vec<Call> {
    let input = match what {
        What::Progress => json!({"seconds": 1.5, "steps": 5}),
        What::SilentLook => json!({"seconds": 4.5, "steps": 1}),
        What::Retry => json!({"seconds": 0, "steps": 1, "outcome": "retry-then-success"}),
        What::Snooze => json!({"seconds": 0, "steps": 2, "outcome": "snooze-then-success"}),
        What::Slice => json!({"seconds": 0, "steps": 2, "outcome": "slices"}),
        _ => at_once(),
    };
    app.rehearse(&input).await;
    let messages = app.messages().await;
    if what == What::DuplicateDelivery {
        app.work_on(&messages).await;
    }
    let calls = app.calls_of(app.work_on(&messages)).await;
    match what {
        // Behind the claim.
        What::Progress | What::SilentLook => calls[1..2].to_vec(),
        _ => calls,
    }
}

/// No kind here saves as much, so this is the store by itself, with the same calls.
async fn largest_checkpoint(app: &CountedApp) -> Vec<Call> {
    let path = app.rehearse(&at_once()).await;
    let (recorder, endpoint) = Recorder::before(&app.deployed.backends).await;
    let store = JobStore::new(dynamodb_client(&endpoint), TABLE);
    let run = claimed(&store, app, &path).await;
    recorder.take();
    let text = "x".repeat(MAX_CHECKPOINT_BYTES - "\"\"".len());
    let said = Progress {
        checkpoint: Some(Checkpoint::of(&text).unwrap()),
        ..Progress::default()
    };
    store.progress(&run, 1, &said, now()).await.unwrap();
    recorder.take()
}

async fn claimed(store: &JobStore, app: &CountedApp, path: &str) -> JobRecord {
    let id = path.trim_start_matches("/jobs/").parse().unwrap();
    let message: Value = {
        let messages = app.messages().await;
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
