//! The embedded SQS and its queues.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use aws_sdk_sqs::types::QueueAttributeName;
use sqs::{Clock, Queues};
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::kept::{QUEUES_FILE, read};
use crate::loopback::{listen, stop_of};
use crate::start_error::StartError;

/// Name of the queue.
pub const QUEUE: &str = "jobs";

/// Name of its dead-letter queue.
pub const DEAD_LETTER_QUEUE: &str = "jobs-dead-letters";

/// Name of the queue of webhooks that are to be delivered.
pub const CALLBACK_QUEUE: &str = "callbacks";

/// Name of the queue of what a schedule could not deliver.
pub(crate) const UNDELIVERED_QUEUE: &str = "undelivered-schedules";

pub(crate) fn open_queues(clock: Clock, data: Option<&Path>) -> Result<Queues, StartError> {
    let snapshot = data.map(|folder| read(&folder.join(QUEUES_FILE)));
    Ok(match snapshot.transpose()?.flatten() {
        Some(snapshot) => Queues::from_snapshot(clock, snapshot),
        None => Queues::new(clock),
    })
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

/// The queues that the functions use.
pub(crate) struct Created {
    pub(crate) queue_url: String,
    pub(crate) queue_arn: String,
    pub(crate) callback_queue_url: String,
    pub(crate) callback_queue_arn: String,
    pub(crate) undelivered_arn: String,
}

/// Creates the queues. Those that exist get today's settings.
pub(crate) async fn create_queues(
    sqs: &aws_sdk_sqs::Client,
    visibility: Duration,
) -> Result<Created, aws_sdk_sqs::Error> {
    let retention = (
        QueueAttributeName::MessageRetentionPeriod,
        "1209600".to_owned(),
    );
    let kept = std::slice::from_ref(&retention);
    let (_, dead_arn) = ensure_queue(sqs, DEAD_LETTER_QUEUE, kept).await?;
    let (_, undelivered_arn) = ensure_queue(sqs, UNDELIVERED_QUEUE, kept).await?;
    let redrive = serde_json::json!({"deadLetterTargetArn": dead_arn, "maxReceiveCount": engine::MAX_DELIVERIES});
    let redrive = (QueueAttributeName::RedrivePolicy, redrive.to_string());
    let visibility = (
        QueueAttributeName::VisibilityTimeout,
        visibility.as_secs().to_string(),
    );
    let of_callbacks = [retention.clone(), visibility.clone()];
    let (callback_queue_url, callback_queue_arn) =
        ensure_queue(sqs, CALLBACK_QUEUE, &of_callbacks).await?;
    let attributes = [retention, visibility, redrive];
    let (queue_url, queue_arn) = ensure_queue(sqs, QUEUE, &attributes).await?;
    Ok(Created {
        queue_url,
        queue_arn,
        callback_queue_url,
        callback_queue_arn,
        undelivered_arn,
    })
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
