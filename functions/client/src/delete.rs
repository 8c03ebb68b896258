//! `delete`: deletes a finished job.

use super::{ClientError, ConnectionArgs, Exit, JobRef, Output};

/// The arguments of `delete`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The job's status URI, or its id
    #[arg(value_name = "URI_OR_ID")]
    job: JobRef,
    #[command(flatten)]
    connection: ConnectionArgs,
}

/// Deletes the job and its result.
pub async fn run(args: Args, _stdout: &mut Output) -> Result<Exit, ClientError> {
    let (client, uri) = args.connection.client_for(&args.job)?;
    client.delete(&uri).await?;
    eprintln!("The job is deleted; its status URI is gone (410) from now on.");
    Ok(Exit::Success)
}
