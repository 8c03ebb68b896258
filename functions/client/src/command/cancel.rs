//! `cancel`: cancels a job.

use super::{CommandError, ConnectionArgs, Exit};
use crate::{Cancellation, JobRef};

/// The arguments of `cancel`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Status URI or id of the job
    #[arg(value_name = "URI_OR_ID")]
    job: JobRef,
    #[command(flatten)]
    connection: ConnectionArgs,
}

/// Cancels the job, or asks a running one to stop.
pub(super) async fn run(args: Args) -> Result<Exit, CommandError> {
    let (client, uri) = args.connection.client_for(&args.job)?;
    match client.cancel(&uri).await? {
        Cancellation::Canceled => eprintln!("The job is canceled."),
        Cancellation::WindingDown => {
            eprintln!("The job is running and is being stopped. `watch` shows how it ends.");
        }
    }
    Ok(Exit::Success)
}
