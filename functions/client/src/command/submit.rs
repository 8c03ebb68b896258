//! `submit`: builds the submission from the command line and prints the status URI.

use std::path::PathBuf;

use serde_json::json;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::each::Each;
use super::input::{Field, Input};
use super::watch::follow;
use super::{CommandError, ConnectionArgs, Exit, Output};
use crate::{ClientError, IdempotencyKey, MAX_BODY_BYTES, Submission, Url};

/// The problem type of a key that was used with another body: the end of its URI.
const KEY_REUSED: &str = "/idempotency-key-reused";

/// The arguments of `submit`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Job kind, for example csv_profile
    #[expect(clippy::doc_markdown, reason = "clap shows it as it stands")]
    name: String,
    /// Input as JSON, or `-` to read it from stdin [default: {}]
    #[arg(value_name = "INPUT_JSON", conflicts_with = "input_file")]
    input: Option<String>,
    /// File with the input as JSON
    #[arg(long, value_name = "FILE")]
    input_file: Option<PathBuf>,
    /// Member of the input: key=text, key=@file (text, or an upload if it is too large or not text) or key:=json; repeatable
    #[arg(long = "field", value_name = "KEY=VALUE")]
    fields: Vec<Field>,
    /// File of JSON lines, or `-` for stdin: each line is the input of one job
    #[arg(long, value_name = "FILE", conflicts_with_all = ["input", "input_file", "fields"])]
    each: Option<PathBuf>,
    /// Your name for the job, shown as its title
    #[arg(long)]
    summary: Option<String>,
    /// Earliest start, for example 2026-01-01T10:50:45Z
    #[arg(long, value_name = "RFC3339", value_parser = rfc3339)]
    at: Option<OffsetDateTime>,
    /// Idempotency key: submitting again with the same key creates no second job
    ///
    /// With --each, it is the key of all lines: submitting the same lines again creates the missing jobs, and no duplicates.
    ///
    /// An upload gets a new id each time, so a submit that uploads its file again is another request and is refused. To repeat
    /// the first request, name its upload instead of the file: --field 'csv:={"upload": "ID"}'.
    #[arg(long, value_name = "IDEMPOTENCY_KEY")]
    key: Option<IdempotencyKey>,
    /// URL that receives a webhook when the job has finished, if the service sends webhooks
    #[arg(long, value_name = "URL")]
    callback: Option<Url>,
    /// Watch the job, or all jobs of --each, until they finish
    #[arg(long)]
    watch: bool,
    #[command(flatten)]
    connection: ConnectionArgs,
}

/// Submits the job or jobs; stdout gets the status URIs and nothing else.
pub(super) async fn run(args: Args, stdout: &mut Output) -> Result<Exit, CommandError> {
    let mut submission = Submission::new(args.name, &json!({}))?;
    submission.summary = args.summary;
    submission.scheduled_start_time = args.at;
    submission.callback = args.callback;
    if let Some(file) = args.each {
        let each = Each::load(&file, &submission)?;
        let client = args.connection.client()?;
        return each.submit(&client, args.key, args.watch, stdout).await;
    }
    submission.idempotency_key = args.key;
    let mut input = Input::load(args.input, args.input_file.as_deref(), args.fields)?;
    let client = args.connection.client()?;

    let uploads = input.upload_files(room_in(&submission)?, &client).await?;
    submission.input = input.into_json().map_err(ClientError::Input)?;
    let accepted = client.submit(&submission).await;
    let accepted = accepted.map_err(|error| match error {
        ClientError::Refused(problem) if uploads > 0 && problem.kind.ends_with(KEY_REUSED) => {
            CommandError::UploadUnderUsedKey(ClientError::Refused(problem))
        }
        error => error.into(),
    })?;
    writeln!(stdout, "{}", accepted.status_uri)?;
    stdout.flush()?;
    if accepted.replayed {
        eprintln!("An earlier request used this idempotency key: this is its job.");
    }
    if args.watch {
        return follow(&client, &accepted.status_uri).await;
    }
    eprintln!("{}: {}", accepted.job.name, accepted.job.headline());
    Ok(Exit::Success)
}

/// The bytes that the input may have, in a submission whose input is `{}` so far.
fn room_in(submission: &Submission) -> Result<usize, ClientError> {
    let body = serde_json::to_vec(submission).map_err(ClientError::Input)?;
    Ok((MAX_BODY_BYTES + 2).saturating_sub(body.len()))
}

fn rfc3339(text: &str) -> Result<OffsetDateTime, &'static str> {
    OffsetDateTime::parse(text, &Rfc3339).map_err(|_| "write it as in 2026-01-01T10:50:45Z")
}
