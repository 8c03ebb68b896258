//! Why an invocation gave no answer.

use std::time::Duration;

/// Why an invocation gave no answer. The messages follow those that Lambda gives.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvokeError {
    /// The function itself reported a failure through the Runtime API; its process lives on.
    #[error("{error_type}: {message}")]
    FunctionError {
        /// `errorType` of the report, e.g. `Function.ResponseSizeTooLarge`.
        error_type: String,
        /// `errorMessage` of the report.
        message: String,
    },
    /// The function did not answer in its time; its process is dead.
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
    /// No process could be brought to ask for its first event.
    #[error("function initialization failed: {reason}")]
    InitFailed {
        /// What the process reported, how it ended, that it took too long, or why it could not be started.
        reason: String,
    },
    /// The pool was shut down.
    #[error("the function's processes were stopped")]
    Stopped,
}
