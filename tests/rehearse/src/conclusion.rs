//! How a command that reports ends.

use std::fmt::Display;
use std::process::ExitCode;

use serde::Serialize;

/// Prints a report, as JSON for machines; the exit code says whether what it says is good.
pub(crate) fn conclude(report: &(impl Display + Serialize), json: bool, is_good: bool) -> ExitCode {
    if json {
        // Maps with words as keys and finite numbers always serialise.
        println!(
            "{}",
            serde_json::to_string_pretty(report).unwrap_or_default()
        );
    } else {
        println!("{report}");
    }
    if is_good {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

/// Says why there is nothing to report.
pub(crate) fn failed(explanation: impl Display) -> ExitCode {
    eprintln!("error: {explanation}");
    ExitCode::FAILURE
}
