//! Whether one job ended as it was asked to.

use super::told::{Seen, Told};
use super::wish::Wish;
use crate::audit::JobSeen;

/// How a job ended, as a report counts it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Verdict {
    Succeeded,
    /// It failed because it was asked to.
    FailedAsAsked,
    Canceled,
    /// Its last attempt's process died.
    WorkerLost,
    /// An attempt had no time left; no job takes as long as a worker may run, so nothing makes this right.
    TimedOut,
    /// It has no end yet.
    Stuck,
    /// Its status URI does not know it.
    Lost,
    /// It ended as nobody asked for.
    Wrong,
}

/// Judges an accepted job by what its status URI says and what the auditor saw.
pub(super) fn verdict(told: &Told, seen: &Seen, audited: Option<&JobSeen>) -> Verdict {
    if seen.status != 200 || audited.is_none() {
        return Verdict::Lost;
    }
    if seen.state != "COMPLETED" {
        return Verdict::Stuck;
    }
    let verdict = match (seen.outcome.as_str(), seen.error_code.as_str()) {
        ("SUCCESS", _) => Verdict::Succeeded,
        ("CANCELED", _) => Verdict::Canceled,
        ("FAILED", "rehearsed-failure") => Verdict::FailedAsAsked,
        ("FAILED", "worker-lost") => Verdict::WorkerLost,
        ("FAILED", "timed-out") => Verdict::TimedOut,
        _ => Verdict::Wrong,
    };
    let starts = audited.map_or(0, |job| job.starts);
    if is_allowed(told, verdict, starts) {
        verdict
    } else {
        Verdict::Wrong
    }
}

/// What the kills and the faults may make of a wish. `starts` is how often the auditor saw the job claimed.
fn is_allowed(told: &Told, verdict: Verdict, starts: u32) -> bool {
    match (told.order.wish, verdict) {
        // A 200 is a promise: it is canceled.
        (Wish::Cancel, Verdict::Canceled) => told.cancel != 409,
        (Wish::Cancel, Verdict::Succeeded) => told.cancel != 200,
        (Wish::CancelBeforeStart, Verdict::Canceled) => told.cancel == 200 && starts == 0,
        (Wish::CancelBeforeStart, _) => false,
        (Wish::Fail, Verdict::FailedAsAsked)
        | (Wish::Succeed | Wish::Profile, Verdict::Succeeded) => starts >= 1,
        (Wish::Retry, Verdict::Succeeded) => starts >= 2,
        // Three attempts were killed; with fewer it would have been given up too early.
        (_, Verdict::WorkerLost) => starts >= 3 && told.cancel != 200,
        _ => false,
    }
}
