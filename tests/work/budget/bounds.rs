//! Bounds of a job's whole life, and of how often its progress is written.

use std::time::Instant;

use serde_json::{Value, json};

use super::counted::{LOG_BYTES, LogBytes, RECORD_BYTES, What};
use super::counted_app::CountedApp;
use crate::app::eventually;
use crate::deployment::answers::a_job;
use crate::deployment::cloudformation::{Template, text};
use crate::deployment::deployed::{Deployed, sqs_event};
use crate::recorder::{Call, Units};

fn units(calls: &[Call]) -> Units {
    calls.iter().map(|call| call.units).sum()
}

/// What AWS charges for a job from its submit to its end, however often its message is delivered.
async fn life(headers: &[(&str, &str)], body: &Value) -> Units {
    let app = CountedApp::new().await;
    let accepted = app.submit_as(headers, body).await;
    assert_eq!(accepted.status, 202, "{}", accepted.body);
    let path = text(&accepted.body["task"]["href"]).to_owned();
    let mut spent = units(&app.take());
    eventually("the job's end", async || {
        let messages = app.deployed.backends.messages().await;
        if !messages.is_empty() {
            app.deployed.worker.invoke(&sqs_event(&messages)).await;
        }
        spent = spent + units(&app.take());
        let job = app.get(&path, &[]).await.body;
        // The test's own polls don't count.
        app.take();
        (job["status"] == "Succeeded").then_some(())
    })
    .await;
    spent
}

fn rehearsal(outcome: &str) -> Value {
    let input = json!({"seconds": 0, "steps": 1, "outcome": outcome});
    json!({"name": "rehearsal", "input": input, "summary": "a typical job"})
}

#[tokio::test]
async fn a_typical_job_costs_four_write_units_from_its_submit_to_its_end_the_list_index_included() {
    let key = [("idempotency-key", "\"monday\"")];

    let plain = life(&[], &rehearsal("success")).await;
    let profile = life(&[], &a_job()).await;
    let keyed = life(&key, &rehearsal("success")).await;

    assert_eq!((plain.writes(), plain.reads), (4.0, 0.0));
    assert_eq!((profile.writes(), profile.reads), (4.0, 0.0));
    assert_eq!((keyed.writes(), keyed.reads), (4.0, 1.0));
}

#[tokio::test]
async fn a_retry_a_snooze_and_a_slice_cost_two_write_units_more() {
    let retried = life(&[], &rehearsal("retry-then-success")).await;
    let snoozed = life(&[], &rehearsal("snooze-then-success")).await;

    let steps = json!({"seconds": 0, "steps": 2, "outcome": "slices"});
    let body = json!({"name": "rehearsal", "input": steps, "summary": "a typical job"});
    let sliced = life(&[], &body).await;

    assert_eq!(retried.writes(), 6.0);
    assert_eq!(snoozed.writes(), 6.0);
    assert_eq!(sliced.writes(), 6.0);
}

#[tokio::test]
async fn progress_is_written_at_most_once_a_second_however_often_it_is_said() {
    let app = CountedApp::new().await;
    app.rehearse(&json!({"seconds": 3, "steps": 100})).await;
    let messages = app.messages().await;
    app.take();

    let begun = Instant::now();
    app.work_on(&messages).await;
    let seconds = usize::try_from(begun.elapsed().as_secs()).unwrap();
    let calls = app.take();

    let claim_and_end = What::Run.counted().calls.len();
    let of_progress = calls.len() - claim_and_end;
    assert!(
        calls
            .iter()
            .all(|call| call.action == "dynamodb:UpdateItem")
    );
    assert!(
        (1..=seconds).contains(&of_progress),
        "{of_progress} in {seconds} s"
    );
}

#[tokio::test]
async fn what_the_functions_log_is_what_the_costs_are_computed_with() {
    let app = CountedApp::new().await;
    let path = app.ended().await;
    app.get(&path, &[]).await;
    let Deployed {
        submit,
        status,
        worker,
        ..
    } = &app.deployed;
    // Lines come through a pipe, behind the answer.
    eventually("all metrics", async || {
        let lines = worker.lines();
        let over = lines.iter().any(|line| line["RunTime"].is_u64());
        (over && submit.lines().iter().any(|line| line["JobAccepted"] == 1)).then_some(())
    })
    .await;

    let logged = [submit, status, worker].map(|function| f64::from(function.logged_bytes()));
    let LogBytes {
        submit,
        status,
        worker,
    } = LOG_BYTES;
    for (logged_bytes, assumed) in logged.into_iter().zip([submit, status, worker]) {
        let near = assumed * 0.9..=assumed;
        assert!(near.contains(&logged_bytes), "{logged:?}");
    }
}

#[tokio::test]
async fn what_a_record_weighs_is_what_the_costs_are_computed_with() {
    let app = CountedApp::new().await;
    let path = app.ended().await;

    let polled = app.calls_of(app.get(&path, &[])).await;

    let item = polled[0].answer["Item"].clone();
    let mut item: dynoxide::Item = serde_json::from_value(item).unwrap();
    assert!(item.remove("result").is_some());
    let bytes = dynoxide::types::item_size(&item);
    let assumed = RECORD_BYTES;
    assert!((assumed * 9 / 10..=assumed).contains(&bytes), "{bytes}");
}

#[test]
fn the_template_s_defaults_are_those_that_limits_are_computed_with() {
    let template = Template::of_this_repository();

    for (parameter, assumed) in [
        ("ThrottlingRateLimit", 100),
        ("MaximumConcurrency", 5),
        ("BatchSize", 10),
    ] {
        let default = template.at(&format!("/Parameters/{parameter}/Default"));
        assert_eq!(default, assumed, "{parameter}");
    }
}
