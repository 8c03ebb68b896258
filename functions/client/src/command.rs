//! The command line. Each command is a module with a function `run`, and with its arguments if it has more than a job.

mod callbacks;
mod cancel;
mod connection;
mod delete;
mod each;
mod exit;
mod file;
mod input;
mod list;
mod open;
mod progress;
mod result;
mod submit;
mod tally;
mod upload;
mod utf8;
mod watch;
mod watch_all;

use std::io::{self, Write};

use clap::Subcommand;

pub use connection::ConnectionArgs;
pub use exit::{CommandError, Exit};
pub use input::read_text;
pub use progress::Progress;

use connection::JobArgs;
use exit::EXIT_CODES;

/// Where a command writes its data; everything else goes to stderr.
pub type Output = dyn Write + Send;

/// The client's commands, to be flattened into the command line of a program.
#[derive(Debug, Subcommand)]
pub enum ClientCommand {
    /// Submit a job, or one for each line of a file, and print the status URIs
    #[command(after_help = EXIT_CODES)]
    Submit(Box<submit::Args>),
    /// Watch a job until it finishes
    #[command(after_help = EXIT_CODES)]
    Watch(JobArgs),
    /// Cancel a job, or all jobs of a status or kind
    #[command(after_help = EXIT_CODES)]
    Cancel(cancel::Args),
    /// List your jobs, newest first
    #[command(after_help = EXIT_CODES)]
    List(list::Args),
    /// Open the service's pages in a browser, with your credentials, until Ctrl-C
    #[command(after_help = EXIT_CODES)]
    Open(open::Args),
    /// Print the result of a job as JSON
    #[command(after_help = EXIT_CODES)]
    Result(JobArgs),
    /// Delete a finished job and its result
    #[command(after_help = EXIT_CODES)]
    Delete(JobArgs),
    /// Print the secrets that sign your webhooks
    #[command(after_help = EXIT_CODES)]
    Callbacks(ConnectionArgs),
}

impl ClientCommand {
    /// Runs the command on this process's stdout, and reports an error on stderr.
    pub async fn run(self) -> Exit {
        self.run_on(&mut io::stdout()).await
    }

    /// Runs the command with `stdout` in place of this process's stdout.
    pub async fn run_on(self, stdout: &mut Output) -> Exit {
        let ended = match self {
            Self::Submit(args) => submit::run(*args, stdout).await,
            Self::Watch(args) => watch::run(args).await,
            Self::Cancel(args) => cancel::run(args, stdout).await,
            Self::List(args) => list::run(args, stdout).await,
            Self::Open(args) => open::run(args, stdout).await,
            Self::Result(args) => result::run(args, stdout).await,
            Self::Delete(args) => delete::run(args).await,
            Self::Callbacks(args) => callbacks::run(args, stdout).await,
        };
        ended.unwrap_or_else(|error| error.report())
    }
}
