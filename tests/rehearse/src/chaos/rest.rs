//! Waits until all jobs have finished and the queue is empty.

use std::time::Duration;

use aws_sdk_sqs::types::QueueAttributeName;
use indicatif::ProgressBar;
use tokio::time::{Instant, sleep};

use super::args::ChaosArgs;
use crate::audit::Auditor;
use local::{CALLBACK_QUEUE, DEAD_LETTER_QUEUE, QUEUE, Service, sqs_client};

/// What remains in the queues.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Rest {
    /// Messages in the queue: visible, in flight or delayed. `None` if nobody waited for them.
    pub(super) messages: Option<u64>,
    pub(super) dead_letters: u64,
    /// Messages of webhooks that are still to be delivered, and of ends that were not written.
    pub(super) of_webhooks: u64,
}

const LOOK_EVERY: Duration = Duration::from_millis(500);

/// Waits for the end of every job, then for the first two deliveries of each webhook, then for an empty queue, each for up to `--patience`.
pub(super) async fn wait(
    service: &Service,
    auditor: &Auditor,
    args: &ChaosArgs,
    bar: &ProgressBar,
) -> Rest {
    let patience = args.patience();
    until(patience, async || {
        let ended = auditor.ledger().ended();
        bar.set_position(ended.1.try_into().unwrap_or(u64::MAX));
        bar.set_length(ended.0.try_into().unwrap_or(u64::MAX));
        ended.0 == ended.1
    })
    .await;
    bar.set_message("waiting for the last webhooks");
    until(patience, async || {
        auditor.ledger().webhooks().soon_delivered() == 0
    })
    .await;
    let mut rest = Rest::default();
    // Past the front with its faults.
    let sqs = sqs_client(&service.backends.endpoints.sqs);
    if !args.no_drain {
        bar.set_message("waiting for an empty queue");
        until(patience, async || {
            rest.messages = Some(messages(&sqs, service, QUEUE).await);
            rest.messages == Some(0)
        })
        .await;
    }
    rest.of_webhooks = messages(&sqs, service, CALLBACK_QUEUE).await;
    rest.dead_letters = messages(&sqs, service, DEAD_LETTER_QUEUE).await;
    rest
}

async fn until(patience: Duration, mut is_so: impl AsyncFnMut() -> bool) {
    let until = Instant::now() + patience;
    while !is_so().await && Instant::now() < until {
        sleep(LOOK_EVERY).await;
    }
}

/// Visible, in flight, delayed.
const COUNTS: [QueueAttributeName; 3] = [
    QueueAttributeName::ApproximateNumberOfMessages,
    QueueAttributeName::ApproximateNumberOfMessagesNotVisible,
    QueueAttributeName::ApproximateNumberOfMessagesDelayed,
];

/// All messages of a queue. A queue that does not answer is not empty.
async fn messages(sqs: &aws_sdk_sqs::Client, service: &Service, queue: &str) -> u64 {
    let url = &service.backends.queue_url;
    let url = url.replace(&format!("/{QUEUE}"), &format!("/{queue}"));
    let request = sqs.get_queue_attributes().queue_url(url);
    let answer = request
        .set_attribute_names(Some(COUNTS.to_vec()))
        .send()
        .await
        .ok();
    let counts = answer
        .and_then(|answer| answer.attributes)
        .unwrap_or_default();
    let counts = COUNTS
        .iter()
        .map(|name| counts.get(name)?.parse::<u64>().ok());
    counts.sum::<Option<u64>>().unwrap_or(u64::MAX)
}
