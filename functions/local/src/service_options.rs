//! Settings of the service.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use sqs::Clock;

use crate::build::Build;
use crate::function::LogSink;
use crate::gateway_authorizer::Authorizer;

/// Settings of the service.
#[derive(Clone, Debug)]
pub struct ServiceOptions {
    /// The API's port on 127.0.0.1; 0 takes a free one.
    pub port: u16,
    /// Folder that keeps records, messages, schedules and large payloads between runs; by default none.
    pub data: Option<PathBuf>,
    /// The time of SQS and Scheduler.
    pub clock: Clock,
    /// How long a finished job stays readable.
    pub retention: Duration,
    /// Latest end of a job, counted from its scheduled start.
    pub deadline: Duration,
    /// How long after its clock was read a write can still take effect; not longer than the retention.
    pub write_horizon: Duration,
    /// Maximum number of worker processes that run jobs; at least 2. [`CALLBACK_CONCURRENCY`](crate::CALLBACK_CONCURRENCY) more deliver
    /// webhooks.
    pub concurrency: usize,
    /// Maximum number of messages per batch: 1 to 10.
    pub batch_size: u8,
    /// Time limit of a worker invocation; after it the process is killed.
    pub worker_timeout: Duration,
    /// Memory limit of a worker process in MiB.
    pub worker_memory_mb: u32,
    /// Visibility timeout of a received message: how soon it is redelivered if its worker dies.
    pub visibility: Duration,
    /// Interval at which expired records and objects are deleted.
    pub sweep_every: Duration,
    /// Whether jobs have monitor links (pages for anyone who has the link).
    pub monitor_links: bool,
    /// Whether a webhook's URL may be one of http on loopback.
    pub callbacks_to_loopback: bool,
    /// What the gateway demands of a request.
    pub authorizer: Authorizer,
    /// Origins allowed to call the API from a browser, and to upload (CORS).
    pub allowed_origins: Vec<String>,
    /// How many days an upload is kept.
    pub upload_days: u32,
    /// Maximum size of an upload in MiB: 1 to 5120.
    pub max_upload_mib: u32,
    /// Environment variables of the kinds, which the worker gets in addition to its own.
    pub kind_variables: BTreeMap<String, String>,
    /// Receives the functions' log lines.
    pub logs: LogSink,
    /// Executables that run as the functions; by default this program, started again.
    pub build: Option<Build>,
}

impl Default for ServiceOptions {
    /// The defaults of `serve`, but on a free port, and without logs.
    fn default() -> Self {
        let worker_timeout = Duration::from_secs(120);
        Self {
            port: 0,
            data: None,
            clock: Clock::system(),
            retention: Duration::from_secs(86_400),
            deadline: Duration::from_secs(86_400),
            write_horizon: engine::WRITE_HORIZON,
            concurrency: 4,
            batch_size: 10,
            worker_timeout,
            worker_memory_mb: 1_024,
            visibility: worker_timeout + Duration::from_secs(1),
            sweep_every: Duration::from_secs(1),
            monitor_links: true,
            callbacks_to_loopback: false,
            authorizer: Authorizer::default(),
            allowed_origins: Vec::new(),
            upload_days: 7,
            max_upload_mib: 1_024,
            kind_variables: BTreeMap::new(),
            logs: LogSink::nowhere(),
            build: None,
        }
    }
}
