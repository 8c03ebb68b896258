//! Waits until nothing moves any more.

use std::time::Duration;

use indicatif::ProgressBar;
use tokio::time::{Instant, sleep};

use super::args::ChaosArgs;
use crate::audit::Auditor;
use crate::queue_depth::QueueDepth;
use local::{DEAD_LETTER_QUEUE, QUEUE, Service};

/// What is left in the queues.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Rest {
    /// Messages in the queue: visible, in flight or delayed. Nothing when nobody waited for them.
    pub(super) messages: Option<u64>,
    pub(super) dead_letters: u64,
}

const LOOK_EVERY: Duration = Duration::from_millis(500);

/// Waits for every job's end, then for an empty queue, each as long as `--patience` allows.
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
    let mut rest = Rest::default();
    if !args.no_drain {
        bar.set_message("the queue runs empty");
        let queue = QueueDepth::of(service, QUEUE);
        until(patience, async || {
            rest.messages = Some(queue.messages().await);
            rest.messages == Some(0)
        })
        .await;
    }
    rest.dead_letters = QueueDepth::of(service, DEAD_LETTER_QUEUE).messages().await;
    rest
}

async fn until(patience: Duration, mut is_so: impl AsyncFnMut() -> bool) {
    let until = Instant::now() + patience;
    while !is_so().await && Instant::now() < until {
        sleep(LOOK_EVERY).await;
    }
}
