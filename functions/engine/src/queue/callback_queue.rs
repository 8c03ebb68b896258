//! The queue of deliveries of webhooks.

use std::time::Duration;

use aws_sdk_sqs::Client;

use super::{CallbackMessage, JobQueue, ParseMessageError, QueueError};
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

    /// Reads the message about an end in a body whose event has this `eventSourceARN`; `None` if it is another message. Each message that
    /// came out of this queue, by the queue's name, is one, even if it cannot be read: its receipt is valid in this queue only.
    #[must_use]
    pub fn read(
        &self,
        body: &str,
        source_arn: Option<&str>,
    ) -> Option<Result<CallbackMessage, ParseMessageError>> {
        let message = CallbackMessage::parse(body);
        let name = source_arn.and_then(|arn| arn.rsplit(':').next());
        (message.is_ok() || name == Some(self.0.name())).then_some(message)
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
    use crate::record::tests::accepted;
    use aws_sdk_sqs::config::{BehaviorVersion, Config};

    const ARN: &str = "arn:aws:sqs:us-east-1:123456789012:callbacks";

    fn queue() -> CallbackQueue {
        let config = Config::builder().behavior_version(BehaviorVersion::latest());
        let url = "https://sqs.us-east-1.amazonaws.com/123456789012/callbacks";
        CallbackQueue::new(Client::from_conf(config.build()), url)
    }

    #[test]
    fn a_message_that_cannot_be_read_belongs_to_the_queue_that_it_came_out_of() {
        for body in ["", "{}", r#"{"callback": 1}"#, r#"{"id": "of a job"}"#] {
            assert!(queue().read(body, Some(ARN)).unwrap().is_err(), "{body}");
            for other in [
                None,
                Some("arn:aws:sqs:us-east-1:123456789012:jobs"),
                Some("arn:aws:sqs:us-east-1:123456789012:old-callbacks"),
            ] {
                assert!(queue().read(body, other).is_none(), "{body} {other:?}");
            }
        }
    }

    #[test]
    fn a_message_about_an_end_is_one_wherever_it_came_from() {
        let message = CallbackMessage::about(&accepted());
        for arn in [None, Some(ARN)] {
            let read = queue().read(&message.to_body(), arn).unwrap();
            assert_eq!(read.unwrap(), message);
        }
    }
}
