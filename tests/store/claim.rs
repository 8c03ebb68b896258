//! Claims.

use engine::{
    Claim, ClaimDecision, JobRecord, JobState, NewJob, Pause, Percent, Progress, ScheduleName,
};
use tokio::task::JoinSet;

use super::check::checks;
use super::table::{Table, again, at, job, request};

async fn a_claim_begins_an_attempt_and_says_whose_it_is(table: &Table) {
    let schedule = Some(ScheduleName::stored("it has fired"));
    let accepted = table.accept(NewJob { schedule, ..job() }).await;

    let run = table.start(&accepted.id, "run-1", at(1_000)).await;

    let expected = JobRecord {
        state: JobState::Started,
        schedule: None,
        started_at: Some(at(1_000)),
        lease_until: Some(at(31_000)),
        run_token: Some("run-1".to_owned()),
        attempt: 1,
        version: 2,
        updated_at: at(1_000),
        ..accepted
    };
    assert_eq!(run, expected);
    assert_eq!(table.read(&run.id).await, expected);
}

async fn the_next_attempt_begins_when_the_lease_ends_and_at_zero_percent(table: &Table) {
    let run = table.running().await;
    let half = Progress {
        percent: Percent::new(50),
        ..Progress::default()
    };
    table
        .store
        .progress(&run, 1, &half, at(2_000))
        .await
        .unwrap();

    let early = table.claim(&run.id, "run-2", at(30_999)).await;
    let next = table.start(&run.id, "run-2", at(31_000)).await;

    let until = at(31_000);
    assert!(
        matches!(early, Claim::Refused(ClaimDecision::Busy { until: lease }, _) if lease == until)
    );
    assert_eq!((next.attempt, next.percent), (2, Percent::ZERO));
    assert_eq!(next.started_at, Some(at(31_000)));
}

async fn of_thirty_claims_at_once_one_gets_the_attempt(table: &Table) {
    let accepted = table.accept(job()).await;
    let mut claims = JoinSet::new();
    for worker in 0..30 {
        let (store, id) = (table.store.clone(), accepted.id);
        claims.spawn(async move {
            let token = format!("run-{worker}");
            store
                .claim(&id, &request(), &token, at(1_000), at(31_000))
                .await
                .unwrap()
        });
    }

    let claims = claims.join_all().await;

    let run = table.read(&accepted.id).await;
    assert_eq!(run.attempt, 1);
    let (won, lost): (Vec<_>, Vec<_>) = claims
        .into_iter()
        .partition(|claim| matches!(claim, Claim::Acquired(_)));
    assert_eq!(won, [Claim::Acquired(run.clone().into())]);
    let busy = ClaimDecision::Busy { until: at(31_000) };
    assert_eq!(lost, vec![Claim::Refused(busy, Some(run.into())); 29]);
}

async fn a_claim_repeated_with_its_token_is_the_same_attempt(table: &Table) {
    let run = table.running().await;
    let item = table.item(&run.id).await;

    let again = table.claim(&run.id, "run-1", at(1_000)).await;

    assert_eq!(again, Claim::Acquired(run.clone().into()));
    assert_eq!(table.item(&run.id).await, item);
}

async fn a_token_of_an_attempt_that_gave_its_job_back_gets_nothing(table: &Table) {
    let run = table.running().await;
    let next = at(9_000);
    table
        .store
        .reschedule(
            &run,
            &again(Pause::Retry, next),
            &Progress::default(),
            at(2_000),
        )
        .await
        .unwrap();

    let again = table.claim(&run.id, "run-1", at(1_000)).await;

    assert!(matches!(again, Claim::Refused(ClaimDecision::NotDue { until }, _) if until == next));
}

async fn a_claim_without_a_record_makes_none(table: &Table) {
    let id = job().id;

    let claim = table.claim(&id, "run-1", at(0)).await;

    assert_eq!(claim, Claim::Refused(ClaimDecision::Missing, None));
    assert_eq!(table.store.get(&id).await.unwrap(), None);
}

checks![
    a_claim_begins_an_attempt_and_says_whose_it_is,
    the_next_attempt_begins_when_the_lease_ends_and_at_zero_percent,
    of_thirty_claims_at_once_one_gets_the_attempt,
    a_claim_repeated_with_its_token_is_the_same_attempt,
    a_token_of_an_attempt_that_gave_its_job_back_gets_nothing,
    a_claim_without_a_record_makes_none,
];
