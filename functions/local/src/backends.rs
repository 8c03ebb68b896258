//! The embedded back ends: DynamoDB, SQS, S3 and Scheduler on loopback, and what they keep between runs.

use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use dynoxide::Database;
use s3s::auth::SimpleAuth;
use tempfile::TempDir;
use uuid::Uuid;

use crate::bucket_server::s3_routes;
use crate::clients::{ACCESS_KEY_ID, SECRET_ACCESS_KEY, dynamodb_client, sqs_client};
use crate::kept;
use crate::kind_variables::access_key;
use crate::loopback::{Tasks, serve_routes};
use crate::objects::Objects;
use crate::queues::{CALLBACK_QUEUE, QUEUE, UNDELIVERED_QUEUE, create_queues, open_queues};
use crate::scheduler_server::{fire, scheduler_routes};
use crate::schedules::Schedules;
use crate::service_options::ServiceOptions;
use crate::start_error::StartError;
use crate::table::create_table;

/// Name of the table.
pub const TABLE: &str = "jobs";

/// The running back ends.
pub struct Backends {
    /// The URLs of all.
    pub endpoints: Endpoints,
    /// URL of the queue [`QUEUE`].
    pub queue_url: String,
    /// URL of the queue [`CALLBACK_QUEUE`](crate::CALLBACK_QUEUE).
    pub callback_queue_url: String,
    /// ARN of the queue of what a schedule could not deliver.
    pub undelivered_arn: String,
    /// The secret of the job ids.
    pub id_secret: String,
    /// The database behind the HTTP interface of DynamoDB.
    pub database: Database,
    objects: Arc<Objects>,
    tasks: Tasks,
    /// Held as long as the back ends run, so that no other service uses the data folder. The kernel releases it if the process dies.
    _lock: File,
    /// The folder if nothing is kept. Dropping it removes it.
    temporary: Option<TempDir>,
}

/// Where the functions and the event source reach the back ends: directly, or through a front of the caller's.
#[derive(Clone, Debug)]
pub struct Endpoints {
    /// URL of DynamoDB.
    pub dynamodb: String,
    /// URL of SQS.
    pub sqs: String,
    /// URL of S3. Clients and functions reach it there, so a front must pass on the header `Host`, which is signed.
    pub s3: String,
    /// URL of Scheduler.
    pub scheduler: String,
}

impl Backends {
    /// Starts all on free ports with the contents of the data folder, and creates the table and the queues that do not exist.
    ///
    /// # Errors
    /// [`StartError`].
    pub async fn start(options: &ServiceOptions) -> Result<Self, StartError> {
        let (folder, temporary) = folder(options)?;
        let lock = lock(&folder)?;
        let mut tasks = Tasks::default();
        let database = open_database(options.data.as_deref())?;
        let served = database.clone();
        let serve =
            |listener, stopped| dynoxide::server::serve_with_shutdown(listener, served, stopped);
        let dynamodb_url = tasks.serve("DynamoDB", serve).await?;
        let objects = Objects::open(folder.join("objects"));
        let objects = Arc::new(objects.map_err(|error| StartError::data(&folder, error))?);
        let routes = s3_routes(
            objects.clone(),
            keys(options),
            options.allowed_origins.clone(),
        );
        let s3_url = tasks
            .serve("S3", |listener, stopped| {
                serve_routes(listener, routes, stopped)
            })
            .await?;
        let queues = Arc::new(open_queues(options.clock.clone(), &folder)?);
        let served = queues.clone();
        let serve = |listener, stopped| sqs::serve(listener, served, stopped);
        let sqs_url = tasks.serve("SQS", serve).await?;
        let schedules = Arc::new(Schedules::open(options.clock.clone(), &folder)?);
        let routes = scheduler_routes(schedules.clone());
        let scheduler_url = tasks
            .serve("Scheduler", |listener, stopped| {
                serve_routes(listener, routes, stopped)
            })
            .await?;

        let firing = fire(schedules.clone(), sqs_url.clone(), tasks.stopped());
        tasks.running.spawn(firing);
        let (records, uploads) = (database.clone(), objects.clone());
        let (every, days) = (options.sweep_every, options.upload_days());
        tasks.repeat("expired records could not be deleted", every, move || {
            records.sweep_ttl().map(drop)
        });
        tasks.repeat("expired objects could not be deleted", every, move || {
            uploads.delete_expired(SystemTime::now(), days)
        });
        if temporary.is_none() {
            let failure = "messages and schedules could not be kept";
            let folder = folder.clone();
            let save = move || kept::save(&queues, &schedules, &folder);
            tasks.repeat(failure, kept::SAVE_EVERY, save);
        }
        let created = create_table(&dynamodb_client(&dynamodb_url), TABLE).await;
        created.map_err(StartError::back_end)?;
        let created = create_queues(&sqs_client(&sqs_url), options.visibility()).await;
        created.map_err(StartError::back_end)?;
        Ok(Self {
            queue_url: sqs::queue_url(&sqs_url, QUEUE),
            callback_queue_url: sqs::queue_url(&sqs_url, CALLBACK_QUEUE),
            undelivered_arn: sqs::queue_arn(UNDELIVERED_QUEUE),
            endpoints: Endpoints {
                dynamodb: dynamodb_url,
                sqs: sqs_url,
                s3: s3_url,
                scheduler: scheduler_url,
            },
            id_secret: id_secret(&folder)?,
            database,
            objects,
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
        self.tasks.stop.cancel();
        // A client may hold a connection open forever, so the wait is limited.
        let _ = tokio::time::timeout(Duration::from_secs(3), async {
            while self.tasks.running.join_next().await.is_some() {}
        })
        .await;
        if let Some(Err(error)) = self.temporary.take().map(TempDir::close) {
            tracing::warn!("the temporary folder could not be deleted: {error}");
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
        Err(TryLockError::WouldBlock) => Err(StartError(format!(
            "{} is in use by another service: stop that service, or choose another folder with --data",
            folder.display()
        ))),
        Err(TryLockError::Error(error)) => Err(StartError::data(&path, error)),
    }
}

fn open_database(data: Option<&Path>) -> Result<Database, StartError> {
    let Some(folder) = data else {
        return Database::memory().map_err(StartError::back_end);
    };
    let path = folder.join("jobs.sqlite");
    let unusable = |error| StartError::data(&path, error);
    let database = Database::new(&path.to_string_lossy()).map_err(unusable)?;
    // Leaves synchronous=NORMAL: a power cut may lose the last writes, and this is a tool for development.
    let set = database.enable_bulk_loading();
    let set = set.and_then(|()| database.disable_bulk_loading());
    set.map(|()| database).map_err(unusable)
}

/// The secret of this folder: earlier ids remain valid as long as their records exist.
fn id_secret(folder: &Path) -> Result<String, StartError> {
    let path = folder.join("id-secret");
    let secret = match fs::read_to_string(&path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let random = || Uuid::new_v4().simple().to_string();
            let secret = random() + &random();
            fs::write(&path, &secret).map(|()| secret)
        }
        read => read,
    };
    secret.map_err(|error| StartError::data(&path, error))
}

/// The folder of the data, or a temporary one.
fn folder(options: &ServiceOptions) -> Result<(PathBuf, Option<TempDir>), StartError> {
    if let Some(folder) = &options.data {
        return Ok((folder.clone(), None));
    }
    let temporary = TempDir::with_prefix("accepted-").map_err(StartError::back_end)?;
    Ok((temporary.path().to_owned(), Some(temporary)))
}

/// The access keys that S3 accepts: that of the functions, and that of the kinds.
fn keys(options: &ServiceOptions) -> SimpleAuth {
    let mut keys = SimpleAuth::from_single(ACCESS_KEY_ID, SECRET_ACCESS_KEY);
    if let Some((id, secret)) = access_key(&options.kind_variables()) {
        keys.register(id, secret.into());
    }
    keys
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_is_not_kept_is_in_a_folder_that_is_removed_at_the_end() {
        let backends = Backends::start(&ServiceOptions::default()).await;
        let backends = backends.unwrap();
        let temporary = backends.temporary.as_ref().map(TempDir::path);
        let folder = temporary.unwrap().to_owned();
        assert!(folder.join("objects").exists());

        backends.stop().await;

        assert!(!folder.exists());
    }
}
