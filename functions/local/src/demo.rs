//! `demo`: the whole life of a job, from its submission to 410, in a few seconds.

mod profile_table;
mod show;
mod webhooks;

use std::io;
use std::path::{Path, PathBuf};
use std::process::{ExitCode, Termination as _};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use clap::Args;
use client::{Client, ClientError, CommandError, Content, MAX_BODY_BYTES, Options, Url, read_text};

use crate::conclusion::Ended;
use crate::function::LogSink;
use crate::service::Service;
use crate::service_options::ServiceOptions;
use show::Csv;
use webhooks::Webhooks;

/// Airports of the USA, from vega-datasets (BSD-3-Clause): see `data/README.md`.
const AIRPORTS: &str = include_str!("../data/airports.csv");

/// Long enough to poll the finished job, short enough to wait until it expires.
const RETENTION: Duration = Duration::from_secs(2);

/// The largest file that is sent in a request: half of it, because JSON escapes quotes.
const LARGEST_TEXT: u64 = MAX_BODY_BYTES as u64 / 2;

/// Flags of `demo`.
#[derive(Args, Debug)]
pub(crate) struct DemoArgs {
    /// CSV file to profile [default: the airports file of this project]
    file: Option<PathBuf>,
}

/// Starts the service on a free port, runs one job until it has expired, and stops the service.
pub(crate) async fn demo(args: DemoArgs) -> Ended {
    let csv = match args.file.as_deref().map(read) {
        None => Csv::Text(AIRPORTS.to_owned()),
        Some(Ok(csv)) => csv,
        Some(Err(error)) => return Ok(error.report().report()),
    };
    let file = args.file.unwrap_or_else(|| "airports.csv".into());
    let logs = Logs::default();
    let service = Service::start(options(logs.sink())).await?;
    let shown = show(&service, &file, &csv).await;
    service.stop().await;
    let Err(error) = shown else {
        return Ok(ExitCode::SUCCESS);
    };
    // The job document explains a failed job; for any other error the functions' logs may help.
    if !matches!(error, DemoError::Unsuccessful(_)) {
        logs.print();
    }
    Ok(error.report())
}

/// The file's text, or the file itself if it does not fit in a request.
fn read(file: &Path) -> Result<Csv, CommandError> {
    let is_large = file.metadata().is_ok_and(|file| file.len() > LARGEST_TEXT);
    if is_large {
        return Ok(Csv::File(Content::file(file, "text/csv")?));
    }
    Ok(Csv::Text(read_text(file)?))
}

async fn show(service: &Service, file: &Path, csv: &Csv) -> Result<(), DemoError> {
    println!(
        "The service runs at {}, in this process and the function processes that it starts.\n",
        service.url
    );
    let client = Client::new(url_of(&service.url), Options::default())?;
    let mut webhooks = Webhooks::start(&client).await?;
    show::demo(&client, file, csv, &mut webhooks, &mut std::io::stdout()).await
}

/// The URL of a listener.
fn url_of(text: &str) -> Url {
    #[expect(
        clippy::expect_used,
        reason = "an address behind http:// is always a URL"
    )]
    text.parse()
        .expect("a listener's address is the authority of a URL")
}

fn options(logs: LogSink) -> ServiceOptions {
    ServiceOptions {
        retention: RETENTION,
        deadline: Duration::from_secs(300),
        concurrency: 2,
        callbacks_to_loopback: true,
        logs,
        ..ServiceOptions::default()
    }
}

/// The functions' log lines, printed if something goes wrong.
#[derive(Clone, Default)]
struct Logs(Arc<Mutex<Vec<String>>>);

impl Logs {
    fn sink(&self) -> LogSink {
        let lines = self.0.clone();
        LogSink::new(move |function, line| {
            lines
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .push(format!("{function:<6} | {line}"));
        })
    }

    fn print(&self) {
        for line in self.0.lock().unwrap_or_else(PoisonError::into_inner).iter() {
            eprintln!("{line}");
        }
    }
}

/// Why a demo failed.
#[derive(Debug, thiserror::Error)]
enum DemoError {
    /// A call failed.
    #[error(transparent)]
    Client(#[from] ClientError),
    /// The output cannot be written.
    #[error(transparent)]
    Output(#[from] io::Error),
    /// A secret of the service cannot verify webhooks.
    #[error("the service has a secret that is not valid: {0}")]
    Secret(#[from] standardwebhooks::WebhookError),
    /// No webhook reported the end of the job before it expired.
    #[error("no webhook arrived at {0}")]
    NoWebhook(Url),
    /// The job failed or was canceled.
    #[error("the demo's job ended as {0}")]
    Unsuccessful(String),
    /// The status URI outlived its job's retention.
    #[error("{0} still answers although its job has expired")]
    NotGone(Url),
}

impl DemoError {
    /// Prints the error on stderr, as the client's commands do.
    fn report(self) -> ExitCode {
        match self {
            Self::Client(error) => CommandError::from(error).report().report(),
            Self::Output(error) => CommandError::from(error).report().report(),
            Self::Secret(_) | Self::NoWebhook(_) | Self::Unsuccessful(_) | Self::NotGone(_) => {
                eprintln!("error: {self}");
                ExitCode::FAILURE
            }
        }
    }
}
