//! `cancel`: cancels a job.

use super::{CommandError, Exit, JobArgs};
use crate::Cancellation;

/// Cancels the job, or asks a running one to stop.
pub(super) async fn run(args: JobArgs) -> Result<Exit, CommandError> {
    let (client, uri) = args.client()?;
    match client.cancel(&uri).await? {
        Cancellation::Canceled => eprintln!("The job is canceled."),
        Cancellation::WindingDown => {
            eprintln!("The job is running and is being stopped. `watch` shows how it ends.");
        }
    }
    Ok(Exit::Success)
}
