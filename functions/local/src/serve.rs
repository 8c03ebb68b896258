//! `serve`: the service until Ctrl-C.

use std::io;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::Args;
use engine::WRITE_HORIZON;
use tokio::signal::unix::{SignalKind, signal};

use crate::build::Build;
use crate::fault_args::FaultArgs;
use crate::function::LogSink;
use crate::service::{Service, ServiceOptions};

/// Flags of `serve`.
#[derive(Args, Clone, Debug)]
pub(crate) struct ServeArgs {
    /// Port of the API on 127.0.0.1; 0 takes a free one
    #[arg(long, default_value_t = 3000)]
    port: u16,
    /// Folder to keep records and messages in between runs; nothing is kept without it
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// How long a status URI lives after its job's end
    #[arg(long, value_name = "SECONDS", default_value_t = 86_400, value_parser = clap::value_parser!(u64).range(1..=31_536_000))]
    retention: u64,
    /// How long after its scheduled start a job has to be at its end
    #[arg(long, value_name = "SECONDS", default_value_t = 86_400, value_parser = clap::value_parser!(u64).range(1..=1_209_240))]
    deadline: u64,
    /// How late a write may take effect; an unfinished job is shown as failed that long after its deadline [default: 360, or
    /// the retention if that is shorter]
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..=360))]
    write_horizon: Option<u64>,
    /// Worker processes at once
    #[arg(long, default_value_t = 4, value_parser = clap::value_parser!(u16).range(2..=1_000))]
    concurrency: u16,
    /// Messages that a worker gets at once
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u8).range(1..=10))]
    batch_size: u8,
    /// How long a worker may take before it is killed, and how soon a job of a worker that died is tried again
    #[arg(long, value_name = "SECONDS", default_value_t = 120, value_parser = clap::value_parser!(u64).range(1..=900))]
    worker_timeout: u64,
    /// How much memory a worker's process may take before it is killed (MiB; on Linux)
    #[arg(long, value_name = "MB", default_value_t = 1_024, value_parser = clap::value_parser!(u32).range(128..=10_240))]
    worker_memory: u32,
    /// How long a message stays invisible that a worker has [default: the worker's time and 1 second]
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..=43_200))]
    visibility: Option<u64>,
    /// How often records past their retention are deleted
    #[arg(long, value_name = "SECONDS", default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..=86_400))]
    sweep_every: u64,
    /// Leave monitor links out: pages for whoever has the link, which a deployment has only when it says so
    #[arg(long)]
    no_monitor_links: bool,
    #[command(flatten)]
    faults: FaultArgs,
    /// Origins whose pages may call the API from a browser (CORS), separated by commas; * for every page
    #[arg(long, value_name = "ORIGINS", value_delimiter = ',')]
    allowed_origins: Vec<String>,
    /// Output of `sam build` or `cargo lambda build` to run instead of this program's own functions
    #[arg(long, value_name = "DIR", env = "ACCEPTED_FUNCTIONS")]
    functions: Option<PathBuf>,
    /// Command that runs them, such as "qemu-aarch64-static -L /usr/aarch64-linux-gnu" for another architecture
    #[arg(
        long,
        value_name = "COMMAND",
        env = "ACCEPTED_RUNNER",
        requires = "functions"
    )]
    runner: Option<String>,
    /// Don't show what the functions log
    #[arg(long)]
    quiet: bool,
}

impl ServeArgs {
    fn options(self) -> ServiceOptions {
        let write_horizon = write_horizon(self.write_horizon, self.retention);
        ServiceOptions {
            port: self.port,
            data: self.data,
            retention: Duration::from_secs(self.retention),
            deadline: Duration::from_secs(self.deadline),
            write_horizon,
            concurrency: usize::from(self.concurrency),
            batch_size: self.batch_size,
            worker_timeout: Duration::from_secs(self.worker_timeout),
            worker_memory_mb: self.worker_memory,
            visibility: Duration::from_secs(self.visibility.unwrap_or(self.worker_timeout + 1)),
            sweep_every: Duration::from_secs(self.sweep_every),
            monitor_links: !self.no_monitor_links,
            faults: self.faults.options(write_horizon),
            allowed_origins: self.allowed_origins,
            build: self.functions.map(|folder| Build {
                folder,
                runner: words(self.runner.as_deref().unwrap_or_default()),
            }),
            logs: if self.quiet {
                LogSink::nowhere()
            } else {
                LogSink::stderr()
            },
        }
    }
}

/// No longer than a record stays, since it has to be there for a write that comes late to find it.
fn write_horizon(wanted: Option<u64>, retention: u64) -> Duration {
    let longest = Duration::from_secs(retention).min(WRITE_HORIZON);
    wanted.map_or(longest, |seconds| Duration::from_secs(seconds).min(longest))
}

/// The words of a command, separated by whitespace.
fn words(command: &str) -> Vec<String> {
    command.split_whitespace().map(str::to_owned).collect()
}

/// Serves until Ctrl-C or SIGTERM.
pub(crate) async fn serve(args: ServeArgs) -> ExitCode {
    let options = args.options();
    let service = match Service::start(options.clone()).await {
        Ok(service) => service,
        Err(error) => {
            eprintln!("error: {error}");
            return ExitCode::FAILURE;
        }
    };
    println!("{}", welcome(&service, &options));
    if let Err(error) = stop_signal().await {
        eprintln!("error: signals cannot be waited for: {error}");
    }
    eprintln!("\nstopping");
    service.stop().await;
    ExitCode::SUCCESS
}

/// Waits for Ctrl-C or SIGTERM.
pub(crate) async fn stop_signal() -> io::Result<()> {
    let mut terminate = signal(SignalKind::terminate())?;
    tokio::select! {
        interrupted = tokio::signal::ctrl_c() => interrupted,
        _ = terminate.recv() => Ok(()),
    }
}

/// What is running, and what to try.
fn welcome(service: &Service, options: &ServiceOptions) -> String {
    let Service {
        url,
        dynamodb_url,
        sqs_url,
        ..
    } = service;
    let kept = options.data.as_ref().map_or_else(
        || "nothing is kept when it stops (--data DIR keeps records and messages)".to_owned(),
        |folder| format!("records and messages are kept in {}", folder.display()),
    );
    format!(
        "Accepted, asynchronous jobs over HTTP: the whole service on this machine, for development and tests.

  API       {url}
  DynamoDB  {dynamodb_url}  (embedded, table jobs)
  SQS       {sqs_url}  (embedded, queue jobs)
  {kept}

Try it:
  curl -i {url}/jobs -H 'content-type: application/json' -d '{{\"name\": \"csv_profile\", \"input\": {{\"csv\": \"city,people\\nParis,2\\nRome,3\\n\"}}}}'
  curl -i {url}/jobs -H 'content-type: application/json' -d '{{\"name\": \"rehearsal\", \"input\": {{\"seconds\": 20}}}}'
  curl -s {url}/jobs
  cargo run -- watch ID        (a job's id or status URI, with a progress bar)

Ctrl-C stops everything."
    )
}
