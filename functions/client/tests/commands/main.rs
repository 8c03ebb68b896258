//! The client's commands against a service that plays a script.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "this whole binary is tests"
)]

mod batches;
mod command_line;
mod jobs;
mod many;
mod opening;
mod results;
mod scripted;
mod submitting;
mod uploading;
mod uploads;
mod watching;
mod webhooks;

use std::io::Write;
use std::process::{Command, Stdio};

use clap::Parser;
use client::{ClientCommand, Exit, Output};
use scripted::Service;
use tempfile::NamedTempFile;

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
    let mut stdout = Vec::new();
    let exit = run_on(&mut stdout, line).await;
    (exit, String::from_utf8(stdout).unwrap())
}

/// Runs a command line as it is, with this stdout.
async fn run_on(stdout: &mut Output, line: &[&str]) -> Exit {
    let line = ["accepted"].iter().chain(line);
    let line = CommandLine::try_parse_from(line).unwrap();
    line.command.run_on(stdout).await
}

/// Runs the program itself against the service, with this stdin; returns its exit code and its stderr.
async fn run_program(service: &Service, line: &[&str], stdin: &[u8]) -> (i32, String) {
    let mut program = Command::new(env!("CARGO_BIN_EXE_accepted"));
    program.args(line).args(["--url", &service.base]);
    program
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped());
    let mut child = program.spawn().unwrap();
    let mut pipe = child.stdin.take().unwrap();
    let stdin = stdin.to_owned();
    let ended = tokio::task::spawn_blocking(move || {
        pipe.write_all(&stdin).unwrap();
        drop(pipe);
        child.wait_with_output().unwrap()
    });
    let output = ended.await.unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    (output.status.code().unwrap(), stderr)
}

/// A CSV file of this length.
fn csv_of(bytes: usize) -> NamedTempFile {
    let mut file = NamedTempFile::with_suffix(".csv").unwrap();
    let rows = "city,people\nZ\u{fc}rich,2\n".bytes().cycle();
    let rows: Vec<_> = rows.take(bytes).collect();
    file.write_all(&rows).unwrap();
    file
}

/// A CSV file that is too large to be part of a request.
fn large_csv() -> NamedTempFile {
    csv_of(2_500_000)
}
