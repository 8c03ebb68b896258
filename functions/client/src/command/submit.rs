//! `submit`: builds the submission from the command line and prints the status URI.

use std::path::PathBuf;

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::input::{Field, build_input};
use super::watch::follow;
use super::{CommandError, ConnectionArgs, Exit, Output};
use crate::{IdempotencyKey, Submission};

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
    /// Member of the input: key=text, key=@file (the text of a file) or key:=json; repeatable
    #[arg(long = "field", value_name = "KEY=VALUE")]
    fields: Vec<Field>,
    /// Description of the job, shown in its status
    #[arg(long)]
    summary: Option<String>,
    /// Earliest start, for example 2026-01-01T10:50:45Z
    #[arg(long, value_name = "RFC3339", value_parser = rfc3339)]
    at: Option<OffsetDateTime>,
    /// Idempotency key: submitting again with the same key creates no second job
    #[arg(long, value_name = "IDEMPOTENCY_KEY")]
    key: Option<IdempotencyKey>,
    /// Watch the job until it finishes
    #[arg(long)]
    watch: bool,
    #[command(flatten)]
    connection: ConnectionArgs,
}

/// Submits the job; stdout gets the status URI and nothing else.
pub(super) async fn run(args: Args, stdout: &mut Output) -> Result<Exit, CommandError> {
    let input = build_input(args.input, args.input_file.as_deref(), args.fields)?;
    let submission = Submission {
        name: args.name,
        input,
        summary: args.summary,
        scheduled_start_time: args.at,
        idempotency_key: args.key,
    };
    let client = args.connection.client()?;
    let accepted = client.submit(&submission).await?;
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

fn rfc3339(text: &str) -> Result<OffsetDateTime, &'static str> {
    OffsetDateTime::parse(text, &Rfc3339).map_err(|_| "write it as in 2026-01-01T10:50:45Z")
}
