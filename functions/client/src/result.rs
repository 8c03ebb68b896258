//! `result`: prints the result of a job.

use super::{ClientError, ConnectionArgs, Exit, JobRef, Output};

/// The arguments of `result`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The job's status URI, or its id
    #[arg(value_name = "URI_OR_ID")]
    job: JobRef,
    #[command(flatten)]
    connection: ConnectionArgs,
}

/// Prints the JSON as the service sent it, on stdout.
pub async fn run(args: Args, stdout: &mut Output) -> Result<Exit, ClientError> {
    let (client, uri) = args.connection.client_for(&args.job)?;
    let result = client.result(&uri).await?;
    writeln!(stdout, "{}", result.trim_end())?;
    Ok(Exit::Success)
}
