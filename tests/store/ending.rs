//! What an attempt says of itself: progress, another attempt, the end.

use engine::{Ending, Failure, JobRecord, JobState, Outcome, Percent, Progress, Written};

use super::check::checks;
use super::table::{RETENTION, Table, at};

fn said(percent: u8, summary: Option<&str>) -> Progress {
    Progress {
        percent: Percent::new(percent),
        summary: summary.map(str::to_owned),
    }
}

async fn progress_is_written_and_leaves_the_summary_unless_it_has_one(table: &Table) {
    let run = table.running().await;

    let silent = table.store.progress(&run, &said(10, None), at(2_000)).await;
    let after_silent = table.read(&run.id).await;
    let spoken = table
        .store
        .progress(&run, &said(20, Some("a fifth")), at(3_000))
        .await;
    let after_spoken = table.read(&run.id).await;

    assert_eq!(
        (silent.unwrap(), spoken.unwrap()),
        (Written::Applied, Written::Applied)
    );
    let expected = JobRecord {
        percent: Percent::new(10),
        version: 3,
        updated_at: at(2_000),
        ..run
    };
    assert_eq!(after_silent, expected);
    let expected = JobRecord {
        percent: Percent::new(20),
        summary: "a fifth".to_owned(),
        version: 4,
        updated_at: at(3_000),
        ..expected
    };
    assert_eq!(after_spoken, expected);
}

async fn a_job_given_back_waits_for_its_next_attempt_and_says_why(table: &Table) {
    let run = table.running().await;

    let written = table
        .store
        .reschedule(&run, "the registry is busy", at(9_000), at(2_000))
        .await;

    assert_eq!(written.unwrap(), Written::Applied);
    let expected = JobRecord {
        state: JobState::Scheduled,
        summary: "the registry is busy".to_owned(),
        scheduled_start: at(9_000),
        started_at: None,
        lease_until: None,
        version: 3,
        updated_at: at(2_000),
        ..run
    };
    assert_eq!(table.read(&expected.id).await, expected);
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
        .reschedule(&run, "busy", at(9_000), at(2_000))
        .await
        .unwrap();
    let item = table.item(&run.id).await;

    let again = table
        .store
        .reschedule(&run, "busy", at(9_000), at(2_000))
        .await;

    assert_eq!(again.unwrap(), Written::Applied);
    assert_eq!(table.item(&run.id).await, item);
}

async fn a_cancel_in_between_shows_in_the_next_progress(table: &Table) {
    let run = table.running().await;
    table
        .store
        .cancel(&run.id, at(2_000), RETENTION)
        .await
        .unwrap();

    let written = table.store.progress(&run, &said(10, None), at(3_000)).await;

    assert_eq!(written.unwrap(), Written::CancelRequested);
    assert_eq!(table.read(&run.id).await.percent, Percent::new(10));
}

async fn a_cancel_in_between_keeps_the_job_from_being_given_back(table: &Table) {
    let run = table.running().await;
    table
        .store
        .cancel(&run.id, at(2_000), RETENTION)
        .await
        .unwrap();
    let item = table.item(&run.id).await;

    let written = table
        .store
        .reschedule(&run, "busy", at(9_000), at(3_000))
        .await;

    assert_eq!(written.unwrap(), Written::CancelRequested);
    assert_eq!(table.item(&run.id).await, item);
}

async fn a_cancel_in_between_wins_over_a_failure(table: &Table) {
    let run = table.running().await;
    table
        .store
        .cancel(&run.id, at(2_000), RETENTION)
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
        .cancel(&run.id, at(2_000), RETENTION)
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
    a_job_given_back_waits_for_its_next_attempt_and_says_why,
    each_ending_is_written_whole,
    an_end_written_again_is_applied_and_changes_nothing,
    a_job_given_back_again_is_applied_and_changes_nothing,
    a_cancel_in_between_shows_in_the_next_progress,
    a_cancel_in_between_keeps_the_job_from_being_given_back,
    a_cancel_in_between_wins_over_a_failure,
    a_success_wins_over_a_cancel_in_between,
];
