//! `serve`: runs the service until Ctrl-C.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::{Args, ValueEnum};
use engine::WRITE_HORIZON;

use crate::backends::Backends;
use crate::build::Build;
use crate::clients::REGION;
use crate::conclusion::{Ended, stop_signal};
use crate::function::LogSink;
use crate::gateway_authorizer::Authorizer;
use crate::gateway_signature::KeyPair;
use crate::gateway_tokens::TokenIssuer;
use crate::kind_variables::KindVariables;
use crate::service::Service;
use crate::service_options::ServiceOptions;

/// Flags of `serve`.
#[derive(Args, Clone, Debug)]
pub(crate) struct ServeArgs {
    /// Port of the API on 127.0.0.1; 0 selects a free port
    #[arg(long, default_value_t = 3000)]
    port: u16,
    /// Folder that keeps records, messages, schedules and large payloads between runs [default: nothing is kept]
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// Retention: how long a finished job stays readable
    #[arg(long, value_name = "SECONDS", default_value_t = 86_400, value_parser = clap::value_parser!(u64).range(1..=31_536_000))]
    retention: u64,
    /// Deadline: latest end of a job, counted from its scheduled start
    #[arg(long, value_name = "SECONDS", default_value_t = 86_400, value_parser = clap::value_parser!(u64).range(1..=1_209_240))]
    deadline: u64,
    /// Maximum delay after which a write can still take effect; an unfinished job appears as failed this long after its
    /// deadline [default: 360, or the retention if shorter]
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..=360))]
    write_horizon: Option<u64>,
    /// Maximum number of concurrent worker processes that run jobs
    #[arg(long, default_value_t = 4, value_parser = clap::value_parser!(u16).range(2..=1_000))]
    concurrency: u16,
    /// Maximum number of messages per batch
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u8).range(1..=10))]
    batch_size: u8,
    /// Time limit of a worker invocation; also how soon a job is attempted again after its worker died
    #[arg(long, value_name = "SECONDS", default_value_t = 120, value_parser = clap::value_parser!(u64).range(1..=900))]
    worker_timeout: u64,
    /// Memory limit of a worker process, in MiB; a process above it is killed (Linux only)
    #[arg(long, value_name = "MB", default_value_t = 1_024, value_parser = clap::value_parser!(u32).range(128..=10_240))]
    worker_memory: u32,
    /// Visibility timeout of a received message [default: --worker-timeout plus 1 second]
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..=43_200))]
    visibility: Option<u64>,
    /// Interval at which expired records and large payloads are deleted
    #[arg(long, value_name = "SECONDS", default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..=86_400))]
    sweep_every: u64,
    /// Omit monitor links, which give access to a job's page without credentials (off by default in a deployment)
    #[arg(long)]
    no_monitor_links: bool,
    /// Let jobs have webhooks to http URLs on this machine, such as `listen` prints (never allowed in a deployment)
    #[arg(long)]
    callbacks_to_loopback: bool,
    /// What the API demands of a request, as a deployment does; the credentials are printed
    #[arg(long, value_name = "HOW", value_enum, default_value_t = Authorization::Name)]
    authorization: Authorization,
    /// Origins allowed to call the API from a browser (CORS), comma-separated; * allows every origin
    #[arg(long, value_name = "ORIGINS", value_delimiter = ',')]
    allowed_origins: Vec<String>,
    /// Output folder of `sam build` or `cargo lambda build` whose functions run instead of the built-in ones
    #[arg(long, value_name = "DIR", env = "ACCEPTED_FUNCTIONS")]
    functions: Option<PathBuf>,
    /// Command that runs these functions, for example "qemu-aarch64-static -L /usr/aarch64-linux-gnu"
    #[arg(
        long,
        value_name = "COMMAND",
        env = "ACCEPTED_RUNNER",
        requires = "functions"
    )]
    runner: Option<String>,
    #[command(flatten)]
    kind_variables: KindVariables,
    /// Do not show the functions' logs
    #[arg(long)]
    quiet: bool,
}

/// What the API demands of a request.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Authorization {
    /// Nothing; HTTP Basic can state a name
    Name,
    /// A signature with AWS credentials
    Iam,
    /// A bearer token
    Jwt,
}

impl Authorization {
    fn authorizer(self) -> Authorizer {
        match self {
            Self::Name => Authorizer::Name,
            Self::Iam => Authorizer::Iam(KeyPair::random()),
            Self::Jwt => Authorizer::Jwt(TokenIssuer::random()),
        }
    }
}

impl ServeArgs {
    fn options(self) -> ServiceOptions {
        ServiceOptions {
            port: self.port,
            data: self.data,
            retention: Duration::from_secs(self.retention),
            deadline: Duration::from_secs(self.deadline),
            write_horizon: write_horizon(self.write_horizon, self.retention),
            concurrency: usize::from(self.concurrency),
            batch_size: self.batch_size,
            worker_timeout: Duration::from_secs(self.worker_timeout),
            worker_memory_mb: self.worker_memory,
            visibility: Duration::from_secs(self.visibility.unwrap_or(self.worker_timeout + 1)),
            sweep_every: Duration::from_secs(self.sweep_every),
            monitor_links: !self.no_monitor_links,
            callbacks_to_loopback: self.callbacks_to_loopback,
            authorizer: self.authorization.authorizer(),
            allowed_origins: self.allowed_origins,
            upload_days: upload_days(self.deadline),
            build: self.functions.map(|folder| Build {
                folder,
                runner: words(self.runner.as_deref().unwrap_or_default()),
            }),
            kind_variables: self.kind_variables.all(),
            logs: if self.quiet {
                LogSink::nowhere()
            } else {
                LogSink::stderr()
            },
            ..ServiceOptions::default()
        }
    }
}

/// At most the retention, because a late write must still find the record.
fn write_horizon(wanted: Option<u64>, retention: u64) -> Duration {
    let longest = Duration::from_secs(retention).min(WRITE_HORIZON);
    wanted.map_or(longest, |seconds| Duration::from_secs(seconds).min(longest))
}

/// As in the template, or longer: an upload lives at least an hour longer than the deadline.
fn upload_days(deadline: u64) -> u32 {
    let days = deadline.div_ceil(86_400) + 1;
    let shortest = ServiceOptions::default().upload_days;
    u32::try_from(days).unwrap_or(u32::MAX).max(shortest)
}

/// The words of a command, separated by whitespace.
fn words(command: &str) -> Vec<String> {
    command.split_whitespace().map(str::to_owned).collect()
}

/// Serves until Ctrl-C or SIGTERM.
pub(crate) async fn serve(args: ServeArgs) -> Ended {
    let options = args.options();
    let service = Service::start(options.clone()).await?;
    println!("{}", welcome(&service, &options));
    let stopped = stop_signal().await;
    eprintln!("\nstopping");
    service.stop().await;
    stopped?;
    Ok(ExitCode::SUCCESS)
}

/// The addresses of the service, and commands to try.
fn welcome(service: &Service, options: &ServiceOptions) -> String {
    let url = &service.url;
    let Backends {
        dynamodb_url,
        sqs_url,
        s3_url,
        scheduler_url,
        ..
    } = &service.backends;
    let kept = match &options.data {
        Some(folder) => format!(
            "records, messages, schedules and large payloads are kept in {}",
            folder.display()
        ),
        None => "nothing is kept when it stops (--data DIR keeps records, messages, schedules and large payloads)".to_owned(),
    };
    let try_it = try_it(url, &options.authorizer);
    format!(
        "Accepted, asynchronous jobs over HTTP: the whole service on this machine, for development and tests.

  API       {url}
  DynamoDB  {dynamodb_url}  (embedded, table jobs)
  SQS       {sqs_url}  (embedded, queues jobs and callbacks)
  S3        {s3_url}  (embedded, bucket payloads)
  Scheduler {scheduler_url}  (embedded, group jobs)
  {kept}

{try_it}

Ctrl-C stops everything."
    )
}

/// Commands to try, and the credentials that they need.
fn try_it(url: &str, authorizer: &Authorizer) -> String {
    match authorizer {
        Authorizer::Name => format!(
            "Try it:
  curl -i {url}/jobs -H 'content-type: application/json' -d '{{\"name\": \"csv_profile\", \"input\": {{\"csv\": \"city,people\\nParis,2\\nRome,3\\n\"}}}}'
  curl -i {url}/jobs -H 'content-type: application/json' -d '{{\"name\": \"rehearsal\", \"input\": {{\"seconds\": 20}}}}'
  curl -s {url}/jobs
  cargo run -- watch ID --url {url}        (a job's id or status URI, with a progress bar)"
        ),
        Authorizer::Iam(KeyPair { id, secret }) => format!(
            "Requests must be signed (AWS Signature Version 4, region {REGION}, service execute-api). Credentials of this run:
  export AWS_ACCESS_KEY_ID={id} AWS_SECRET_ACCESS_KEY={secret}
  cargo run -- submit rehearsal '{{\"seconds\": 20}}' --watch --region {REGION} --url {url}
or in ~/.aws/credentials, for --profile local:
  [local]
  aws_access_key_id = {id}
  aws_secret_access_key = {secret}
  region = {REGION}"
        ),
        Authorizer::Jwt(issuer) => format!(
            "Requests must have a bearer token. A token of this run, for the subject `local`:
  export TOKEN={}
  cargo run -- submit rehearsal '{{\"seconds\": 20}}' --watch --url {url} --header \"Authorization: Bearer $TOKEN\"",
            issuer.token("local")
        ),
    }
}
