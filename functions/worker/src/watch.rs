//! Watches an attempt while it runs: writes its progress, looks for a cancel, ends it when its time is up.

use std::time::Duration;

use engine::{
    AttemptWrite, JobError, JobRecord, JobStore, Progress, RunControl, StoreError, Written,
    decide_write,
};
use lambda_runtime::tracing::warn;
use tokio::time::{Instant, MissedTickBehavior, interval_at, sleep_until, timeout, timeout_at};

use crate::hearing::Hearing;
use crate::invocation::now;
use crate::work::{Done, Work};

/// How an attempt stopped running.
pub(crate) enum Watched {
    /// Its handler returned.
    Returned(Result<String, JobError>),
    /// Its handler panicked.
    Panicked,
    /// It was stopped.
    Stopped {
        why: Stopped,
        /// Whether its handler is over. One that blocks or computes goes on.
        is_over: bool,
    },
}

/// Why an attempt was stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stopped {
    /// Its time is up.
    OutOfTime,
    /// Its owner canceled the job.
    Canceled,
    /// It is not the job's present attempt any more.
    Fenced,
}

/// Progress is written at most this often: a poller sees no more, and each write costs a unit.
const WRITE_EVERY: Duration = Duration::from_secs(1);

/// How long a handler that was told to stop is waited for. One that awaits is dropped within microseconds.
const STOPS_WITHIN: Duration = Duration::from_millis(150);

/// Watches until the attempt stops. The second value is the last that it said: what the end is written with.
pub(crate) async fn watch(
    store: &JobStore,
    run: &JobRecord,
    control: RunControl,
    mut work: Work,
    ends_at: Instant,
) -> (Watched, Progress) {
    let RunControl { mut progress, stop } = control;
    let mut ticks = interval_at(Instant::now() + WRITE_EVERY, WRITE_EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut hearing = Hearing::since(Instant::now());
    let mut has_more = false;
    // How often progress was sent: a write that comes late tells by it that it is behind another.
    let mut number = 0;
    let why = loop {
        let is_due = tokio::select! {
            biased;
            done = &mut work => return (returned(done.unwrap_or(Done::Panicked)), progress.borrow().clone()),
            () = sleep_until(ends_at) => break Stopped::OutOfTime,
            () = sleep_until(hearing.due()) => true,
            _ = ticks.tick() => false,
        };
        // A handler that drops its context says nothing more.
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
                    Written::CancelRequested => break Stopped::Canceled,
                    Written::Fenced => break Stopped::Fenced,
                }
            }
            // Progress is reported again with the next call, and the lease does not depend on it.
            unanswered => {
                hearing.unanswered(Instant::now(), began);
                let error = unanswered.ok().and_then(Result::err);
                warn!(job.id = %run.id, error.source = ?error.as_ref().and_then(std::error::Error::source), "an attempt got no answer from the table");
            }
        }
    };
    // Nobody listens any more if the handler returned at this moment.
    let _ = stop.send(true);
    let is_over = timeout(STOPS_WITHIN, work).await.is_ok();
    let said = progress.borrow().clone();
    (Watched::Stopped { why, is_over }, said)
}

fn returned(done: Done) -> Watched {
    match done {
        Done::Returned(result) => Watched::Returned(result),
        Done::Panicked => Watched::Panicked,
        // Told to stop by nobody: only the watch can do that, and it does not look at the result afterwards.
        Done::Dropped => Watched::Stopped {
            why: Stopped::OutOfTime,
            is_over: true,
        },
    }
}

/// Looks, without writing, whether the attempt still has its job.
async fn look(store: &JobStore, run: &JobRecord) -> Result<Written, StoreError> {
    let record = store.get(&run.id).await?;
    Ok(decide_write(
        record.as_ref(),
        run,
        AttemptWrite::Progress,
        now(),
    ))
}
