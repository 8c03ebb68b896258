//! What the worker does with a message.

use std::time::Duration;

use engine::{ClaimDecision, HandBack, Timestamp};

/// What the worker does with a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Disposition {
    /// Nothing more to do: it is deleted.
    Done,
    /// It is redelivered.
    HandBack {
        /// Why.
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
