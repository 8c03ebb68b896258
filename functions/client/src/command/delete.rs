//! `delete`: deletes a finished job.

use super::{CommandError, Exit, JobArgs};

/// Deletes the job and its result.
pub(super) async fn run(args: JobArgs) -> Result<Exit, CommandError> {
    let (client, uri) = args.client()?;
    client.delete(&uri).await?;
    eprintln!("The job is deleted. Its status URI returns 410 from now on.");
    Ok(Exit::Success)
}
