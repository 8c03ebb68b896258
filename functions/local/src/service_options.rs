//! Settings of the service, which are the flags of `serve`.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::time::Duration;

use clap::builder::{BoolishValueParser, PossibleValue, PossibleValuesParser, TypedValueParser};
use clap::{ArgAction, Args, Parser, value_parser};
use engine::WRITE_HORIZON;
use sqs::Clock;

use crate::build::Build;
use crate::function::LogSink;
use crate::gateway_authorizer::Authorizer;
use crate::gateway_signature::KeyPair;
use crate::gateway_tokens::TokenIssuer;
use crate::kind_variables;

/// Settings of the service.
#[derive(Args, Clone, Debug)]
pub struct ServiceOptions {
    /// Port of the API on 127.0.0.1; 0 selects a free port
    #[arg(long, default_value_t = 3000)]
    pub port: u16,
    /// Folder that keeps records, messages, schedules and large payloads between runs [default: nothing is kept]
    #[arg(long, value_name = "DIR")]
    pub data: Option<PathBuf>,
    /// The time of SQS and Scheduler.
    #[arg(skip = Clock::system())]
    pub clock: Clock,
    /// Retention: how long a finished job stays readable
    #[arg(long, value_name = "SECONDS", default_value = "86400", value_parser = seconds(1..=31_536_000))]
    pub retention: Duration,
    /// Deadline: latest end of a job, counted from its scheduled start
    #[arg(long, value_name = "SECONDS", default_value = "86400", value_parser = seconds(1..=1_209_240))]
    pub deadline: Duration,
    /// Maximum delay after which a write can still take effect; an unfinished job appears as failed this long after its
    /// deadline [default: 360, or the retention if shorter]
    #[arg(long, value_name = "SECONDS", value_parser = seconds(1..=360))]
    pub write_horizon: Option<Duration>,
    /// Maximum number of concurrent worker processes that run jobs
    #[arg(long, default_value = "4", value_parser = value_parser!(u16).range(2..=1_000).map(usize::from))]
    pub concurrency: usize,
    /// Maximum number of messages per batch
    #[arg(long, default_value_t = 10, value_parser = value_parser!(u8).range(1..=10))]
    pub batch_size: u8,
    /// Time limit of a worker invocation; also how soon a job is attempted again after its worker died
    #[arg(long, value_name = "SECONDS", default_value = "120", value_parser = seconds(1..=900))]
    pub worker_timeout: Duration,
    /// Memory limit of a worker process, in MiB; a process above it is killed (Linux only)
    #[arg(long = "worker-memory", value_name = "MB", default_value_t = 1_024, value_parser = value_parser!(u32).range(128..=10_240))]
    pub worker_memory_mb: u32,
    /// Visibility timeout of a received message [default: --worker-timeout plus 1 second]
    #[arg(long, value_name = "SECONDS", value_parser = seconds(1..=43_200))]
    pub visibility: Option<Duration>,
    /// Interval at which expired records and large payloads are deleted
    #[arg(long, value_name = "SECONDS", default_value = "1", value_parser = seconds(1..=86_400))]
    pub sweep_every: Duration,
    /// Omit monitor links, which give access to a job's page without credentials (off by default in a deployment)
    #[arg(long = "no-monitor-links", action = ArgAction::SetFalse)]
    pub monitor_links: bool,
    /// Let jobs have webhooks to http URLs on this machine, such as `listen` prints (never allowed in a deployment)
    #[arg(long)]
    pub callbacks_to_loopback: bool,
    /// What the API demands of a request, as a deployment does; the credentials are printed
    #[arg(long = "authorization", value_name = "HOW", default_value = "name", value_parser = authorizers())]
    pub authorizer: Authorizer,
    /// Origins allowed to call the API from a browser (CORS), comma-separated; * allows every origin
    #[arg(long, value_name = "ORIGINS", value_delimiter = ',')]
    pub allowed_origins: Vec<String>,
    /// Functions that run instead of the built-in ones.
    #[command(flatten)]
    pub build: Option<Build>,
    /// Environment variable of your kinds; without a value, that of this shell. Can be repeated
    #[arg(long, value_name = "NAME[=VALUE]", value_parser = kind_variables::variable)]
    pub env: Vec<(String, String)>,
    /// File of environment variables of your kinds: one NAME=VALUE per line; # begins a comment line
    #[arg(long, value_name = "FILE", value_parser = kind_variables::file)]
    pub env_file: Option<BTreeMap<String, String>>,
    /// Do not show the functions' logs
    #[arg(long = "quiet", action = ArgAction::SetTrue, value_parser = BoolishValueParser::new().map(log_sink))]
    pub logs: LogSink,
}

impl ServiceOptions {
    /// At most the retention, because a late write must still find the record.
    pub(crate) fn write_horizon(&self) -> Duration {
        let wanted = self.write_horizon.unwrap_or(WRITE_HORIZON);
        wanted.min(self.retention)
    }

    /// How soon a message is redelivered if its worker dies.
    pub(crate) fn visibility(&self) -> Duration {
        let longest = self.worker_timeout + Duration::from_secs(1);
        self.visibility.unwrap_or(longest)
    }

    /// How many days an upload is kept: as in the template, or longer, because it lives at least an hour longer than the deadline.
    pub(crate) fn upload_days(&self) -> u32 {
        let days = self.deadline.as_secs().div_ceil(86_400) + 1;
        u32::try_from(days).unwrap_or(u32::MAX).max(7)
    }

    /// The environment variables of the kinds. `--env` overrides the file.
    pub(crate) fn kind_variables(&self) -> BTreeMap<String, String> {
        let mut all = self.env_file.clone().unwrap_or_default();
        all.extend(self.env.iter().cloned());
        all
    }
}

impl Default for ServiceOptions {
    /// The defaults of `serve`, but on a free port, with the built-in functions, and without logs.
    fn default() -> Self {
        #[derive(Parser)]
        struct Flags {
            #[command(flatten)]
            options: ServiceOptions,
        }
        Self {
            port: 0,
            build: None,
            logs: LogSink::nowhere(),
            ..Flags::parse_from(["serve"]).options
        }
    }
}

/// Parses a number of seconds.
pub(crate) fn seconds(range: RangeInclusive<u64>) -> impl TypedValueParser<Value = Duration> {
    value_parser!(u64).range(range).map(Duration::from_secs)
}

fn authorizers() -> impl TypedValueParser<Value = Authorizer> {
    let values = [
        ("name", "Nothing; HTTP Basic can state a name"),
        ("iam", "A signature with AWS credentials"),
        ("jwt", "A bearer token"),
    ];
    let values = values.map(|(name, help)| PossibleValue::new(name).help(help));
    PossibleValuesParser::new(values).map(|how| match how.as_str() {
        "iam" => Authorizer::Iam(KeyPair::random()),
        "jwt" => Authorizer::Jwt(TokenIssuer::random()),
        _ => Authorizer::Name,
    })
}

fn log_sink(is_quiet: bool) -> LogSink {
    if is_quiet {
        LogSink::nowhere()
    } else {
        LogSink::stderr()
    }
}
