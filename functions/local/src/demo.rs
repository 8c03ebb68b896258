//! `demo`: the whole life of a job, from its submission to 410, in a few seconds.

mod error;
mod profile_table;
mod show;
mod webhooks;

use std::path::{Path, PathBuf};
use std::process::{ExitCode, Termination as _};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use clap::Args;
use client::{Client, CommandError, Content, MAX_BODY_BYTES, Options, read_text};

use crate::conclusion::Ended;
use crate::function::LogSink;
use crate::service::Service;
use crate::service_options::ServiceOptions;
use error::DemoError;
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
    #[expect(
        clippy::expect_used,
        reason = "the address of a listener behind http:// is always a URL"
    )]
    let base = service
        .url
        .parse()
        .expect("a listener's address is the authority of a URL");
    let client = Client::new(base, Options::default())?;
    let mut webhooks = Webhooks::start(&client).await?;
    show::demo(&client, file, csv, &mut webhooks, &mut std::io::stdout()).await
}

fn options(logs: LogSink) -> ServiceOptions {
    ServiceOptions {
        retention: RETENTION,
        deadline: Duration::from_secs(300),
        write_horizon: RETENTION,
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
