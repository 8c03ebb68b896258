//! Job kinds.

use std::future::Future;
use std::time::Duration;

use schemars::JsonSchema;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::{Context, JobError, RetryPolicy};

/// A kind of job. A kind is a type: its fields are the input, its constants the name and the limits. The JSON Schema of the input is
/// derived from the same fields, including their doc comments, and is part of the service's OpenAPI document.
///
/// ```
/// use engine::{Context, Invalid, Job, JobError, Percent};
/// use schemars::JsonSchema;
/// use serde::Deserialize;
///
/// /// Counts the words of a text.
/// #[derive(Deserialize, JsonSchema)]
/// #[serde(deny_unknown_fields)]
/// pub struct WordCount {
///     text: String,
/// }
///
/// impl Job for WordCount {
///     const NAME: &'static str = "word_count";
///     type Output = usize;
///
///     fn validate(&self) -> Result<(), Invalid> {
///         if self.text.is_empty() { Err(Invalid::new("/text", "must not be empty")) } else { Ok(()) }
///     }
///
///     async fn run(self, context: Context) -> Result<usize, JobError> {
///         context.progress(Percent::new(50), "halfway");
///         Ok(self.text.split_whitespace().count())
///     }
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let run = engine::test_kit::run(WordCount { text: "one two".to_owned() }).await;
/// assert_eq!(run.result.unwrap(), 2);
/// # }
/// ```
pub trait Job: DeserializeOwned + JsonSchema + Send + 'static {
    /// The name in requests: see [`crate::KindName`]. Records and messages contain it, so it must not change while jobs exist.
    const NAME: &'static str;

    /// Maximum number of attempts, including those that end with the death of their process. Three attempts survive most temporary
    /// faults, and limit the cost of a job that kills its worker.
    const MAX_ATTEMPTS: u32 = 3;

    /// The delay between attempts.
    const RETRY: RetryPolicy = RetryPolicy::DEFAULT;

    /// Time limit of an attempt, over all its slices ([`JobError::next_slice`]), not counting the time between them. `None`: only the
    /// worker's timeout limits a slice, and the deadline the job. An attempt that exceeds it probably hangs, and another
    /// one may not. So it is stopped and retried as after an error; if it was the last attempt, the job fails with `timed-out`. If the
    /// handler does not stop, the job is not retried, because each attempt would end its process. When less of the limit is left than the
    /// invocation has, a slice that ends without progress, or within [`crate::MIN_SLICE`], exceeds it, too: no later slice has more time.
    const TIME_LIMIT: Option<Duration> = None;

    /// Whether the kind exists only in deployments that name it in `OPT_IN_KINDS`.
    const OPT_IN: bool = false;

    /// The result: JSON of up to [`crate::MAX_RESULT_BYTES`], or of 5 GiB in a deployment with large payloads (it must fit in memory). Its JSON Schema is part of the OpenAPI document, too.
    type Output: Serialize + JsonSchema;

    /// Refuses an input that can never work, while the client still waits. Runs in `submit`, so it must be fast.
    ///
    /// # Errors
    /// [`Invalid`]: the place in the input, and the requirement that it does not meet.
    fn validate(&self) -> Result<(), Invalid> {
        Ok(())
    }

    /// The handler: does the work. Runs in `worker`, on a thread that it may block. It runs at least once, not exactly once: after an
    /// error or the death of its process, the job is retried.
    ///
    /// # Errors
    /// `?` on any error asks for a retry. See [`JobError`] for the other outcomes.
    fn run(self, context: Context) -> impl Future<Output = Result<Self::Output, JobError>> + Send;
}

/// An error in an input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invalid {
    /// The place in the input: a JSON Pointer (RFC 6901), empty for the input itself.
    pub pointer: String,
    /// The requirement that is not met, as a predicate that follows the pointer: "must not be empty".
    pub detail: String,
}

impl Invalid {
    /// An error at `pointer` (RFC 6901; empty for the input itself).
    #[must_use]
    pub fn new(pointer: &str, detail: &str) -> Self {
        Self {
            pointer: pointer.to_owned(),
            detail: detail.to_owned(),
        }
    }
}
