//! The command line.

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use local::Role;

use crate::bench::{BenchArgs, bench};
use crate::chaos::{ChaosArgs, chaos};
use crate::serve::{ServeArgs, serve};

/// Rehearse failure and load on the whole service, on this machine
#[derive(Parser)]
#[command(name = "rehearse", version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run thousands of jobs while processes are killed and calls fail, and count the outcomes
    Chaos(ChaosArgs),
    /// Run the whole service with faults until Ctrl-C
    Serve(ServeArgs),
    /// Measure how many jobs per second the service sustains, and how long each job waits
    Bench(BenchArgs),
    /// Run as one of the functions; the service starts its processes with this
    #[command(hide = true)]
    Function {
        /// The function to run
        role: Role,
    },
}

impl Command {
    /// The log filter. `chaos` causes failures on purpose, so their warnings are not shown; and the embedded DynamoDB logs a
    /// warning for each failed condition, which is the normal way for a claim to lose. The embedded S3 logs what it refuses.
    fn logged(&self) -> &'static str {
        match self {
            Self::Chaos(args) if !args.verbose => "off",
            _ => "warn,dynoxide=error,s3s=off",
        }
    }
}

/// The program.
#[must_use]
pub fn main() -> ExitCode {
    let command = Cli::parse().command;
    // A function builds its own runtime.
    if let Command::Function { role } = command {
        return role.run();
    }
    tracing_subscriber::fmt()
        .with_env_filter(command.logged())
        .with_writer(std::io::stderr)
        .init();
    match tokio::runtime::Runtime::new() {
        Ok(runtime) => runtime.block_on(run(command)),
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(command: Command) -> ExitCode {
    match command {
        Command::Chaos(args) => chaos(args).await,
        Command::Serve(args) => serve(args).await,
        Command::Bench(args) => bench(args).await,
        Command::Function { role } => role.run(),
    }
}
