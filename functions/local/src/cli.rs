//! The command line.

use std::process::{ExitCode, Termination as _};

use clap::{Parser, Subcommand};

use crate::bench::{BenchArgs, bench};
use crate::chaos::{ChaosArgs, chaos};
use crate::client::ClientCommand;
use crate::demo::{DemoArgs, demo};
use crate::role::Role;
use crate::serve::{ServeArgs, serve};
use crate::watched::{BackendsArgs, backends};

/// Accepted on this machine: asynchronous jobs over HTTP, without AWS and without Docker.
///
/// Without a command it serves, as `serve` does.
#[derive(Parser)]
#[command(name = "local", version, args_conflicts_with_subcommands = true)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    serve: ServeArgs,
}

#[derive(Subcommand)]
enum Command {
    /// Run the whole service until Ctrl-C
    Serve(ServeArgs),
    /// Run the back ends only, for functions that `cargo lambda watch` runs
    Backends(BackendsArgs),
    /// Take a CSV file through a job's whole life, in a few seconds
    Demo(DemoArgs),
    /// Run thousands of jobs while processes are killed and calls fail, and count what became of them
    Chaos(ChaosArgs),
    /// Measure how many jobs a second the whole service bears, and how long each waits
    Bench(BenchArgs),
    #[command(flatten)]
    Client(ClientCommand),
    /// Be one of the functions: what the service starts its processes with
    #[command(hide = true)]
    Function {
        /// Which one.
        role: Role,
    },
}

/// The embedded DynamoDB warns of each condition that does not hold, which is how claims are told that they lost.
const LOGGED: &str = "warn,dynoxide=error";

impl Cli {
    /// What this process itself logs. When things go wrong on purpose, warnings of it are no news.
    fn logged(&self) -> &'static str {
        match &self.command {
            Some(Command::Chaos(args)) if !args.verbose => "off",
            _ => LOGGED,
        }
    }
}

/// The program: what `main` is, of `local` and of the tests' copy of it.
#[must_use]
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    // A function has a runtime of its own kind.
    if let Some(Command::Function { role }) = cli.command {
        return role.run();
    }
    tracing_subscriber::fmt()
        .with_env_filter(cli.logged())
        .with_writer(std::io::stderr)
        .init();
    match tokio::runtime::Runtime::new() {
        Ok(runtime) => runtime.block_on(run(cli)),
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(cli: Cli) -> ExitCode {
    match cli.command {
        None => serve(cli.serve).await,
        Some(Command::Serve(args)) => serve(args).await,
        Some(Command::Backends(args)) => backends(args).await,
        Some(Command::Demo(args)) => demo(args).await,
        Some(Command::Chaos(args)) => chaos(args).await,
        Some(Command::Bench(args)) => bench(args).await,
        Some(Command::Client(command)) => command.run().await.report(),
        Some(Command::Function { role }) => role.run(),
    }
}
