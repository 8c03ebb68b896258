//! `watch`: shows a job's progress until it finishes, and exits with its outcome.

use std::time::Duration;

use reqwest::Url;

use super::{CommandError, Exit, JobArgs, Progress};
use crate::text::{printable, spoken};
use crate::{Client, Job, JobStatus};

/// Watches the job. Progress goes to stderr, stdout stays empty.
pub(super) async fn run(args: JobArgs) -> Result<Exit, CommandError> {
    let (client, uri) = args.client()?;
    follow(&client, &uri).await
}

/// Watches a job and says on stderr how it ended; returns the exit code for that.
pub(super) async fn follow(client: &Client, uri: &Url) -> Result<Exit, CommandError> {
    let mut progress = Progress::on_stderr();
    let job = client
        .watch(uri, |sighting| progress.show(&sighting))
        .await?;
    eprintln!("{}", sentence_of(&job, uri));
    Ok(Exit::of(&job))
}

pub(super) fn sentence_of(job: &Job, uri: &Url) -> String {
    let took = took(job).unwrap_or_default();
    match job.job_status {
        JobStatus::Success => format!("The job succeeded{took}. Its result: {uri}/result"),
        JobStatus::Canceled => format!("The job was canceled{took}."),
        JobStatus::Failed | JobStatus::Undetermined | JobStatus::InProgress => {
            let reason = job.error.as_ref().map(|error| {
                let (message, code) = (printable(&error.message), printable(&error.code));
                format!(": {message} ({code})")
            });
            format!("The job failed{took}{}", reason.unwrap_or_default())
        }
    }
}

/// The time from the start of the last attempt to the end. The document has no time of earlier attempts.
fn took(job: &Job) -> Option<String> {
    let time = Duration::try_from(job.end_time? - job.start_time?).ok()?;
    let time = spoken(time);
    Some(match job.attempt {
        Some(attempt) if attempt > 1 => format!(" in attempt {attempt}, which took {time}"),
        _ => format!(" after {time}"),
    })
}
