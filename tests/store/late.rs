//! Writes that take effect late: behind what a reader was shown, behind the attempt's next write, behind another job's first.

use engine::{Cancellation, Checkpoint, Deletion, Ending, JobState, Outcome, Percent, Progress};

use super::check::checks;
use super::table::{RETENTION, Table, at, job};

fn success() -> Ending {
    Ending::Success {
        result: "1".to_owned(),
    }
}

async fn a_success_written_before_the_deadline_is_not_shown_as_a_failure_first(table: &Table) {
    let run = table.running_to_the_deadline().await;
    let (front, behind) = table.behind_front().await;
    let held = front.hold_next_write();
    let ending = {
        let run = run.clone();
        tokio::spawn(async move {
            let ending = success();
            behind
                .finish(&run, &ending, &Progress::default(), at(99_000), RETENTION)
                .await
        })
    };
    held.arrived().await;

    let shown = table.read(&run.id).await.judged(at(100_100)).state;
    held.release();
    ending.await.unwrap().unwrap();

    let after = table.read(&run.id).await.judged(at(100_600)).state;
    assert_eq!(after, JobState::Completed(Outcome::Success));
    assert_eq!(shown, JobState::Started);
}

async fn a_cancel_sent_before_the_deadline_is_not_shown_as_a_failure_first(table: &Table) {
    let id = table.accept(job()).await.id;
    let (front, behind) = table.behind_front().await;
    let held = front.hold_next_write();
    let cancel = tokio::spawn(async move { behind.cancel(&id, || at(99_000), RETENTION).await });
    held.arrived().await;

    let shown = table.read(&id).await.judged(at(100_100)).state;
    held.release();
    let canceled = cancel.await.unwrap().unwrap();

    assert!(
        matches!(canceled, Cancellation::Canceled(_)),
        "{canceled:?}"
    );
    assert_eq!(shown, JobState::Scheduled);
}

async fn a_delete_whose_answer_was_lost_spares_the_next_job(table: &Table) {
    let old = table.accept(job()).await;
    table
        .store
        .cancel(&old.id, || at(1_000), RETENTION)
        .await
        .unwrap();
    let (front, behind) = table.behind_front().await;
    front.lose_next_answer();
    let held = front.hold_next_write();
    let id = old.id;
    let delete = tokio::spawn(async move { behind.delete(&id, || at(2_000)).await });
    held.arrived().await;

    table.accept_next(old.id, at(3_000)).await;
    table
        .store
        .cancel(&old.id, || at(3_500), RETENTION)
        .await
        .unwrap();
    let item = table.item(&old.id).await;
    held.release();

    assert_eq!(delete.await.unwrap().unwrap(), Deletion::Deleted);
    assert_eq!(table.item(&old.id).await, item);
}

async fn a_cancel_whose_answer_was_lost_spares_the_next_job(table: &Table) {
    let run = table.running().await;
    let (front, behind) = table.behind_front().await;
    front.lose_next_answer();
    let held = front.hold_next_write();
    let id = run.id;
    let cancel = tokio::spawn(async move { behind.cancel(&id, || at(2_000), RETENTION).await });
    held.arrived().await;

    table
        .store
        .finish(
            &run,
            &Ending::Canceled,
            &Progress::default(),
            at(2_500),
            RETENTION,
        )
        .await
        .unwrap();
    table.store.delete(&id, || at(2_600)).await.unwrap();
    table.accept_next(id, at(3_000)).await;
    table.start(&id, "run-2", at(3_000)).await;
    let item = table.item(&id).await;
    held.release();

    assert_eq!(cancel.await.unwrap().unwrap(), Cancellation::Gone);
    assert_eq!(table.item(&id).await, item);
}

async fn progress_that_comes_late_takes_back_no_checkpoint_of_the_same_percentage(table: &Table) {
    let run = table.running().await;
    let said = |page: u32| Progress {
        percent: Percent::new(50),
        summary: Some(format!("page {page}")),
        checkpoint: Some(Checkpoint::of(&page).unwrap()),
    };
    let (front, behind) = table.behind_front().await;
    let held = front.hold_next_write();
    let late = {
        let (run, said) = (run.clone(), said(1));
        tokio::spawn(async move { behind.progress(&run, 1, &said, at(2_000)).await })
    };
    held.arrived().await;
    table
        .store
        .progress(&run, 2, &said(2), at(3_000))
        .await
        .unwrap();
    held.release();
    late.await.unwrap().unwrap();

    let record = table.read(&run.id).await;
    assert_eq!(
        (record.checkpoint.unwrap().read(), &*record.summary),
        (Some(2), "page 2")
    );
}

checks![
    a_success_written_before_the_deadline_is_not_shown_as_a_failure_first,
    a_cancel_sent_before_the_deadline_is_not_shown_as_a_failure_first,
    a_delete_whose_answer_was_lost_spares_the_next_job,
    a_cancel_whose_answer_was_lost_spares_the_next_job,
    progress_that_comes_late_takes_back_no_checkpoint_of_the_same_percentage,
];
