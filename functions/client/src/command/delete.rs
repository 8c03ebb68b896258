//! `delete`: deletes a finished job.

use super::{CommandError, ConnectionArgs, Exit};
use crate::JobRef;

/// The arguments of `delete`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Status URI or id of the job
    #[arg(value_name = "URI_OR_ID")]
    job: JobRef,
    #[command(flatten)]
    connection: ConnectionArgs,
}

/// Deletes the job and its result.
pub(super) async fn run(args: Args) -> Result<Exit, CommandError> {
    let (client, uri) = args.connection.client_for(&args.job)?;
    client.delete(&uri).await?;
    eprintln!("The job is deleted. Its status URI returns 410 from now on.");
    Ok(Exit::Success)
}
