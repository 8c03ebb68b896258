//! The embedded back ends: DynamoDB and SQS on loopback, and what they keep between runs.

use std::fs::{self, File, TryLockError};
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use aws_sdk_sqs::types::QueueAttributeName;
use dynoxide::Database;
use sqs::{Clock, Queues};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;
use uuid::Uuid;

use crate::clients::{dynamodb_client, sqs_client};
use crate::start_error::StartError;
use crate::sweep::sweep;
use crate::table::create_table;

/// Name of the table.
pub const TABLE: &str = "jobs";

/// Name of the queue.
pub const QUEUE: &str = "jobs";

/// Name of its dead-letter queue.
pub const DEAD_LETTER_QUEUE: &str = "jobs-dead-letters";

/// How often the queues are written to the data folder.
const SAVE_EVERY: Duration = Duration::from_secs(1);

/// Settings of the back ends.
#[derive(Clone, Debug)]
pub struct BackendOptions {
    /// Folder that keeps records and messages between runs; `None` keeps nothing.
    pub data: Option<PathBuf>,
    /// Visibility timeout of a received message.
    pub visibility: Duration,
    /// Interval at which expired records are deleted.
    pub sweep_every: Duration,
}

/// The running back ends.
pub struct Backends {
    /// URL of DynamoDB.
    pub dynamodb_url: String,
    /// URL of SQS.
    pub sqs_url: String,
    /// URL of the queue [`QUEUE`].
    pub queue_url: String,
    /// ARN of the queue [`QUEUE`].
    pub queue_arn: String,
    /// The secret of the job ids.
    pub id_secret: String,
    /// The database behind the HTTP interface of DynamoDB.
    pub database: Database,
    stop: watch::Sender<bool>,
    tasks: JoinSet<()>,
    /// Held as long as the back ends run, so that no other service uses the data folder. The kernel releases it if the process dies.
    _lock: Option<File>,
}

impl Backends {
    /// Starts both on free ports with the contents of the data folder, and creates the table and the queues that do not exist.
    ///
    /// # Errors
    /// [`StartError`].
    pub async fn start(options: BackendOptions) -> Result<Self, StartError> {
        let lock = options.data.as_deref().map(lock).transpose()?;
        let (stop, stopped) = watch::channel(false);
        let mut tasks = JoinSet::new();
        let data = options.data.as_deref();
        let database = open_database(data)?;
        let dynamodb_url = serve_dynamodb(database.clone(), stopped.clone(), &mut tasks).await?;
        tasks.spawn(sweep(
            database.clone(),
            options.sweep_every,
            stop_of(stopped.clone()),
        ));
        let queues = Arc::new(open_queues(data)?);
        let sqs_url = serve_sqs(queues.clone(), stopped.clone(), &mut tasks).await?;
        if let Some(folder) = &options.data {
            tasks.spawn(save(queues, folder.join("queue.json"), stopped));
        }
        let dynamodb = dynamodb_client(&dynamodb_url);
        let created = create_table(&dynamodb, TABLE).await;
        created.map_err(StartError::back_end)?;
        let created = create_queues(&sqs_client(&sqs_url), options.visibility).await;
        let (queue_url, queue_arn) = created.map_err(StartError::back_end)?;
        let id_secret = id_secret(data)?;
        Ok(Self {
            dynamodb_url,
            sqs_url,
            queue_url,
            queue_arn,
            id_secret,
            database,
            stop,
            tasks,
            _lock: lock,
        })
    }

    /// Stops both and saves the queues to the data folder.
    pub async fn stop(mut self) {
        // An error means that all tasks have ended by themselves.
        let _ = self.stop.send(true);
        // A client may hold a connection open for ever; nothing of value is in one that long.
        let _ = tokio::time::timeout(Duration::from_secs(3), async {
            while self.tasks.join_next().await.is_some() {}
        })
        .await;
    }
}

/// Creates the data folder if it does not exist, and locks it: of two services that used it, each would overwrite the other's messages.
fn lock(folder: &Path) -> Result<File, StartError> {
    let path = folder.join("lock");
    let opened = fs::create_dir_all(folder).and_then(|()| File::create(&path));
    let file = opened.map_err(|error| StartError::data(folder, error))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(StartError::DataInUse(folder.to_owned())),
        Err(TryLockError::Error(error)) => Err(StartError::data(&path, error)),
    }
}

fn open_database(data: Option<&Path>) -> Result<Database, StartError> {
    let Some(folder) = data else {
        return Database::memory().map_err(StartError::back_end);
    };
    let path = folder.join("jobs.sqlite");
    let unusable = |error: &dyn std::fmt::Display| {
        StartError::data(&path, io::Error::other(error.to_string()))
    };
    let database = Database::new(&path.to_string_lossy()).map_err(|error| unusable(&error))?;
    // Leaves synchronous=NORMAL: a power cut may lose the last writes, and this is a tool for development.
    let set = database.enable_bulk_loading();
    let set = set.and_then(|()| database.disable_bulk_loading());
    set.map(|()| database).map_err(|error| unusable(&error))
}

fn open_queues(data: Option<&Path>) -> Result<Queues, StartError> {
    let Some(path) = data.map(|folder| folder.join("queue.json")) else {
        return Ok(Queues::new(Clock::system()));
    };
    let text = match fs::read(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return Ok(Queues::new(Clock::system()));
        }
        Err(error) => return Err(StartError::data(&path, error)),
    };
    let snapshot =
        serde_json::from_slice(&text).map_err(|error| StartError::data(&path, error.into()))?;
    Ok(Queues::from_snapshot(Clock::system(), snapshot))
}

/// A secret of this data folder, or of this run: ids of before stay known as long as their records.
fn id_secret(data: Option<&Path>) -> Result<String, StartError> {
    let fresh = || {
        [(); 2]
            .map(|()| Uuid::new_v4().simple().to_string())
            .concat()
    };
    let Some(path) = data.map(|folder| folder.join("id-secret")) else {
        return Ok(fresh());
    };
    match fs::read_to_string(&path) {
        Ok(secret) => Ok(secret),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let secret = fresh();
            fs::write(&path, &secret).map_err(|error| StartError::data(&path, error))?;
            Ok(secret)
        }
        Err(error) => Err(StartError::data(&path, error)),
    }
}

/// A port of the system's choice, on loopback only.
async fn listen() -> Result<(TcpListener, String), StartError> {
    let bound = TcpListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0))).await;
    let listener = bound.map_err(StartError::back_end)?;
    let address = listener.local_addr().map_err(StartError::back_end)?;
    Ok((listener, format!("http://{address}")))
}

async fn stop_of(mut stopped: watch::Receiver<bool>) {
    // An error means that the service is gone, which is a stop too.
    let _ = stopped.wait_for(|stopped| *stopped).await;
}

async fn serve_dynamodb(
    database: Database,
    stopped: watch::Receiver<bool>,
    tasks: &mut JoinSet<()>,
) -> Result<String, StartError> {
    let (listener, url) = listen().await?;
    tasks.spawn(async move {
        if let Err(error) =
            dynoxide::server::serve_with_shutdown(listener, database, stop_of(stopped)).await
        {
            tracing::error!("the embedded DynamoDB stopped: {error}");
        }
    });
    Ok(url)
}

async fn serve_sqs(
    queues: Arc<Queues>,
    stopped: watch::Receiver<bool>,
    tasks: &mut JoinSet<()>,
) -> Result<String, StartError> {
    let (listener, url) = listen().await?;
    tasks.spawn(async move {
        if let Err(error) = sqs::serve(listener, queues, stop_of(stopped)).await {
            tracing::error!("the embedded SQS stopped: {error}");
        }
    });
    Ok(url)
}

/// Writes the queues to the data folder every second, and once more at the end.
async fn save(queues: Arc<Queues>, path: PathBuf, stopped: watch::Receiver<bool>) {
    let mut ticks = tokio::time::interval(SAVE_EVERY);
    let stopped = stop_of(stopped);
    tokio::pin!(stopped);
    loop {
        let is_last = tokio::select! {
            () = &mut stopped => true,
            _ = ticks.tick() => false,
        };
        let (queues, path) = (queues.clone(), path.clone());
        let written = tokio::task::spawn_blocking(move || write_snapshot(&queues, &path)).await;
        if let Ok(Err(error)) = written {
            tracing::warn!("the messages could not be kept: {error}");
        }
        if is_last {
            return;
        }
    }
}

/// Beside the old one first, so that a crash leaves one or the other whole.
fn write_snapshot(queues: &Queues, path: &Path) -> io::Result<()> {
    let text = serde_json::to_vec(&queues.to_snapshot())?;
    let beside = path.with_extension("json.new");
    fs::write(&beside, text)?;
    fs::rename(beside, path)
}

/// The queue and its dead-letter queue: the queue's URL and ARN. Queues that are there get today's settings.
async fn create_queues(
    sqs: &aws_sdk_sqs::Client,
    visibility: Duration,
) -> Result<(String, String), aws_sdk_sqs::Error> {
    let retention = (
        QueueAttributeName::MessageRetentionPeriod,
        "1209600".to_owned(),
    );
    let kept = std::slice::from_ref(&retention);
    let (_, dead_arn) = ensure_queue(sqs, DEAD_LETTER_QUEUE, kept).await?;
    let redrive = serde_json::json!({"deadLetterTargetArn": dead_arn, "maxReceiveCount": engine::MAX_DELIVERIES});
    let attributes = [
        retention,
        (
            QueueAttributeName::VisibilityTimeout,
            visibility.as_secs().to_string(),
        ),
        (QueueAttributeName::RedrivePolicy, redrive.to_string()),
    ];
    ensure_queue(sqs, QUEUE, &attributes).await
}

/// The queue's URL and ARN.
async fn ensure_queue(
    sqs: &aws_sdk_sqs::Client,
    name: &str,
    attributes: &[(QueueAttributeName, String)],
) -> Result<(String, String), aws_sdk_sqs::Error> {
    let url = match sqs.get_queue_url().queue_name(name).send().await {
        Ok(found) => found.queue_url,
        Err(_) => sqs.create_queue().queue_name(name).send().await?.queue_url,
    };
    let url = url.unwrap_or_default();
    let set = sqs.set_queue_attributes().queue_url(&url);
    let attributes = attributes.iter().cloned().collect();
    set.set_attributes(Some(attributes)).send().await?;
    let get = sqs.get_queue_attributes().queue_url(&url);
    let answer = get
        .attribute_names(QueueAttributeName::QueueArn)
        .send()
        .await?;
    let mut attributes = answer.attributes.unwrap_or_default();
    let arn = attributes.remove(&QueueAttributeName::QueueArn);
    Ok((url, arn.unwrap_or_default()))
}
