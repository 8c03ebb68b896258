//! A batch of messages. Its jobs run concurrently, and each message has its own outcome.

use std::sync::Arc;

use aws_lambda_events::event::sqs::{BatchItemFailure, SqsBatchResponse, SqsEvent};
use engine::{HandBack, JobQueue, Receipt};
use lambda_runtime::tracing::error;

use crate::App;
use crate::callback::CallbackDelivery;
use crate::delivery::{Delivery, Numbered};
use crate::disposition::Disposition;
use crate::invocation::{Invocation, now};
use crate::suspect;
use crate::tasks::each;

/// Consumes a batch. The response names the messages that must be redelivered; the others are done.
///
/// A job that killed its process may kill this one, too. So it gets the invocation for itself, and its neighbors return to the queue
/// at once, for another worker.
pub(crate) async fn consume(
    app: &Arc<App>,
    event: SqsEvent,
    context: &lambda_runtime::Context,
) -> SqsBatchResponse {
    let invocation = Invocation::of(context);
    let mut message_ids = Vec::new();
    let (mut deliveries, mut webhooks) = (Vec::new(), Vec::new());
    for (index, record) in event.records.into_iter().enumerate() {
        message_ids.push(record.message_id.clone().unwrap_or_default());
        let queue = app.callbacks.as_ref().map(|callbacks| &callbacks.queue);
        match queue.and_then(|queue| CallbackDelivery::of(&record, queue, &invocation)) {
            Some(webhook) => webhooks.push((index, webhook)),
            None => deliveries.push((index, Delivery::of(record, &invocation))),
        }
    }
    // Every message not known to be done is redelivered, even if one of our tasks panics.
    let mut done = vec![false; message_ids.len()];
    let jobs = run_jobs(app, &invocation, deliveries, &mut done);
    let ((), delivered) = tokio::join!(jobs, deliver_webhooks(app, &invocation, webhooks));
    for index in delivered {
        done[index] = true;
    }
    let failures = message_ids
        .into_iter()
        .zip(done)
        .filter(|(_, done)| !done)
        .map(|(id, _)| failure(id));
    let mut response = SqsBatchResponse::default();
    response.batch_item_failures = failures.collect();
    response
}

/// Runs the deliveries, or only the first suspect among them.
async fn run_jobs(
    app: &Arc<App>,
    invocation: &Invocation,
    deliveries: Vec<Numbered>,
    done: &mut [bool],
) {
    match suspect::first(app, &deliveries).await {
        None => run(app, invocation, deliveries, done).await,
        Some(suspect) => {
            let is_suspect = |(index, _): &Numbered| *index == suspect;
            let (alone, others) = deliveries.into_iter().partition(is_suspect);
            tokio::join!(
                run(app, invocation, alone, done),
                hand_all_back(app, others)
            );
        }
    }
}

/// Runs the deliveries, and returns those to the queue that it can no longer start in time.
async fn run(
    app: &Arc<App>,
    invocation: &Invocation,
    deliveries: Vec<Numbered>,
    done: &mut [bool],
) {
    let last_claim = invocation.last_claim();
    let runs = deliveries.into_iter().map(|(index, delivery)| {
        let app = app.clone();
        async move {
            let disposition = if now() > last_claim {
                Disposition::at_once(HandBack::NoTime)
            } else {
                delivery.handle(&app).await
            };
            let is_done = settle(&app, &app.queue, &delivery.receipt, disposition).await;
            (index, is_done)
        }
    });
    each(runs, |(index, is_done)| done[index] = is_done).await;
}

/// Returns the deliveries to the queue, for another worker.
async fn hand_all_back(app: &Arc<App>, deliveries: Vec<Numbered>) {
    let returns = deliveries.into_iter().map(|(_, delivery)| {
        let (app, apart) = (app.clone(), Disposition::at_once(HandBack::Apart));
        async move { settle(&app, &app.queue, &delivery.receipt, apart).await }
    });
    each(returns, |_| ()).await;
}

/// Delivers webhooks. Returns the places of the messages that are done.
async fn deliver_webhooks(
    app: &Arc<App>,
    invocation: &Invocation,
    webhooks: Vec<(usize, CallbackDelivery)>,
) -> Vec<usize> {
    let last_start = invocation.last_claim();
    let tasks = webhooks.into_iter().map(|(index, webhook)| {
        let app = app.clone();
        async move {
            let callbacks = app.callbacks.as_ref()?;
            let disposition = if now() > last_start {
                Disposition::at_once(HandBack::NoTime)
            } else {
                webhook.handle(&app, callbacks).await
            };
            let queue = callbacks.queue.queue();
            let is_done = settle(&app, queue, &webhook.receipt, disposition).await;
            is_done.then_some(index)
        }
    });
    let mut done = Vec::new();
    each(tasks, |index| done.extend(index)).await;
    done
}

/// Returns whether a message is done. Otherwise, sets when it is redelivered, and counts why.
async fn settle(app: &App, queue: &JobQueue, receipt: &Receipt, disposition: Disposition) -> bool {
    let Disposition::HandBack { mut reason, after } = disposition else {
        return true;
    };
    if let Some(delay) = after
        && let Err(error) = queue.hand_back(receipt, delay).await
    {
        error!(error.source = ?std::error::Error::source(&error), "{error}");
        reason = HandBack::Queue;
    }
    app.metrics.write_hand_back(reason, now());
    false
}

fn failure(message_id: String) -> BatchItemFailure {
    let mut failure = BatchItemFailure::default();
    failure.item_identifier = message_id;
    failure
}
