//! Errors of invocations.

use std::time::Duration;

/// The reason why an invocation has no answer. The messages follow Lambda's.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvokeError {
    /// The function itself reported a failure through the Runtime API. Its process still runs.
    #[error("{error_type}: {message}")]
    FunctionError {
        /// `errorType` of the report, e.g. `Function.ResponseSizeTooLarge`.
        error_type: String,
        /// `errorMessage` of the report.
        message: String,
    },
    /// The function exceeded its timeout. Its process was killed.
    #[error("Task timed out after {:.2} seconds", after.as_secs_f64())]
    TimedOut {
        /// The function's timeout.
        after: Duration,
    },
    /// The process ended while it ran this invocation.
    #[error("Runtime exited with error: {status}")]
    Crashed {
        /// How it ended, e.g. `exit status: 101` or `signal: 9 (SIGKILL)`.
        status: String,
    },
    /// No process got as far as asking for its first event.
    #[error("function initialization failed: {reason}")]
    InitFailed {
        /// The report of the process, its exit status, a timeout, or the reason why it did not start.
        reason: String,
    },
    /// The pool was shut down.
    #[error("the function's processes were stopped")]
    Stopped,
}
