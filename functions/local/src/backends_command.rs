//! `backends`: table, queue, bucket, schedules and event source mapping, for functions started by `cargo lambda watch`.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use clap::Args;
use reqwest::Url;

use crate::backends::Backends;
use crate::clients::{ACCESS_KEY_ID, SECRET_ACCESS_KEY};
use crate::conclusion::{Ended, stop_signal};
use crate::environment::environment;
use crate::kept;
use crate::kind_variables::NO_ENDPOINT;
use crate::service::event_sources;
use crate::service_options::{ServiceOptions, seconds};
use crate::target::{Endpoint, Target};

/// Flags of `backends`.
#[derive(Args, Clone, Debug)]
pub(crate) struct BackendsArgs {
    /// URL at which `cargo lambda watch` listens
    #[arg(long, value_name = "URL", default_value = "http://localhost:9000")]
    functions: Url,
    /// File that receives the environment variables of the functions
    #[arg(long, value_name = "FILE", default_value = "target/watch.env")]
    env_file: PathBuf,
    /// Retention: how long a finished job stays readable
    #[arg(long, value_name = "SECONDS", default_value = "86400", value_parser = seconds(1..=31_536_000))]
    retention: Duration,
    /// Deadline: latest end of a job, counted from its scheduled start
    #[arg(long, value_name = "SECONDS", default_value = "86400", value_parser = seconds(1..=1_209_240))]
    deadline: Duration,
    /// Visibility timeout of a received message
    #[arg(long, value_name = "SECONDS", default_value = "120", value_parser = seconds(1..=43_200))]
    visibility: Duration,
    /// Let jobs have webhooks to http URLs on this machine, such as `listen` prints (never allowed in a deployment)
    #[arg(long)]
    callbacks_to_loopback: bool,
}

impl BackendsArgs {
    fn options(&self) -> ServiceOptions {
        ServiceOptions {
            retention: self.retention,
            deadline: self.deadline,
            visibility: Some(self.visibility),
            callbacks_to_loopback: self.callbacks_to_loopback,
            ..ServiceOptions::default()
        }
    }
}

/// Concurrent batches: the minimum, because `cargo lambda watch` runs one process per function by default.
const CONCURRENCY: usize = 2;

/// Runs the back ends until Ctrl-C or SIGTERM.
pub(crate) async fn backends(args: BackendsArgs) -> Ended {
    let worker = Target::Endpoint(Endpoint::new(&args.functions, "worker")?);
    let options = args.options();
    let backends = Backends::start(&options).await?;
    write(&args.env_file, &variables(&args, &options, &backends))?;
    let (sqs_url, batch_size) = (&backends.endpoints.sqs, options.batch_size);
    let event_sources = event_sources(&backends, sqs_url, batch_size, CONCURRENCY, &worker);
    println!("{}", welcome(&args, &backends));
    stop_signal().await?;
    eprintln!("\nstopping");
    for event_source in event_sources {
        event_source.stop().await;
    }
    backends.stop().await;
    Ok(ExitCode::SUCCESS)
}

/// The environment of the functions, including the variables that Lambda itself would set.
fn variables(
    args: &BackendsArgs,
    options: &ServiceOptions,
    backends: &Backends,
) -> BTreeMap<String, String> {
    let mut variables = environment(options, backends, &backends.endpoints);
    let url = args.functions.as_str().trim_end_matches('/').to_owned();
    let of_lambda = [
        ("PUBLIC_BASE_URL", url),
        ("AWS_ACCESS_KEY_ID", ACCESS_KEY_ID.to_owned()),
        ("AWS_SECRET_ACCESS_KEY", SECRET_ACCESS_KEY.to_owned()),
        ("AWS_ENDPOINT_URL", NO_ENDPOINT.to_owned()),
    ];
    variables.extend(of_lambda.map(|(name, value)| (name.to_owned(), value)));
    variables
}

/// Writes the file of the variables, of which a process that waits for it never reads half.
fn write(file: &Path, variables: &BTreeMap<String, String>) -> std::io::Result<()> {
    if let Some(folder) = file.parent() {
        fs::create_dir_all(folder)?;
    }
    let lines = variables
        .iter()
        .map(|(name, value)| format!("{name}={value}\n"));
    kept::write(file, lines.collect::<String>().as_bytes())
}

fn welcome(args: &BackendsArgs, backends: &Backends) -> String {
    let (file, url) = (args.env_file.display(), &args.functions);
    let endpoints = &backends.endpoints;
    format!(
        "Accepted, back ends only, for development. Nothing is kept when they stop.

  DynamoDB  {}  (embedded, table jobs)
  SQS       {}  (embedded, queues jobs and callbacks; messages go to the function worker at {url})
  S3        {}  (embedded, bucket payloads)
  Scheduler {}  (embedded, group jobs)

In another terminal:
  cargo lambda watch --env-file {file}

Then:
  curl -i {url}jobs -H 'content-type: application/json' -d '{{\"name\": \"rehearsal\", \"input\": {{\"seconds\": 20}}}}'

Ctrl-C stops everything.",
        endpoints.dynamodb, endpoints.sqs, endpoints.s3, endpoints.scheduler
    )
}
