//! Writes that take effect but whose answer is lost: the SDK tries again, and the second try must recognize its own effect.

use engine::{
    Cancellation, Claim, Created, Deletion, Ending, JobRecord, JobState, JobStore, Pause, Progress,
    Written,
};

use super::check::checks;
use super::scripted_front::ScriptedFront;
use super::table::{HORIZON, RETENTION, Table, again, at, job, request};

/// The store behind a front that loses the answer of the next write.
async fn forgetful(table: &Table) -> (ScriptedFront, JobStore) {
    let (front, store) = table.behind_front().await;
    front.lose_next_answer();
    (front, store)
}

async fn a_create_knows_its_own_record(table: &Table) {
    let (front, store) = forgetful(table).await;
    let job = job();

    let created = store.create(job.clone(), None, at(0)).await.unwrap();

    let expected = JobRecord::begin(job, at(0));
    assert_eq!(created, Created::New(expected.into()));
    assert!(front.is_done());
}

async fn a_claim_knows_its_own_attempt(table: &Table) {
    let id = table.accept(job()).await.id;
    let (front, store) = forgetful(table).await;

    let claim = store
        .claim(&id, &request(), "run-1", at(1_000), at(31_000))
        .await
        .unwrap();

    let run = table.read(&id).await;
    assert_eq!((run.state, run.attempt), (JobState::Started, 1));
    assert_eq!(claim, Claim::Acquired(run.into()));
    assert!(front.is_done());
}

async fn progress_is_written_twice_and_harms_nobody(table: &Table) {
    let run = table.running().await;
    let (front, store) = forgetful(table).await;

    let written = store
        .progress(&run, 1, &Progress::default(), at(2_000))
        .await;

    assert_eq!(written.unwrap(), Written::Applied);
    assert!(front.is_done());
}

async fn an_attempt_that_gave_its_job_back_knows_it(table: &Table) {
    for pause in [Pause::Retry, Pause::Snooze] {
        let run = table.running().await;
        let (front, store) = forgetful(table).await;

        let written = store
            .reschedule(
                &run,
                &again(pause, at(9_000)),
                &Progress::default(),
                at(2_000),
            )
            .await;

        assert_eq!(written.unwrap(), Written::Applied);
        let record = table.read(&run.id).await;
        assert_eq!(record.version, run.version + 1);
        assert_eq!(record.attempt, pause.attempts_used(run.attempt));
        assert!(front.is_done());
    }
}

async fn an_attempt_that_ended_its_job_knows_it(table: &Table) {
    for ending in [
        Ending::Success {
            result: "1".to_owned(),
        },
        Ending::Canceled,
    ] {
        let run = table.running().await;
        let (front, store) = forgetful(table).await;

        let written = store
            .finish(&run, &ending, &Progress::default(), at(2_000), RETENTION)
            .await;

        assert_eq!(written.unwrap(), Written::Applied);
        assert_eq!(table.read(&run.id).await.version, run.version + 1);
        assert!(front.is_done());
    }
}

async fn a_cancel_finds_the_job_canceled_or_asks_again(table: &Table) {
    let waiting = table.accept(job()).await;
    let (front, store) = forgetful(table).await;
    let canceled = store
        .cancel(&waiting.id, || at(2_000), RETENTION)
        .await
        .unwrap();
    assert!(matches!(canceled, Cancellation::Canceled(_)));
    assert_eq!(table.read(&waiting.id).await.version, waiting.version + 1);
    assert!(front.is_done());

    let run = table.running().await;
    let (front, store) = forgetful(table).await;
    let requested = store
        .cancel(&run.id, || at(2_000), RETENTION)
        .await
        .unwrap();
    assert!(matches!(requested, Cancellation::Requested(_)));
    assert!(front.is_done());
}

async fn a_delete_that_took_effect_says_so(table: &Table) {
    let id = table.accept(job()).await.id;
    table
        .store
        .cancel(&id, || at(1_000), RETENTION)
        .await
        .unwrap();
    let (front, store) = forgetful(table).await;

    let deleted = store.delete(&id, || at(2_000), HORIZON).await;

    assert_eq!(deleted.unwrap(), Deletion::Deleted(None));
    assert!(front.is_done());
}

checks![
    a_create_knows_its_own_record,
    a_claim_knows_its_own_attempt,
    progress_is_written_twice_and_harms_nobody,
    an_attempt_that_gave_its_job_back_knows_it,
    an_attempt_that_ended_its_job_knows_it,
    a_cancel_finds_the_job_canceled_or_asks_again,
    a_delete_that_took_effect_says_so,
];
