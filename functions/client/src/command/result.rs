//! `result`: prints the result of a job.

use serde_json::value::RawValue;

use super::{CommandError, Exit, JobArgs, Output};

/// Prints the JSON on stdout, byte for byte as the service sent it.
pub(super) async fn run(args: JobArgs, stdout: &mut Output) -> Result<Exit, CommandError> {
    let (client, uri) = args.client()?;
    let result: Box<RawValue> = client.result(&uri).await?;
    writeln!(stdout, "{result}")?;
    Ok(Exit::Success)
}
