//! The client's commands against a service that plays a script.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "this whole binary is tests"
)]

#[path = "client/command_line.rs"]
mod command_line;
#[path = "client/demonstrating.rs"]
mod demonstrating;
#[path = "client/jobs.rs"]
mod jobs;
#[path = "client/scripted.rs"]
mod scripted;
#[path = "client/submitting.rs"]
mod submitting;
#[path = "client/watching.rs"]
mod watching;

use clap::Parser;
use local::client::{ClientCommand, Exit};
use scripted::Service;

#[derive(Debug, Parser)]
struct CommandLine {
    #[command(subcommand)]
    command: ClientCommand,
}

/// Runs a command line against the service; returns its exit code and its stdout.
async fn run(service: &Service, line: &[&str]) -> (Exit, String) {
    let url = service.base();
    let line: Vec<_> = line.iter().copied().chain(["--url", &url]).collect();
    run_line(&line).await
}

/// Runs a command line as it is.
async fn run_line(line: &[&str]) -> (Exit, String) {
    let line = ["local"].iter().chain(line);
    let mut stdout = Vec::new();
    let exit = CommandLine::try_parse_from(line)
        .unwrap()
        .command
        .run_on(&mut stdout)
        .await;
    (exit, String::from_utf8(stdout).unwrap())
}
