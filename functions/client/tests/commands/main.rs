//! The client's commands against a service that plays a script.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "this whole binary is tests"
)]

mod command_line;
mod jobs;
mod scripted;
mod submitting;
mod watching;

use clap::Parser;
use client::{ClientCommand, Exit};
use scripted::Service;

#[derive(Debug, Parser)]
struct CommandLine {
    #[command(subcommand)]
    command: ClientCommand,
}

/// Runs a command line against the service; returns its exit code and its stdout.
async fn run(service: &Service, line: &[&str]) -> (Exit, String) {
    let url = ["--url", &service.base];
    let line: Vec<_> = line.iter().copied().chain(url).collect();
    run_line(&line).await
}

/// Runs a command line as it is.
async fn run_line(line: &[&str]) -> (Exit, String) {
    let line = ["accepted"].iter().chain(line);
    let mut stdout = Vec::new();
    let exit = CommandLine::try_parse_from(line)
        .unwrap()
        .command
        .run_on(&mut stdout)
        .await;
    (exit, String::from_utf8(stdout).unwrap())
}
