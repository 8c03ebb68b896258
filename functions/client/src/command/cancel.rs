//! `cancel`: cancels a job, or all jobs that a filter selects.

use std::io::{self, IsTerminal, Write as _};
use std::pin::pin;

use comfy_table::Table;
use futures_util::{StreamExt, TryStreamExt, future, stream};

use super::filter::FilterArgs;
use super::list::table;
use super::progress::line_about;
use super::tally::{Tally, counted};
use super::{CommandError, ConnectionArgs, Exit, InputError, Output};
use crate::{Cancellation, Client, ClientError, Job, JobRef, Url};

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

/// What canceling one of many jobs has achieved.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Outcome {
    Canceled,
    WindingDown,
    Finished,
    Gone,
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
    let jobs: Vec<Job> = jobs.try_collect().await?;
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
    cancel_all(&client, &jobs, stdout).await
}

/// Asks at the terminal.
fn ask(jobs: usize) -> Result<bool, CommandError> {
    let (stdin, mut stderr) = (io::stdin(), io::stderr());
    if !stdin.is_terminal() || !stderr.is_terminal() {
        return Err(InputError::NobodyToAsk.into());
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

/// Cancels the jobs; stdout gets a line for each, in the order of the list.
async fn cancel_all(
    client: &Client,
    jobs: &[Job],
    stdout: &mut Output,
) -> Result<Exit, CommandError> {
    let tally = &Tally::new("Canceling", jobs.len());
    let cancels = stream::iter(jobs).map(|job| async move {
        let uri = job.id.parse::<JobRef>();
        let uri = uri.map_err(|_| {
            ClientError::unexpected(client.base(), None, "a job's id is not a UUID")
        })?;
        let outcome = cancel(client, &uri.resolve(client)?, tally).await?;
        Ok::<_, ClientError>((job, outcome))
    });
    let mut cancels = pin!(cancels.buffered(AT_ONCE));
    let mut counts = Outcome::ALL.map(|outcome| (outcome, 0));
    while let Some((job, outcome)) = cancels.try_next().await? {
        tally.suspend(|| writeln!(stdout, "{}  {}", job.id, outcome.word()))?;
        for (other, count) in &mut counts {
            *count += usize::from(*other == outcome);
        }
        tally.done(1);
    }
    let parts = counts.map(|(outcome, count)| (count, outcome.word()));
    tally.end(&counted(jobs.len(), &parts));
    Ok(Exit::Success)
}

/// Cancels one of many jobs. A failure that may pass is retried: canceling twice does no harm.
async fn cancel(client: &Client, uri: &Url, tally: &Tally) -> Result<Outcome, ClientError> {
    let mut retries = 0;
    loop {
        let error = match client.cancel(uri).await {
            Ok(Cancellation::Canceled) => return Ok(Outcome::Canceled),
            Ok(Cancellation::WindingDown) => return Ok(Outcome::WindingDown),
            Err(ClientError::Refused(problem)) if problem.kind.ends_with(JOB_FINISHED) => {
                return Ok(Outcome::Finished);
            }
            Err(ClientError::Gone(_) | ClientError::NotFound(_)) => return Ok(Outcome::Gone),
            Err(error) => error,
        };
        let report = |trouble: crate::Trouble<'_>| tally.line(&line_about(trouble));
        client.pause(&mut retries, error, report).await?;
    }
}

impl Outcome {
    const ALL: [Self; 4] = [
        Self::Canceled,
        Self::WindingDown,
        Self::Finished,
        Self::Gone,
    ];

    fn word(self) -> &'static str {
        match self {
            Self::Canceled => "canceled",
            Self::WindingDown => "being canceled",
            Self::Finished => "finished meanwhile",
            Self::Gone => "gone",
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
