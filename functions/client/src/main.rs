//! `accepted`: the commands of the client.

use clap::Parser;
use client::{ClientCommand, Exit};

/// Submit jobs to a deployment of Accepted and follow them
#[derive(Parser)]
#[command(name = "accepted", version)]
struct Cli {
    #[command(subcommand)]
    command: ClientCommand,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Exit {
    Cli::parse().command.run().await
}
