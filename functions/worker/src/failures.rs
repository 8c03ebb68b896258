//! Why a job fails whose handler gave no reason.

use engine::{Failure, JobRecord, MAX_PAUSES};

/// The last attempt failed, and its kind says nothing that a client may know.
pub(crate) fn attempts_exhausted(run: &JobRecord) -> Failure {
    Failure::new(
        "attempts-exhausted",
        &format!("attempt {} of {} failed", run.attempt, run.max_attempts),
    )
}

pub(crate) fn snoozed_too_often() -> Failure {
    let message =
        format!("the job asked to go on later when it had been started {MAX_PAUSES} times");
    Failure::new("snoozed-too-often", &message)
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

/// The attempt took longer than the invocation or its kind allows.
pub(crate) fn timed_out() -> Failure {
    Failure::new("timed-out", "the attempt exceeded its time limit")
}
