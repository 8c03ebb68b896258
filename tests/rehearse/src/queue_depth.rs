//! How many messages a queue has: what is left to do.

use aws_sdk_sqs::Client;
use aws_sdk_sqs::types::QueueAttributeName;

use local::{QUEUE, Service, sqs_client};

/// A queue whose messages are counted, past any front with faults.
pub(crate) struct QueueDepth {
    client: Client,
    url: String,
}

/// Visible, in flight, delayed.
const COUNTS: [QueueAttributeName; 3] = [
    QueueAttributeName::ApproximateNumberOfMessages,
    QueueAttributeName::ApproximateNumberOfMessagesNotVisible,
    QueueAttributeName::ApproximateNumberOfMessagesDelayed,
];

impl QueueDepth {
    /// The service's queue of this name.
    pub(crate) fn of(service: &Service, queue: &str) -> Self {
        Self {
            client: sqs_client(&service.backends.sqs_url),
            url: service
                .backends
                .queue_url
                .replace(&format!("/{QUEUE}"), &format!("/{queue}")),
        }
    }

    /// All its messages, also those that a worker has. A queue that cannot be asked is not empty.
    pub(crate) async fn messages(&self) -> u64 {
        let request = self.client.get_queue_attributes().queue_url(&self.url);
        let answer = request
            .set_attribute_names(Some(COUNTS.to_vec()))
            .send()
            .await;
        let Ok(Some(counts)) = answer.map(|answer| answer.attributes) else {
            return u64::MAX;
        };
        let counts = COUNTS
            .iter()
            .map(|name| counts.get(name)?.parse::<u64>().ok());
        counts.sum::<Option<u64>>().unwrap_or(u64::MAX)
    }
}
