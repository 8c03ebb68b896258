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
    /// Its deadline came first.
    Overdue,
    /// Its last attempt's process died.
    WorkerLost,
    /// It has no end yet.
    Stuck,
    /// Its status URI does not know it.
    Lost,
    /// It ended in an unexpected way.
    Wrong,
}

/// Judges an accepted job by what its status URI says and what the auditor saw.
pub(super) fn verdict(told: &Told, seen: &Seen, audited: Option<&JobSeen>) -> Verdict {
    if seen.status != 200 || audited.is_none() {
        return Verdict::Lost;
    }
    if !seen.is_end() {
        return Verdict::Stuck;
    }
    let verdict = match (seen.outcome.as_str(), seen.error_code.as_str()) {
        ("SUCCESS", _) => Verdict::Succeeded,
        ("CANCELED", _) => Verdict::Canceled,
        ("FAILED", "rehearsed-failure") => Verdict::FailedAsAsked,
        ("FAILED", "deadline-exceeded") => Verdict::Overdue,
        ("FAILED", "worker-lost") => Verdict::WorkerLost,
        _ => Verdict::Wrong,
    };
    // How often an attempt was started: a further slice is the same attempt.
    let starts = audited.map_or(0, |job| job.starts - job.slices);
    if is_right(told.order.wish, told.cancel, verdict, starts) {
        verdict
    } else {
        Verdict::Wrong
    }
}

/// Whether kills and faults can turn the wish into this outcome. `cancel` is the status of the answer to its cancel, `starts` how many
/// attempts of the job the auditor saw.
fn is_right(wish: Wish, cancel: u16, verdict: Verdict, starts: u32) -> bool {
    match (wish, verdict) {
        // A 200 is a promise: it is canceled.
        (Wish::Cancel, Verdict::Canceled) => matches!(cancel, 200 | 202),
        // Past the deadline a 409 says that what is on its way still counts, and that may be an earlier try of the cancel.
        (Wish::CancelLate, Verdict::Canceled) => matches!(cancel, 200 | 202 | 409),
        // An attempt that was asked to stop may succeed, or come to the deadline, first.
        (Wish::Cancel, Verdict::Succeeded) | (Wish::CancelLate, Verdict::Overdue) => cancel != 200,
        (Wish::CancelBeforeStart, Verdict::Canceled) => cancel == 200 && starts == 0,
        // On a slow machine the cancel may come after the start; the client is told so.
        (Wish::CancelBeforeStart, Verdict::Succeeded) => cancel == 409 && starts >= 1,
        (Wish::Overrun | Wish::EndInTime, Verdict::Overdue) => true,
        (Wish::Fail, Verdict::FailedAsAsked)
        | (
            Wish::Succeed
            | Wish::Profile
            | Wish::ReadUpload
            | Wish::LargeResult
            | Wish::Save
            | Wish::Slice
            | Wish::EndInTime,
            Verdict::Succeeded,
        ) => starts >= 1,
        (Wish::Retry | Wish::LeaveBehind, Verdict::Succeeded) => starts >= 2,
        // Three attempts were killed; with fewer it would have been given up too early. Where the deadline comes soon, there
        // is not enough time for three, and a job that is canceled before its start has none.
        (Wish::CancelBeforeStart, Verdict::WorkerLost) => false,
        (_, Verdict::WorkerLost) => !wish.is_hurried() && starts >= 3 && cancel != 200,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_wish_says_which_ends_are_right() {
        assert!(is_right(Wish::Succeed, 0, Verdict::Succeeded, 1));
        assert!(!is_right(Wish::Succeed, 0, Verdict::Canceled, 1));
        assert!(!is_right(Wish::Succeed, 0, Verdict::Overdue, 1));
        assert!(!is_right(Wish::Succeed, 0, Verdict::WorkerLost, 2));
        assert!(is_right(Wish::Succeed, 0, Verdict::WorkerLost, 3));
        assert!(!is_right(Wish::EndInTime, 0, Verdict::WorkerLost, 3));
        assert!(is_right(Wish::CancelLate, 409, Verdict::Overdue, 1));
        assert!(!is_right(Wish::CancelLate, 200, Verdict::Overdue, 1));
        assert!(!is_right(Wish::Cancel, 409, Verdict::Canceled, 1));
        assert!(!is_right(Wish::Overrun, 0, Verdict::Succeeded, 1));
        assert!(!is_right(Wish::LeaveBehind, 0, Verdict::Succeeded, 1));
        assert!(is_right(
            Wish::CancelBeforeStart,
            409,
            Verdict::Succeeded,
            1
        ));
        assert!(!is_right(
            Wish::CancelBeforeStart,
            200,
            Verdict::Succeeded,
            1
        ));
    }
}
