//! `cancel`: asks for a job to be canceled.

use super::{Cancellation, ClientError, ConnectionArgs, Exit, JobRef, Output};

/// The arguments of `cancel`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The job's status URI, or its id
    #[arg(value_name = "URI_OR_ID")]
    job: JobRef,
    #[command(flatten)]
    connection: ConnectionArgs,
}

/// Cancels the job, or asks a running one to stop.
pub async fn run(args: Args, _stdout: &mut Output) -> Result<Exit, ClientError> {
    let (client, uri) = args.connection.client_for(&args.job)?;
    match client.cancel(&uri).await? {
        Cancellation::Canceled => eprintln!("The job is canceled."),
        Cancellation::WindingDown => {
            eprintln!("The job is running and is being stopped; `watch` shows how it ends.");
        }
    }
    Ok(Exit::Success)
}
