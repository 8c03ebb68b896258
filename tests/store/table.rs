//! The table under test, with verbs.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
#[cfg(not(test))]
use std::time::{SystemTime, UNIX_EPOCH};

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::{BehaviorVersion, Credentials, Region};
use aws_sdk_dynamodb::types::AttributeValue;
use engine::{
    Attribute, Claim, Created, CreationToken, Fingerprint, IdSecrets, JobId, JobRecord, JobStore,
    NewJob, Owner, Pause, Rescheduling, Timestamp,
};

use super::scripted_front::ScriptedFront;

pub(super) type Item = HashMap<String, AttributeValue>;

/// A table of its own for each check.
#[derive(Clone)]
pub(crate) struct Table {
    pub(super) store: JobStore,
    pub(super) client: Client,
    pub(super) name: String,
    endpoint: String,
    #[cfg(test)]
    pub(super) database: dynoxide::Database,
}

pub(super) const DEADLINE: Duration = Duration::from_secs(100);
/// Jobs are overdue 140 s after they are accepted, and expire after 190 s.
pub(super) const HORIZON: Duration = Duration::from_secs(40);
pub(super) const RETENTION: Duration = Duration::from_secs(50);

/// So many milliseconds after jobs are accepted. That lies in the year 2096, so that no TTL deletes what a check still needs.
pub(super) fn at(ms: i64) -> Timestamp {
    Timestamp::from_ms(4_000_000_000_000 + ms)
}

pub(super) fn alice() -> Owner {
    Owner::named("alice").unwrap()
}

/// What request the jobs of the checks stand for, unless they say otherwise.
pub(super) fn request() -> Fingerprint {
    Fingerprint::of(b"the request")
}

/// A job that is due at once, with three attempts.
pub(super) fn job() -> NewJob {
    job_of(&alice())
}

pub(super) fn job_of(owner: &Owner) -> NewJob {
    NewJob {
        id: new_id(owner),
        owner: owner.clone(),
        kind: "csv_profile".parse().unwrap(),
        fingerprint: request(),
        creation_token: new_token(),
        summary: "what its owner calls it".to_owned(),
        scheduled_start: at(0),
        schedule: None,
        deadline: DEADLINE,
        write_horizon: HORIZON,
        retention: RETENTION,
        max_attempts: 3,
        callback: None,
    }
}

/// How an attempt gives its job back until `next_start`.
pub(super) fn again(pause: Pause, next_start: Timestamp) -> Rescheduling {
    Rescheduling {
        pause,
        reason: "the registry is busy".to_owned(),
        next_start,
    }
}

/// An id that no job had before. It ends in a tag, so the jobs of an owner spread over the index's shards.
fn new_id(owner: &Owner) -> JobId {
    let secrets = IdSecrets::parse("ID_SECRETS", "0123456789abcdef0123456789abcdef").unwrap();
    let mut seed = [0; 10];
    seed[..8].copy_from_slice(&unique().to_be_bytes());
    secrets.issue(owner, seed)
}

/// A token that no write had before.
pub(super) fn new_token() -> CreationToken {
    let mut random = [0; 16];
    random[..8].copy_from_slice(&unique().to_be_bytes());
    CreationToken::of(random)
}

fn unique() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    NEXT.fetch_add(1, Ordering::Relaxed)
}

impl Table {
    /// On an embedded DynamoDB of its own, served until the test's runtime ends.
    #[cfg(test)]
    pub(crate) async fn embedded() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let database = dynoxide::Database::memory().unwrap();
        let served = database.clone();
        tokio::spawn(dynoxide::server::serve_with_shutdown(
            listener,
            served,
            std::future::pending(),
        ));
        let client = client(&endpoint);
        local::create_table(&client, "jobs").await.unwrap();
        Self {
            store: JobStore::new(client.clone(), "jobs"),
            client,
            name: "jobs".to_owned(),
            endpoint,
            database,
        }
    }

    /// A new table of a running DynamoDB.
    #[cfg(not(test))]
    pub(crate) async fn at(endpoint: &str) -> Result<Self, aws_sdk_dynamodb::Error> {
        let since_epoch = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        let name = format!("check-{}-{}", since_epoch.as_nanos(), unique());
        let client = client(endpoint);
        local::create_table(&client, &name).await?;
        Ok(Self {
            store: JobStore::new(client.clone(), &name),
            client,
            name,
            endpoint: endpoint.to_owned(),
        })
    }

    #[cfg(not(test))]
    pub(crate) async fn drop_it(&self) {
        let dropped = self.client.delete_table().table_name(&self.name).send();
        if let Err(error) = dropped.await {
            eprintln!("the table {} is left behind: {error}", self.name);
        }
    }

    /// A front before the table, and the store as one sees it through that.
    pub(super) async fn behind_front(&self) -> (ScriptedFront, JobStore) {
        let front = ScriptedFront::of(&self.endpoint).await;
        let store = JobStore::new(client(front.endpoint()), &self.name);
        (front, store)
    }

    /// Creates the job at the zero of all checks.
    pub(super) async fn accept(&self, job: NewJob) -> JobRecord {
        self.accept_at(job, at(0)).await
    }

    pub(super) async fn accept_at(&self, job: NewJob, now: Timestamp) -> JobRecord {
        // As `submit` does.
        let standing = self.store.get(&job.id).await.unwrap();
        let replaced = standing.filter(|record| record.is_expired(now));
        let replaced = replaced.map(|record| record.creation_token);
        match self
            .store
            .create(job, replaced.as_ref(), now)
            .await
            .unwrap()
        {
            Created::New(record) => *record,
            Created::Taken(record) => panic!("taken by {record:?}"),
        }
    }

    /// Claims the job at a time, with a lease of 30 s.
    pub(super) async fn claim(&self, id: &JobId, token: &str, now: Timestamp) -> Claim {
        let lease = now.plus(Duration::from_secs(30));
        let request = request();
        let claim = self.store.claim(id, &request, token, now, lease);
        claim.await.unwrap()
    }

    /// The attempt that a claim at that time must return.
    pub(super) async fn start(&self, id: &JobId, token: &str, now: Timestamp) -> JobRecord {
        match self.claim(id, token, now).await {
            Claim::Acquired(run) => *run,
            refused @ Claim::Refused(..) => panic!("{refused:?}"),
        }
    }

    /// A job in its first attempt, since second 1; its lease ends with second 31.
    pub(super) async fn running(&self) -> JobRecord {
        let record = self.accept(job()).await;
        self.start(&record.id, "run-1", at(1_000)).await
    }

    /// A job in its first attempt, since second 1; its lease outlives the job's deadline.
    pub(super) async fn running_to_the_deadline(&self) -> JobRecord {
        let id = self.accept(job()).await.id;
        let (request, lease) = (request(), at(120_000));
        let claim = self.store.claim(&id, &request, "run-1", at(1_000), lease);
        match claim.await.unwrap() {
            Claim::Acquired(run) => *run,
            refused @ Claim::Refused(..) => panic!("{refused:?}"),
        }
    }

    /// The next job under the id, as an `Idempotency-Key` makes one, accepted at that time.
    pub(super) async fn accept_next(&self, id: JobId, now: Timestamp) -> JobRecord {
        let next = NewJob {
            id,
            scheduled_start: now,
            ..job()
        };
        self.accept_at(next, now).await
    }

    /// The record as it stands.
    pub(super) async fn read(&self, id: &JobId) -> JobRecord {
        self.store.get(id).await.unwrap().expect("no record")
    }

    /// The item as it stands, every attribute of it.
    pub(super) async fn item(&self, id: &JobId) -> Item {
        let request = self.client.get_item().table_name(&self.name);
        let request = request
            .key(Attribute::Id.name(), AttributeValue::S(id.to_string()))
            .consistent_read(true);
        request.send().await.unwrap().item.expect("no item")
    }

    /// Writes an item past the store.
    pub(super) async fn put(&self, item: Item) {
        let request = self.client.put_item().table_name(&self.name);
        request.set_item(Some(item)).send().await.unwrap();
    }

    /// Deletes a record past the store, as TTL does.
    pub(super) async fn remove(&self, id: &JobId) {
        let request = self.client.delete_item().table_name(&self.name);
        let id = AttributeValue::S(id.to_string());
        request.key(Attribute::Id.name(), id).send().await.unwrap();
    }
}

/// A client with the SDK's own retries and the time limits of the functions.
pub(super) fn client(endpoint: &str) -> Client {
    let config = aws_sdk_dynamodb::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("us-east-1"))
        .credentials_provider(Credentials::new("test", "test", None, None, "test"))
        .timeout_config(engine::timeouts())
        .endpoint_url(endpoint);
    Client::from_conf(config.build())
}
