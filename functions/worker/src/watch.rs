//! Watches an attempt while it runs: writes its progress, looks for a cancel, ends it when its time is up.

use std::time::Duration;

use engine::{JobError, JobRecord, JobState, JobStore, Progress, RunControl, StoreError, Written};
use lambda_runtime::tracing::warn;
use tokio::task::{JoinError, JoinHandle};
use tokio::time::{Instant, MissedTickBehavior, interval_at, sleep_until};

use crate::invocation::now;

/// How an attempt stopped running.
pub(crate) enum Watched {
    /// Its handler returned.
    Returned(Result<String, JobError>),
    /// Its handler panicked.
    Panicked,
    /// It was stopped.
    Stopped(Stopped),
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

/// An attempt that says nothing looks this often whether it was canceled: with a write's time it is below the 5 s within which
/// a cancel takes effect.
const LOOK_EVERY: Duration = Duration::from_secs(4);

type Work = JoinHandle<Option<Result<String, JobError>>>;

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
    let mut heard_at = Instant::now();
    let watched = loop {
        tokio::select! {
            biased;
            joined = &mut work => break returned(joined),
            () = sleep_until(ends_at) => break Watched::Stopped(Stopped::OutOfTime),
            _ = ticks.tick() => {}
        }
        // A handler that drops its context says nothing more.
        let has_more = progress.has_changed().unwrap_or(false);
        if !has_more && heard_at.elapsed() < LOOK_EVERY {
            continue;
        }
        let said = progress.borrow_and_update().clone();
        let written = if has_more {
            store.progress(run, &said, now()).await
        } else {
            look(store, run).await
        };
        heard_at = Instant::now();
        match written {
            Ok(Written::Applied) => {}
            Ok(Written::CancelRequested) => break Watched::Stopped(Stopped::Canceled),
            Ok(Written::Fenced) => break Watched::Stopped(Stopped::Fenced),
            // The next write says it again, and the lease does not depend on it.
            Err(error) => {
                warn!(job.id = %run.id, error.source = ?std::error::Error::source(&error), "{error}");
            }
        }
    };
    // Nobody listens any more once the handler has returned.
    let _ = stop.send(true);
    let said = progress.borrow().clone();
    (watched, said)
}

fn returned(joined: Result<Option<Result<String, JobError>>, JoinError>) -> Watched {
    match joined {
        Ok(Some(result)) => Watched::Returned(result),
        // Stopped from outside: only this watch can do that, and it does not look at the work afterwards.
        Ok(None) => Watched::Stopped(Stopped::OutOfTime),
        Err(_) => Watched::Panicked,
    }
}

/// Looks, without writing, whether the attempt still has its job.
async fn look(store: &JobStore, run: &JobRecord) -> Result<Written, StoreError> {
    Ok(match store.get(&run.id).await? {
        Some(record) if record.state != JobState::Started || record.attempt != run.attempt => {
            Written::Fenced
        }
        Some(record) if record.cancel_requested => Written::CancelRequested,
        Some(_) => Written::Applied,
        None => Written::Fenced,
    })
}
