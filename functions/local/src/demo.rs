//! `demo`: the whole life of a job, from its submission to 410, in a few seconds, as a client sees it.

use std::error::Error;
use std::io::{self, Write as _, stdout};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::mpsc;
use std::time::{Duration, Instant};

use clap::Args;
use client::{
    Client, ClientError, Content, JobStatus, MAX_BODY_BYTES, Options, Problem, Progress,
    Submission, Url, WebhookSecret, read_text,
};
use indicatif::{DecimalBytes, HumanDuration};
use reqwest::StatusCode;
use serde_json::json;
use time::OffsetDateTime;
use tokio::sync::mpsc::unbounded_channel;

use crate::conclusion::Ended;
use crate::function::LogSink;
use crate::loopback::listen_on;
use crate::profile_table::profile_table;
use crate::receiver::receiver;
use crate::service::Service;
use crate::service_options::ServiceOptions;

/// Airports of the USA, from vega-datasets (BSD-3-Clause): see `data/README.md`.
const AIRPORTS: &str = include_str!("../data/airports.csv");

/// Long enough to poll the finished job, short enough to wait until it expires.
const RETENTION: Duration = Duration::from_secs(2);

/// The largest file that is sent in a request: half of it, because JSON escapes quotes.
const LARGEST_TEXT: u64 = MAX_BODY_BYTES as u64 / 2;

/// How long after the promised time the status URI may still answer: expiry is exact to about a second.
const EXPIRY_GRACE: Duration = Duration::from_secs(5);

/// Polling interval of a status URI that should be gone.
const EXPIRY_POLL: Duration = Duration::from_millis(100);

/// Flags of `demo`.
#[derive(Args, Debug)]
pub(crate) struct DemoArgs {
    /// CSV file to profile [default: the airports file of this project]
    file: Option<PathBuf>,
}

/// The end of a job that did not succeed, which its document explains.
#[derive(Debug, thiserror::Error)]
#[error("the demo's job ended as {0}")]
struct Unsuccessful(String);

/// Starts the service on a free port, runs one job until it has expired, and stops the service.
pub(crate) async fn demo(args: DemoArgs) -> Ended {
    let (log, logged) = mpsc::channel();
    let service = Service::start(ServiceOptions {
        retention: RETENTION,
        deadline: Duration::from_secs(300),
        concurrency: 2,
        callbacks_to_loopback: true,
        logs: LogSink::new(move |function, line| {
            // An error means that the demo is over.
            let _ = log.send(format!("{function:<6} | {line}"));
        }),
        ..ServiceOptions::default()
    })
    .await?;
    let shown = show(&service.url, args.file.as_deref()).await;
    service.stop().await;
    if let Err(error) = &shown
        && !error.is::<Unsuccessful>()
        && !error.is::<io::Error>()
    {
        for line in logged.try_iter() {
            eprintln!("{line}");
        }
    }
    shown.map(|()| ExitCode::SUCCESS)
}

/// Submits the CSV text to `csv_profile`, shows the progress, the result and the webhook, and waits until the status URI is gone.
///
/// The story goes to stdout, the progress to stderr.
async fn show(url: &str, file: Option<&Path>) -> Result<(), Box<dyn Error>> {
    let (begun, mut stdout) = (Instant::now(), stdout());
    let client = Client::new(url.parse()?, Options::default())?;
    let (listener, callback) = listen_on(0).await?;
    let (take, mut webhooks) = unbounded_channel();
    let secrets = client.webhook_secrets().await?;
    let receiver = receiver(secrets.iter().map(WebhookSecret::reveal), move |delivery| {
        // An error means that the demo is over.
        let _ = delivery.map(|delivery| take.send(delivery));
    })?;
    tokio::spawn(async move { axum::serve(listener, receiver).await });
    let is_large = |file: &&Path| file.metadata().is_ok_and(|file| file.len() > LARGEST_TEXT);
    let large = file.filter(is_large);
    let text = match file {
        None => AIRPORTS.to_owned(),
        Some(_) if large.is_some() => String::new(),
        Some(file) => read_text(file)?,
    };
    let name = file
        .and_then(Path::file_name)
        .unwrap_or("airports.csv".as_ref());
    writeln!(
        stdout,
        "The service runs at {url}, in this process and the function processes that it starts.\n\n\
         1. Submit {}. The response comes at once, the work later.",
        name.display()
    )?;
    let mut csv = json!(text);
    if let Some(file) = large {
        let content = Content::file(file, "text/csv")?;
        let (size, sent) = (DecimalBytes(content.bytes()), Instant::now());
        csv = client.upload(&content, |_| ()).await?.reference();
        let took_ms = sent.elapsed().as_millis();
        writeln!(
            stdout,
            "   POST {url}/uploads, and a PUT of {size} to the bucket, because it does not fit in a request: {took_ms} ms"
        )?;
    }
    let mut submission = Submission::new("csv_profile", &json!({ "csv": csv }))?;
    submission.callback = Some(callback.parse()?);
    let sent = Instant::now();
    let accepted = client.submit(&submission).await?;
    let (uri, took_ms) = (&accepted.status_uri, sent.elapsed().as_millis());
    let status = StatusCode::from_u16(accepted.http_status)?;
    writeln!(
        stdout,
        "   POST {url}/jobs → {status} in {took_ms} ms\n   Location: {uri}\n\n\
         2. Poll the status URI until the job has finished."
    )?;

    let mut progress = Progress::on_stderr();
    let job = client
        .watch(uri, |sighting| progress.show(&sighting))
        .await?;
    if job.job_status != JobStatus::Success {
        let reason = job.error.map(|error| format!(": {}", error.message));
        let reason = reason.unwrap_or_default();
        return Err(Unsuccessful(format!("{}{reason}", job.job_status)).into());
    }
    let path = uri.path();
    let table = profile_table(&client.result(uri).await?);
    writeln!(
        stdout,
        "\n3. Fetch the result.\n   GET {path}/result → {}\n\n{table}\n\n\
         4. The service called the URL that the job was submitted with.",
        StatusCode::OK
    )?;

    // The webhook comes about a second after the end.
    let time_left = || {
        let left = job.expires_at.map(|end| end - OffsetDateTime::now_utc());
        let left = left.and_then(|left| Duration::try_from(left).ok());
        left.unwrap_or_default().min(RETENTION)
    };
    let delivery = tokio::time::timeout(time_left(), webhooks.recv()).await;
    let Ok(Some(delivery)) = delivery else {
        return Err(format!("no webhook arrived at {callback}").into());
    };
    let (status, ok) = (StatusCode::NO_CONTENT, StatusCode::OK);
    writeln!(
        stdout,
        "   POST {callback} → {status}\n   {}: {}, {}; its signature is valid\n\n\
         5. The status URI answers as long as the job is kept, here for {}.\n   GET {path} → {ok}",
        delivery.id,
        delivery.job.job_state,
        delivery.job.job_status,
        HumanDuration(RETENTION)
    )?;

    tokio::time::sleep(time_left()).await;
    let problem = gone(&client, uri).await?;
    let status = StatusCode::from_u16(problem.status)?;
    let took = HumanDuration(begun.elapsed());
    writeln!(
        stdout,
        "   GET {path} → {status}\n   {}\n\nThat was the whole life of a job, in {took}.",
        problem.title
    )?;
    Ok(())
}

/// Waits until the status URI is gone.
async fn gone(client: &Client, uri: &Url) -> Result<Problem, Box<dyn Error>> {
    let begun = Instant::now();
    while begun.elapsed() < EXPIRY_GRACE {
        match client.job(uri).await {
            Ok(_) => tokio::time::sleep(EXPIRY_POLL).await,
            Err(ClientError::Gone(problem)) => return Ok(*problem),
            Err(error) => return Err(error.into()),
        }
    }
    Err(format!("{uri} still answers although its job has expired").into())
}
