//! Why a worker returns a message to the queue.

/// The reason for which a worker returns a message to the queue. A returned message is not a Lambda error, so only its metric
/// shows that something is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HandBack {
    /// The job waits for its start, or for its next attempt.
    TooEarly,
    /// Another attempt owns the job.
    Busy,
    /// The record may still be written: the message is sent first.
    NoRecord,
    /// The record changed between the claim and the decision.
    Changed,
    /// The attempt lost its job to another one.
    Superseded,
    /// The attempt failed and is followed by another one.
    Retry,
    /// The job asked to run later.
    Snooze,
    /// The attempt ended its slice, and continues in a later invocation.
    Slice,
    /// The job is past its deadline, and a write from before may still take effect.
    PastDeadline,
    /// Too little of the invocation's time is left to start another attempt.
    NoTime,
    /// Another job of the batch, whose process died the last time, gets the invocation for itself.
    Apart,
    /// The table did not answer, or refused.
    Table,
    /// The queue did not take the delay, so the message is redelivered when its visibility timeout ends.
    Queue,
    /// The body is not a message of this service.
    Unreadable,
    /// This worker does not have the message's kind.
    UnknownKind,
    /// The end of the job whose webhook is to be delivered is not in its record yet.
    CallbackEarly,
    /// The receiver of a webhook did not take it, and gets it again later.
    CallbackRetry,
}

impl HandBack {
    /// The value of the metric's dimension `reason`, and whether an operator must act on it.
    const fn parts(self) -> (&'static str, bool) {
        match self {
            Self::TooEarly => ("too-early", false),
            Self::Busy => ("busy", false),
            Self::NoRecord => ("no-record", false),
            Self::Changed => ("changed", false),
            Self::Superseded => ("superseded", false),
            Self::Retry => ("retry", false),
            Self::Snooze => ("snooze", false),
            Self::Slice => ("slice", false),
            Self::PastDeadline => ("past-deadline", false),
            Self::NoTime => ("no-time", false),
            Self::Apart => ("apart", false),
            Self::Table => ("table", true),
            Self::Queue => ("queue", true),
            Self::Unreadable => ("unreadable", true),
            Self::UnknownKind => ("unknown-kind", true),
            Self::CallbackEarly => ("callback-early", false),
            Self::CallbackRetry => ("callback-retry", false),
        }
    }

    /// The value of the metric's dimension `reason`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        self.parts().0
    }

    /// Whether an operator must act on it, rather than a job's own course.
    #[must_use]
    pub const fn is_fault(self) -> bool {
        self.parts().1
    }
}
