//! What an attempt that did not succeed leads to.

use std::error::Error;

use engine::{Failure, JobError, JobRecord, RetryPolicy, Timestamp};

use crate::invocation::Invocation;

/// What comes after an attempt that failed.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum After {
    /// The job's end, with what its kind said of it.
    End(Option<Failure>),
    /// Another attempt.
    Again {
        next_start: Timestamp,
        reason: String,
    },
}

type Source<'a> = Option<&'a (dyn Error + Send + Sync)>;

/// What comes after an attempt's error, and what belongs into the log of it.
pub(crate) fn after<'a>(
    error: &'a JobError,
    run: &JobRecord,
    policy: RetryPolicy,
    now: Timestamp,
    random: u64,
) -> (Source<'a>, After) {
    let (failure, source, wanted) = match error {
        JobError::Permanent(failure) => return (None, After::End(Some(failure.clone()))),
        JobError::Retry {
            failure,
            source,
            after,
        } => (failure.clone(), source.as_deref(), *after),
    };
    let delay = wanted
        .unwrap_or_else(|| policy.delay(run.attempt, random))
        .min(engine::MAX_VISIBILITY);
    let next_start = now.plus(delay);
    // An attempt that could only start past the deadline is none.
    if run.attempt >= run.max_attempts || next_start >= run.deadline {
        return (source, After::End(failure));
    }
    let why = failure
        .as_ref()
        .map_or_else(String::new, |failure| format!(": {}", failure.message()));
    let reason = format!(
        "attempt {} of {} failed{why}",
        run.attempt, run.max_attempts
    );
    (source, After::Again { next_start, reason })
}

/// The last attempt failed, and its kind says nothing that a client may know.
pub(crate) fn attempts_exhausted(run: &JobRecord) -> Failure {
    Failure::new(
        "attempts-exhausted",
        &format!("attempt {} of {} failed", run.attempt, run.max_attempts),
    )
}

pub(crate) fn panicked() -> Failure {
    Failure::new("panicked", "the job's code panicked")
}

pub(crate) fn result_too_large(bytes: usize) -> Failure {
    let limit = engine::MAX_RESULT_BYTES;
    Failure::new(
        "result-too-large",
        &format!("the result has {bytes} bytes, and at most {limit} can be kept"),
    )
}

/// The attempt's time was up: the job's own deadline, or the time that an invocation has.
pub(crate) fn out_of_time(invocation: &Invocation, run: &JobRecord) -> Failure {
    if invocation.is_beyond(run) {
        Failure::new(
            "deadline-exceeded",
            "the job was not finished by its deadline",
        )
    } else {
        Failure::new("timed-out", "the job takes longer than an attempt may run")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use engine::{Fingerprint, IdSecrets, NewJob, Owner};
    use std::time::Duration;

    fn run(attempt: u32) -> JobRecord {
        let owner = Owner::anonymous();
        let secrets = IdSecrets::parse("ID_SECRETS", "0123456789abcdef0123456789abcdef").unwrap();
        let job = NewJob {
            id: secrets.issue(&owner, [1; 10]),
            owner,
            kind: "any".parse().unwrap(),
            fingerprint: Fingerprint::of(b""),
            summary: String::new(),
            scheduled_start: Timestamp::from_seconds(1_000),
            deadline: Duration::from_secs(100),
            retention: Duration::from_secs(1),
            max_attempts: 3,
        };
        JobRecord {
            attempt,
            ..JobRecord::begin(job, Timestamp::from_seconds(1_000))
        }
    }

    fn after_at(error: &JobError, attempt: u32, seconds: i64) -> After {
        after(
            error,
            &run(attempt),
            RetryPolicy::DEFAULT,
            Timestamp::from_seconds(seconds),
            1_500,
        )
        .1
    }

    #[test]
    fn an_error_leads_to_another_attempt_with_the_reason() {
        let error = JobError::retry("busy", "the registry is busy");
        let next_start = Timestamp::from_ms(1_011_500);
        let reason = "attempt 1 of 3 failed: the registry is busy".to_owned();
        assert_eq!(
            after_at(&error, 1, 1_010),
            After::Again { next_start, reason }
        );
    }

    #[test]
    fn the_last_attempts_error_ends_the_job() {
        let error = JobError::retry("busy", "the registry is busy");
        assert_eq!(
            after_at(&error, 3, 1_010),
            After::End(Some(Failure::new("busy", "the registry is busy")))
        );
        let plain = JobError::from(std::fmt::Error);
        assert_eq!(after_at(&plain, 3, 1_010), After::End(None));
    }

    #[test]
    fn a_permanent_error_ends_the_job_at_once() {
        let error = JobError::permanent("malformed", "line 3");
        assert_eq!(
            after_at(&error, 1, 1_010),
            After::End(Some(Failure::new("malformed", "line 3")))
        );
    }

    #[test]
    fn no_attempt_is_scheduled_past_the_deadline() {
        let error = JobError::retry("busy", "busy").after(Duration::from_secs(30));
        assert!(matches!(after_at(&error, 1, 1_069), After::Again { .. }));
        assert!(matches!(after_at(&error, 1, 1_070), After::End(_)));
    }
}
