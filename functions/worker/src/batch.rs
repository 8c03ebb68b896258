//! A batch: its records run side by side, and each has its own answer.

use std::sync::Arc;
use std::time::Duration;

use aws_lambda_events::event::sqs::{BatchItemFailure, SqsBatchResponse, SqsEvent};
use engine::{HandBack, Receipt};
use lambda_runtime::tracing::{Instrument, Span, error};
use tokio::task::JoinSet;

use crate::App;
use crate::delivery::Delivery;
use crate::disposition::Disposition;
use crate::invocation::{Invocation, now};
use crate::suspect;

/// So many jobs run at once in a process, however large the event source makes its batches: they share its memory. As many as
/// the template's batches have.
const AT_ONCE: usize = 10;

/// Consumes a batch. The answer names the records that must be delivered again; the others are done.
///
/// A job that killed its process may kill this one, too: it gets the invocation for itself, so it costs its neighbors one
/// attempt at most, and they return to the queue at once, for another worker.
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
        deliveries.push((index, Delivery::of(record, &invocation)));
    }
    // Every message not known to be done is delivered again, even if one of our tasks panics.
    let mut done = vec![false; message_ids.len()];
    match suspect::first(app, &deliveries).await {
        None => run(app, &invocation, deliveries, &mut done).await,
        Some(suspect) => {
            let alone = vec![deliveries.swap_remove(suspect)];
            tokio::join!(
                run(app, &invocation, alone, &mut done),
                hand_all_back(app, deliveries)
            );
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

/// A delivery and its place in the batch.
pub(crate) type Numbered = (usize, Delivery);

/// Runs the deliveries, and hands back those whose turn comes too late in the invocation.
async fn run(
    app: &Arc<App>,
    invocation: &Invocation,
    deliveries: Vec<Numbered>,
    done: &mut [bool],
) {
    let last_claim = invocation.last_claim();
    let runs = deliveries.into_iter().map(|(index, delivery)| {
        let (app, at_once) = (app.clone(), Some(Duration::ZERO));
        async move {
            if now() > last_claim {
                hand_back(&app, &delivery.receipt, HandBack::NoTime, at_once).await;
                return (index, false);
            }
            (index, deliver(&app, delivery).await == Disposition::Done)
        }
    });
    each(runs, |(index, is_done)| done[index] = is_done).await;
}

/// Returns the deliveries to the queue, for another worker.
async fn hand_all_back(app: &Arc<App>, deliveries: Vec<Numbered>) {
    let returns = deliveries.into_iter().map(|(_, delivery)| {
        let (app, at_once) = (app.clone(), Some(Duration::ZERO));
        async move { hand_back(&app, &delivery.receipt, HandBack::Apart, at_once).await }
    });
    each(returns, |()| ()).await;
}

/// Runs the tasks, as many at once as jobs may, and passes on the output of each one that does not panic.
pub(crate) async fn each<F>(mut tasks: impl Iterator<Item = F>, mut output: impl FnMut(F::Output))
where
    F: Future<Output: Send> + Send + 'static,
{
    let mut running = JoinSet::new();
    loop {
        while running.len() < AT_ONCE
            && let Some(task) = tasks.next()
        {
            running.spawn(task.instrument(Span::current()));
        }
        match running.join_next().await {
            None => break,
            Some(Ok(value)) => output(value),
            Some(Err(panic)) => error!("a delivery did not come to its end: {panic}"),
        }
    }
}

/// Does what a delivery asks for, and sets when the message is looked at again if it is not done with.
async fn deliver(app: &Arc<App>, delivery: Delivery) -> Disposition {
    let disposition = delivery.handle(app).await;
    if let Disposition::HandBack { reason, after } = disposition {
        hand_back(app, &delivery.receipt, reason, after).await;
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

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::sync::Barrier;

    #[tokio::test]
    async fn as_many_tasks_as_jobs_may_run_at_once_and_one_that_panics_has_no_output() {
        let all_begun = Arc::new(Barrier::new(AT_ONCE));
        let tasks = (0..2 * AT_ONCE).map(|number| {
            let all_begun = all_begun.clone();
            async move {
                // Passed only when ten tasks wait here at once.
                all_begun.wait().await;
                assert_ne!(number, 3, "as it was told");
                number
            }
        });
        let mut outputs = Vec::new();
        each(tasks, |number| outputs.push(number)).await;
        outputs.sort_unstable();
        let expected: Vec<_> = (0..2 * AT_ONCE).filter(|number| *number != 3).collect();
        assert_eq!(outputs, expected);
    }
}
