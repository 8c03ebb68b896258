//! A job from its submission to the end of its status URI, as a client sees it.

use std::path::Path;
use std::time::{Duration, Instant};

use client::{
    Accepted, Client, ClientError, Content, Job, JobStatus, Output, Problem, Progress, Submission,
    Url,
};
use indicatif::{DecimalBytes, HumanDuration};
use serde_json::json;
use time::OffsetDateTime;
use tokio::time::sleep;

use super::DemoError;
use super::RETENTION;
use super::profile_table::profile_table;
use super::webhooks::Webhooks;

/// How long after the promised time the status URI may still answer: expiry is exact to about a second.
const EXPIRY_GRACE: Duration = Duration::from_secs(5);
/// Polling interval of a status URI that should be gone.
const EXPIRY_POLL: Duration = Duration::from_millis(100);

/// A CSV text.
pub(super) enum Csv {
    /// That fits in a request.
    Text(String),
    /// That is uploaded.
    File(Content),
}

/// Submits the CSV text to `csv_profile`, shows the progress, the result and the webhook, and waits until the status URI is gone.
///
/// The story goes to `stdout`, the progress to stderr.
pub(super) async fn demo(
    client: &Client,
    file: &Path,
    csv: &Csv,
    webhooks: &mut Webhooks,
    stdout: &mut Output,
) -> Result<(), DemoError> {
    let begun = Instant::now();
    let accepted = submit(client, file, csv, &webhooks.url, stdout).await?;
    let uri = &accepted.status_uri;
    let job = watch(client, uri, stdout).await?;
    show_result(client, uri, stdout).await?;
    show_webhook(webhooks, &job, stdout).await?;
    wait_until_gone(client, uri, &job, stdout).await?;
    let took = HumanDuration(begun.elapsed());
    writeln!(stdout, "\nThat was the whole life of a job, in {took}.")?;
    Ok(())
}

async fn submit(
    client: &Client,
    file: &Path,
    csv: &Csv,
    callback: &Url,
    stdout: &mut Output,
) -> Result<Accepted, DemoError> {
    let name = file.file_name().unwrap_or_default().display();
    let (base, bytes) = match csv {
        Csv::Text(text) => (client.base(), text.len() as u64),
        Csv::File(content) => (client.base(), content.bytes()),
    };
    let size = DecimalBytes(bytes);
    writeln!(
        stdout,
        "1. Submit {name} ({size}). The response comes at once, the work later."
    )?;
    let csv = match csv {
        Csv::Text(text) => json!(text),
        Csv::File(content) => {
            let sent = Instant::now();
            let upload = client.upload(content, |_| ()).await?;
            let took_ms = sent.elapsed().as_millis();
            writeln!(
                stdout,
                "   POST {base}uploads, and a PUT to the bucket, because it does not fit in a request: {took_ms} ms"
            )?;
            upload.reference()
        }
    };
    let mut submission = Submission::new("csv_profile", &json!({ "csv": csv }))?;
    submission.callback = Some(callback.clone());
    let sent = Instant::now();
    let accepted = client.submit(&submission).await?;
    let took_ms = sent.elapsed().as_millis();
    let status = named(accepted.http_status);
    writeln!(stdout, "   POST {base}jobs → {status} in {took_ms} ms")?;
    writeln!(stdout, "   Location: {}", accepted.status_uri)?;
    Ok(accepted)
}

async fn watch(client: &Client, uri: &Url, stdout: &mut Output) -> Result<Job, DemoError> {
    writeln!(
        stdout,
        "\n2. Poll the status URI until the job has finished."
    )?;
    stdout.flush()?;
    let mut progress = Progress::on_stderr();
    let job = client
        .watch(uri, |sighting| progress.show(&sighting))
        .await?;
    if job.job_status == JobStatus::Success {
        return Ok(job);
    }
    let reason = job.error.map(|error| format!(": {}", error.message));
    let reason = reason.unwrap_or_default();
    Err(DemoError::Unsuccessful(format!(
        "{}{reason}",
        job.job_status
    )))
}

async fn show_result(client: &Client, uri: &Url, stdout: &mut Output) -> Result<(), DemoError> {
    writeln!(stdout, "\n3. Fetch the result.")?;
    let result = client.result(uri).await?;
    let table = profile_table(&result);
    writeln!(stdout, "   GET {}/result → {}\n", uri.path(), named(200))?;
    writeln!(stdout, "{table}")?;
    Ok(())
}

/// Shows the webhook of the job's end, which comes about a second after it.
async fn show_webhook(
    webhooks: &mut Webhooks,
    job: &Job,
    stdout: &mut Output,
) -> Result<(), DemoError> {
    writeln!(
        stdout,
        "\n4. The service called the URL that the job was submitted with."
    )?;
    stdout.flush()?;
    let delivery = webhooks.next(time_left(job)).await;
    let delivery = delivery.ok_or_else(|| DemoError::NoWebhook(webhooks.url.clone()))?;
    writeln!(stdout, "   POST {} → {}", webhooks.url, named(204))?;
    writeln!(
        stdout,
        "   {}: {}, {}; its signature is valid",
        delivery.id, delivery.job.job_state, delivery.job.job_status
    )?;
    Ok(())
}

/// How long the job is still kept.
fn time_left(job: &Job) -> Duration {
    let left = job.expires_at.map(|end| end - OffsetDateTime::now_utc());
    let left = left.and_then(|left| Duration::try_from(left).ok());
    left.unwrap_or_default().min(RETENTION)
}

/// Shows that the status URI answers, then waits until it is gone.
async fn wait_until_gone(
    client: &Client,
    uri: &Url,
    job: &Job,
    stdout: &mut Output,
) -> Result<(), DemoError> {
    writeln!(
        stdout,
        "\n5. The status URI answers as long as the job is kept, here for {}.",
        HumanDuration(RETENTION)
    )?;
    writeln!(stdout, "   GET {} → {}", uri.path(), named(200))?;
    stdout.flush()?;
    sleep(time_left(job)).await;
    let gone = gone(client, uri).await?;
    writeln!(stdout, "   GET {} → {}", uri.path(), named(gone.status))?;
    writeln!(stdout, "   {}", gone.title)?;
    Ok(())
}

async fn gone(client: &Client, uri: &Url) -> Result<Box<Problem>, DemoError> {
    let begun = Instant::now();
    while begun.elapsed() < EXPIRY_GRACE {
        match client.job(uri).await {
            Ok(_) => sleep(EXPIRY_POLL).await,
            Err(ClientError::Gone(problem)) => return Ok(problem),
            Err(error) => return Err(error.into()),
        }
    }
    Err(DemoError::NotGone(uri.clone()))
}

/// A status code with its name, as in `410 Gone`.
fn named(status: u16) -> String {
    reqwest::StatusCode::from_u16(status)
        .map_or_else(|_| status.to_string(), |code| code.to_string())
}
