//! `accepted`: the commands of the client.

use clap::Parser;
use client::{ClientCommand, Exit};

/// Submit and follow jobs of a service that runs anywhere
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
