//! `demo`: the whole life of a job, from its submission to 410, in a few seconds.

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use clap::Args;

use crate::client::{self, Client, ClientError, DemoError, Options, TextFile};
use crate::conclusion::failed;
use crate::function::LogSink;
use crate::service::Service;
use crate::service_options::ServiceOptions;

/// Airports of the USA, from vega-datasets (BSD-3-Clause): see `data/README.md`.
const AIRPORTS: &str = include_str!("../data/airports.csv");

/// Long enough to poll the finished job, short enough to wait until it expires.
const RETENTION: Duration = Duration::from_secs(2);

/// Flags of `demo`.
#[derive(Args, Debug)]
pub(crate) struct DemoArgs {
    /// CSV file to profile [default: the airports file of this project]
    file: Option<PathBuf>,
}

/// Starts the service on a free port, runs one job until it has expired, and stops the service.
pub(crate) async fn demo(args: DemoArgs) -> ExitCode {
    let csv = match args.file {
        None => TextFile {
            name: "airports.csv".to_owned(),
            text: AIRPORTS.to_owned(),
        },
        Some(path) => match TextFile::read(&path) {
            Ok(file) => file,
            Err(error) => return failed(ClientError::from(error).explanation()),
        },
    };
    let logs = Logs::default();
    let service = match Service::start(options(logs.sink())).await {
        Ok(service) => service,
        Err(error) => return failed(error),
    };
    let shown = show(&service, &csv).await;
    service.stop().await;
    match shown {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // The job document explains a failed job; for any other error the functions' logs may help.
            if !matches!(error, DemoError::Unsuccessful(_)) {
                logs.print();
            }
            failed(match error {
                DemoError::Client(error) => error.explanation(),
                DemoError::Unsuccessful(_) | DemoError::NotGone(_) => error.to_string(),
            })
        }
    }
}

async fn show(service: &Service, csv: &TextFile) -> Result<(), DemoError> {
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
    client::demo(&client, csv, RETENTION, &mut std::io::stdout()).await
}

fn options(logs: LogSink) -> ServiceOptions {
    ServiceOptions {
        retention: RETENTION,
        deadline: Duration::from_secs(300),
        write_horizon: RETENTION,
        concurrency: 2,
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
