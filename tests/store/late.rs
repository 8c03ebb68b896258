//! Writes that take effect late: behind what a reader was shown, behind the attempt's next write, behind another job's first.

use engine::{
    Cancellation, Checkpoint, Created, Deletion, Ending, JobState, NewJob, Outcome, Percent,
    Progress,
};

use super::check::checks;
use super::table::{HORIZON, RETENTION, Table, at, job, new_token};

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
    let delete = tokio::spawn(async move { behind.delete(&id, || at(2_000), HORIZON).await });
    held.arrived().await;

    table.accept_next(old.id, at(3_000)).await;
    table
        .store
        .cancel(&old.id, || at(3_500), RETENTION)
        .await
        .unwrap();
    let item = table.item(&old.id).await;
    held.release();

    assert_eq!(delete.await.unwrap().unwrap(), Deletion::Deleted(None));
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
    table
        .store
        .delete(&id, || at(2_600), HORIZON)
        .await
        .unwrap();
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

/// The write's first try took effect, and the SDK tries again when all is over.
async fn a_record_whose_job_was_deleted_is_not_written_again(table: &Table) {
    let (front, behind) = table.behind_front().await;
    front.lose_next_answer();
    let held = front.hold_next_write();
    let job = job();
    let id = job.id;
    let create = tokio::spawn(async move { behind.create(job, None, at(0)).await });
    held.arrived().await;

    let run = table.start(&id, "run-1", at(1_000)).await;
    table
        .store
        .finish(&run, &success(), &Progress::default(), at(2_000), RETENTION)
        .await
        .unwrap();
    table
        .store
        .delete(&id, || at(3_000), HORIZON)
        .await
        .unwrap();
    held.release();

    // It is this submit's own job, and the message of it was taken away with its end.
    let created = create.await.unwrap().unwrap();
    assert!(matches!(created, Created::New(_)), "{created:?}");
    assert!(table.read(&id).await.is_deleted);
}

async fn a_submit_that_is_late_does_not_write_where_a_job_has_been_since_its_look(table: &Table) {
    let first = job();
    let id = first.id;
    let second = NewJob {
        creation_token: new_token(),
        ..first.clone()
    };
    let (front, behind) = table.behind_front().await;
    let held = front.hold_next_write();
    let late = tokio::spawn(async move { behind.create(second, None, at(5)).await });
    held.arrived().await;

    table.accept(first).await;
    let run = table.start(&id, "run-1", at(1_000)).await;
    table
        .store
        .finish(&run, &success(), &Progress::default(), at(2_000), RETENTION)
        .await
        .unwrap();
    table
        .store
        .delete(&id, || at(3_000), HORIZON)
        .await
        .unwrap();
    held.release();

    let late = late.await.unwrap().unwrap();
    assert!(matches!(late, Created::Taken(_)), "{late:?}");
}

/// It saw the job before, whose time was over, and the next one has come and gone since.
async fn a_submit_that_is_late_does_not_replace_a_job_that_it_did_not_see(table: &Table) {
    let old = table.accept(job()).await;
    let (id, over) = (old.id, old.expires_at);
    let late = NewJob { id, ..job() };
    let (front, behind) = table.behind_front().await;
    let held = front.hold_next_write();
    let late = tokio::spawn(async move {
        let replaced = Some(&old.creation_token);
        behind.create(late, replaced, over).await
    });
    held.arrived().await;

    let next = table.accept_next(id, over).await;
    table.store.cancel(&id, || over, RETENTION).await.unwrap();
    table.store.delete(&id, || over, HORIZON).await.unwrap();
    held.release();

    let late = late.await.unwrap().unwrap();
    assert!(matches!(late, Created::Taken(_)), "{late:?}");
    assert_eq!(table.read(&id).await.creation_token, next.creation_token);
}

checks![
    a_success_written_before_the_deadline_is_not_shown_as_a_failure_first,
    a_cancel_sent_before_the_deadline_is_not_shown_as_a_failure_first,
    a_delete_whose_answer_was_lost_spares_the_next_job,
    a_cancel_whose_answer_was_lost_spares_the_next_job,
    progress_that_comes_late_takes_back_no_checkpoint_of_the_same_percentage,
    a_record_whose_job_was_deleted_is_not_written_again,
    a_submit_that_is_late_does_not_write_where_a_job_has_been_since_its_look,
    a_submit_that_is_late_does_not_replace_a_job_that_it_did_not_see,
];
