//! Tests of what a handler sees.

use super::*;
use crate::record::tests::{accepted, at};
use crate::test_kit;

#[test]
fn a_percentage_never_falls_within_an_attempt() {
    let (context, control) = test_kit::context(1);
    context.progress(Percent::new(40), "a");
    context.progress(Percent::new(10), "b");
    let said = control.progress.borrow().clone();
    assert_eq!(
        said,
        Progress {
            percent: Percent::new(40),
            summary: Some("b".to_owned()),
            checkpoint: None,
        }
    );
}

#[test]
fn only_another_checkpoint_or_a_higher_percentage_is_progress() {
    let run = JobRecord {
        percent: Percent::new(40),
        checkpoint: Some(Checkpoint::of(&17).unwrap()),
        ..accepted()
    };
    let is_beyond = |percent, saved: u32, summary: &str| {
        let said = Progress {
            percent: Percent::new(percent),
            summary: Some(summary.to_owned()),
            checkpoint: Some(Checkpoint::of(&saved).unwrap()),
        };
        said.is_beyond(&run)
    };
    assert!(!is_beyond(40, 17, "chatter"));
    assert!(is_beyond(41, 17, ""));
    assert!(is_beyond(40, 18, ""));
}

#[test]
fn what_an_attempt_saves_it_finds_and_a_refused_value_harms_nothing() {
    let (context, control) = test_kit::context(1);
    assert_eq!(context.saved::<u32>(), None);
    context.save(&17).unwrap();
    let refused = context.save(&"x".repeat(crate::MAX_CHECKPOINT_BYTES));
    assert!(matches!(refused, Err(CheckpointError::TooLarge { .. })));
    assert_eq!(context.saved(), Some(17));
    assert_eq!(context.saved::<String>(), None);
    let said = control.progress.borrow().clone();
    assert_eq!(said.checkpoint.unwrap().as_str(), "17");
}

#[test]
fn a_key_is_the_jobs_in_all_its_attempts_and_no_later_jobs_under_its_id() {
    let keys = |attempt, seconds| {
        let run = JobRecord {
            attempt,
            created_at: at(seconds),
            ..accepted()
        };
        let ends_at = Instant::now();
        let process = ProcessState::new(SdkConfig::builder().build(), None);
        let (context, _) = run_context(&run, Vec::new(), ends_at, process);
        (context.idempotency_key(), context.attempt_idempotency_key())
    };
    let (first, second, later) = (keys(1, 1_000), keys(2, 1_000), keys(1, 9_000));
    assert_eq!(first.0, second.0);
    assert_ne!(first.1, second.1);
    assert_ne!(first.0, later.0);
}

#[tokio::test]
async fn a_context_sees_when_it_is_to_stop() {
    let (context, control) = test_kit::context(1);
    assert!(!context.is_stopped());
    control.stop.send(true).unwrap();
    context.stopped().await;
    assert!(context.is_stopped());
}

#[tokio::test]
async fn a_context_whose_worker_is_gone_stops() {
    let (context, control) = test_kit::context(1);
    drop(control);
    context.stopped().await;
    assert!(context.is_stopped());
}
