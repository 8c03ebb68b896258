//! A batch: its records run side by side, and each has its own answer.

use std::sync::Arc;
use std::time::Duration;

use aws_lambda_events::event::sqs::{BatchItemFailure, SqsBatchResponse, SqsEvent};
use engine::{HandBack, Receipt};
use lambda_runtime::tracing::{Instrument, Span, error};
use tokio::task::JoinSet;

use crate::App;
use crate::delivery::{Delivery, Disposition};
use crate::invocation::{Invocation, now};

/// So many jobs run at once in a process, however large the event source makes its batches: they share its memory. As many as
/// the template's batches have.
const AT_ONCE: usize = 10;

/// Consumes a batch. The answer names the records that have to come back; the others are done with.
pub(crate) async fn consume(
    app: &Arc<App>,
    event: SqsEvent,
    context: &lambda_runtime::Context,
) -> SqsBatchResponse {
    let invocation = Invocation::of(context);
    let mut message_ids = Vec::new();
    let mut deliveries = Vec::new();
    for (index, record) in event.records.into_iter().enumerate() {
        message_ids.push(record.message_id.clone().unwrap_or_default());
        deliveries.push((index, Delivery::of(record, &invocation, index)));
    }
    let (suspects, others) = set_apart(app, deliveries).await;
    // What is not known to be done comes back, also when a task of ours panics.
    let mut done = vec![false; message_ids.len()];
    run(app, &invocation, others, AT_ONCE, &mut done).await;
    run(app, &invocation, suspects, 1, &mut done).await;
    let failures = message_ids
        .into_iter()
        .zip(done)
        .filter(|(_, done)| !done)
        .map(|(id, _)| failure(id));
    let mut response = SqsBatchResponse::default();
    response.batch_item_failures = failures.collect();
    response
}

type Numbered = (usize, Delivery);

/// Tells those apart whose last attempt took its process along: they run after the others and one by one, so that a job that
/// kills its worker costs its neighbours one attempt at most. Only what was delivered before can be one.
async fn set_apart(app: &App, deliveries: Vec<Numbered>) -> (Vec<Numbered>, Vec<Numbered>) {
    let (mut suspects, mut others) = (Vec::new(), Vec::new());
    let is_batch = deliveries.len() > 1;
    for (index, delivery) in deliveries {
        let is_suspect = is_batch && delivery.lost_its_worker(app).await;
        let side = if is_suspect {
            &mut suspects
        } else {
            &mut others
        };
        side.push((index, delivery));
    }
    (suspects, others)
}

/// Runs so many of the deliveries at once, and hands those back that come too late for that.
async fn run(
    app: &Arc<App>,
    invocation: &Invocation,
    deliveries: Vec<Numbered>,
    at_once: usize,
    done: &mut [bool],
) {
    let mut waiting = deliveries.into_iter();
    let mut running = JoinSet::new();
    loop {
        while running.len() < at_once
            && let Some((index, delivery)) = waiting.next()
        {
            if !invocation.has_time_for_another(now()) {
                let at_once = Some(Duration::ZERO);
                hand_back(app, &delivery.receipt, HandBack::NoTime, at_once).await;
                continue;
            }
            let app = app.clone();
            let delivered = async move { (index, deliver(&app, delivery).await) };
            running.spawn(delivered.instrument(Span::current()));
        }
        match running.join_next().await {
            None => break,
            Some(Ok((index, disposition))) => done[index] = disposition == Disposition::Done,
            Some(Err(panic)) => error!("a delivery did not come to its end: {panic}"),
        }
    }
}

/// Does what a delivery asks for, and sets when the message is looked at again if it is not done with.
async fn deliver(app: &Arc<App>, delivery: Delivery) -> Disposition {
    let receipt = delivery.receipt.clone();
    let disposition = delivery.handle(app).await;
    if let Disposition::HandBack { reason, after } = disposition {
        hand_back(app, &receipt, reason, after).await;
    }
    disposition
}

/// Sets when the message is redelivered (`None`: when its visibility timeout ends), and counts why.
async fn hand_back(app: &App, receipt: &Receipt, reason: HandBack, after: Option<Duration>) {
    let mut reason = reason;
    if let Some(delay) = after
        && let Err(error) = app.queue.hand_back(receipt, delay).await
    {
        error!(error.source = ?std::error::Error::source(&error), "{error}");
        reason = HandBack::Queue;
    }
    app.metrics.write_hand_back(reason, now());
}

fn failure(message_id: String) -> BatchItemFailure {
    let mut failure = BatchItemFailure::default();
    failure.item_identifier = message_id;
    failure
}
