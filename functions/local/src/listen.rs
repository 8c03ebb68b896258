//! `listen`: prints the webhooks that it receives, to try them.

use std::error::Error;
use std::io::Write as _;
use std::process::{ExitCode, Termination as _};

use clap::Args;
use client::{CommandError, ConnectionArgs};

use crate::conclusion::{failed, stop_signal};
use crate::loopback::listen_on;
use crate::receiver::{Delivery, Receiver, Refusal};

/// Flags of `listen`.
#[derive(Args, Debug)]
pub(crate) struct ListenArgs {
    /// Port on 127.0.0.1; 0 selects a free port
    #[arg(long, default_value_t = 8700)]
    port: u16,
    /// Secret that verifies the webhooks, beginning with whsec_; repeatable [default: those that the service has for its caller]
    #[arg(long = "secret", value_name = "SECRET")]
    secrets: Vec<String>,
    #[command(flatten)]
    connection: ConnectionArgs,
}

/// Prints a line for each webhook until Ctrl-C or SIGTERM.
pub(crate) async fn listen(args: ListenArgs) -> ExitCode {
    let ListenArgs {
        port,
        mut secrets,
        connection,
    } = args;
    if secrets.is_empty() {
        let asked = async { connection.client()?.webhook_secrets().await };
        secrets = match asked.await {
            Ok(secrets) => secrets
                .iter()
                .map(|secret| secret.reveal().to_owned())
                .collect(),
            Err(error) => return CommandError::from(error).report().report(),
        };
    }
    match receive(port, &secrets).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => failed(error),
    }
}

async fn receive(port: u16, secrets: &[String]) -> Result<(), Box<dyn Error>> {
    let receiver = Receiver::new(secrets, print)?;
    let (listener, url) = listen_on(port).await?;
    eprintln!("Webhooks to {url} are printed: webhook-id, job, state, status. Ctrl-C stops this.");
    tokio::select! {
        ended = receiver.serve(listener) => ended?,
        stopped = stop_signal() => stopped?,
    }
    Ok(())
}

/// Verified ones on stdout, refused ones on stderr.
fn print(received: Result<Delivery, &Refusal>) {
    match received {
        // A reader of stdout that is gone must not keep the receiver from answering.
        Ok(delivery) => drop(writeln!(std::io::stdout(), "{delivery}")),
        Err(refusal) => eprintln!("refused: {refusal}"),
    }
}
