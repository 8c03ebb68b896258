//! Errors of the demo.

use std::io;
use std::process::{ExitCode, Termination as _};

use client::{ClientError, CommandError, Url};

/// Why a demo failed.
#[derive(Debug, thiserror::Error)]
pub(super) enum DemoError {
    /// A call failed.
    #[error(transparent)]
    Client(#[from] ClientError),
    /// The output cannot be written.
    #[error(transparent)]
    Output(#[from] io::Error),
    /// A secret of the service cannot verify webhooks.
    #[error("the service has a secret that is not valid: {0}")]
    Secret(#[from] standardwebhooks::WebhookError),
    /// No webhook reported the end of the job before it expired.
    #[error("no webhook arrived at {0}")]
    NoWebhook(Url),
    /// The job failed or was canceled.
    #[error("the demo's job ended as {0}")]
    Unsuccessful(String),
    /// The status URI outlived its job's retention.
    #[error("{0} still answers although its job has expired")]
    NotGone(Url),
}

impl DemoError {
    /// Prints the error on stderr, as the client's commands do.
    pub(super) fn report(self) -> ExitCode {
        match self {
            Self::Client(error) => CommandError::from(error).report().report(),
            Self::Output(error) => CommandError::from(error).report().report(),
            Self::Secret(_) | Self::NoWebhook(_) | Self::Unsuccessful(_) | Self::NotGone(_) => {
                eprintln!("error: {self}");
                ExitCode::FAILURE
            }
        }
    }
}
