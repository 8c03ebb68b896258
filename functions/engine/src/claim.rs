//! Whether the job of a message may start here and now, and what the worker does with the message if it may not.

#[cfg(test)]
mod tests;

use std::time::Duration;

use crate::{Fingerprint, JobRecord, JobState, Timestamp};

/// Decision about the job of a message, given the current record.
///
/// [`crate::JobStore::claim`] writes under a condition that holds exactly when this is [`ClaimDecision::Start`]; the other
/// variants are the reasons why the condition did not hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClaimDecision {
    /// The job is due and unclaimed: start the next attempt, or the next slice of the attempt.
    Start,
    /// There is no record, or it has expired. The message's own record may follow within milliseconds, or its write failed.
    Missing,
    /// The record belongs to another request: the write of this message's record lost the race for the id.
    Foreign,
    /// The job has finished.
    Finished,
    /// The job waits for its start, or for its next attempt.
    NotDue {
        /// When it is due.
        until: Timestamp,
    },
    /// Another attempt owns the job.
    Busy {
        /// When the lease of that attempt ends.
        until: Timestamp,
    },
    /// The job is past its deadline, and a write from before may still take effect.
    PastDeadline {
        /// When the job is overdue.
        until: Timestamp,
    },
    /// No write from before the deadline can take effect any more: end the job as readers see it.
    Overdue,
    /// The attempt died after the owner had asked it to stop: cancel the job.
    Canceled,
    /// The last attempt died: fail the job.
    Exhausted,
}

/// By how much the clock of the `submit` that finds a record expired may be ahead of the worker's.
const CLOCK_MARGIN: Duration = Duration::from_secs(2);

/// Decides at `now` what a worker with a message of this `fingerprint` does about `record`.
#[must_use]
pub fn decide_claim(
    record: Option<&JobRecord>,
    fingerprint: &Fingerprint,
    now: Timestamp,
) -> ClaimDecision {
    let Some(record) = record else {
        return ClaimDecision::Missing;
    };
    // If an `Idempotency-Key` is used again, the new job's message arrives while the old record still exists. If the worker
    // dropped it as a duplicate or as foreign, the record that is written a moment later would have no message.
    let is_completed = record.judged(now).state.is_completed();
    if is_completed && record.is_expired(now.plus(CLOCK_MARGIN)) {
        return ClaimDecision::Missing;
    }
    if record.fingerprint != *fingerprint {
        return ClaimDecision::Foreign;
    }
    if record.state.is_completed() {
        return ClaimDecision::Finished;
    }
    if record.is_overdue(now) {
        return ClaimDecision::Overdue;
    }
    if record.is_past_deadline(now) {
        return ClaimDecision::PastDeadline {
            until: record.overdue_at,
        };
    }
    decide_live(record, now)
}

fn decide_live(record: &JobRecord, now: Timestamp) -> ClaimDecision {
    let lease = record
        .lease_until
        .filter(|_| record.state == JobState::Started);
    match lease {
        Some(until) if now < until => ClaimDecision::Busy { until },
        None if now < record.scheduled_start => ClaimDecision::NotDue {
            until: record.scheduled_start,
        },
        _ if record.cancel_requested => ClaimDecision::Canceled,
        // The last attempt may continue, too.
        _ if record.attempt >= record.max_attempts && !record.is_between_slices => {
            ClaimDecision::Exhausted
        }
        _ => ClaimDecision::Start,
    }
}

/// What a worker does with a message whose claim was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unclaimed {
    /// Delete it: nobody needs it any more.
    Drop,
    /// Return it to the queue.
    HandBack {
        /// Delay of its redelivery.
        after: Duration,
    },
    /// End its job without another attempt, and then delete it.
    End,
}

impl Unclaimed {
    /// Minimum time for which a message without a record is kept, even if the write horizon is shorter: a machine that is
    /// busy or asleep may write the record much later than it sent the message.
    const SLOWEST_SUBMIT: Duration = Duration::from_secs(60);

    /// Delay after which a message without a record is checked again for the first time. From then on, each delay is as long
    /// as the message is old, so it grows.
    const RECORD_RETRY: Duration = Duration::from_secs(5);

    /// How long the record of a message can still appear, if the message was sent `age` ago and a write can take effect up to
    /// `write_horizon` after its clock was read.
    #[must_use]
    pub fn record_may_come_for(age: Duration, write_horizon: Duration) -> Duration {
        write_horizon.max(Self::SLOWEST_SUBMIT).saturating_sub(age)
    }

    /// Decides about a message that was sent `age` ago.
    #[must_use]
    pub fn of(
        decision: ClaimDecision,
        age: Duration,
        write_horizon: Duration,
        now: Timestamp,
    ) -> Self {
        let left = Self::record_may_come_for(age, write_horizon);
        match decision {
            ClaimDecision::Missing if !left.is_zero() => Self::HandBack {
                after: age.max(Self::RECORD_RETRY).min(left),
            },
            ClaimDecision::Missing | ClaimDecision::Foreign | ClaimDecision::Finished => Self::Drop,
            ClaimDecision::NotDue { until }
            | ClaimDecision::Busy { until }
            | ClaimDecision::PastDeadline { until } => Self::HandBack {
                after: until.since(now),
            },
            // The job became claimable between the write and the decision, so the worker tries again at once.
            ClaimDecision::Start => Self::HandBack {
                after: Duration::ZERO,
            },
            ClaimDecision::Overdue | ClaimDecision::Canceled | ClaimDecision::Exhausted => {
                Self::End
            }
        }
    }
}
