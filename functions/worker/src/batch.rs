//! A batch: its records run side by side, and each has its own answer.

use std::sync::Arc;

use aws_lambda_events::event::sqs::{BatchItemFailure, SqsBatchResponse, SqsEvent};
use lambda_runtime::tracing::{Instrument, Span, error};
use tokio::task::JoinSet;

use crate::App;
use crate::delivery::{Delivery, Disposition};
use crate::invocation::Invocation;

/// Consumes a batch. The answer names the records that have to come back; the others are done with.
pub(crate) async fn consume(
    app: &Arc<App>,
    event: SqsEvent,
    context: &lambda_runtime::Context,
) -> SqsBatchResponse {
    let invocation = Invocation::of(context);
    let mut running = JoinSet::new();
    let mut message_ids = Vec::new();
    // At most ten records (the event source's batch size), so all of them at once is a bound.
    for (index, record) in event.records.into_iter().enumerate() {
        message_ids.push(record.message_id.clone().unwrap_or_default());
        let delivery = Delivery::of(record, &invocation, index);
        let app = app.clone();
        running.spawn(
            async move { (index, deliver(&app, delivery).await) }.instrument(Span::current()),
        );
    }
    // What is not known to be done comes back, also when a task of ours panics.
    let mut done = vec![false; message_ids.len()];
    while let Some(joined) = running.join_next().await {
        match joined {
            Ok((index, disposition)) => done[index] = disposition == Disposition::Done,
            Err(panic) => error!("a delivery did not come to its end: {panic}"),
        }
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

/// Does what a delivery asks for, and sets when the message is looked at again if it is not done with.
async fn deliver(app: &Arc<App>, delivery: Delivery) -> Disposition {
    let receipt = delivery.receipt.clone();
    let disposition = delivery.handle(app).await;
    if let Disposition::HandBack { after: Some(delay) } = disposition
        && let Err(error) = app.queue.hand_back(&receipt, delay).await
    {
        // The message comes back all the same, when its visibility timeout ends.
        error!(error.source = ?std::error::Error::source(&error), "{error}");
    }
    disposition
}

fn failure(message_id: String) -> BatchItemFailure {
    let mut failure = BatchItemFailure::default();
    failure.item_identifier = message_id;
    failure
}
