//! What an attempt says of itself: progress, another attempt, the end.
//!
//! Over 300 lines: one short check for each end.

use engine::{
    Cancellation, Checkpoint, Ending, Failure, JobRecord, JobState, Outcome, Pause, Percent,
    Progress, Written,
};

use super::check::checks;
use super::table::{RETENTION, Table, again, at};

fn said(percent: u8, summary: Option<&str>) -> Progress {
    Progress {
        percent: Percent::new(percent),
        summary: summary.map(str::to_owned),
        ..Progress::default()
    }
}

async fn progress_is_written_and_leaves_the_summary_unless_it_has_one(table: &Table) {
    let run = table.running().await;

    let silent = table
        .store
        .progress(&run, 1, &said(10, None), at(2_000))
        .await;
    let after_silent = table.read(&run.id).await;
    let spoken = table
        .store
        .progress(&run, 2, &said(20, Some("a fifth")), at(3_000))
        .await;
    let after_spoken = table.read(&run.id).await;

    assert_eq!(
        (silent.unwrap(), spoken.unwrap()),
        (Written::Applied, Written::Applied)
    );
    let expected = JobRecord {
        percent: Percent::new(10),
        progress_number: 1,
        version: 3,
        updated_at: at(2_000),
        ..run
    };
    assert_eq!(after_silent, expected);
    let expected = JobRecord {
        percent: Percent::new(20),
        summary: "a fifth".to_owned(),
        progress_number: 2,
        version: 4,
        updated_at: at(3_000),
        ..expected
    };
    assert_eq!(after_spoken, expected);
}

/// A first try may take effect when the SDK has long tried again, and the attempt has said more.
async fn progress_that_comes_late_takes_nothing_back_and_stops_nobody(table: &Table) {
    let run = table.running().await;
    let more = said(60, Some("more than half"));
    table
        .store
        .progress(&run, 2, &more, at(3_000))
        .await
        .unwrap();
    let item = table.item(&run.id).await;
    let less = said(30, Some("nearly a third"));

    let late = table.store.progress(&run, 1, &less, at(2_000)).await;

    assert_eq!(late.unwrap(), Written::Applied);
    assert_eq!(table.item(&run.id).await, item);
    let cancel = table.store.cancel(&run.id, || at(4_000), RETENTION).await;
    assert!(matches!(cancel, Ok(Cancellation::Requested(_))));
    let late = table.store.progress(&run, 1, &less, at(5_000)).await;
    assert_eq!(late.unwrap(), Written::CancelRequested);
}

async fn a_job_given_back_waits_for_its_next_attempt_and_says_why(table: &Table) {
    let run = table.running().await;
    let said = said(40, Some("nearly half"));

    let written = table
        .store
        .reschedule(&run, &again(Pause::Retry, at(9_000)), &said, at(2_000))
        .await;

    assert_eq!(written.unwrap(), Written::Applied);
    let expected = JobRecord {
        state: JobState::Scheduled,
        percent: Percent::new(40),
        summary: "the registry is busy".to_owned(),
        scheduled_start: at(9_000),
        started_at: None,
        lease_until: None,
        version: 3,
        updated_at: at(2_000),
        ..run
    };
    assert_eq!(table.read(&expected.id).await, expected);
    let next = table.start(&expected.id, "run-2", at(9_000)).await;
    assert_eq!((next.attempt, next.percent), (2, Percent::ZERO));
}

async fn a_snooze_uses_up_no_attempt_and_the_job_goes_on_where_it_was(table: &Table) {
    let run = table.running().await;
    let said = said(40, Some("nearly half"));

    let written = table
        .store
        .reschedule(&run, &again(Pause::Snooze, at(9_000)), &said, at(2_000))
        .await;

    assert_eq!(written.unwrap(), Written::Applied);
    let waiting = table.read(&run.id).await;
    assert_eq!(
        (waiting.state, waiting.attempt, &*waiting.summary),
        (JobState::Scheduled, 0, "the registry is busy")
    );
    let next = table.start(&run.id, "run-2", at(9_000)).await;
    let forty = Percent::new(40);
    assert_eq!(
        (next.attempt, next.percent, next.start_percent),
        (1, forty, forty)
    );
}

async fn what_an_attempt_saved_is_there_for_the_next_one_and_no_more_after_the_end(table: &Table) {
    let run = table.running().await;
    let saving = |value: u32| Progress {
        checkpoint: Some(Checkpoint::of(&value).unwrap()),
        ..said(10 * u8::try_from(value).unwrap(), None)
    };

    table
        .store
        .progress(&run, 1, &saving(3), at(2_000))
        .await
        .unwrap();
    // It dies, and the lease runs out.
    let second = table.start(&run.id, "run-2", at(31_000)).await;
    let retry = again(Pause::Retry, at(40_000));
    table
        .store
        .reschedule(&second, &retry, &saving(5), at(32_000))
        .await
        .unwrap();
    let third = table.start(&run.id, "run-3", at(40_000)).await;
    let ending = Ending::Failed(Failure::new("code", "message"));
    table
        .store
        .finish(&third, &ending, &saving(6), at(41_000), RETENTION)
        .await
        .unwrap();

    let found = |run: &JobRecord| run.checkpoint.as_ref().unwrap().read::<u32>();
    assert_eq!((found(&second), second.percent), (Some(3), Percent::ZERO));
    assert_eq!((found(&third), third.percent), (Some(5), Percent::new(50)));
    let ended = table.read(&run.id).await;
    assert_eq!((ended.checkpoint, ended.percent), (None, Percent::new(60)));
}

async fn each_ending_is_written_whole(table: &Table) {
    let failure = Failure::new("malformed-csv", "line 3 is ragged");
    let (result, error) = ("{\"rows\":3}".to_owned(), Some(failure.clone()));
    for (ending, outcome, result, error) in [
        (
            Ending::Success {
                result: result.clone(),
            },
            Outcome::Success,
            Some(result),
            None,
        ),
        (Ending::Failed(failure), Outcome::Failed, None, error),
        (Ending::Canceled, Outcome::Canceled, None, None),
    ] {
        let run = table.running().await;

        let written = table
            .store
            .finish(&run, &ending, &said(70, Some("last")), at(2_001), RETENTION)
            .await;

        assert_eq!(written.unwrap(), Written::Applied);
        let expected = JobRecord {
            state: JobState::Completed(outcome),
            percent: Percent::new(70),
            summary: "last".to_owned(),
            ended_at: Some(at(2_001)),
            lease_until: None,
            overdue_at: run.deadline,
            // Counted from the end and rounded up, no longer from the deadline.
            expires_at: at(53_000),
            version: 3,
            updated_at: at(2_001),
            result,
            error,
            ..run
        };
        assert_eq!(table.read(&expected.id).await, expected);
    }
}

async fn an_end_written_again_is_applied_and_changes_nothing(table: &Table) {
    let run = table.running().await;
    let ending = Ending::Success {
        result: "1".to_owned(),
    };
    table
        .store
        .finish(&run, &ending, &said(100, None), at(2_000), RETENTION)
        .await
        .unwrap();
    let item = table.item(&run.id).await;

    let again = table
        .store
        .finish(&run, &ending, &said(100, None), at(2_000), RETENTION)
        .await;

    assert_eq!(again.unwrap(), Written::Applied);
    assert_eq!(table.item(&run.id).await, item);
}

async fn a_job_given_back_again_is_applied_and_changes_nothing(table: &Table) {
    let run = table.running().await;
    table
        .store
        .reschedule(
            &run,
            &again(Pause::Snooze, at(9_000)),
            &said(10, None),
            at(2_000),
        )
        .await
        .unwrap();
    let item = table.item(&run.id).await;

    let again = table
        .store
        .reschedule(
            &run,
            &again(Pause::Snooze, at(9_000)),
            &said(10, None),
            at(2_000),
        )
        .await;

    assert_eq!(again.unwrap(), Written::Applied);
    assert_eq!(table.item(&run.id).await, item);
}

async fn a_cancel_in_between_shows_in_the_next_progress(table: &Table) {
    let run = table.running().await;
    table
        .store
        .cancel(&run.id, || at(2_000), RETENTION)
        .await
        .unwrap();

    let written = table
        .store
        .progress(&run, 1, &said(10, None), at(3_000))
        .await;

    assert_eq!(written.unwrap(), Written::CancelRequested);
    assert_eq!(table.read(&run.id).await.percent, Percent::new(10));
}

async fn a_cancel_in_between_keeps_the_job_from_being_given_back(table: &Table) {
    let run = table.running().await;
    table
        .store
        .cancel(&run.id, || at(2_000), RETENTION)
        .await
        .unwrap();
    let item = table.item(&run.id).await;

    let written = table
        .store
        .reschedule(
            &run,
            &again(Pause::Retry, at(9_000)),
            &said(10, None),
            at(3_000),
        )
        .await;

    assert_eq!(written.unwrap(), Written::CancelRequested);
    assert_eq!(table.item(&run.id).await, item);
}

async fn a_cancel_in_between_wins_over_a_failure(table: &Table) {
    let run = table.running().await;
    table
        .store
        .cancel(&run.id, || at(2_000), RETENTION)
        .await
        .unwrap();
    let item = table.item(&run.id).await;
    let (failed, said) = (
        Ending::Failed(Failure::new("code", "message")),
        said(70, None),
    );

    let finish = table
        .store
        .finish(&run, &failed, &said, at(3_000), RETENTION)
        .await;

    assert_eq!(finish.unwrap(), Written::CancelRequested);
    assert_eq!(table.item(&run.id).await, item);
}

async fn a_success_wins_over_a_cancel_in_between(table: &Table) {
    let run = table.running().await;
    table
        .store
        .cancel(&run.id, || at(2_000), RETENTION)
        .await
        .unwrap();
    let ending = Ending::Success {
        result: "1".to_owned(),
    };

    let written = table
        .store
        .finish(&run, &ending, &said(100, None), at(3_000), RETENTION)
        .await;

    assert_eq!(written.unwrap(), Written::Applied);
    let record = table.read(&run.id).await;
    assert_eq!(record.state, JobState::Completed(Outcome::Success));
    assert!(!record.cancel_requested);
}

checks![
    progress_is_written_and_leaves_the_summary_unless_it_has_one,
    progress_that_comes_late_takes_nothing_back_and_stops_nobody,
    a_job_given_back_waits_for_its_next_attempt_and_says_why,
    a_snooze_uses_up_no_attempt_and_the_job_goes_on_where_it_was,
    what_an_attempt_saved_is_there_for_the_next_one_and_no_more_after_the_end,
    each_ending_is_written_whole,
    an_end_written_again_is_applied_and_changes_nothing,
    a_job_given_back_again_is_applied_and_changes_nothing,
    a_cancel_in_between_shows_in_the_next_progress,
    a_cancel_in_between_keeps_the_job_from_being_given_back,
    a_cancel_in_between_wins_over_a_failure,
    a_success_wins_over_a_cancel_in_between,
];
