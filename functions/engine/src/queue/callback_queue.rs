//! The queue of deliveries of webhooks.

use std::time::Duration;

use aws_sdk_sqs::Client;

use super::{CallbackMessage, JobQueue, QueueError};
use crate::{Aws, ConfigError, Environment, JobRecord};

/// Delay of a new message. The end that it announces is usually in the record within milliseconds, and a message that finds no end is
/// redelivered later than it would be with this delay.
const UNTIL_THE_END: Duration = Duration::from_secs(1);

/// The queue of deliveries. It is not the queue of jobs, so that slow receivers delay no job. Cloning is cheap.
#[derive(Clone, Debug)]
pub struct CallbackQueue(JobQueue);

impl CallbackQueue {
    /// The queue by its URL.
    #[must_use]
    pub fn new(client: Client, url: impl Into<String>) -> Self {
        Self(JobQueue::new(client, url))
    }

    /// The queue in `CALLBACK_QUEUE_URL`; `None` if the deployment has no webhooks.
    ///
    /// # Errors
    /// [`ConfigError`] if the deployment has webhooks, and the variable is not set or is not a URL.
    pub fn of(environment: &Environment, aws: &Aws) -> Result<Option<Self>, ConfigError> {
        if !environment.webhooks()? {
            return Ok(None);
        }
        let url = environment.callback_queue_url()?;
        Ok(Some(Self::new(aws.sqs.clone(), url)))
    }

    /// Sends the message that must precede a write of this job's end. The message group is the owner.
    ///
    /// # Errors
    /// [`QueueError`]: the message may have been sent. Without an end, it is dropped when none can appear any more.
    pub async fn announce_end(&self, record: &JobRecord) -> Result<(), QueueError> {
        let body = CallbackMessage::about(record).to_body();
        self.0.send(body, &record.owner, UNTIL_THE_END, None).await
    }

    /// Whether a message whose event has this `eventSourceARN` came out of this queue, by the queue's name.
    #[must_use]
    pub fn is_source(&self, arn: &str) -> bool {
        arn.rsplit(':').next() == Some(self.0.name())
    }

    /// The queue itself, to which received messages are returned.
    #[must_use]
    pub fn queue(&self) -> &JobQueue {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_sdk_sqs::config::{BehaviorVersion, Config};

    #[test]
    fn a_message_came_out_of_the_queue_whose_name_ends_its_source() {
        let config = Config::builder().behavior_version(BehaviorVersion::latest());
        let url = "https://sqs.us-east-1.amazonaws.com/123456789012/callbacks";
        let queue = CallbackQueue::new(Client::from_conf(config.build()), url);
        for (arn, is_source) in [
            ("arn:aws:sqs:us-east-1:123456789012:callbacks", true),
            ("arn:aws:sqs:us-east-1:123456789012:jobs", false),
            ("arn:aws:sqs:us-east-1:123456789012:old-callbacks", false),
            ("", false),
        ] {
            assert_eq!(queue.is_source(arn), is_source, "{arn}");
        }
    }
}
