//! What the worker's own calls make of a fault.

use std::sync::Mutex;
use std::time::{Duration, Instant};

use rehearse::faults::Fault;
use serde_json::json;

use super::faulty_app::{FaultyApp, persist};
use super::script::{Case, Step};
use super::{ONE_OPERATION, cases, faults};
use crate::app::time_in;

#[tokio::test]
async fn whatever_a_worker_s_write_meets_its_job_comes_to_its_one_end() {
    let app = FaultyApp::start(Duration::from_secs(12), 300).await;
    app.take_messages();
    let steps = [Step::Claim, Step::Progress, Step::Reschedule, Step::End];
    app.each(cases(&steps, &[1, ONE_OPERATION]), async |app, case| {
        let key = app.arm(&case);
        let input = match case.step {
            Step::Progress => json!({"seconds": 2.5, "steps": 5}),
            Step::Reschedule => json!({"seconds": 0, "outcome": "retry-then-success"}),
            _ => json!({"seconds": 0}),
        };
        let accepted = persist(|| app.submit(&key, input.clone())).await;
        assert_eq!(accepted.status, 202, "{case:?}: {accepted:?}");

        let document = app.end(&key).await;

        assert_eq!(document["status"], "Succeeded", "{case:?}: {document}");
        // Whatever the worker never heard of, no attempt and no work was lost.
        let starts = if case.step == Step::Reschedule { 2 } else { 1 };
        app.was_met(&key) && app.starts(&key) == starts
    })
    .await;
    app.assert_kept();
}

#[tokio::test]
async fn whatever_the_message_before_an_end_meets_no_end_is_without_it() {
    let app = FaultyApp::start(Duration::from_secs(12), 300).await;
    app.take_messages();
    let keys: Mutex<Vec<String>> = Mutex::default();
    let steps = [Step::Announce, Step::End];
    app.each(cases(&steps, &[1, ONE_OPERATION]), async |app, case| {
        let key = app.arm(&case);
        let accepted = persist(|| app.submit_with_callback(&key, None)).await;
        assert_eq!(accepted.status, 202, "{case:?}: {accepted:?}");

        let document = app.end(&key).await;

        assert_eq!(document["status"], "Succeeded", "{case:?}: {document}");
        keys.lock().unwrap().push(key.clone());
        app.was_met(&key) && app.starts(&key) == 1
    })
    .await;
    app.assert_kept();

    app.all_announced(&keys.into_inner().unwrap()).await;
}

#[tokio::test]
async fn a_cancel_whose_message_is_not_sent_is_503_and_ends_nothing() {
    let app = FaultyApp::start(Duration::from_secs(20), 60_000).await;
    app.each(cases(&[Step::Announce], &[9]), async |app, case| {
        let key = app.arm_later(&case);
        let start = time_in(600);
        let accepted = persist(|| app.submit_with_callback(&key, Some(&start))).await;
        assert_eq!(accepted.status, 202, "{accepted:?}");
        app.rearm(&key, &case);

        app.cancel(&key).await.problem(503, "unavailable");
        app.assert_met(&key, &case);

        let document = app.get(&key).await.json();
        assert_eq!(document["job"]["job-state"], "SCHEDULED", "{document}");
        let again = persist(|| app.cancel(&key)).await;
        assert_eq!(again.status, 200, "{again:?}");
        true
    })
    .await;
    app.assert_kept();
}

#[tokio::test]
async fn a_message_that_cannot_be_handed_back_comes_back() {
    let app = FaultyApp::start(Duration::from_secs(8), 300).await;
    app.take_messages();
    for fault in faults() {
        app.arm_any(Case::new(Step::HandBack, fault, 2));
    }
    app.each(cases(&[Step::Nothing], &[1]), async |app, case| {
        let key = app.arm(&case);
        let retried = json!({"seconds": 0, "outcome": "retry-then-success"});
        let accepted = persist(|| app.submit(&key, retried.clone())).await;
        assert_eq!(accepted.status, 202, "{accepted:?}");
        assert_eq!(app.end(&key).await["status"], "Succeeded");
        app.starts(&key) == 2
    })
    .await;
    app.assert_any_met();
    app.assert_kept();
}

#[tokio::test]
async fn a_job_that_may_start_once_runs_although_no_answer_to_its_claim_came() {
    let app = FaultyApp::start(Duration::from_secs(12), 300).await;
    let mut keys = Vec::new();
    for case in cases(&[Step::Claim], &[ONE_OPERATION]) {
        let key = app.arm(&case);
        let accepted = persist(|| app.submit(&key, json!({"seconds": 0}))).await;
        assert_eq!(accepted.status, 202, "{case:?}: {accepted:?}");
        app.allow_one_attempt(&key).await;
        keys.push((key, case));
    }

    app.take_messages();

    for (key, case) in keys {
        let document = app.end(&key).await;
        assert_eq!(document["status"], "Succeeded", "{case:?}: {document}");
        app.assert_met(&key, &case);
    }
    app.assert_kept();
}

#[tokio::test]
async fn a_cancel_reaches_a_silent_job_within_5_s_although_a_look_gets_no_answer() {
    let app = FaultyApp::start(Duration::from_secs(60), 300).await;
    app.take_messages();
    let case = Case::new(Step::Read, Fault::HangBefore, 1);
    let key = app.arm_later(&case);
    let silent = json!({"seconds": 50, "steps": 1});
    let accepted = persist(|| app.submit(&key, silent.clone())).await;
    assert_eq!(accepted.status, 202, "{accepted:?}");
    let is_running = |document: &serde_json::Value| document["job"]["job-state"] == "STARTED";
    app.wait_for(&key, is_running).await;

    let canceled = app.cancel(&key).await;
    let asked = Instant::now();
    // From here on only the worker reads the record.
    app.rearm(&key, &case);
    app.all_ended(1).await;
    let took = asked.elapsed();

    assert_eq!(canceled.status, 202, "{canceled:?}");
    app.assert_met(&key, &case);
    assert!(took < Duration::from_secs(5), "{took:?}");
    assert_eq!(app.end(&key).await["status"], "Canceled");
}
