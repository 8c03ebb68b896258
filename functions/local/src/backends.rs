//! The embedded back ends: DynamoDB, SQS, S3 and Scheduler on loopback, and what they keep between runs.

use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use dynoxide::Database;
use s3s::auth::SimpleAuth;
use sqs::Clock;
use tempfile::TempDir;
use tokio::sync::watch;
use tokio::task::JoinSet;
use uuid::Uuid;

use crate::bucket_server::serve_s3;
use crate::clients::{ACCESS_KEY_ID, SECRET_ACCESS_KEY, dynamodb_client, sqs_client};
use crate::kept;
use crate::loopback::{listen, stop_of};
use crate::objects::Objects;
use crate::queues::{create_queues, open_queues, serve_sqs};
use crate::scheduler_server::{fire, serve_scheduler};
use crate::schedules::Schedules;
use crate::start_error::StartError;
use crate::sweep::sweep;
use crate::table::create_table;

/// Name of the table.
pub const TABLE: &str = "jobs";

/// Settings of the back ends.
#[derive(Clone, Debug)]
pub struct BackendOptions {
    /// Folder that keeps records, messages, schedules and objects between runs; `None` keeps nothing.
    pub data: Option<PathBuf>,
    /// The time of SQS and Scheduler.
    pub clock: Clock,
    /// Visibility timeout of a received message.
    pub visibility: Duration,
    /// Interval at which expired records and objects are deleted.
    pub sweep_every: Duration,
    /// How many days an upload is kept.
    pub upload_days: u32,
    /// Origins whose pages may upload (CORS).
    pub upload_origins: Vec<String>,
    /// Id and secret of a further access key that S3 accepts.
    pub access_key: Option<(String, String)>,
}

/// The running back ends.
pub struct Backends {
    /// URL of DynamoDB.
    pub dynamodb_url: String,
    /// URL of SQS.
    pub sqs_url: String,
    /// URL of S3.
    pub s3_url: String,
    /// URL of Scheduler.
    pub scheduler_url: String,
    /// URL of the queue [`QUEUE`].
    pub queue_url: String,
    /// ARN of the queue [`QUEUE`].
    pub queue_arn: String,
    /// URL of the queue [`CALLBACK_QUEUE`](crate::CALLBACK_QUEUE).
    pub callback_queue_url: String,
    /// ARN of the queue [`CALLBACK_QUEUE`](crate::CALLBACK_QUEUE).
    pub callback_queue_arn: String,
    /// ARN of the queue of what a schedule could not deliver.
    pub undelivered_arn: String,
    /// The secret of the job ids.
    pub id_secret: String,
    /// The database behind the HTTP interface of DynamoDB.
    pub database: Database,
    objects: Arc<Objects>,
    stop: watch::Sender<bool>,
    tasks: JoinSet<()>,
    /// Held as long as the back ends run, so that no other service uses the data folder. The kernel releases it if the process dies.
    _lock: Option<File>,
    /// Folder of the objects if they are not kept. Dropping it removes it.
    temporary: Option<TempDir>,
}

impl Backends {
    /// Starts all on free ports with the contents of the data folder, and creates the table and the queues that do not exist.
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
        let table = database.clone();
        tasks.spawn(sweep(
            "records",
            move || table.sweep_ttl().map(drop),
            options.sweep_every,
            stop_of(stopped.clone()),
        ));
        let (folder, temporary) = objects_folder(data)?;
        let objects = Objects::open(folder.clone());
        let objects = Arc::new(objects.map_err(|error| StartError::data(&folder, error))?);
        let of_s3 = objects.clone();
        let s3_url = start_s3(of_s3, &options, stopped.clone(), &mut tasks).await?;
        let queues = Arc::new(open_queues(options.clock.clone(), data)?);
        let schedules = Arc::new(Schedules::open(options.clock, data)?);
        let sqs_url = serve_sqs(queues.clone(), stopped.clone(), &mut tasks).await?;
        let of_api = schedules.clone();
        let scheduler_url = serve_scheduler(of_api, stopped.clone(), &mut tasks).await?;
        tasks.spawn(fire(schedules.clone(), sqs_url.clone(), stopped.clone()));
        if let Some(folder) = &options.data {
            tasks.spawn(kept::save(queues, schedules, folder.clone(), stopped));
        }
        let dynamodb = dynamodb_client(&dynamodb_url);
        let created = create_table(&dynamodb, TABLE).await;
        created.map_err(StartError::back_end)?;
        let created = create_queues(&sqs_client(&sqs_url), options.visibility).await;
        let created = created.map_err(StartError::back_end)?;
        let id_secret = id_secret(data)?;
        Ok(Self {
            dynamodb_url,
            sqs_url,
            s3_url,
            scheduler_url,
            queue_url: created.queue_url,
            queue_arn: created.queue_arn,
            callback_queue_url: created.callback_queue_url,
            callback_queue_arn: created.callback_queue_arn,
            undelivered_arn: created.undelivered_arn,
            id_secret,
            database,
            objects,
            stop,
            tasks,
            _lock: lock,
            temporary,
        })
    }

    /// The keys of all objects in S3, in no order.
    ///
    /// # Errors
    /// If their folder cannot be read.
    pub fn object_keys(&self) -> io::Result<Vec<String>> {
        self.objects.keys()
    }

    /// Stops all and saves queues and schedules to the data folder.
    pub async fn stop(mut self) {
        // An error means that all tasks have ended by themselves.
        let _ = self.stop.send(true);
        // A client may hold a connection open forever, so the wait is limited.
        let _ = tokio::time::timeout(Duration::from_secs(3), async {
            while self.tasks.join_next().await.is_some() {}
        })
        .await;
        if let Some(Err(error)) = self.temporary.take().map(TempDir::close) {
            tracing::warn!("the temporary objects could not be deleted: {error}");
        }
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

/// The secret of this data folder, or of this run: earlier ids remain valid as long as their records exist.
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

/// The folder of the objects: in the data folder, or a temporary one.
fn objects_folder(data: Option<&Path>) -> Result<(PathBuf, Option<TempDir>), StartError> {
    if let Some(data) = data {
        return Ok((data.join("objects"), None));
    }
    let temporary = TempDir::with_prefix("accepted-objects-").map_err(StartError::back_end)?;
    Ok((temporary.path().to_owned(), Some(temporary)))
}

/// Starts S3 and the deletion of its expired objects. Returns its URL.
async fn start_s3(
    objects: Arc<Objects>,
    options: &BackendOptions,
    stopped: watch::Receiver<bool>,
    tasks: &mut JoinSet<()>,
) -> Result<String, StartError> {
    let (swept, upload_days) = (objects.clone(), options.upload_days);
    tasks.spawn(sweep(
        "objects",
        move || swept.delete_expired(SystemTime::now(), upload_days),
        options.sweep_every,
        stop_of(stopped.clone()),
    ));
    let mut keys = SimpleAuth::from_single(ACCESS_KEY_ID, SECRET_ACCESS_KEY);
    if let Some((id, secret)) = options.access_key.clone() {
        keys.register(id, secret.into());
    }
    let origins = options.upload_origins.clone();
    serve_s3(objects, keys, origins, stopped, tasks).await
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::service_options::ServiceOptions;

    #[tokio::test]
    async fn objects_that_are_not_kept_are_in_a_folder_that_is_removed_at_the_end() {
        let backends = Backends::start(ServiceOptions::default().backends()).await;
        let backends = backends.unwrap();
        let temporary = backends.temporary.as_ref().map(TempDir::path);
        let folder = temporary.unwrap().to_owned();
        fs::write(folder.join("uploads%2F1"), "content").unwrap();

        backends.stop().await;

        assert!(!folder.exists());
    }
}
