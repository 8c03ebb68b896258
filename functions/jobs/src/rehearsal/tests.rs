//! Each outcome once.

use super::*;
use engine::test_kit::{self, Attempt};

fn rehearsal(outcome: Outcome) -> Rehearsal {
    Rehearsal {
        seconds: 0.01,
        steps: 4,
        outcome,
        attachment: None,
    }
}

#[tokio::test]
async fn it_says_each_step_and_succeeds() {
    let run = test_kit::run(rehearsal(Outcome::Success)).await;
    assert_eq!(
        run.result.unwrap(),
        Rehearsed {
            outcome: Outcome::Success,
            attempt: 1,
            steps: 4,
            resumed_at: 0,
            bytes_read: None,
            padding: String::new(),
        }
    );
    assert_eq!(run.progress.percent, Percent::DONE);
    assert_eq!(
        run.progress.summary.as_deref(),
        Some("rehearsed 4 of 4 steps")
    );
}

#[tokio::test]
async fn it_fails_for_good_when_asked_to() {
    let run = test_kit::run(rehearsal(Outcome::Failure)).await;
    assert!(
        matches!(run.result, Err(JobError::Permanent(failure)) if failure.code() == "rehearsed-failure")
    );
}

#[tokio::test]
async fn its_second_attempt_succeeds_when_the_first_was_asked_to_fail() {
    let first = test_kit::run(rehearsal(Outcome::RetryThenSuccess)).await;
    assert!(matches!(first.result, Err(JobError::Retry { .. })));
    let second = Attempt::of(rehearsal(Outcome::RetryThenSuccess));
    let second = second.number(2).run().await;
    assert_eq!(second.result.unwrap().attempt, 2);
}

#[tokio::test]
async fn an_attempt_goes_on_behind_the_step_that_was_saved() {
    let stopped = Attempt::of(rehearsal(Outcome::Success));
    let stopped = stopped
        .run_until(|progress| progress.percent >= Percent::new(50))
        .await;
    assert_eq!(stopped.saved(), Some(2));

    let next = Attempt::of(rehearsal(Outcome::Success));
    let next = next.number(2).saved(&2).run().await;

    assert_eq!(next.result.unwrap().resumed_at, 2);
    assert_eq!(
        next.progress.summary.as_deref(),
        Some("rehearsed 4 of 4 steps, resumed after step 2")
    );
}

#[tokio::test]
async fn an_attempt_goes_on_behind_the_part_of_its_attachment_that_was_read() {
    let reading = || Rehearsal {
        attachment: Some(test_kit::attachment("x".repeat(300_000))),
        ..rehearsal(Outcome::Success)
    };
    let whole = test_kit::run(reading()).await.result.unwrap();
    assert_eq!(whole.bytes_read, Some(300_000));
    let rest = Attempt::of(reading()).number(2).saved(&3).run().await;
    assert_eq!(rest.result.unwrap().bytes_read, Some(75_000));
}

#[tokio::test]
async fn a_million_words_about_progress_are_cheap_and_the_last_one_stands() {
    let run = test_kit::run(rehearsal(Outcome::Chatter)).await;
    assert_eq!(run.result.unwrap().outcome, Outcome::Chatter);
    assert_eq!(run.progress.summary.as_deref(), Some("said 1000000 words"));
}

#[tokio::test]
async fn its_large_result_is_more_than_can_be_kept() {
    let run = test_kit::run(rehearsal(Outcome::LargeResult)).await;
    let result = serde_json::to_string(&run.result.unwrap()).unwrap();
    assert!(result.len() > engine::MAX_RESULT_BYTES, "{}", result.len());
}

#[tokio::test]
async fn it_hangs_until_it_is_dropped() {
    let hanging = test_kit::run(rehearsal(Outcome::Hang));
    let waited = tokio::time::timeout(Duration::from_millis(100), hanging).await;
    assert!(waited.is_err());
}

#[tokio::test]
async fn it_snoozes_once_when_asked_to() {
    let first = test_kit::run(rehearsal(Outcome::SnoozeThenSuccess)).await;
    assert!(matches!(first.result, Err(JobError::Snooze { .. })));
    let next = Attempt::of(rehearsal(Outcome::SnoozeThenSuccess)).saved(&4);
    assert_eq!(next.run().await.result.unwrap().resumed_at, 4);
}

#[tokio::test]
async fn what_is_longer_than_a_slice_goes_on_in_the_next_one_in_the_middle_of_a_step() {
    let long = || Rehearsal {
        seconds: 1.2,
        ..rehearsal(Outcome::Success)
    };
    let began = std::time::Instant::now();
    let sliced = test_kit::run_slices(long, SPARE + Duration::from_millis(200)).await;
    let took = began.elapsed();
    assert_eq!(sliced.result.unwrap().unwrap().resumed_at, 2);
    assert_eq!(sliced.progress.percent, Percent::DONE);
    // Each takes 200 ms of the 1,200, the last one all that is left, and nothing is taken twice.
    assert_eq!(sliced.slices, 5);
    let whole = Duration::from_millis(1_200);
    assert!((whole..whole * 2).contains(&took), "{took:?}");
}

#[tokio::test]
async fn each_step_is_a_slice_when_asked_to() {
    let sliced = test_kit::run_slices(|| rehearsal(Outcome::Slices), Duration::from_secs(60));
    let sliced = sliced.await;
    assert_eq!(sliced.result.unwrap().unwrap().resumed_at, 3);
    assert_eq!(sliced.slices, 4);
}

#[tokio::test]
async fn it_says_no_percentage_when_asked_not_to() {
    let run = test_kit::run(rehearsal(Outcome::Unmeasured)).await;
    assert_eq!(run.progress.percent, Percent::ZERO);
    assert_eq!(run.result.unwrap().steps, 4);
}
