//! How a kind says that it could not do its work.

use std::error::Error;
use std::time::Duration;

use crate::cut::cut;

/// What a client is told about a job that failed: a stable code and a sentence. It goes into the job document, so it holds
/// nothing that its reader may not know.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Failure {
    code: String,
    message: String,
}

/// A bound that keeps the record near 1 KB, which is one write unit.
const MAX_MESSAGE_CHARS: usize = 400;
const MAX_CODE_CHARS: usize = 64;

impl Failure {
    /// A failure with a `code` for programs (kebab-case, cut at 64 characters) and a `message` for people (cut at 400).
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

/// What [`crate::Job::run`] returns when it has no result.
///
/// Any error that `?` meets becomes a retry: most failures pass by themselves. A failure that another attempt would meet
/// again is said out loud, with [`JobError::permanent`].
///
/// It is no [`std::error::Error`] itself, so that every such error can become one.
#[derive(Debug)]
pub enum JobError {
    /// Try again later, as long as there are attempts left.
    Retry {
        /// What a client is told when this was the last attempt; something general when there is nothing.
        failure: Option<Failure>,
        /// For the log only.
        source: Option<Box<dyn Error + Send + Sync>>,
        /// How long to wait, instead of the kind's [`crate::RetryPolicy`].
        after: Option<Duration>,
    },
    /// Go on later, without using up this attempt.
    Snooze {
        /// How long to wait: at least [`MIN_SNOOZE`].
        after: Duration,
        /// What the status document shows as the job's summary while it waits.
        reason: String,
    },
    /// The job fails now, whatever attempts are left.
    Permanent(Failure),
}

/// The shortest snooze; a shorter one lasts as long as this. Each costs two writes and a delivery of the message, and
/// a kind that snoozes for no time at all would do nothing else.
pub const MIN_SNOOZE: Duration = Duration::from_secs(1);

impl JobError {
    /// Fails the job for good: another attempt would fail the same way.
    #[must_use]
    pub fn permanent(code: &str, message: &str) -> Self {
        Self::Permanent(Failure::new(code, message))
    }

    /// Asks for another attempt, and says what a client is told should it be the last.
    #[must_use]
    pub fn retry(code: &str, message: &str) -> Self {
        Self::Retry {
            failure: Some(Failure::new(code, message)),
            source: None,
            after: None,
        }
    }

    /// The same, with the next attempt after `delay` (at most [`crate::MAX_VISIBILITY`]) instead of the kind's own delay.
    /// Changes nothing but a retry.
    #[must_use]
    pub fn after(mut self, delay: Duration) -> Self {
        if let Self::Retry { after, .. } = &mut self {
            *after = Some(delay);
        }
        self
    }

    /// Asks to be run again after `delay`, without using up this attempt: what the job waits for is not there yet. `reason` is
    /// shown as the job's summary meanwhile. The next run has what this one saved ([`crate::Context::save`]).
    ///
    /// `delay` is [`MIN_SNOOZE`] at least. A job that would only go on past its deadline fails at once, with
    /// `deadline-exceeded`; one that snoozes without end fails with `snoozed-too-often` ([`crate::MAX_PAUSES`]).
    #[must_use]
    pub fn snooze(delay: Duration, reason: &str) -> Self {
        Self::Snooze {
            after: delay,
            reason: reason.to_owned(),
        }
    }
}

impl<E: Error + Send + Sync + 'static> From<E> for JobError {
    fn from(error: E) -> Self {
        Self::Retry {
            failure: None,
            source: Some(Box::new(error)),
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
    fn a_long_message_is_cut_between_characters() {
        let failure = Failure::new("code", &"é".repeat(1_000));
        assert_eq!(failure.message().chars().count(), MAX_MESSAGE_CHARS);
        assert!(failure.message().ends_with('…'));
    }
}
