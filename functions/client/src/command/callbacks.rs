//! `callbacks`: prints the secrets that sign the caller's webhooks.

use super::{CommandError, ConnectionArgs, Exit, Output};

/// Prints one secret a line, newest first.
pub(super) async fn run(args: ConnectionArgs, stdout: &mut Output) -> Result<Exit, CommandError> {
    let secrets = args.client()?.webhook_secrets().await?;
    for secret in &secrets {
        writeln!(stdout, "{}", secret.reveal())?;
    }
    stdout.flush()?;
    Ok(Exit::Success)
}
