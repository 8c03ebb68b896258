//! The display half of `demo`: a job from its submission to the end of its status URI, as a client sees it.

use std::path::Path;
use std::time::{Duration, Instant};

use reqwest::Url;
use serde_json::json;
use serde_json::value::to_raw_value;
use time::OffsetDateTime;
use tokio::time::sleep;

use super::profile_table::profile_table;
use client::clock::{date_and_time, spoken, until};
use client::numbers::thousands;
use client::progress::wait;
use client::text::printable;
use client::watch::follow;
use client::{
    Accepted, Client, ClientError, Ending, InputError, JobDocument, Output, Problem, Request,
    Status, TextFile,
};

/// The service judges expiry to the second or so; beyond the promised moment it gets this much.
const EXPIRY_GRACE: Duration = Duration::from_secs(5);
/// How often a status URI is asked that should be gone by now.
const EXPIRY_POLL: Duration = Duration::from_millis(100);

/// Why a demo came to nothing.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    /// A call failed.
    #[error(transparent)]
    Client(#[from] ClientError),
    /// The job ended, but not well.
    #[error("the demo's job ended as {0}")]
    Unsuccessful(String),
    /// The status URI outlived its job's retention.
    #[error("{0} still answers, although its time is over")]
    NotGone(Url),
}

impl From<std::io::Error> for DemoError {
    fn from(error: std::io::Error) -> Self {
        Self::Client(error.into())
    }
}

impl From<InputError> for DemoError {
    fn from(error: InputError) -> Self {
        Self::Client(error.into())
    }
}

/// Runs the demo against a service that is there: submits the file to `csv_profile`, shows the progress and the result,
/// and waits until the status URI is gone, which takes the service's `retention`.
///
/// Everything that is said goes to `stdout`, the progress bar to stderr.
pub async fn demo(
    client: &Client,
    csv: &TextFile,
    retention: Duration,
    stdout: &mut Output,
) -> Result<(), DemoError> {
    let begun = Instant::now();
    let accepted = submit(client, csv, stdout).await?;
    let uri = &accepted.status_uri;
    let job = watch(client, uri, stdout).await?;
    show_result(client, uri, stdout).await?;
    wait_until_gone(client, uri, &job, retention, stdout).await?;
    writeln!(
        stdout,
        "\nThat was a job's whole life, in {}.",
        spoken(begun.elapsed())
    )?;
    Ok(())
}

async fn submit(
    client: &Client,
    csv: &TextFile,
    stdout: &mut Output,
) -> Result<Accepted, DemoError> {
    let size_kb = thousands((csv.text.len() as u64).div_ceil(1_000));
    let name = Path::new(&csv.name)
        .file_name()
        .unwrap_or_default()
        .to_string_lossy();
    writeln!(
        stdout,
        "1. Submit {name} ({size_kb} kB): the answer comes at once, the work later."
    )?;
    let input =
        to_raw_value(&json!({ "csv": csv.text })).map_err(|source| InputError::NotJson {
            name: csv.name.clone(),
            source,
        })?;
    let asked = Instant::now();
    let accepted = client.submit(&Request::new("csv_profile", input)).await?;
    let took_ms = asked.elapsed().as_millis();
    writeln!(
        stdout,
        "   POST {}jobs → {} in {took_ms} ms",
        client.base(),
        named(accepted.http_status)
    )?;
    writeln!(stdout, "   Location: {}", accepted.status_uri)?;
    Ok(accepted)
}

async fn watch(client: &Client, uri: &Url, stdout: &mut Output) -> Result<JobDocument, DemoError> {
    writeln!(stdout, "\n2. Watch the status URI until the job is over.")?;
    stdout.flush()?;
    match follow(client, uri).await? {
        Ending::Over(job) if job.headline() == "SUCCESS" => Ok(*job),
        Ending::Over(job) => {
            let reason = job
                .error
                .map(|error| format!(": {}", error.message))
                .unwrap_or_default();
            Err(DemoError::Unsuccessful(format!(
                "{}{reason}",
                job.job_status
            )))
        }
        Ending::Gone(problem) | Ending::NotFound(problem) => {
            Err(DemoError::Unsuccessful(problem.to_string()))
        }
    }
}

async fn show_result(client: &Client, uri: &Url, stdout: &mut Output) -> Result<(), DemoError> {
    writeln!(stdout, "\n3. Fetch the result.")?;
    let result = client.result(uri).await?;
    writeln!(stdout, "   GET {}/result → {}\n", uri.path(), named(200))?;
    let result = serde_json::from_str(&result).map_err(|error| {
        ClientError::unexpected(uri, None, format!("the result is not JSON ({error})"))
    })?;
    writeln!(stdout, "{}", profile_table(&result))?;
    Ok(())
}

/// Shows the status URI answering, then waits for its end.
async fn wait_until_gone(
    client: &Client,
    uri: &Url,
    job: &JobDocument,
    retention: Duration,
    stdout: &mut Output,
) -> Result<(), DemoError> {
    writeln!(
        stdout,
        "\n4. A status URI lives as long as its job is kept, here {} after the end.",
        spoken(retention)
    )?;
    let now = OffsetDateTime::now_utc();
    let left = job
        .expires_at
        .map_or(retention, |end| until(end, now).unwrap_or_default())
        .min(retention);
    let expiry = job
        .expires_at
        .map(|end| format!(" (until {})", date_and_time(end).1))
        .unwrap_or_default();
    if let Status::Job(..) = client.status(uri).await? {
        writeln!(stdout, "   GET {} → {}{expiry}", uri.path(), named(200))?;
        stdout.flush()?;
        wait(left).await;
    }
    let problem = gone(client, uri).await?;
    writeln!(
        stdout,
        "   GET {} → {}\n   {}",
        uri.path(),
        named(problem.status),
        printable(&problem.title)
    )?;
    Ok(())
}

async fn gone(client: &Client, uri: &Url) -> Result<Problem, DemoError> {
    let asked = Instant::now();
    while asked.elapsed() < EXPIRY_GRACE {
        match client.status(uri).await? {
            Status::Gone(problem) => return Ok(problem),
            Status::NotFound(problem) => return Err(ClientError::NotFound(problem).into()),
            Status::Job(..) => sleep(EXPIRY_POLL).await,
        }
    }
    Err(DemoError::NotGone(uri.clone()))
}

/// A status code with its name, as in `410 Gone`.
fn named(status: u16) -> String {
    let code = reqwest::StatusCode::from_u16(status).ok();
    let reason = code
        .and_then(|code| code.canonical_reason())
        .unwrap_or_default();
    format!("{status} {reason}").trim_end().to_owned()
}
