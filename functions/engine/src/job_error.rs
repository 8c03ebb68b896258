//! The errors of handlers.

use std::error::Error;
use std::time::Duration;

use crate::CheckpointError;
use crate::cut::cut;

/// The error of a failed job, as the client sees it: a stable code and a message. The job document contains it, so it must not
/// contain anything that the client may not know.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Failure {
    code: String,
    message: String,
}

/// A limit that keeps the record near 1 KB, which is one write unit.
const MAX_MESSAGE_CHARS: usize = 400;
const MAX_CODE_CHARS: usize = 64;

impl Failure {
    /// A failure with a `code` for programs (kebab-case, cut at 64 characters) and a `message` for people (a lower-case clause, cut at 400
    /// characters).
    #[must_use]
    pub fn new(code: &str, message: &str) -> Self {
        Self {
            code: cut(code, MAX_CODE_CHARS),
            message: cut(message, MAX_MESSAGE_CHARS),
        }
    }

    /// For programs, for example `malformed-csv`.
    #[must_use]
    pub fn code(&self) -> &str {
        &self.code
    }

    /// For people.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }
}

/// The outcome of a handler without a result.
///
/// `?` turns any error into a retry, because most faults are temporary, except a [`CheckpointError`], which is permanent. For an error
/// that another attempt would meet again, return [`JobError::permanent`].
///
/// This type does not implement [`std::error::Error`], so that `From` can convert every such error.
#[derive(Debug)]
pub enum JobError {
    /// Retry later, if there are attempts left.
    Retry {
        /// The error that the client sees if this was the last attempt; `None` for a general one.
        failure: Option<Failure>,
        /// The cause, for the log only.
        source: Option<Box<dyn Error + Send + Sync>>,
        /// The delay, instead of that of the kind's [`crate::RetryPolicy`].
        after: Option<Duration>,
    },
    /// Continue later, without using up this attempt.
    Snooze {
        /// The delay, at least [`MIN_SNOOZE`].
        after: Duration,
        /// The job's summary while it waits.
        reason: String,
    },
    /// End this slice, and continue the same attempt in a later invocation at once.
    NextSlice,
    /// The job fails now, even if there are attempts left.
    Permanent(Failure),
}

/// Minimum length of a snooze; a shorter one lasts this long. Each snooze costs two writes and a delivery of the message, and a kind
/// that snoozes without a delay would do nothing else.
pub const MIN_SNOOZE: Duration = Duration::from_secs(1);

/// Minimum time from the start of a slice to that of the next one, for the same reason. A longer slice is followed by the next one at
/// once.
pub const MIN_SLICE: Duration = Duration::from_secs(1);

impl JobError {
    /// A permanent error: the job fails, because another attempt would fail the same way.
    #[must_use]
    pub fn permanent(code: &str, message: &str) -> Self {
        Self::Permanent(Failure::new(code, message))
    }

    /// A retryable error, which the client sees if this was the last attempt.
    #[must_use]
    pub fn retry(code: &str, message: &str) -> Self {
        Self::Retry {
            failure: Some(Failure::new(code, message)),
            source: None,
            after: None,
        }
    }

    /// Returns this error with a `delay` of its own before the next attempt (maximum [`crate::MAX_VISIBILITY`]). Has no effect unless
    /// the error is retryable.
    #[must_use]
    pub fn after(mut self, delay: Duration) -> Self {
        if let Self::Retry { after, .. } = &mut self {
            *after = Some(delay);
        }
        self
    }

    /// A snooze: the job continues after `delay`, without using up this attempt, because something that it needs is not available yet.
    /// `reason` is the job's summary in the meantime. The checkpoint is kept ([`crate::Context::save`]).
    ///
    /// `delay` is at least [`MIN_SNOOZE`]. A job that could only continue after its deadline fails at once, with `deadline-exceeded`;
    /// one that snoozes without end fails with `snoozed-too-often` ([`crate::MAX_PAUSES`]).
    #[must_use]
    pub fn snooze(delay: Duration, reason: &str) -> Self {
        Self::Snooze {
            after: delay,
            reason: reason.to_owned(),
        }
    }

    /// The end of a slice: the job continues at once in a later invocation, as the same attempt, from the latest checkpoint
    /// ([`crate::Context::save`]). For a job that takes longer than an invocation: when [`crate::Context::time_left`] gets short, save the
    /// state and return this.
    ///
    /// A slice must make progress: another checkpoint than that with which it began, or a higher percentage. If it had a whole invocation
    /// and made none, the next one would do the same. So the attempt failed: it is retried, and after the last attempt, the job fails with
    /// `no-progress`.
    ///
    /// The job stays STARTED, with its percentage and summary. The kind's time limit counts over all slices of the attempt. Once its rest
    /// is shorter than an invocation, no later slice has more time. From then on, a slice that ends without progress, or within
    /// [`MIN_SLICE`], counts as an attempt that exceeded the limit ([`crate::Job::TIME_LIMIT`]). If a slice's
    /// worker dies, the next attempt continues from the latest checkpoint. A slice that begins less than [`MIN_SLICE`] after the previous
    /// one waits for the rest of that time. A job that could only continue after its deadline, or whose slice made no progress although the
    /// deadline was near, fails at once, with `deadline-exceeded`; one
    /// that ends slices without end fails with `sliced-too-often` ([`crate::MAX_PAUSES`]).
    #[must_use]
    pub fn next_slice() -> Self {
        Self::NextSlice
    }
}

impl<E: Error + Send + Sync + 'static> From<E> for JobError {
    fn from(error: E) -> Self {
        let source: Box<dyn Error + Send + Sync> = Box::new(error);
        // The next attempt would save the same value again.
        if let Some(refused) = source.downcast_ref::<CheckpointError>() {
            return Self::permanent(refused.code(), &refused.to_string());
        }
        Self::Retry {
            failure: None,
            source: Some(source),
            after: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_error_becomes_a_retry_whose_text_stays_in_the_log() {
        fn fails() -> Result<(), JobError> {
            "x".parse::<u8>()?;
            Ok(())
        }
        let JobError::Retry {
            failure: None,
            source: Some(source),
            after: None,
        } = fails().unwrap_err()
        else {
            panic!("not a plain retry")
        };
        assert!(source.to_string().contains("invalid digit"));
    }

    #[test]
    fn a_checkpoint_that_is_too_large_is_permanent_because_the_next_attempt_would_save_it_again() {
        let save = || -> Result<(), JobError> {
            crate::Checkpoint::of(&"x".repeat(crate::MAX_CHECKPOINT_BYTES))?;
            Ok(())
        };
        let Err(JobError::Permanent(failure)) = save() else {
            panic!("not a permanent error")
        };
        assert_eq!(failure.code(), "checkpoint-too-large");
        assert!(failure.message().contains("1026 bytes"));
    }

    #[test]
    fn a_long_message_is_cut_between_characters() {
        let failure = Failure::new("code", &"é".repeat(1_000));
        assert_eq!(failure.message().chars().count(), MAX_MESSAGE_CHARS);
        assert!(failure.message().ends_with('…'));
    }
}
