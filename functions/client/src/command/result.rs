//! `result`: prints the result of a job.

use serde::de::IgnoredAny;
use serde_json::value::RawValue;

use super::{CommandError, Exit, JobArgs, Output};
use crate::{ClientError, ResultBody};

/// A result that is not longer is read whole and checked before it is printed. A service's own responses are shorter, because
/// a record of DynamoDB holds them; a longer one comes from the store of large payloads.
const CHECKED_BYTES: usize = 1024 * 1024;

/// Prints the JSON on stdout, byte for byte as the service sent it.
///
/// Of a long result, the beginning is checked, and the rest is printed as it arrives: memory stays bounded.
pub(super) async fn run(args: JobArgs, stdout: &mut Output) -> Result<Exit, CommandError> {
    let (client, uri) = args.client()?;
    let mut body = client.result_body(&uri).await?;
    let mut start = Vec::new();
    let is_long = loop {
        match body.chunk().await? {
            Some(chunk) => start.extend_from_slice(&chunk),
            None => break false,
        }
        if start.len() > CHECKED_BYTES {
            break true;
        }
    };
    if is_long {
        check_start(&body, &start)?;
        stdout.write_all(&start)?;
        while let Some(chunk) = body.chunk().await? {
            stdout.write_all(&chunk)?;
        }
        writeln!(stdout)?;
    } else {
        let result = serde_json::from_slice::<Box<RawValue>>(&start);
        let result = result.map_err(|error| body.unexpected(&error))?;
        writeln!(stdout, "{result}")?;
    }
    Ok(Exit::Success)
}

/// Fails if this cannot be the beginning of a longer JSON text.
fn check_start(body: &ResultBody, start: &[u8]) -> Result<(), ClientError> {
    match serde_json::from_slice::<IgnoredAny>(start) {
        Err(error) if !error.is_eof() => Err(body.unexpected(&error)),
        _ => Ok(()),
    }
}
