//! How a command ends: when it is stopped, or with an error.

use std::error::Error;
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

/// The exit code of a command, or what stopped it.
pub(crate) type Ended = Result<ExitCode, Box<dyn Error>>;
