//! `result`: prints the result of a job.

use serde_json::value::RawValue;

use super::{CommandError, ConnectionArgs, Exit, Output};
use crate::JobRef;

/// The arguments of `result`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Status URI or id of the job
    #[arg(value_name = "URI_OR_ID")]
    job: JobRef,
    #[command(flatten)]
    connection: ConnectionArgs,
}

/// Prints the JSON on stdout, byte for byte as the service sent it.
pub(super) async fn run(args: Args, stdout: &mut Output) -> Result<Exit, CommandError> {
    let (client, uri) = args.connection.client_for(&args.job)?;
    let result: Box<RawValue> = client.result(&uri).await?;
    writeln!(stdout, "{result}")?;
    Ok(Exit::Success)
}
