//! Errors of jobs whose handler did not give one.

use engine::{Failure, JobRecord, MAX_PAUSES};

/// The last attempt failed, and its kind gave no error for the client.
pub(crate) fn attempts_exhausted(run: &JobRecord) -> Failure {
    Failure::new(
        "attempts-exhausted",
        &format!("attempt {} of {} failed", run.attempt, run.max_attempts),
    )
}

pub(crate) fn snoozed_too_often() -> Failure {
    let message = format!("the job snoozed again after {MAX_PAUSES} deliveries");
    Failure::new("snoozed-too-often", &message)
}

pub(crate) fn sliced_too_often() -> Failure {
    let message = format!("the job ended another slice after {MAX_PAUSES} deliveries");
    Failure::new("sliced-too-often", &message)
}

/// A slice that had a whole invocation ended without progress.
pub(crate) fn no_progress() -> Failure {
    Failure::new(
        "no-progress",
        "a slice ended with the checkpoint and the percentage with which it began",
    )
}

pub(crate) fn panicked() -> Failure {
    Failure::new("panicked", "the handler panicked")
}

pub(crate) fn result_too_large(bytes: usize, limit: usize) -> Failure {
    Failure::new(
        "result-too-large",
        &format!("the result has {bytes} bytes, which exceeds the maximum of {limit}"),
    )
}

/// The attempt exceeded the time limit of the invocation or of its kind.
pub(crate) fn timed_out() -> Failure {
    Failure::new("timed-out", "the attempt exceeded its time limit")
}
