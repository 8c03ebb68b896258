//! `cancel`: cancels a job, or all jobs that a filter selects.

use std::io::{self, IsTerminal, Write as _};
use std::pin::pin;

use comfy_table::Table;
use futures_util::{StreamExt, TryStreamExt, future, stream};

use super::exit::exit_of;
use super::list::{FilterArgs, in_flags, table};
use super::progress::line_about;
use super::tally::{Tally, counted};
use super::{CommandError, ConnectionArgs, Exit, Output};
use crate::{Cancellation, Client, ClientError, Job, JobRef, ListQuery, Url};

/// Maximum number of jobs that are canceled at a time.
const AT_ONCE: usize = 8;
/// The problem type of a job that cannot be canceled any more: the end of its URI.
const JOB_FINISHED: &str = "/job-finished";

/// The arguments of `cancel`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Status URI or id of the job
    #[arg(value_name = "URI_OR_ID", required_unless_present = "all", conflicts_with_all = ["all", "filter", "yes", "dry_run"])]
    job: Option<JobRef>,
    /// Cancel all unfinished jobs of a status or kind: lists them, and asks
    #[arg(long, requires = "filter")]
    all: bool,
    #[command(flatten)]
    filter: FilterArgs,
    /// With --all, don't ask; needed if there is no terminal
    #[arg(long)]
    yes: bool,
    /// With --all, only list the jobs
    #[arg(long, conflicts_with = "yes")]
    dry_run: bool,
    #[command(flatten)]
    connection: ConnectionArgs,
}

/// Outcome of canceling one of many jobs.
#[derive(Clone, Copy)]
enum Outcome {
    Canceled,
    WindingDown,
    Started,
    Finished,
    Gone,
    Refused(Exit),
}

/// Cancels the job, or asks a running one to stop.
pub(super) async fn run(args: Args, stdout: &mut Output) -> Result<Exit, CommandError> {
    let Some(job) = args.job else {
        return run_for_all(args, stdout).await;
    };
    let (client, uri) = args.connection.client_for(&job)?;
    match client.cancel(&uri).await? {
        Cancellation::Canceled => eprintln!("The job is canceled."),
        Cancellation::WindingDown => {
            eprintln!("The job is running and is being stopped. `watch` shows how it ends.");
        }
    }
    Ok(Exit::Success)
}

/// Lists the jobs, asks, and cancels them.
async fn run_for_all(args: Args, stdout: &mut Output) -> Result<Exit, CommandError> {
    let client = args.connection.client()?;
    let query = args.filter.query_for_all();
    let jobs = client.jobs(&query);
    let jobs = jobs.try_filter(|job| future::ready(!job.is_finished()));
    let jobs: Vec<Job> = jobs.map_err(in_flags).try_collect().await?;
    if jobs.is_empty() {
        eprintln!("No job can be canceled: none of those selected is unfinished.");
        return Ok(Exit::Success);
    }
    if !args.yes {
        writeln!(stdout, "{}", table(&jobs, Table::new().width()))?;
        stdout.flush()?;
    }
    if args.dry_run {
        eprintln!("{} Nothing was canceled.", counted(jobs.len(), &[]));
        return Ok(Exit::Success);
    }
    if !args.yes && !ask(jobs.len())? {
        eprintln!("Nothing was canceled.");
        return Ok(Exit::Success);
    }
    cancel_all(&client, &query, &jobs, stdout).await
}

/// Asks at the terminal.
fn ask(jobs: usize) -> Result<bool, CommandError> {
    let (stdin, mut stderr) = (io::stdin(), io::stderr());
    if !stdin.is_terminal() || !stderr.is_terminal() {
        return Err(CommandError::NobodyToAsk);
    }
    let noun = if jobs == 1 { "this job" } else { "these jobs" };
    write!(stderr, "Cancel {noun} ({jobs})? [y/N] ")?;
    let mut answer = String::new();
    stdin.read_line(&mut answer)?;
    Ok(is_yes(&answer))
}

fn is_yes(answer: &str) -> bool {
    matches!(answer.trim().to_ascii_lowercase().as_str(), "y" | "yes")
}

/// Cancels the jobs; stdout gets a line for each, in the order of the list. Returns the exit code of the worst outcome.
async fn cancel_all(
    client: &Client,
    query: &ListQuery,
    jobs: &[Job],
    stdout: &mut Output,
) -> Result<Exit, CommandError> {
    let tally = &Tally::new("Canceling", jobs.len());
    let cancels =
        stream::iter(jobs).map(|job| async move { (job, cancel(client, query, job, tally).await) });
    let mut cancels = pin!(cancels.buffered(AT_ONCE));
    let (mut counts, mut done, mut exit) = (WORDS.map(|word| (0, word)), 0, Exit::Success);
    while let Some((job, outcome)) = cancels.next().await {
        let outcome = match outcome {
            Ok(outcome) => outcome,
            Err(error) => {
                exit = tally.suspend(|| CommandError::from(error).report());
                break;
            }
        };
        if let Outcome::Refused(refusal) = outcome {
            exit = exit.max(refusal);
        }
        tally.suspend(|| writeln!(stdout, "{}  {}", job.id, outcome.word()))?;
        for (count, word) in &mut counts {
            *count += usize::from(*word == outcome.word());
        }
        done += 1;
        tally.done(1);
    }
    let parts = [&counts[..], &[(jobs.len() - done, "not tried")]].concat();
    tally.end(&counted(jobs.len(), &parts));
    Ok(exit)
}

/// Cancels one of many jobs if it is still one of those that were selected: minutes may lie between the list and the answer. A temporary
/// failure is retried: canceling twice does no harm. Fails if the others would fail, too.
async fn cancel(
    client: &Client,
    query: &ListQuery,
    job: &Job,
    tally: &Tally,
) -> Result<Outcome, ClientError> {
    let uri = job.id.parse::<JobRef>();
    let uri =
        uri.map_err(|_| ClientError::unexpected(client.base(), None, "a job's id is not a UUID"))?;
    let uri = uri.resolve(client)?;
    let mut retries = 0;
    loop {
        let error = match try_cancel(client, query, &uri).await {
            Ok(outcome) => return Ok(outcome),
            Err(ClientError::Refused(problem)) if problem.kind.ends_with(JOB_FINISHED) => {
                return Ok(Outcome::Finished);
            }
            Err(ClientError::Gone(_) | ClientError::NotFound(_)) => return Ok(Outcome::Gone),
            Err(error) => error,
        };
        let is_of_job = match &error {
            ClientError::Refused(problem) => problem.status != 401,
            ClientError::Busy { problem, .. } => !problem.is_transient(),
            _ => false,
        };
        if is_of_job {
            tally.line(&format!("{}: {error}", job.id));
            return Ok(Outcome::Refused(exit_of(&error)));
        }
        let report = |trouble: crate::Trouble<'_>| tally.line(&line_about(trouble));
        client.pause(&mut retries, error, report).await?;
    }
}

async fn try_cancel(client: &Client, query: &ListQuery, uri: &Url) -> Result<Outcome, ClientError> {
    let job = client.job(uri).await?;
    if job.is_finished() {
        return Ok(Outcome::Finished);
    }
    if !query.selects(&job) {
        return Ok(Outcome::Started);
    }
    Ok(match client.cancel(uri).await? {
        Cancellation::Canceled => Outcome::Canceled,
        Cancellation::WindingDown => Outcome::WindingDown,
    })
}

/// The words for the outcomes.
const WORDS: [&str; 6] = [
    "canceled",
    "being canceled",
    "started meanwhile",
    "finished meanwhile",
    "gone",
    "not canceled",
];

impl Outcome {
    fn word(self) -> &'static str {
        match self {
            Self::Canceled => WORDS[0],
            Self::WindingDown => WORDS[1],
            Self::Started => WORDS[2],
            Self::Finished => WORDS[3],
            Self::Gone => WORDS[4],
            Self::Refused(_) => WORDS[5],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_yes_is_a_yes() {
        assert!(["y\n", "Yes\r\n", " YES "].into_iter().all(is_yes));
        assert!(
            !["", "\n", "n\n", "yesterday\n", "all\n"]
                .into_iter()
                .any(is_yes)
        );
    }
}
