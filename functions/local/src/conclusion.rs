//! How a command ends: when it is stopped, or with an error.

use std::fmt::Display;
use std::io;
use std::process::ExitCode;

use tokio::signal::unix::{SignalKind, signal};

/// Waits for Ctrl-C or SIGTERM.
///
/// # Errors
/// If the signals cannot be received.
pub async fn stop_signal() -> io::Result<()> {
    let mut terminate = signal(SignalKind::terminate())?;
    tokio::select! {
        interrupted = tokio::signal::ctrl_c() => interrupted,
        _ = terminate.recv() => Ok(()),
    }
}

/// Prints the error.
pub(crate) fn failed(explanation: impl Display) -> ExitCode {
    eprintln!("error: {explanation}");
    ExitCode::FAILURE
}
