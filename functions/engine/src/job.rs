//! What a job kind is.

use std::future::Future;
use std::time::Duration;

use schemars::JsonSchema;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::{Context, JobError, RetryPolicy};

/// A kind of job. A kind is a type: its fields are the input, its constants its name and limits. The input's JSON Schema is
/// derived from the same fields, doc comments included, and stands in the service's OpenAPI document.
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
///         if self.text.is_empty() { Err(Invalid::new("/text", "is empty")) } else { Ok(()) }
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
    /// What requests call it: see [`crate::KindName`]. It stands in records and messages, so it is never renamed while jobs live.
    const NAME: &'static str;

    /// How often a job is started before it fails: after errors, and after the death of the process that ran it. Three is
    /// enough to ride out what passes by itself, and bounds what a job that kills its worker costs.
    const MAX_ATTEMPTS: u32 = 3;

    /// How long to wait between attempts.
    const RETRY: RetryPolicy = RetryPolicy::DEFAULT;

    /// How long an attempt may take, where that is less than the worker may run: an attempt that takes longer hangs, and
    /// another one may not. So it is ended and tried again as after an error, and `timed-out` when it was the last. One that
    /// does not stop when it is told to is not tried again: it ends its process each time.
    const TIME_LIMIT: Option<Duration> = None;

    /// Whether the kind exists only in deployments that name it in `OPT_IN_KINDS`.
    const OPT_IN: bool = false;

    /// The result, as it is served: JSON of at most [`crate::MAX_RESULT_BYTES`].
    type Output: Serialize;

    /// Refuses, while the client still waits, an input that could never work. Runs in `submit`, so it is quick.
    ///
    /// # Errors
    /// [`Invalid`] says where in the input, and what is wrong with it.
    fn validate(&self) -> Result<(), Invalid> {
        Ok(())
    }

    /// Does the work. Runs in `worker`, on a thread that it may block. It is at least once, not exactly once: after an error
    /// or the death of the process it starts again.
    ///
    /// # Errors
    /// `?` on any error asks for another attempt; see [`JobError`] for the rest.
    fn run(self, context: Context) -> impl Future<Output = Result<Self::Output, JobError>> + Send;
}

/// What is wrong with an input, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invalid {
    /// Where in the input: a JSON Pointer (RFC 6901), empty for the input itself.
    pub pointer: String,
    /// What is wrong with it, in words that fit behind the place's name.
    pub detail: String,
}

impl Invalid {
    /// At `pointer` (RFC 6901; empty for the input itself), `detail` is wrong.
    #[must_use]
    pub fn new(pointer: &str, detail: &str) -> Self {
        Self {
            pointer: pointer.to_owned(),
            detail: detail.to_owned(),
        }
    }
}
