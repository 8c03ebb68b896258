//! The embedded SQS: its queues, and what they keep between runs.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use std::{fs, io};

use aws_sdk_sqs::types::QueueAttributeName;
use sqs::{Clock, Queues};
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::loopback::{listen, stop_of};
use crate::start_error::StartError;

/// Name of the queue.
pub const QUEUE: &str = "jobs";

/// Name of its dead-letter queue.
pub const DEAD_LETTER_QUEUE: &str = "jobs-dead-letters";

/// How often the queues are written to the data folder.
const SAVE_EVERY: Duration = Duration::from_secs(1);

pub(crate) fn open_queues(data: Option<&Path>) -> Result<Queues, StartError> {
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

pub(crate) async fn serve_sqs(
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
pub(crate) async fn save(queues: Arc<Queues>, path: PathBuf, stopped: watch::Receiver<bool>) {
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
pub(crate) async fn create_queues(
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
