//! How a command ends.

use std::fmt::Display;
use std::process::ExitCode;

use serde::Serialize;

/// Prints a report to standard output.
pub(crate) fn print_json(report: &impl Serialize) {
    // Maps with strings as keys and finite numbers can always be serialized.
    let json = serde_json::to_string_pretty(report).unwrap_or_default();
    println!("{json}");
}

/// Prints the error.
pub(crate) fn failed(explanation: impl Display) -> ExitCode {
    eprintln!("error: {explanation}");
    ExitCode::FAILURE
}
