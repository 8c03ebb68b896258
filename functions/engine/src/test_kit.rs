//! Runs a kind in a test, in this process, without AWS.
//!
//! ```
//! # use engine::{Context, Job, JobError};
//! # #[derive(serde::Deserialize, schemars::JsonSchema)]
//! # struct Doubled(u32);
//! # impl Job for Doubled {
//! #     const NAME: &'static str = "doubled";
//! #     type Output = u32;
//! #     async fn run(self, context: Context) -> Result<u32, JobError> {
//! #         if context.attempt() == 1 { return Err(JobError::retry("busy", "try again")) }
//! #         Ok(self.0 * 2)
//! #     }
//! # }
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() {
//! let first = engine::test_kit::run(Doubled(4)).await;
//! assert!(matches!(first.result, Err(JobError::Retry { .. })));
//! let second = engine::test_kit::run_attempt(Doubled(4), 2).await;
//! assert_eq!(second.result.unwrap(), 8);
//! # }
//! ```

use std::time::Duration;

use aws_config::SdkConfig;
use tokio::time::Instant;

use crate::{Context, IdSecrets, Job, JobError, Owner, Progress, RunControl, run_context};

/// What came of an attempt.
#[derive(Debug)]
pub struct TestRun<T> {
    /// What the kind returned.
    pub result: Result<T, JobError>,
    /// The last it said of its progress.
    pub progress: Progress,
}

/// Runs a job's first attempt to its end. Its context says that it has a minute; nothing ends it then.
pub async fn run<J: Job>(job: J) -> TestRun<J::Output> {
    run_attempt(job, 1).await
}

/// Runs the attempt of this number to its end, as [`run`] does.
pub async fn run_attempt<J: Job>(job: J, attempt: u32) -> TestRun<J::Output> {
    let (context, control) = context(attempt);
    let result = job.run(context).await;
    TestRun {
        result,
        progress: control.progress.borrow().clone(),
    }
}

/// A context for an attempt that ends in a minute, and its other end: to stop the attempt, or to watch what it says.
///
/// # Panics
/// Never: the secret is long enough.
#[must_use]
#[expect(
    clippy::expect_used,
    reason = "the constant is longer than a secret has to be"
)]
pub fn context(attempt: u32) -> (Context, RunControl) {
    const SECRET: &str = "a secret that only the test kit has";
    let secrets = IdSecrets::parse("ID_SECRETS", SECRET).expect("the constant is long enough");
    let id = secrets.issue(&Owner::anonymous(), [0; 10]);
    let ends_at = Instant::now() + Duration::from_secs(60);
    run_context(id, attempt, 3, ends_at, SdkConfig::builder().build())
}
