//! What the worker does with a message.
//!
//! | Why it is redelivered | After how long |
//! | --- | --- |
//! | the job is not due, running elsewhere, or past its deadline | until its start, the end of the lease, or its end |
//! | no record yet | 5 s, then the message's age: [`engine::Unclaimed`] |
//! | the record changed; no time left; a job of the batch runs alone | at once |
//! | retry, snooze, slice | until the next start: [`crate::retry`] |
//! | the table does not answer | 5 s, doubling to 15 min; after an attempt, until the end of its lease |
//! | the attempt was superseded, or the queue did not take a delay | when the visibility timeout ends |
//! | unknown kind; unreadable body | 10 s; 1 s, for a webhook 1 h |
//! | webhook before its job's end | 2 s, doubling to 60 s |
//! | webhook not delivered | 5 s, growing to 10 h: [`engine::NextDelivery`] |
//!
//! No delay is longer than [`engine::MAX_VISIBILITY`].

use std::time::Duration;

use engine::{ClaimDecision, HandBack, Timestamp};

/// What the worker does with a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Disposition {
    /// Nothing more to do: it is deleted.
    Done,
    /// It is redelivered.
    HandBack {
        reason: HandBack,
        /// When; `None`: when its visibility timeout ends.
        after: Option<Duration>,
    },
}

impl Disposition {
    pub(crate) fn in_a_while(reason: HandBack) -> Self {
        let after = None;
        Self::HandBack { reason, after }
    }

    pub(crate) fn after(delay: Duration, reason: HandBack) -> Self {
        let after = Some(delay);
        Self::HandBack { reason, after }
    }

    pub(crate) fn at_once(reason: HandBack) -> Self {
        Self::after(Duration::ZERO, reason)
    }

    /// Whether the attempt continues in a later invocation.
    pub(crate) fn is_slice(self) -> bool {
        matches!(
            self,
            Self::HandBack {
                reason: HandBack::Slice,
                ..
            }
        )
    }

    /// Redelivered at `until`.
    pub(crate) fn at(until: Timestamp, now: Timestamp, reason: HandBack) -> Self {
        Self::after(until.since(now), reason)
    }
}

/// Why a message is returned whose claim was refused for now.
pub(crate) fn reason(decision: ClaimDecision) -> HandBack {
    match decision {
        ClaimDecision::NotDue { .. } => HandBack::TooEarly,
        ClaimDecision::Busy { .. } => HandBack::Busy,
        ClaimDecision::PastDeadline { .. } => HandBack::PastDeadline,
        ClaimDecision::Missing => HandBack::NoRecord,
        ClaimDecision::Start
        | ClaimDecision::Foreign
        | ClaimDecision::Finished
        | ClaimDecision::Overdue
        | ClaimDecision::Canceled
        | ClaimDecision::Exhausted => HandBack::Changed,
    }
}
