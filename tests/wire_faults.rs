//! What each call of the functions to DynamoDB and SQS makes of a fault: a throttle, a 500, a reset, silence, an effect that
//! comes late, before or after the call took effect, once or for as long as the SDK tries.
//!
//! Whatever comes of a call, nothing that was accepted is lost, nothing takes effect twice (an auditor at the wire looks at
//! each write), and the HTTP answers are the documented ones. The cases of a test run side by side.

mod script;
mod worker;
mod world;

use std::sync::Mutex;
use std::time::Duration;

use rehearse::faults::Fault;
use serde_json::{Value, json};

use script::{Case, Step};
use world::{World, persist};

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
    let world = World::start(Duration::from_secs(20), 60).await;
    world.take_messages();
    world
        .each(
            cases(&[Step::Read, Step::Send, Step::Create], &[1, FOR_GOOD]),
            async |world, case| {
                let key = world.arm(&case);
                let first = world.submit(&key, json!({"seconds": 0})).await;
                let is_answered = case.expect(&first, true, &[202]);
                world.assert_met(&key, &case);

                // As a client does that was told 503.
                let again = persist(|| world.submit(&key, json!({"seconds": 0}))).await;

                assert_eq!(again.status, 202, "{case:?}: {again:?}");
                let document = world.end(&key).await;
                assert_eq!(document["status"], "Succeeded", "{case:?}");
                is_answered && world.starts(&key) == 1
            },
        )
        .await;
    world.assert_kept();
}

#[tokio::test]
async fn a_submit_without_a_key_that_got_503_after_its_record_was_written_comes_to_one_end() {
    let world = World::start(Duration::from_secs(20), 60).await;
    world.take_messages();
    world.arm_any(Case::new(Step::Create, Fault::ErrorAfter, FOR_GOOD));

    let answer = world.submit_without_key(json!({"seconds": 0})).await;
    answer.problem(503, "unavailable");
    let jobs = world.all_ended(1).await;

    assert_eq!(jobs.len(), 1);
    assert_eq!(jobs[0].starts, 1, "{jobs:?}");
    world.assert_kept();
}

#[tokio::test]
async fn a_job_past_its_deadline_is_ended_once_whatever_that_write_meets() {
    let world = World::start(Duration::from_secs(20), 1).await;
    let keys: Mutex<Vec<(String, Case)>> = Mutex::default();
    world
        .each(
            cases(&[Step::End], &[1, ONE_OPERATION]),
            async |world, case| {
                let key = world.arm(&case);
                let accepted = persist(|| world.submit(&key, json!({"seconds": 0}))).await;
                assert_eq!(accepted.status, 202, "{case:?}: {accepted:?}");
                world.end(&key).await;
                keys.lock().unwrap().push((key, case));
                true
            },
        )
        .await;

    // Only now somebody takes the messages, and finds each job overdue.
    world.take_messages();
    let jobs = world.all_ended(16).await;

    for job in jobs {
        let image = job.image.unwrap();
        assert_eq!(
            (image.error_code.as_str(), job.starts),
            ("deadline-exceeded", 0)
        );
    }
    for (key, case) in keys.into_inner().unwrap() {
        world.assert_met(&key, &case);
    }
    world.assert_kept();
}

#[tokio::test]
async fn a_cancel_and_a_delete_take_effect_or_are_503_and_can_be_asked_again() {
    let world = World::start(Duration::from_secs(20), 60_000).await;
    world
        .each(
            cases(&[Step::Read, Step::End, Step::Delete], &[1, FOR_GOOD]),
            async |world, case| {
                let key = world.arm_later(&case);
                let start = time_in(3_600);
                let accepted = persist(|| world.submit_for(&key, &start)).await;
                assert_eq!(accepted.status, 202, "{accepted:?}");
                if case.step != Step::Delete {
                    world.rearm(&key, &case);
                }

                let canceled = world.cancel(&key).await;
                let mut is_answered = case.expect(&canceled, case.step != Step::Delete, &[200]);
                if case.step != Step::Delete {
                    world.assert_met(&key, &case);
                }
                let again = persist(|| world.cancel(&key)).await;
                assert_eq!(again.status, 200, "{case:?}: {again:?}");

                if case.step != Step::End {
                    world.rearm(&key, &case);
                }
                let deleted = world.delete(&key).await;
                is_answered &= case.expect(&deleted, case.step != Step::End, &[204]);
                if case.step != Step::End {
                    world.assert_met(&key, &case);
                }
                let again = persist(|| world.delete(&key)).await.status;
                assert!(matches!(again, 204 | 410), "{case:?}: {again}");
                let gone = persist(|| world.get(&key)).await.status;
                assert_eq!(gone, 410, "{case:?}");
                is_answered
            },
        )
        .await;
    world.assert_kept();
}

#[tokio::test]
async fn a_running_job_that_is_asked_to_stop_stops_whatever_the_asking_meets() {
    let world = World::start(Duration::from_secs(300), 900).await;
    let submit = async |world: &World, case: &Case| {
        let key = world.arm(case);
        let long = json!({"seconds": 280, "steps": 280});
        let accepted = persist(|| world.submit(&key, long.clone())).await;
        assert_eq!(accepted.status, 202, "{accepted:?}");
        key
    };
    // All of them before anybody takes them, so that none waits for the others' batch to end.
    let mut cases = cases(&[Step::AskToStop], &[1, FOR_GOOD]);
    for case in &mut cases {
        case.key = submit(&world, case).await;
    }
    world.take_messages();
    world
        .each(cases, async |world, mut case| {
            if case.key.is_empty() {
                case.key = submit(world, &case).await;
            }
            let is_running = |document: &Value| document["job"]["job-state"] == "STARTED";
            world.wait_for(&case.key, is_running).await;

            let asked = world.cancel(&case.key).await;
            let is_answered = case.expect(&asked, true, &[202, 200]);
            world.assert_met(&case.key, &case);
            let again = persist(|| world.cancel(&case.key)).await.status;

            assert!(matches!(again, 200 | 202), "{case:?}: {again}");
            let document = world.end(&case.key).await;
            assert_eq!(document["status"], "Canceled", "{case:?}");
            assert_eq!(world.starts(&case.key), 1, "{case:?}");
            is_answered
        })
        .await;
    world.assert_kept();
}
