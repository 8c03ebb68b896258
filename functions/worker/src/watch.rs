//! Watches a running attempt: writes its progress, checks for a cancel, and stops it when its time limit has passed.

use std::time::Duration;

use engine::{
    AttemptWrite, JobRecord, JobStore, Progress, RunControl, StoreError, Written, decide_write,
};
use lambda_runtime::tracing::warn;
use tokio::time::{Instant, MissedTickBehavior, interval_at, sleep_until, timeout, timeout_at};

use crate::hearing::Hearing;
use crate::invocation::now;
use crate::work::{HandlerEnd, Stop, Work};

/// Minimum interval of progress writes: clients poll no faster, and each write costs a unit.
const WRITE_EVERY: Duration = Duration::from_secs(1);

/// How long the worker waits for a handler that was told to stop. One that awaits is dropped within microseconds.
const STOPS_WITHIN: Duration = Duration::from_millis(150);

/// Watches until the handler ends or is stopped. The second value is its last progress, which is written with the end.
pub(crate) async fn watch(
    store: &JobStore,
    run: &JobRecord,
    control: RunControl,
    mut work: Work,
    ends_at: Instant,
) -> (HandlerEnd, Progress) {
    let RunControl { mut progress, stop } = control;
    let mut ticks = interval_at(Instant::now() + WRITE_EVERY, WRITE_EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut hearing = Hearing::since(Instant::now());
    let mut has_more = false;
    // The number of progress writes so far: a late write recognizes by it that a newer one has taken effect.
    let mut number = 0;
    let why = loop {
        let is_due = tokio::select! {
            biased;
            // Only this function stops the handler, so a handler that sends nothing here has died.
            end = &mut work => return (end.unwrap_or(HandlerEnd::Panicked), progress.borrow().clone()),
            () = sleep_until(ends_at) => break Stop::OutOfTime,
            () = sleep_until(hearing.due()) => true,
            _ = ticks.tick() => false,
        };
        // A handler that has dropped its context reports no more progress.
        has_more |= progress.has_changed().unwrap_or(false);
        if !has_more && !is_due {
            continue;
        }
        let said = progress.borrow_and_update().clone();
        let began = Instant::now();
        let call = async {
            if has_more {
                number += 1;
                store.progress(run, number, &said, now()).await
            } else {
                look(store, run).await
            }
        };
        match timeout_at(hearing.waits_until(began), call).await {
            Ok(Ok(written)) => {
                hearing.answered(began);
                match written {
                    Written::Applied => has_more = false,
                    Written::CancelRequested => break Stop::Canceled,
                    Written::Fenced => break Stop::Fenced,
                }
            }
            // The next call writes the progress, and the lease does not depend on it.
            unanswered => {
                hearing.unanswered(Instant::now(), began);
                let error = unanswered.ok().and_then(Result::err);
                warn!(job.id = %run.id, error.source = ?error.as_ref().and_then(std::error::Error::source), "table did not answer an attempt");
            }
        }
    };
    // Fails if the handler returned at this moment.
    let _ = stop.send(true);
    let is_over = timeout(STOPS_WITHIN, work).await.is_ok();
    let said = progress.borrow().clone();
    (HandlerEnd::Stopped { why, is_over }, said)
}

/// Checks, without writing, whether the attempt still owns its job.
async fn look(store: &JobStore, run: &JobRecord) -> Result<Written, StoreError> {
    let record = store.get(&run.id).await?;
    Ok(decide_write(
        record.as_ref(),
        run,
        AttemptWrite::Progress,
        now(),
    ))
}
