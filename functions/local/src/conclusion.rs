//! How a command that cannot go on ends.

use std::fmt::Display;
use std::process::ExitCode;

/// Prints the error.
pub(crate) fn failed(explanation: impl Display) -> ExitCode {
    eprintln!("error: {explanation}");
    ExitCode::FAILURE
}
