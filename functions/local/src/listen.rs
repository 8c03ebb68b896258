//! `listen`: prints the webhooks that it receives, to try them.

use std::io::Write as _;
use std::process::ExitCode;

use clap::Args;
use client::ConnectionArgs;

use crate::conclusion::{Ended, stop_signal};
use crate::loopback::listen_on;
use crate::receiver::{Delivery, receiver};

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
pub(crate) async fn listen(args: ListenArgs) -> Ended {
    let mut secrets = args.secrets;
    if secrets.is_empty() {
        let asked = args.connection.client()?.webhook_secrets().await?;
        secrets.extend(asked.iter().map(|secret| secret.reveal().to_owned()));
    }
    let receiver = receiver(secrets.iter().map(String::as_str), print)?;
    let (listener, url) = listen_on(args.port).await?;
    eprintln!("Webhooks to {url} are printed: webhook-id, job, state, status. Ctrl-C stops this.");
    tokio::select! {
        ended = axum::serve(listener, receiver) => ended?,
        stopped = stop_signal() => stopped?,
    }
    Ok(ExitCode::SUCCESS)
}

/// Verified ones on stdout, refused ones on stderr.
fn print(received: Result<Delivery, &str>) {
    match received {
        // A reader of stdout that is gone must not keep the receiver from answering.
        Ok(delivery) => drop(writeln!(std::io::stdout(), "{delivery}")),
        Err(refusal) => eprintln!("refused: {refusal}"),
    }
}
