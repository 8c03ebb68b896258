//! Cancels.
//!
//! Over 300 lines: one short check for each race of a cancel.

use std::sync::atomic::{AtomicI64, Ordering};

use engine::{
    Cancellation, Claim, ClaimDecision, Ending, JobRecord, JobState, Outcome, Pause, Progress,
    Written,
};

use super::check::checks;
use super::table::{RETENTION, Table, again, at, job};

fn success() -> Ending {
    Ending::Success {
        result: "1".to_owned(),
    }
}

async fn a_job_that_waits_is_canceled_at_once_and_never_starts(table: &Table) {
    let accepted = table.accept(job()).await;

    let canceled = table
        .store
        .cancel(&accepted.id, || at(2_000), RETENTION)
        .await;

    let expected = JobRecord {
        state: JobState::Completed(Outcome::Canceled),
        ended_at: Some(at(2_000)),
        overdue_at: accepted.deadline,
        expires_at: at(52_000),
        version: 2,
        updated_at: at(2_000),
        ..accepted
    };
    assert_eq!(
        canceled.unwrap(),
        Cancellation::Canceled(expected.clone().into())
    );
    assert_eq!(table.read(&expected.id).await, expected);
    let claim = table.claim(&expected.id, "run-1", at(2_001)).await;
    assert_eq!(
        claim,
        Claim::Refused(ClaimDecision::Finished, Some(expected.into()))
    );
}

async fn a_running_attempt_is_asked_to_stop(table: &Table) {
    let run = table.running().await;

    let requested = table.store.cancel(&run.id, || at(2_000), RETENTION).await;

    let expected = JobRecord {
        cancel_requested: true,
        version: 3,
        updated_at: at(2_000),
        ..run
    };
    assert_eq!(
        requested.unwrap(),
        Cancellation::Requested(expected.clone().into())
    );
    assert_eq!(table.read(&expected.id).await, expected);
}

async fn a_job_whose_attempt_died_is_canceled_at_once(table: &Table) {
    let run = table.running().await;
    table
        .store
        .cancel(&run.id, || at(2_000), RETENTION)
        .await
        .unwrap();
    let asked = table.read(&run.id).await;

    let canceled = table.store.cancel(&run.id, || at(31_500), RETENTION).await;

    let standing = table.read(&run.id).await;
    assert_eq!(standing.state, JobState::Completed(Outcome::Canceled));
    // As readers would have been shown without this second cancel.
    let shown = asked.judged(at(80_000));
    assert_eq!(
        (standing.ended_at, standing.expires_at),
        (shown.ended_at, shown.expires_at)
    );
    assert_eq!(canceled.unwrap(), Cancellation::Canceled(standing.into()));
}

async fn a_job_that_has_ended_stays_as_it_is(table: &Table) {
    let run = table.running().await;
    let progress = Progress::default();
    table
        .store
        .finish(&run, &success(), &progress, at(2_000), RETENTION)
        .await
        .unwrap();
    let (item, record) = (table.item(&run.id).await, table.read(&run.id).await);

    let finished = table.store.cancel(&run.id, || at(3_000), RETENTION).await;

    assert_eq!(finished.unwrap(), Cancellation::Finished(record.into()));
    assert_eq!(table.item(&run.id).await, item);
}

async fn a_second_cancel_finds_the_job_canceled(table: &Table) {
    let accepted = table.accept(job()).await;
    let first = table
        .store
        .cancel(&accepted.id, || at(2_000), RETENTION)
        .await;
    let item = table.item(&accepted.id).await;

    let second = table
        .store
        .cancel(&accepted.id, || at(3_000), RETENTION)
        .await;

    let standing = table.read(&accepted.id).await;
    assert_eq!(
        first.unwrap(),
        Cancellation::Canceled(standing.clone().into())
    );
    assert_eq!(
        second.unwrap(),
        Cancellation::CanceledBefore(standing.into())
    );
    assert_eq!(table.item(&accepted.id).await, item);
}

async fn past_its_deadline_nothing_is_left_to_cancel(table: &Table) {
    let running = table.running_to_the_deadline().await;
    for record in [table.accept(job()).await, table.running().await, running] {
        let item = table.item(&record.id).await;
        let (store, id) = (&table.store, record.id);

        let first = store.cancel(&id, || at(100_000), RETENTION).await.unwrap();
        let last = store.cancel(&id, || at(139_999), RETENTION).await.unwrap();
        let overdue = store.cancel(&id, || at(140_000), RETENTION).await.unwrap();

        let refused = Cancellation::PastDeadline(record.clone().into());
        assert_eq!((first, last), (refused.clone(), refused));
        assert_eq!(overdue, Cancellation::Finished(record.into()));
        assert_eq!(table.item(&id).await, item);
    }
}

/// The read takes its time, and the write goes by a clock of its own.
async fn a_cancel_whose_read_took_until_the_deadline_asks_nobody_to_stop(table: &Table) {
    let run = table.running_to_the_deadline().await;
    let item = table.item(&run.id).await;
    let looks = AtomicI64::new(0);
    // At the read and at the decision it is 99.999 s.
    let clock = || at(99_998 + looks.fetch_add(1, Ordering::Relaxed).max(1));

    let canceled = table.store.cancel(&run.id, clock, RETENTION).await;

    let refused = Cancellation::PastDeadline(run.clone().into());
    assert_eq!(canceled.unwrap(), refused);
    assert_eq!(table.item(&run.id).await, item);
}

async fn a_canceled_job_whose_worker_died_is_canceled_though_nobody_comes_back(table: &Table) {
    let run = table.running().await;
    let cancel = table.store.cancel(&run.id, || at(2_000), RETENTION);
    assert!(matches!(cancel.await, Ok(Cancellation::Requested(_))));
    let item = table.item(&run.id).await;
    let asked = table.read(&run.id).await;
    let again = async |ms| {
        table
            .store
            .cancel(&run.id, || at(ms), RETENTION)
            .await
            .unwrap()
    };

    // The lease ends with second 31.
    let shown = |ms| asked.judged(at(ms)).state;
    assert_eq!(shown(70_999), JobState::Started);
    assert_eq!(shown(71_000), JobState::Completed(Outcome::Canceled));
    for ms in [71_000, 100_000, 140_000] {
        let before = Cancellation::CanceledBefore(asked.clone().into());
        assert_eq!(again(ms).await, before);
    }
    assert_eq!(table.item(&run.id).await, item);
}

async fn a_job_whose_time_is_over_is_gone(table: &Table) {
    let accepted = table.accept(job()).await;

    let over = table
        .store
        .cancel(&accepted.id, || at(190_000), RETENTION)
        .await;
    let never = table.store.cancel(&job().id, || at(0), RETENTION).await;

    assert_eq!(
        (over.unwrap(), never.unwrap()),
        (Cancellation::Gone, Cancellation::Gone)
    );
}

/// Each of them can be anywhere when the other's request arrives.
async fn of_a_cancel_and_a_claim_at_once_the_job_never_ran_or_its_run_is_asked_to_stop(
    table: &Table,
) {
    for round in 0..60 {
        let id = table.accept(job()).await.id;
        let cancel = async {
            yields(20 - round % 21).await;
            table
                .store
                .cancel(&id, || at(1_000), RETENTION)
                .await
                .unwrap()
        };
        let claim = async {
            yields(round % 19).await;
            table.claim(&id, "run-1", at(1_000)).await
        };

        let (cancel, claim) = tokio::join!(cancel, claim);

        let record = table.read(&id).await;
        match (cancel, claim) {
            (Cancellation::Canceled(_), Claim::Refused(ClaimDecision::Finished, _)) => {
                assert_eq!(record.state, JobState::Completed(Outcome::Canceled));
                assert_eq!(record.attempt, 0);
            }
            (Cancellation::Requested(_), Claim::Acquired(_)) => {
                assert_eq!(record.state, JobState::Started);
                assert!(record.cancel_requested);
            }
            other => panic!("{other:?}"),
        }
    }
}

async fn yields(count: usize) {
    for _ in 0..count {
        tokio::task::yield_now().await;
    }
}

async fn a_cancel_that_a_claim_overtakes_asks_the_run_to_stop(table: &Table) {
    let id = table.accept(job()).await.id;
    let (front, behind) = table.behind_front().await;
    let held = front.hold_next_write();
    let cancel = tokio::spawn(async move { behind.cancel(&id, || at(1_000), RETENTION).await });
    held.arrived().await;

    let run = table.start(&id, "run-1", at(1_000)).await;
    held.release();

    let Cancellation::Requested(record) = cancel.await.unwrap().unwrap() else {
        panic!("canceled under a run");
    };
    assert_eq!(
        (record.state, record.attempt),
        (JobState::Started, run.attempt)
    );
    assert!(table.read(&id).await.cancel_requested);
}

async fn a_cancel_that_the_end_overtakes_changes_nothing(table: &Table) {
    let run = table.running().await;
    let (front, behind) = table.behind_front().await;
    let held = front.hold_next_write();
    let cancel = tokio::spawn(async move { behind.cancel(&run.id, || at(2_000), RETENTION).await });
    held.arrived().await;

    let run = table.read(&run.id).await;
    let progress = Progress::default();
    let written = table
        .store
        .finish(&run, &success(), &progress, at(2_000), RETENTION)
        .await;
    let item = table.item(&run.id).await;
    held.release();

    assert_eq!(written.unwrap(), Written::Applied);
    assert!(matches!(
        cancel.await.unwrap().unwrap(),
        Cancellation::Finished(_)
    ));
    assert_eq!(table.item(&run.id).await, item);
}

async fn a_cancel_that_a_retry_overtakes_ends_the_job(table: &Table) {
    let run = table.running().await;
    let (front, behind) = table.behind_front().await;
    let held = front.hold_next_write();
    let cancel = tokio::spawn(async move { behind.cancel(&run.id, || at(2_000), RETENTION).await });
    held.arrived().await;

    let run = table.read(&run.id).await;
    let written = table
        .store
        .reschedule(
            &run,
            &again(Pause::Retry, at(9_000)),
            &Progress::default(),
            at(2_000),
        )
        .await;
    held.release();

    assert_eq!(written.unwrap(), Written::Applied);
    assert!(matches!(
        cancel.await.unwrap().unwrap(),
        Cancellation::Canceled(_)
    ));
    let record = table.read(&run.id).await;
    assert_eq!(record.state, JobState::Completed(Outcome::Canceled));
}

checks![
    a_job_that_waits_is_canceled_at_once_and_never_starts,
    a_running_attempt_is_asked_to_stop,
    a_job_whose_attempt_died_is_canceled_at_once,
    a_job_that_has_ended_stays_as_it_is,
    a_second_cancel_finds_the_job_canceled,
    past_its_deadline_nothing_is_left_to_cancel,
    a_cancel_whose_read_took_until_the_deadline_asks_nobody_to_stop,
    a_canceled_job_whose_worker_died_is_canceled_though_nobody_comes_back,
    a_job_whose_time_is_over_is_gone,
    of_a_cancel_and_a_claim_at_once_the_job_never_ran_or_its_run_is_asked_to_stop,
    a_cancel_that_a_claim_overtakes_asks_the_run_to_stop,
    a_cancel_that_the_end_overtakes_changes_nothing,
    a_cancel_that_a_retry_overtakes_ends_the_job,
];
