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
    /// The value of the metric's dimension `reason`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::TooEarly => "too-early",
            Self::Busy => "busy",
            Self::NoRecord => "no-record",
            Self::Changed => "changed",
            Self::Superseded => "superseded",
            Self::Retry => "retry",
            Self::Snooze => "snooze",
            Self::Slice => "slice",
            Self::PastDeadline => "past-deadline",
            Self::NoTime => "no-time",
            Self::Apart => "apart",
            Self::Table => "table",
            Self::Queue => "queue",
            Self::Unreadable => "unreadable",
            Self::UnknownKind => "unknown-kind",
            Self::CallbackEarly => "callback-early",
            Self::CallbackRetry => "callback-retry",
        }
    }

    /// Whether an operator must act on it, rather than a job's own course.
    #[must_use]
    pub const fn is_fault(self) -> bool {
        match self {
            Self::Table | Self::Queue | Self::Unreadable | Self::UnknownKind => true,
            Self::TooEarly
            | Self::Busy
            | Self::NoRecord
            | Self::Changed
            | Self::Superseded
            | Self::Retry
            | Self::Snooze
            | Self::Slice
            | Self::PastDeadline
            | Self::NoTime
            | Self::Apart
            | Self::CallbackEarly
            | Self::CallbackRetry => false,
        }
    }
}
