//! Runs a kind in a test, in this process, without AWS. For one that ends slices, see [`run_slices`].
//!
//! ```
//! use std::time::Duration;
//! use engine::test_kit::{self, Attempt};
//! # use engine::{Context, Job, JobError, Percent};
//! # #[derive(serde::Deserialize, schemars::JsonSchema)]
//! # struct Export { pages: u32 }
//! # impl Job for Export {
//! #     const NAME: &'static str = "export";
//! #     type Output = u32;
//! #     async fn run(self, context: Context) -> Result<u32, JobError> {
//! #         let begun = context.saved().unwrap_or(0);
//! #         for page in begun..self.pages {
//! #             if page == 2 && context.attempt() == 1 { return Err(JobError::retry("busy", "try again")) }
//! #             if page == 5 { return Err(JobError::snooze(Duration::from_secs(60), "waits for page 5")) }
//! #             context.save(&(page + 1))?;
//! #             context.progress(Percent::of(page.into(), self.pages.into()), "exported");
//! #             tokio::task::yield_now().await;
//! #         }
//! #         Ok(self.pages - begun)
//! #     }
//! # }
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() {
//! // The first attempt fails, and leaves its checkpoint.
//! let first = test_kit::run(Export { pages: 4 }).await;
//! assert!(matches!(first.result, Err(JobError::Retry { .. })));
//! assert_eq!(first.saved(), Some(2));
//! // The second continues from there.
//! let second = Attempt::of(Export { pages: 4 }).number(2).saved(&2).run().await;
//! assert_eq!(second.result.unwrap(), 2);
//! // One waits for something.
//! let waiting = Attempt::of(Export { pages: 9 }).number(2).saved(&5).run().await;
//! assert!(matches!(waiting.result, Err(JobError::Snooze { .. })));
//! // One is stopped, as by a cancel, when it has made this progress.
//! let stopped = Attempt::of(Export { pages: 4 }).number(2);
//! let stopped = stopped.run_until(|progress| progress.percent >= Percent::new(50)).await;
//! assert!(stopped.result.is_none());
//! assert_eq!(stopped.saved(), Some(3));
//! // One runs out of time.
//! let late = Attempt::of(Export { pages: 4 }).number(2).time(Duration::ZERO);
//! assert!(late.run_until(|_| false).await.result.is_none());
//! # }
//! ```

mod slices;

use std::time::Duration;

use aws_sdk_dynamodb::config::{BehaviorVersion, Credentials, Region, SharedCredentialsProvider};
use aws_types::SdkConfig;
use schemars::SchemaGenerator;
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::time::Instant;

pub use slices::{SlicedRun, run_slices};

use crate::kinds::unenforced;
use crate::{
    Attachment, Checkpoint, Context, CreationToken, Fingerprint, IdSecrets, Job, JobError,
    JobRecord, KindName, NewJob, Owner, ProcessState, Progress, Registry, RunControl, Shared,
    Timestamp, run_context,
};

/// The time of an attempt unless a test sets another.
const A_MINUTE: Duration = Duration::from_secs(60);

/// Outcome of an attempt.
#[derive(Debug)]
pub struct TestRun<R> {
    /// The result of the handler: a [`Result`]; `None` if it was stopped before ([`Attempt::run_until`]).
    pub result: R,
    /// The latest progress.
    pub progress: Progress,
}

impl<R> TestRun<R> {
    /// The latest checkpoint, which the next attempt finds.
    #[must_use]
    pub fn saved<T: DeserializeOwned>(&self) -> Option<T> {
        self.progress.checkpoint.as_ref()?.read()
    }
}

/// An attempt that a test runs. It has a minute, unless [`Attempt::time`] says otherwise.
#[derive(Debug)]
pub struct Attempt<J> {
    job: J,
    number: u32,
    checkpoint: Option<Checkpoint>,
    process: ProcessState,
    time: Duration,
}

impl<J: Job> Attempt<J> {
    /// A job's first attempt.
    #[must_use]
    pub fn of(job: J) -> Self {
        Self {
            job,
            number: 1,
            checkpoint: None,
            process: without_aws(),
            time: A_MINUTE,
        }
    }

    /// Sets the number of the attempt.
    #[must_use]
    pub fn number(self, number: u32) -> Self {
        Self { number, ..self }
    }

    /// Sets the checkpoint that the attempt finds.
    ///
    /// # Panics
    /// If the value cannot be a checkpoint.
    #[must_use]
    pub fn saved(self, value: &impl Serialize) -> Self {
        match Checkpoint::of(value) {
            Ok(checkpoint) => Self {
                checkpoint: Some(checkpoint),
                ..self
            },
            Err(error) => panic!("{error}"),
        }
    }

    /// Sets the time until the attempt must stop, which its context reports and [`Attempt::run_until`] enforces: a kind's time limit, or
    /// the rest of an invocation.
    #[must_use]
    pub fn time(self, time: Duration) -> Self {
        Self { time, ..self }
    }

    /// Sets the configuration for AWS clients, for example that of [`aws`].
    #[must_use]
    pub fn aws(self, config: SdkConfig) -> Self {
        Self {
            process: ProcessState::new(config, None),
            ..self
        }
    }

    /// Provides the value that [`Context::shared`] returns, in place of one that [`Shared::build`] builds. Call it after
    /// [`Attempt::aws`].
    #[must_use]
    pub fn shared<T: Shared>(self, value: T) -> Self {
        self.process.provide(value);
        self
    }

    /// Runs the attempt until its handler ends, however long that takes.
    pub async fn run(self) -> TestRun<Result<J::Output, JobError>> {
        let ends_at = Instant::now() + self.time;
        let run = run_of(self.number, self.checkpoint);
        let (context, control) = run_context(&run, Vec::new(), ends_at, self.process);
        let result = self.job.run(context).await;
        TestRun {
            result,
            progress: control.progress.borrow().clone(),
        }
    }

    /// Runs the attempt until `enough` is true of its progress or its time is up, and then stops it as a worker does: its handler is told
    /// to stop, and is dropped at its next await.
    pub async fn run_until(
        self,
        enough: impl FnMut(&Progress) -> bool,
    ) -> TestRun<Option<Result<J::Output, JobError>>> {
        let ends_at = Instant::now() + self.time;
        let run = run_of(self.number, self.checkpoint);
        let (context, mut control) = run_context(&run, Vec::new(), ends_at, self.process);
        let mut said = control.progress.clone();
        let result = tokio::select! {
            biased;
            // This fails if the context was dropped; then the handler has returned.
            Ok(_) = said.wait_for(enough) => None,
            () = until(ends_at) => None,
            result = self.job.run(context) => Some(result),
        };
        // A clone of the context that outlives the handler sees the stop, too.
        let _ = control.stop.send(true);
        TestRun {
            result,
            progress: control.progress.borrow_and_update().clone(),
        }
    }
}

/// Completes at `at`: at the first poll if that has passed, where a timer would take a millisecond.
async fn until(at: Instant) {
    if Instant::now() < at {
        tokio::time::sleep_until(at).await;
    }
}

/// Runs the first attempt of a job until its handler ends.
pub async fn run<J: Job>(job: J) -> TestRun<Result<J::Output, JobError>> {
    Attempt::of(job).run().await
}

/// A context for an attempt with a time limit of a minute, and its other end, which stops the attempt and shows its progress.
#[must_use]
pub fn context(attempt: u32) -> (Context, RunControl) {
    let ends_at = Instant::now() + A_MINUTE;
    run_context(&run_of(attempt, None), Vec::new(), ends_at, without_aws())
}

/// An attachment with this content, which a handler reads as it reads an upload.
#[must_use]
pub fn attachment(content: impl Into<Vec<u8>>) -> Attachment {
    Attachment::of(content.into())
}

/// A configuration for AWS clients whose calls all go to `endpoint`, such as the URL of a server in the test.
#[must_use]
pub fn aws(endpoint: &str) -> SdkConfig {
    let credentials = Credentials::new("test", "test", None, None, "test");
    SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::from_static("us-east-1"))
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .endpoint_url(endpoint)
        .build()
}

fn without_aws() -> ProcessState {
    ProcessState::new(SdkConfig::builder().build(), None)
}

fn run_of(attempt: u32, checkpoint: Option<Checkpoint>) -> JobRecord {
    let job = new_job();
    let accepted_at = job.scheduled_start;
    JobRecord {
        checkpoint,
        attempt,
        ..JobRecord::begin(job, accepted_at)
    }
}

/// Collects the limits in the input schemas of kinds that `submit` does not enforce. A test of the kinds requires that there are none.
///
/// ```
/// # fn register(_kinds: &mut impl engine::Registry) {}
/// let mut unenforced = engine::test_kit::Unenforced::default();
/// register(&mut unenforced);
/// assert_eq!(unenforced.limits, Vec::<String>::new());
/// ```
#[derive(Debug, Default)]
pub struct Unenforced {
    /// The kind, the place in its schema and, for `format` and `pattern`, the value.
    pub limits: Vec<String>,
}

impl Registry for Unenforced {
    fn add<J: Job>(&mut self) {
        let schema = SchemaGenerator::default().into_root_schema_for::<J>();
        let places = unenforced(schema.as_value()).into_iter();
        self.limits
            .extend(places.map(|place| format!("{}{place}", J::NAME)));
    }
}

/// A job of the kind `test`, accepted at 2026-01-01T10:50:45Z, for tests that need a record: override what matters to the test
/// (`NewJob { deadline, ..new_job() }`), and make it a record with [`JobRecord::begin`].
///
/// # Panics
/// Never: the constants are valid.
#[must_use]
#[expect(
    clippy::expect_used,
    reason = "the secret is longer than required, and the name is a valid name of a kind"
)]
pub fn new_job() -> NewJob {
    const SECRET: &str = "a secret that only the test kit has";
    let secrets = IdSecrets::parse("ID_SECRETS", SECRET).expect("the constant is long enough");
    let owner = Owner::anonymous();
    let kind: KindName = "test".parse().expect("it is the name of a kind");
    NewJob {
        id: secrets.issue(&owner, [0; 10]),
        owner,
        kind,
        fingerprint: Fingerprint::of(b""),
        creation_token: CreationToken::of([0; 16]),
        summary: String::new(),
        schedule: None,
        scheduled_start: Timestamp::from_seconds(1_767_264_645),
        deadline: Duration::from_secs(86_400),
        write_horizon: crate::WRITE_HORIZON,
        retention: Duration::from_secs(86_400),
        max_attempts: 3,
        callback: None,
    }
}
