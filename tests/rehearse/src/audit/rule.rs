//! What must never be seen.

use std::fmt;

use serde::Serialize;

/// A promise that a write broke.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Rule {
    /// It was brought to an end after its end.
    CompletedTwice,
    /// It had finished, and was changed to something else.
    LeftItsEnd,
    /// It was canceled before it ever started, and started.
    RanAfterCancel,
    /// It was claimed while the lease of another attempt ran.
    TwoAtOnce,
    /// An attempt wrote that was not the job's present one.
    StaleWrite,
    /// Its percentage fell within an attempt.
    ProgressFell,
    /// An attempt's checkpoint or summary gave way to one that the attempt had said before it.
    OlderProgress,
    /// The code of two of its attempts ran at the same time.
    CodeAtOnce,
    /// It was started more often than it may be.
    TooManyAttempts,
    /// A slice used up an attempt, or a start of an attempt did not.
    Miscounted,
    /// Readers were shown an end, or could have been, and it ended differently.
    EndedOtherwise,
    /// Two submits under one key were both told that theirs is the new job.
    AcceptedTwice,
    /// A call that was made for the job that had its key before changed it.
    OtherJob,
    /// It was deleted, and a write that was on its way by then brought it back.
    CameBack,
    /// It was written before any message of it was sent.
    NoMessage,
    /// Its record went, or gave way to another job's, before its time.
    Vanished,
    /// A job with a webhook ended before the message that has it delivered was sent.
    EndWithoutWebhook,
    /// A record says of its webhook what no delivery did: a delivery counted twice or not at all, or before the end, or one that arrived
    /// as one that did not.
    MisrecordedWebhook,
    /// A write left its version, and so its `ETag`, as it was.
    SameVersion,
    /// Nobody knows which invocation wrote, so that nothing can be said of the write.
    UnknownSender,
}

impl Rule {
    /// All of them.
    pub const ALL: [Self; 20] = [
        Self::CompletedTwice,
        Self::LeftItsEnd,
        Self::RanAfterCancel,
        Self::TwoAtOnce,
        Self::StaleWrite,
        Self::ProgressFell,
        Self::OlderProgress,
        Self::CodeAtOnce,
        Self::TooManyAttempts,
        Self::Miscounted,
        Self::EndedOtherwise,
        Self::AcceptedTwice,
        Self::OtherJob,
        Self::CameBack,
        Self::NoMessage,
        Self::Vanished,
        Self::EndWithoutWebhook,
        Self::MisrecordedWebhook,
        Self::SameVersion,
        Self::UnknownSender,
    ];

    /// What a report calls a violation of it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::CompletedTwice => "completed twice",
            Self::LeftItsEnd => "changed after its end",
            Self::RanAfterCancel => "ran after cancel-before-start",
            Self::TwoAtOnce => "two attempts at once",
            Self::StaleWrite => "write of a superseded attempt",
            Self::ProgressFell => "progress fell within an attempt",
            Self::OlderProgress => "checkpoint or summary older than the last one",
            Self::CodeAtOnce => "two attempts' code at once",
            Self::TooManyAttempts => "started more often than allowed",
            Self::Miscounted => "attempts counted wrong",
            Self::EndedOtherwise => "ended differently after readers could see it finished",
            Self::AcceptedTwice => "accepted twice for one key",
            Self::OtherJob => "changed by a call for the earlier job of its key",
            Self::CameBack => "exists again after its delete",
            Self::NoMessage => "record without message",
            Self::Vanished => "record deleted too early",
            Self::EndWithoutWebhook => "ended before its webhook's message",
            Self::MisrecordedWebhook => "webhook recorded wrongly",
            Self::SameVersion => "written without a new version",
            Self::UnknownSender => "written by an unknown sender",
        }
    }
}

/// A broken promise, and whose.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Violation {
    /// Which promise.
    pub rule: Rule,
    /// The job's id.
    pub id: String,
    /// From what to what the write changed it.
    pub what: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "job {}, {}", self.id, self.what)
    }
}
