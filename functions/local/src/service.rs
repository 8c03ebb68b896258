//! The whole service: back ends, functions, gateway, event source mapping.

use std::env;
use std::io;
use std::path::PathBuf;
use std::time::Duration;

use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::backends::{Backends, Endpoints};
use crate::build::Build;
use crate::clients::sqs_client;
use crate::environment::environment;
use crate::event_source::{EventSource, EventSourceSpec};
use crate::function::FunctionSpec;
use crate::gateway::Gateway;
use crate::kind_variables;
use crate::loopback::listen_on;
use crate::pool::Pool;
use crate::queues::{CALLBACK_QUEUE, QUEUE};
use crate::role::Role;
use crate::service_options::ServiceOptions;
use crate::start_error::StartError;
use crate::target::Target;

/// Maximum number of processes of each HTTP function. Each handles one request at a time, as in Lambda, and is started when it
/// is needed.
pub const HTTP_PROCESSES: usize = 16;

/// Maximum number of worker processes that deliver webhooks. They are not those that run jobs, so slow receivers delay no job. As in the
/// template.
pub const CALLBACK_CONCURRENCY: usize = 2;

/// As in the template, where it is the largest.
const CALLBACK_BATCH_SIZE: u8 = 10;

/// As in the template.
const SUBMIT_TIMEOUT: Duration = Duration::from_secs(29);
const STATUS_TIMEOUT: Duration = Duration::from_secs(29);
const API_MEMORY_MB: u32 = 512;

/// The running service.
pub struct Service {
    /// URL of the API.
    pub url: String,
    /// The table and the queues.
    pub backends: Backends,
    /// In the order of [`Role`].
    pools: [Pool; 3],
    event_sources: [EventSource; 2],
    stop_gateway: oneshot::Sender<()>,
    gateway: JoinHandle<()>,
}

impl Service {
    /// Starts everything.
    ///
    /// # Errors
    /// [`StartError`].
    pub async fn start(options: ServiceOptions) -> Result<Self, StartError> {
        let backends = Backends::start(&options).await?;
        let endpoints = backends.endpoints.clone();
        Self::on(backends, &endpoints, options).await
    }

    /// Starts the rest on running back ends, which the functions and the event source reach at `endpoints`: a caller can
    /// put a front of its own in between.
    ///
    /// # Errors
    /// [`StartError`].
    pub async fn on(
        backends: Backends,
        endpoints: &Endpoints,
        options: ServiceOptions,
    ) -> Result<Self, StartError> {
        let listening = listen_on(options.port).await;
        let (listener, url) = listening.map_err(|error| unusable(options.port, &error))?;
        let [submit, status, worker] = pools(&options, &backends, endpoints, &url)?;
        let (batch_size, concurrency) = (options.batch_size, options.concurrency);
        let event_sources =
            event_sources(&backends, &endpoints.sqs, batch_size, concurrency, &worker);
        let mut gateway = Gateway::new(submit.clone(), status.clone());
        gateway.allowed_origins = options.allowed_origins;
        gateway.authorizer = options.authorizer;
        let (stop_gateway, stopped) = oneshot::channel::<()>();
        // A dropped sender is a stop too.
        let stop = async move { drop(stopped.await) };
        let gateway = tokio::spawn(gateway.serve(listener, stop));
        Ok(Self {
            url,
            backends,
            pools: [submit, status, worker],
            event_sources,
            stop_gateway,
            gateway,
        })
    }

    /// The processes of a function.
    #[must_use]
    pub fn pool(&self, role: Role) -> &Pool {
        &self.pools[role as usize]
    }

    /// Stops everything: no process is left, and the data folder contains all that is kept.
    pub async fn stop(self) {
        // An error means that the gateway has stopped by itself.
        let _ = self.stop_gateway.send(());
        for event_source in self.event_sources {
            event_source.stop().await;
        }
        for pool in &self.pools {
            pool.shutdown().await;
        }
        // A client that keeps its connection open is not waited for.
        self.gateway.abort();
        self.backends.stop().await;
    }
}

fn unusable(port: u16, error: &io::Error) -> StartError {
    StartError(match error.kind() {
        io::ErrorKind::AddrInUse => format!(
            "port {port} on 127.0.0.1 is in use: stop what listens there, or choose another with --port"
        ),
        _ => format!("port {port} on 127.0.0.1 cannot be used: {error}"),
    })
}

/// Starts what brings the messages of jobs, and the webhooks that are to be delivered, to the worker.
pub(crate) fn event_sources(
    backends: &Backends,
    sqs_url: &str,
    batch_size: u8,
    concurrency: usize,
    worker: &(impl Into<Target> + Clone),
) -> [EventSource; 2] {
    [
        (QUEUE, &backends.queue_url, batch_size, concurrency),
        (
            CALLBACK_QUEUE,
            &backends.callback_queue_url,
            CALLBACK_BATCH_SIZE,
            CALLBACK_CONCURRENCY,
        ),
    ]
    .map(|(name, queue_url, batch_size, max_concurrency)| {
        let spec = EventSourceSpec {
            queue_url: queue_url.clone(),
            queue_arn: sqs::queue_arn(name),
            batch_size: batch_size.into(),
            max_concurrency,
        };
        EventSource::start(sqs_client(sqs_url), spec, worker.clone())
    })
}

fn pools(
    options: &ServiceOptions,
    backends: &Backends,
    endpoints: &Endpoints,
    url: &str,
) -> Result<[Pool; 3], StartError> {
    let mut environment = environment(options, backends, endpoints);
    // Only for the documents in webhooks; requests tell submit and status where they came from.
    environment.insert("API_BASE_URL".to_owned(), url.to_owned());
    let pool = |role: Role, timeout: Duration, memory_mb: u32, max_instances: usize| {
        let (program, args) = command(options.build.as_ref(), role)?;
        let mut environment = environment.clone();
        if role == Role::Worker {
            kind_variables::add(&options.kind_variables(), &mut environment)?;
        }
        Ok(Pool::new(FunctionSpec {
            name: role.name().to_owned(),
            program,
            args,
            environment,
            timeout,
            memory_mb,
            max_instances,
            logs: options.logs.clone(),
        }))
    };
    Ok([
        pool(Role::Submit, SUBMIT_TIMEOUT, API_MEMORY_MB, HTTP_PROCESSES)?,
        pool(Role::Status, STATUS_TIMEOUT, API_MEMORY_MB, HTTP_PROCESSES)?,
        pool(
            Role::Worker,
            options.worker_timeout,
            options.worker_memory_mb,
            options.concurrency.max(2) + CALLBACK_CONCURRENCY,
        )?,
    ])
}

/// The program of a function, and its arguments.
fn command(build: Option<&Build>, role: Role) -> Result<(PathBuf, Vec<String>), StartError> {
    if let Some(build) = build {
        return build.command(role);
    }
    // On Linux the file that runs, even if a build has replaced it: a service doesn't mix two versions of its functions.
    let program = if cfg!(target_os = "linux") {
        Ok(PathBuf::from("/proc/self/exe"))
    } else {
        env::current_exe()
    };
    let program = program.map_err(|error| {
        StartError(format!(
            "this program's own executable cannot be found: {error}"
        ))
    })?;
    Ok((program, vec!["function".to_owned(), role.name().to_owned()]))
}
