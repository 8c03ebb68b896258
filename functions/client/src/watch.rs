//! `watch`: shows a job's progress until it ends, and exits with how it ended.

use reqwest::Url;

use super::clock::spoken;
use super::text::printable;
use super::{
    Client, ClientError, ConnectionArgs, Ending, Exit, JobDocument, JobRef, JobStatus, Output,
    Progress,
};

/// The arguments of `watch`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The job's status URI, or its id
    #[arg(value_name = "URI_OR_ID")]
    job: JobRef,
    #[command(flatten)]
    connection: ConnectionArgs,
}

/// Watches the job. Progress goes to stderr, stdout stays empty.
pub async fn run(args: Args, _stdout: &mut Output) -> Result<Exit, ClientError> {
    let (client, uri) = args.connection.client_for(&args.job)?;
    let ending = follow(&client, &uri).await?;
    Ok(show_ending(&ending, &uri))
}

/// Watches a job with its progress on stderr.
pub async fn follow(client: &Client, uri: &Url) -> Result<Ending, ClientError> {
    let mut progress = Progress::on_stderr();
    client.watch(uri, |sighting| progress.show(&sighting)).await
}

/// Says how a watch ended, and what can be done next; returns the exit code for it.
pub fn show_ending(ending: &Ending, uri: &Url) -> Exit {
    eprintln!("{}", sentence_of(ending, uri));
    exit_of(ending)
}

fn sentence_of(ending: &Ending, uri: &Url) -> String {
    let job = match ending {
        Ending::Over(job) => job,
        Ending::Gone(problem) | Ending::NotFound(problem) => return format!("{uri}\n{problem}"),
    };
    let took = took(job)
        .map(|time| format!(" after {time}"))
        .unwrap_or_default();
    match job.job_status {
        JobStatus::Success => format!("The job succeeded{took}. Its result:\n{uri}/result"),
        JobStatus::Canceled => format!("The job was canceled{took}."),
        JobStatus::Failed | JobStatus::Undetermined | JobStatus::InProgress => {
            format!("The job failed{took}{}", reason(job))
        }
    }
}

fn took(job: &JobDocument) -> Option<String> {
    let time = job.end_time? - job.start_time?;
    time.try_into().ok().map(spoken)
}

fn reason(job: &JobDocument) -> String {
    let Some(error) = &job.error else {
        return ".".to_owned();
    };
    format!(
        ": {} ({})",
        printable(&error.message),
        printable(&error.code)
    )
}

const fn exit_of(ending: &Ending) -> Exit {
    match ending {
        Ending::Over(job) => match job.job_status {
            JobStatus::Success => Exit::Success,
            JobStatus::Canceled => Exit::Canceled,
            JobStatus::Failed => Exit::Failed,
            // COMPLETED without a status of one that is over: the contract has no such document.
            JobStatus::Undetermined | JobStatus::InProgress => Exit::Unreachable,
        },
        Ending::Gone(_) | Ending::NotFound(_) => Exit::Gone,
    }
}
