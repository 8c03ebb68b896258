//! The whole service: back ends, functions, gateway, event source mapping.

use std::collections::BTreeMap;
use std::env;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::audit::Auditor;
use crate::backends::{BackendOptions, Backends, REGION, TABLE, dynamodb_client, sqs_client};
use crate::build::Build;
use crate::event_source::{EventSource, EventSourceSpec};
use crate::faults::{Front, Plan, Rates};
use crate::function::{FunctionSpec, LogSink};
use crate::gateway::Gateway;
use crate::pool::Pool;
use crate::role::Role;

/// How the service runs.
#[derive(Clone, Debug)]
pub struct ServiceOptions {
    /// The API's port on 127.0.0.1; 0 takes a free one.
    pub port: u16,
    /// Where records and messages are kept between runs; nowhere by default.
    pub data: Option<PathBuf>,
    /// How long a status URI lives after its job's end.
    pub retention: Duration,
    /// How long after its scheduled start a job has to be at its end.
    pub deadline: Duration,
    /// For how long a write can still take effect after its clock was read; the retention must not be shorter.
    pub write_horizon: Duration,
    /// How many worker processes there may be at once; at least 2.
    pub concurrency: usize,
    /// How many messages a worker gets at once: 1 to 10.
    pub batch_size: u8,
    /// How long a worker's invocation may take before its process is killed.
    pub worker_timeout: Duration,
    /// How much memory a worker's process may take (MiB) before it is killed.
    pub worker_memory_mb: u32,
    /// How long a message stays invisible that a worker has: how soon it comes back when the worker dies.
    pub visibility: Duration,
    /// How often expired records are deleted.
    pub sweep_every: Duration,
    /// Whether whoever has a job's monitor link may look at its page.
    pub monitor_links: bool,
    /// The origins whose pages may call the API from a browser (CORS); none turns it off.
    pub allowed_origins: Vec<String>,
    /// Where the functions' log lines go.
    pub logs: LogSink,
    /// What goes wrong between the functions and the back ends; nothing by default.
    pub faults: Option<FaultOptions>,
    /// Executables to run as the functions; by default this program, started again.
    pub build: Option<Build>,
}

impl Default for ServiceOptions {
    /// As `serve` has them by default, but on a free port, and silent.
    fn default() -> Self {
        let worker_timeout = Duration::from_secs(120);
        Self {
            port: 0,
            data: None,
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
            allowed_origins: Vec::new(),
            logs: LogSink::nowhere(),
            faults: None,
            build: None,
        }
    }
}

/// What goes wrong between the functions and the back ends.
#[derive(Clone, Copy, Debug)]
pub struct FaultOptions {
    /// What the plan of faults is drawn from.
    pub seed: u64,
    /// How much goes wrong.
    pub rates: Rates,
    /// Whether an auditor looks at each write.
    pub is_audited: bool,
}

/// HTTP functions at once. Each takes one request at a time, as in Lambda, and is started when it is needed.
pub(crate) const HTTP_PROCESSES: usize = 16;

/// As in the template.
const SUBMIT_TIMEOUT: Duration = Duration::from_secs(29);
const STATUS_TIMEOUT: Duration = Duration::from_secs(29);
const API_MEMORY_MB: u32 = 512;

/// Why the service does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// Something else listens there.
    #[error(
        "port {0} on 127.0.0.1 is in use: stop what listens there, or choose another with --port"
    )]
    PortInUse(u16),
    /// The port cannot be listened on for another reason.
    #[error("port {port} on 127.0.0.1 cannot be used: {source}")]
    Port {
        /// The port.
        port: u16,
        /// Why.
        source: io::Error,
    },
    /// The data folder cannot be used.
    #[error("{} cannot be used: {source}", path.display())]
    Data {
        /// The folder or the file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// An embedded back end does not start.
    #[error("an embedded back end does not start: {0}")]
    BackEnd(Box<dyn std::error::Error + Send + Sync>),
    /// The service's own executable cannot be found, so no function can be started.
    #[error("this program's own executable cannot be found: {0}")]
    Executable(io::Error),
    /// The build lacks the executable of a function.
    #[error("{} has no executable of {function}: build the functions with `sam build` first", folder.display())]
    Build {
        /// The folder of the build.
        folder: PathBuf,
        /// The name of the function.
        function: &'static str,
    },
}

impl StartError {
    pub(crate) fn data(path: &Path, source: io::Error) -> Self {
        Self::Data {
            path: path.to_owned(),
            source,
        }
    }
}

/// The running service.
pub struct Service {
    /// Where the API is.
    pub url: String,
    /// Where the embedded DynamoDB is.
    pub dynamodb_url: String,
    /// Where the embedded SQS is.
    pub sqs_url: String,
    /// The queue of jobs.
    pub queue_url: String,
    pools: [Pool; 3],
    event_source: EventSource,
    backends: Backends,
    pub(crate) faulty: Option<Faulty>,
    stop_gateway: oneshot::Sender<()>,
    gateway: JoinHandle<()>,
}

/// What stands between the functions and the back ends.
pub(crate) struct Faulty {
    pub(crate) front: Front,
    pub(crate) plan: Arc<Plan>,
    pub(crate) auditor: Option<Arc<Auditor>>,
}

impl Faulty {
    async fn start(options: FaultOptions, backends: &Backends) -> Result<Self, StartError> {
        let plan = Arc::new(Plan::new(options.seed, options.rates));
        let auditor = options
            .is_audited
            .then(|| Arc::new(Auditor::new(dynamodb_client(&backends.dynamodb_url))));
        let (dynamodb, sqs) = (&backends.dynamodb_url, &backends.sqs_url);
        let front = match &auditor {
            Some(auditor) => Front::audited(dynamodb, sqs, plan.clone(), auditor.clone()).await,
            None => Front::start(dynamodb, sqs, plan.clone()).await,
        };
        let front = front.map_err(|error| StartError::BackEnd(error.into()))?;
        Ok(Self {
            front,
            plan,
            auditor,
        })
    }
}

/// Where the functions and the event source reach the back ends.
pub(crate) struct Endpoints {
    dynamodb: String,
    sqs: String,
}

impl Endpoints {
    pub(crate) fn of(backends: &Backends, faulty: Option<&Faulty>) -> Self {
        let through = |url: &String| faulty.map_or(url, |faulty| &faulty.front.url).clone();
        Self {
            dynamodb: through(&backends.dynamodb_url),
            sqs: through(&backends.sqs_url),
        }
    }
}

impl Service {
    /// Starts it all. The port is taken first, so that a port in use is said before anything else is done.
    ///
    /// # Errors
    /// [`StartError`].
    pub async fn start(options: ServiceOptions) -> Result<Self, StartError> {
        let listener = bind(options.port).await?;
        let address = listener.local_addr().map_err(|source| StartError::Port {
            port: options.port,
            source,
        })?;
        let backends = Backends::start(BackendOptions {
            data: options.data.clone(),
            visibility: options.visibility,
            sweep_every: options.sweep_every,
        })
        .await?;
        let faulty = match options.faults {
            Some(faults) => Some(Faulty::start(faults, &backends).await?),
            None => None,
        };
        let endpoints = Endpoints::of(&backends, faulty.as_ref());
        let [submit, status, worker] = pools(&options, &backends, &endpoints)?;
        let event_source = EventSource::start(
            sqs_client(&endpoints.sqs),
            event_source(&backends, options.batch_size.into(), options.concurrency),
            worker.clone(),
        );
        let gateway = Gateway::new(submit.clone(), status.clone())
            .with_allowed_origins(options.allowed_origins);
        let (stop_gateway, stopped) = oneshot::channel::<()>();
        let gateway = tokio::spawn(async move {
            // A dropped sender is a stop too.
            let stop = async move { drop(stopped.await) };
            if let Err(error) = gateway.serve(listener, stop).await {
                tracing::error!("the API stopped: {error}");
            }
        });
        Ok(Self {
            url: format!("http://{address}"),
            dynamodb_url: backends.dynamodb_url.clone(),
            sqs_url: backends.sqs_url.clone(),
            queue_url: backends.queue_url.clone(),
            pools: [submit, status, worker],
            event_source,
            backends,
            faulty,
            stop_gateway,
            gateway,
        })
    }

    /// The processes of a function.
    pub(crate) fn pool(&self, role: Role) -> &Pool {
        let [submit, status, worker] = &self.pools;
        match role {
            Role::Submit => submit,
            Role::Status => status,
            Role::Worker => worker,
        }
    }

    /// The table and the queues.
    pub(crate) fn backends(&self) -> &Backends {
        &self.backends
    }

    /// Stops it all: no process is left, and the data folder has what there was.
    pub async fn stop(self) {
        // An error means that the gateway has stopped by itself.
        let _ = self.stop_gateway.send(());
        self.event_source.stop().await;
        for pool in &self.pools {
            pool.shutdown().await;
        }
        // A client that keeps its connection open is not waited for.
        self.gateway.abort();
        self.backends.stop().await;
    }
}

async fn bind(port: u16) -> Result<TcpListener, StartError> {
    TcpListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, port)))
        .await
        .map_err(|source| match source.kind() {
            io::ErrorKind::AddrInUse => StartError::PortInUse(port),
            _ => StartError::Port { port, source },
        })
}

pub(crate) fn event_source(
    backends: &Backends,
    batch_size: i32,
    max_concurrency: usize,
) -> EventSourceSpec {
    EventSourceSpec {
        queue_url: backends.queue_url.clone(),
        queue_arn: backends.queue_arn.clone(),
        region: REGION.to_owned(),
        batch_size,
        max_concurrency,
    }
}

fn pools(
    options: &ServiceOptions,
    backends: &Backends,
    endpoints: &Endpoints,
) -> Result<[Pool; 3], StartError> {
    let settings = Settings {
        retention: options.retention,
        deadline: options.deadline,
        write_horizon: options.write_horizon,
        monitor_links: options.monitor_links,
    };
    let pool = |role: Role, timeout: Duration, memory_mb: u32, max_instances: usize| {
        let (program, args) = command(options.build.as_ref(), role)?;
        Ok(Pool::new(FunctionSpec {
            name: role.name().to_owned(),
            program,
            args,
            environment: environment(&settings, backends, endpoints),
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
            options.concurrency.max(2),
        )?,
    ])
}

/// The program of a function, and its arguments.
fn command(build: Option<&Build>, role: Role) -> Result<(PathBuf, Vec<String>), StartError> {
    if let Some(build) = build {
        return build.command(role);
    }
    let program = env::current_exe().map_err(StartError::Executable)?;
    Ok((program, vec!["function".to_owned(), role.name().to_owned()]))
}

/// What the functions' environment says that is not the same everywhere on this machine.
pub(crate) struct Settings {
    pub(crate) retention: Duration,
    pub(crate) deadline: Duration,
    pub(crate) write_horizon: Duration,
    pub(crate) monitor_links: bool,
}

/// What the template gives the functions, and where the back ends are.
pub(crate) fn environment(
    settings: &Settings,
    backends: &Backends,
    endpoints: &Endpoints,
) -> BTreeMap<String, String> {
    [
        ("TABLE_NAME", TABLE.to_owned()),
        ("QUEUE_URL", backends.queue_url.clone()),
        ("ID_SECRETS", backends.id_secret.clone()),
        (
            "RETENTION_SECONDS",
            settings.retention.as_secs().to_string(),
        ),
        ("DEADLINE_SECONDS", settings.deadline.as_secs().to_string()),
        (
            "WRITE_HORIZON_SECONDS",
            settings.write_horizon.as_secs().to_string(),
        ),
        ("OPT_IN_KINDS", "rehearsal".to_owned()),
        ("MONITOR_LINKS", settings.monitor_links.to_string()),
        ("AUTHORIZATION", "NAME".to_owned()),
        ("AWS_REGION", REGION.to_owned()),
        ("AWS_ENDPOINT_URL_DYNAMODB", endpoints.dynamodb.clone()),
        ("AWS_ENDPOINT_URL_SQS", endpoints.sqs.clone()),
        ("AWS_LAMBDA_LOG_LEVEL", "INFO".to_owned()),
        // The lines pass through this process, and who reads them may be a file.
        ("NO_COLOR", "1".to_owned()),
    ]
    .map(|(name, value)| (name.to_owned(), value))
    .into()
}
