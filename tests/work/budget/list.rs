//! What a page of a list costs, at the wire.

use std::time::Duration;

use engine::{
    Claim, Created, CreationToken, Ending, Fingerprint, INDEX_SHARDS, IdSecrets, JobState,
    JobStore, MAX_RESULT_BYTES, NewJob, Outcome, Owner, Page, Progress, StoreError, Timestamp,
    Written,
};

use tokio::task::{JoinError, JoinSet};

use crate::backends::{Backends, TABLE, dynamodb_client};
use crate::recorder::Recorder;

/// A table whose every call is counted.
struct Counted {
    store: JobStore,
    recorder: Recorder,
    secrets: IdSecrets,
    accepted: u32,
    _backends: Backends,
}

/// What was read for a page.
#[derive(Debug, PartialEq)]
struct Cost {
    queries: usize,
    batches: usize,
    read_units: f64,
}

impl Counted {
    async fn new() -> Self {
        let backends = Backends::start().await;
        let (recorder, endpoint) = Recorder::before(&backends).await;
        let secrets = IdSecrets::parse("ID_SECRETS", "0123456789abcdef0123456789abcdef");
        Self {
            store: JobStore::new(dynamodb_client(&endpoint), TABLE),
            recorder,
            secrets: secrets.unwrap(),
            accepted: 0,
            _backends: backends,
        }
    }

    /// So many more jobs of an owner, each later than all before; written several at once.
    async fn accept(&mut self, owner: &Owner, count: u32) {
        let mut writes = JoinSet::new();
        for _ in 0..count {
            self.accepted += 1;
            let now = at(self.accepted);
            let (store, job) = (self.store.clone(), self.job(owner, now));
            if writes.len() == 8 {
                is_new(writes.join_next().await);
            }
            writes.spawn(async move { store.create(job, None, now).await });
        }
        while !writes.is_empty() {
            is_new(writes.join_next().await);
        }
    }

    fn job(&self, owner: &Owner, now: Timestamp) -> NewJob {
        let mut seed = [0; 10];
        seed[..4].copy_from_slice(&self.accepted.to_be_bytes());
        NewJob {
            id: self.secrets.issue(owner, seed),
            owner: owner.clone(),
            kind: "csv_profile".parse().unwrap(),
            fingerprint: Fingerprint::of(b""),
            creation_token: CreationToken::of([1; 16]),
            summary: "one of many".to_owned(),
            scheduled_start: now,
            schedule: None,
            deadline: Duration::from_secs(86_400),
            write_horizon: engine::WRITE_HORIZON,
            retention: Duration::from_secs(86_400),
            max_attempts: 3,
            callback: None,
        }
    }

    /// One more job of an owner, which succeeds with a result of this many bytes.
    async fn succeed(&mut self, owner: &Owner, result_bytes: usize) {
        self.accepted += 1;
        let now = at(self.accepted);
        let job = self.job(owner, now);
        let (id, fingerprint) = (job.id, job.fingerprint.clone());
        self.store.create(job, None, now).await.unwrap();
        let lease = now.plus(Duration::from_secs(60));
        let claim = self.store.claim(&id, &fingerprint, "run-1", now, lease);
        let Claim::Acquired(run) = claim.await.unwrap() else {
            panic!("the claim of a new job was refused");
        };
        let ending = Ending::Success {
            result: "x".repeat(result_bytes),
        };
        let retention = Duration::from_secs(86_400);
        let said = Progress::default();
        let written = self.store.finish(&run, &ending, &said, now, retention);
        assert_eq!(written.await.unwrap(), Written::Applied);
    }

    async fn page(&self, owner: &Owner, limit: usize, filter: Option<JobState>) -> (Page, Cost) {
        self.recorder.take();
        let page = self
            .store
            .list(owner, limit, None, filter, at(self.accepted));
        let page = page.await.unwrap();
        let calls = self.recorder.take();
        let counted = |action| calls.iter().filter(|call| call.action == action).count();
        let cost = Cost {
            queries: counted("dynamodb:Query"),
            batches: counted("dynamodb:BatchGetItem"),
            read_units: calls.iter().map(|call| call.units.reads).sum(),
        };
        (page, cost)
    }
}

fn is_new(written: Option<Result<Result<Created, StoreError>, JoinError>>) {
    let created = written.unwrap().unwrap().unwrap();
    assert!(matches!(created, Created::New(_)));
}

fn at(second: u32) -> Timestamp {
    Timestamp::from_seconds(1_800_000_000 + i64::from(second))
}

fn owner(name: &str) -> Owner {
    Owner::named(name).unwrap()
}

const FAILED: Option<JobState> = Some(JobState::Completed(Outcome::Failed));

#[tokio::test]
async fn a_page_costs_the_same_whatever_the_table_holds() {
    let (mut table, alice) = (Counted::new().await, owner("alice"));
    table.accept(&alice, 60).await;
    let (_, alone) = table.page(&alice, 20, None).await;
    for other in 0..4 {
        table.accept(&owner(&format!("other-{other}")), 100).await;
    }
    table.accept(&alice, 600).await;

    let (page, crowded) = table.page(&alice, 20, None).await;
    let (none, filtered) = table.page(&alice, 20, FAILED).await;

    assert_eq!(
        (alone.queries, alone.batches),
        (usize::from(INDEX_SHARDS), 1)
    );
    assert!(alone.read_units > 0.0);
    assert_eq!(crowded, alone);
    assert_eq!(filtered, alone);
    assert_eq!((page.jobs.len(), none.jobs.len()), (20, 0));
    assert!(none.next.is_some());
}

#[tokio::test]
async fn the_largest_page_costs_a_unit_a_job_and_a_few_for_the_index() {
    let (mut table, alice) = (Counted::new().await, owner("alice"));
    table.accept(&alice, 500).await;

    let (page, cost) = table.page(&alice, engine::MAX_PAGE, None).await;

    assert_eq!(page.jobs.len(), 100);
    assert_eq!((cost.queries, cost.batches), (usize::from(INDEX_SHARDS), 1));
    // Strongly consistent reads of records below 4 KB, and at most 101 entries of each of four shards.
    assert!((100.0..=125.0).contains(&cost.read_units), "{cost:?}");
}

#[tokio::test]
async fn a_page_of_a_hundred_results_costs_about_a_unit_a_job_whatever_they_weigh() {
    let (mut table, alice) = (Counted::new().await, owner("alice"));
    for result_bytes in [1, 3_000, 5_000, 50_000, MAX_RESULT_BYTES] {
        for _ in 0..20 {
            table.succeed(&alice, result_bytes).await;
        }
    }

    let (page, cost) = table.page(&alice, engine::MAX_PAGE, None).await;

    assert_eq!(page.jobs.len(), 100);
    assert_eq!((cost.queries, cost.batches), (usize::from(INDEX_SHARDS), 1));
    assert!((100.0..=110.0).contains(&cost.read_units), "{cost:?}");
}
