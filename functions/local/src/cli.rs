//! The command line.

use std::error::Error;
use std::io;
use std::process::{ExitCode, Termination as _};

use clap::{Parser, Subcommand};

use crate::backends_command::{BackendsArgs, backends};
use crate::conclusion::Ended;
use crate::demo::{DemoArgs, demo};
use crate::listen::{ListenArgs, listen};
use crate::role::Role;
use crate::serve::serve;
use crate::service_options::ServiceOptions;
use client::{ClientCommand, ClientError, CommandError};

/// Accepted on this machine: asynchronous jobs over HTTP, without AWS and without Docker.
///
/// Without a command it runs `serve`.
#[derive(Parser)]
#[command(name = "local", version, args_conflicts_with_subcommands = true)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    serve: ServiceOptions,
}

#[derive(Subcommand)]
enum Command {
    /// Run the whole service until Ctrl-C
    Serve(ServiceOptions),
    /// Run only the back ends, for functions started by `cargo lambda watch`
    Backends(BackendsArgs),
    /// Show the whole life of a job that profiles a CSV file, in a few seconds
    Demo(DemoArgs),
    /// Receive webhooks and print those that are verified, until Ctrl-C
    Listen(ListenArgs),
    #[command(flatten)]
    Client(ClientCommand),
    /// Run as one of the functions; the service starts its processes with this
    #[command(hide = true)]
    Function {
        /// The function to run
        role: Role,
    },
}

/// The embedded DynamoDB logs a warning for each failed condition, which is the normal way for a claim to lose. The embedded S3 logs an
/// error for each request that it refuses, of which the caller learns in the response. What the AWS configuration warns of is in the error
/// of the client's command.
const LOGGED: &str = "warn,dynoxide=error,s3s=off,aws_config=off";

/// The program: `main` of `local`, and of the copy of it that the tests run.
#[must_use]
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    // A function builds its own runtime.
    if let Some(Command::Function { role }) = cli.command {
        return role.run();
    }
    tracing_subscriber::fmt()
        .with_env_filter(LOGGED)
        .with_writer(std::io::stderr)
        .init();
    let runtime = tokio::runtime::Runtime::new();
    let ended = runtime
        .map_err(Into::into)
        .and_then(|runtime| runtime.block_on(run(cli)));
    ended.unwrap_or_else(report)
}

/// Reports an error of a call as the client's commands do. A reader of stdout that closed it is not an error.
fn report(error: Box<dyn Error>) -> ExitCode {
    let error = match error.downcast::<ClientError>() {
        Ok(error) => CommandError::from(*error).into(),
        Err(error) => error,
    };
    if let Some(error) = error.downcast_ref::<CommandError>() {
        return error.report().report();
    }
    let system = error.downcast_ref::<io::Error>().map(io::Error::kind);
    if system == Some(io::ErrorKind::BrokenPipe) {
        return ExitCode::SUCCESS;
    }
    eprintln!("error: {error}");
    ExitCode::FAILURE
}

async fn run(cli: Cli) -> Ended {
    match cli.command {
        None => serve(cli.serve).await,
        Some(Command::Serve(args)) => serve(args).await,
        Some(Command::Backends(args)) => backends(args).await,
        Some(Command::Demo(args)) => demo(args).await,
        Some(Command::Listen(args)) => listen(args).await,
        Some(Command::Client(command)) => Ok(command.run().await.report()),
        Some(Command::Function { role }) => Ok(role.run()),
    }
}
