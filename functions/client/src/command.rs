use std::io;

use clap::Subcommand;

use super::{EXIT_CODES, Exit, Output, cancel, delete, list, result, submit, watch};

/// The client's commands, to be flattened into the command line of a program.
#[derive(Debug, Subcommand)]
pub enum ClientCommand {
    /// Submit a job; prints its status URI
    #[command(after_help = EXIT_CODES)]
    Submit(submit::Args),
    /// Watch a job until it ends
    #[command(after_help = EXIT_CODES)]
    Watch(watch::Args),
    /// Cancel a job
    #[command(after_help = EXIT_CODES)]
    Cancel(cancel::Args),
    /// List your jobs, newest first
    #[command(after_help = EXIT_CODES)]
    List(list::Args),
    /// Print the result of a job as JSON
    #[command(after_help = EXIT_CODES)]
    Result(result::Args),
    /// Delete a finished job; its URI is gone from then on
    #[command(after_help = EXIT_CODES)]
    Delete(delete::Args),
}

impl ClientCommand {
    /// Runs the command on this process's stdout and says on stderr what went wrong, if anything did.
    pub async fn run(self) -> Exit {
        self.run_on(&mut io::stdout()).await
    }

    /// The same, with another place for what belongs on stdout.
    pub async fn run_on(self, stdout: &mut Output) -> Exit {
        let ended = match self {
            Self::Submit(args) => submit::run(args, stdout).await,
            Self::Watch(args) => watch::run(args, stdout).await,
            Self::Cancel(args) => cancel::run(args, stdout).await,
            Self::List(args) => list::run(args, stdout).await,
            Self::Result(args) => result::run(args, stdout).await,
            Self::Delete(args) => delete::run(args, stdout).await,
        };
        ended.unwrap_or_else(|error| error.report())
    }
}
