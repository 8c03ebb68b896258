//! `submit`: builds the request from the command line and prints the status URI.

use std::path::PathBuf;

use super::clock::parse_rfc3339;
use super::input::build_input;
use super::watch::{follow, show_ending};
use super::{ClientError, ConnectionArgs, Exit, Field, IdempotencyKey, Output, Request};

/// The arguments of `submit`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The job kind, for example csv_profile
    #[expect(clippy::doc_markdown, reason = "clap shows it as it stands")]
    name: String,
    /// The input as JSON, or `-` to read it from stdin; {} when nothing is given
    #[arg(value_name = "INPUT_JSON", conflicts_with = "input_file")]
    input: Option<String>,
    /// A file with the input as JSON
    #[arg(long, value_name = "FILE")]
    input_file: Option<PathBuf>,
    /// A member of the input: key=text, key=@file (the text of a file) or key:=json; repeatable
    #[arg(long = "field", value_name = "KEY=VALUE")]
    fields: Vec<Field>,
    /// What to call this job
    #[arg(long)]
    summary: Option<String>,
    /// When the job may start at the earliest, for example 2026-01-01T10:50:45Z
    #[arg(long, value_name = "RFC3339", value_parser = rfc3339)]
    at: Option<String>,
    /// An idempotency key: submitting again with the same key makes no second job
    #[arg(long, value_name = "IDEMPOTENCY_KEY")]
    key: Option<IdempotencyKey>,
    /// Go on as `watch`
    #[arg(long)]
    watch: bool,
    #[command(flatten)]
    connection: ConnectionArgs,
}

/// Submits the job; stdout gets the status URI and nothing else.
pub async fn run(args: Args, stdout: &mut Output) -> Result<Exit, ClientError> {
    let client = args.connection.client()?;
    let watch = args.watch;
    let request = request_of(args)?;
    let accepted = client.submit(&request).await?;
    writeln!(stdout, "{}", accepted.status_uri)?;
    stdout.flush()?;
    if accepted.replayed {
        eprintln!("This idempotency key was used before: the job below is the earlier one.");
    }
    if !watch {
        eprintln!("{} {}", accepted.job.name, accepted.job.headline());
        return Ok(Exit::Success);
    }
    let ending = follow(&client, &accepted.status_uri).await?;
    Ok(show_ending(&ending, &accepted.status_uri))
}

fn request_of(args: Args) -> Result<Request, ClientError> {
    let input = build_input(args.input, args.input_file.as_deref(), args.fields)?;
    Ok(Request {
        name: args.name,
        input,
        summary: args.summary,
        scheduled_start_time: args.at,
        idempotency_key: args.key,
    })
}

fn rfc3339(text: &str) -> Result<String, String> {
    parse_rfc3339(text)
        .map(|_| text.to_owned())
        .map_err(|_| "write it as in 2026-01-01T10:50:45Z".to_owned())
}
