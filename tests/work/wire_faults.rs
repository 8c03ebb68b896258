//! What each call of the functions to DynamoDB, SQS and Scheduler makes of a fault: a throttle, a 500, a reset, silence, an effect that
//! comes late, before or after the call took effect, once or for as long as the SDK tries.
//!
//! Whatever comes of a call, nothing that was accepted is lost, nothing takes effect twice (an auditor at the wire looks at
//! each write), and the HTTP answers are the documented ones. The cases of a test run side by side.

mod batch;
mod faulty_app;
mod script;
mod worker;

use std::sync::Mutex;
use std::time::Duration;

use rehearse::faults::Fault;
use serde_json::{Value, json};

use faulty_app::{FaultyApp, persist};
use script::{Case, Step};

use crate::app::time_in;

/// More tries than any operation makes.
const FOR_GOOD: u32 = 9;

/// As many tries as the SDK makes of one operation.
const ONE_OPERATION: u32 = 3;

fn faults() -> [Fault; 8] {
    [
        Fault::Throttle,
        Fault::ErrorBefore,
        Fault::ErrorAfter,
        Fault::ResetBefore,
        Fault::ResetAfter,
        Fault::HangBefore,
        Fault::HangAfter,
        // Past the time that a try has: the client has given up when it takes effect.
        Fault::Delay(Duration::from_secs(2)),
    ]
}

/// Each of these steps with each fault, so often.
fn cases(steps: &[Step], times: &[u32]) -> Vec<Case> {
    let each = steps.iter().flat_map(|step| {
        let each = faults().into_iter().map(move |fault| (*step, fault));
        each.flat_map(|(step, fault)| {
            times
                .iter()
                .map(move |times| Case::new(step, fault.clone(), *times))
        })
    });
    each.collect()
}

#[tokio::test]
async fn a_submit_is_accepted_or_503_and_its_key_ends_with_one_job_that_comes_to_one_end() {
    let app = FaultyApp::start(Duration::from_secs(20), 60).await;
    app.take_messages();
    app.each(
        cases(&[Step::Read, Step::Send, Step::Create], &[1, FOR_GOOD]),
        async |app, case| {
            let key = app.arm(&case);
            let first = app.submit(&key, json!({"seconds": 0})).await;
            let is_answered = case.expect(&first, true, &[202]);
            app.assert_met(&key, &case);

            // As a client does that was told 503.
            let again = persist(|| app.submit(&key, json!({"seconds": 0}))).await;

            assert_eq!(again.status, 202, "{case:?}: {again:?}");
            let document = app.end(&key).await;
            assert_eq!(document["status"], "Succeeded", "{case:?}");
            is_answered && app.starts(&key) == 1
        },
    )
    .await;
    app.assert_kept();
}

#[tokio::test]
async fn a_job_far_ahead_is_accepted_or_503_and_canceled_whatever_comes_of_its_schedule() {
    let app = FaultyApp::start(Duration::from_secs(20), 60_000).await;
    app.each(
        cases(&[Step::Schedule, Step::Create], &[1, FOR_GOOD]),
        async |app, case| {
            let key = app.arm(&case);
            let start = time_in(3_600);
            let first = app.submit_for(&key, &start).await;
            let is_answered = case.expect(&first, true, &[202]);
            app.assert_met(&key, &case);
            let again = persist(|| app.submit_for(&key, &start)).await;
            assert_eq!(again.status, 202, "{case:?}: {again:?}");

            let unschedule = Case::new(Step::Unschedule, case.fault.clone(), case.times);
            app.rearm(&key, &unschedule);
            let canceled = app.cancel(&key).await;

            assert_eq!(canceled.status, 200, "{case:?}: {canceled:?}");
            app.assert_met(&key, &unschedule);
            is_answered
        },
    )
    .await;
    assert!(app.waiting().await.is_empty(), "a job far ahead was sent");
    app.assert_kept();
}

#[tokio::test]
async fn a_submit_without_a_key_that_got_503_after_its_record_was_written_comes_to_one_end() {
    let app = FaultyApp::start(Duration::from_secs(20), 60).await;
    app.take_messages();
    app.arm_any(Case::new(Step::Create, Fault::ErrorAfter, FOR_GOOD));

    let answer = app.submit_without_key(json!({"seconds": 0})).await;
    answer.problem(503, "unavailable");
    let jobs = app.all_ended(1).await;

    assert_eq!(jobs.len(), 1);
    assert_eq!(jobs[0].starts, 1, "{jobs:?}");
    app.assert_kept();
}

#[tokio::test]
async fn a_job_past_its_deadline_is_ended_once_whatever_that_write_meets() {
    let app = FaultyApp::start(Duration::from_secs(20), 1).await;
    let keys: Mutex<Vec<(String, Case)>> = Mutex::default();
    app.each(
        cases(&[Step::End], &[1, ONE_OPERATION]),
        async |app, case| {
            let key = app.arm(&case);
            let accepted = persist(|| app.submit(&key, json!({"seconds": 0}))).await;
            assert_eq!(accepted.status, 202, "{case:?}: {accepted:?}");
            app.end(&key).await;
            keys.lock().unwrap().push((key, case));
            true
        },
    )
    .await;

    // Only now somebody takes the messages, and finds each job overdue.
    app.take_messages();
    let jobs = app.all_ended(16).await;

    for job in jobs {
        let image = job.image.unwrap();
        assert_eq!(
            (image.error_code.as_str(), job.starts),
            ("deadline-exceeded", 0)
        );
    }
    for (key, case) in keys.into_inner().unwrap() {
        app.assert_met(&key, &case);
    }
    app.assert_kept();
}

#[tokio::test]
async fn a_cancel_and_a_delete_take_effect_or_are_503_and_can_be_asked_again() {
    let app = FaultyApp::start(Duration::from_secs(20), 60_000).await;
    app.each(
        cases(&[Step::Read, Step::End, Step::Delete], &[1, FOR_GOOD]),
        async |app, case| {
            let key = app.arm_later(&case);
            let start = time_in(3_600);
            let accepted = persist(|| app.submit_for(&key, &start)).await;
            assert_eq!(accepted.status, 202, "{accepted:?}");
            if case.step != Step::Delete {
                app.rearm(&key, &case);
            }

            let canceled = app.cancel(&key).await;
            let mut is_answered = case.expect(&canceled, case.step != Step::Delete, &[200]);
            if case.step != Step::Delete {
                app.assert_met(&key, &case);
            }
            let again = persist(|| app.cancel(&key)).await;
            assert_eq!(again.status, 200, "{case:?}: {again:?}");

            if case.step != Step::End {
                app.rearm(&key, &case);
            }
            let deleted = app.delete(&key).await;
            is_answered &= case.expect(&deleted, case.step != Step::End, &[204]);
            if case.step != Step::End {
                app.assert_met(&key, &case);
            }
            let again = persist(|| app.delete(&key)).await.status;
            assert!(matches!(again, 204 | 410), "{case:?}: {again}");
            let gone = persist(|| app.get(&key)).await.status;
            assert_eq!(gone, 410, "{case:?}");
            is_answered
        },
    )
    .await;
    app.assert_kept();
}

#[tokio::test]
async fn a_running_job_that_is_asked_to_stop_stops_whatever_the_asking_meets() {
    let app = FaultyApp::start(Duration::from_secs(300), 900).await;
    let submit = async |app: &FaultyApp, case: &Case| {
        let key = app.arm(case);
        let long = json!({"seconds": 280, "steps": 280});
        let accepted = persist(|| app.submit(&key, long.clone())).await;
        assert_eq!(accepted.status, 202, "{accepted:?}");
        key
    };
    // All of them before anybody takes them, so that none waits for the others' batch to end.
    let mut cases = cases(&[Step::AskToStop], &[1, FOR_GOOD]);
    for case in &mut cases {
        case.key = submit(&app, case).await;
    }
    app.take_messages();
    app.each(cases, async |app, mut case| {
        if case.key.is_empty() {
            case.key = submit(app, &case).await;
        }
        let is_running = |document: &Value| document["job"]["job-state"] == "STARTED";
        app.wait_for(&case.key, is_running).await;

        let asked = app.cancel(&case.key).await;
        let is_answered = case.expect(&asked, true, &[202, 200]);
        app.assert_met(&case.key, &case);
        let again = persist(|| app.cancel(&case.key)).await.status;

        assert!(matches!(again, 200 | 202), "{case:?}: {again}");
        let document = app.end(&case.key).await;
        assert_eq!(document["status"], "Canceled", "{case:?}");
        assert_eq!(app.starts(&case.key), 1, "{case:?}");
        is_answered
    })
    .await;
    app.assert_kept();
}
