//! The embedded SQS and its queues.

use std::collections::HashMap;
use std::path::Path;
use std::time::Duration;

use aws_sdk_sqs::types::QueueAttributeName;
use serde_json::json;
use sqs::{Clock, Queues};

use crate::kept::{QUEUES_FILE, read};
use crate::start_error::StartError;

/// Name of the queue.
pub const QUEUE: &str = "jobs";

/// Name of its dead-letter queue.
pub const DEAD_LETTER_QUEUE: &str = "jobs-dead-letters";

/// Name of the queue of webhooks that are to be delivered.
pub const CALLBACK_QUEUE: &str = "callbacks";

/// Name of the queue of what a schedule could not deliver.
pub(crate) const UNDELIVERED_QUEUE: &str = "undelivered-schedules";

/// The queues of the folder.
pub(crate) fn open_queues(clock: Clock, folder: &Path) -> Result<Queues, StartError> {
    Ok(match read(&folder.join(QUEUES_FILE))? {
        Some(snapshot) => Queues::from_snapshot(clock, snapshot),
        None => Queues::new(clock),
    })
}

/// Creates the queues. Those that exist get today's settings.
pub(crate) async fn create_queues(
    sqs: &aws_sdk_sqs::Client,
    visibility: Duration,
) -> Result<(), aws_sdk_sqs::Error> {
    let dead = HashMap::from([(
        QueueAttributeName::MessageRetentionPeriod,
        "1209600".to_owned(),
    )]);
    let mut received = dead.clone();
    let visibility = visibility.as_secs().to_string();
    received.insert(QueueAttributeName::VisibilityTimeout, visibility);
    let mut redriven = received.clone();
    let redrive = json!({"deadLetterTargetArn": sqs::queue_arn(DEAD_LETTER_QUEUE), "maxReceiveCount": engine::MAX_DELIVERIES});
    redriven.insert(QueueAttributeName::RedrivePolicy, redrive.to_string());
    for (name, attributes) in [
        (DEAD_LETTER_QUEUE, dead.clone()),
        (UNDELIVERED_QUEUE, dead),
        (CALLBACK_QUEUE, received),
        (QUEUE, redriven),
    ] {
        // Without attributes, which could differ from those of a queue that exists.
        let queue = sqs.create_queue().queue_name(name).send().await?;
        let set = sqs.set_queue_attributes().set_queue_url(queue.queue_url);
        set.set_attributes(Some(attributes)).send().await?;
    }
    Ok(())
}
