//! The promises of the service.

use std::fmt;

use serde::Serialize;

/// A promise that a write broke.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Rule {
    /// It was ended a second time.
    CompletedTwice,
    /// It had finished, and was changed to something else.
    LeftItsEnd,
    /// It was canceled before it ever started, and started.
    RanAfterCancel,
    /// It was claimed while the lease of another attempt ran.
    TwoAtOnce,
    /// A superseded attempt wrote.
    StaleWrite,
    /// Its percentage fell within an attempt.
    ProgressFell,
    /// An attempt's checkpoint or summary was replaced by an earlier one of the attempt.
    OlderProgress,
    /// The code of two of its attempts ran at the same time.
    CodeAtOnce,
    /// It was started more often than it may be.
    TooManyAttempts,
    /// A slice used up an attempt, or a start of an attempt did not.
    Miscounted,
    /// It ended otherwise than readers saw, or could have seen.
    EndedOtherwise,
    /// Two submits under one key were both told that theirs is the new job.
    AcceptedTwice,
    /// A call that was made for the job that had its key before changed it.
    OtherJob,
    /// It was deleted, and a late write created it again.
    CameBack,
    /// It was written before any message of it was sent.
    NoMessage,
    /// Its record was deleted or replaced by another job's too early.
    Vanished,
    /// A job with a webhook ended before the message that has it delivered was sent.
    EndWithoutWebhook,
    /// A record misreports its webhook: a delivery is counted twice, not at all or before the end, or one that arrived as one that did
    /// not.
    MisrecordedWebhook,
    /// A write left its version, and so its `ETag`, as it was.
    SameVersion,
    /// It is unknown which invocation wrote, so the write cannot be judged.
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

/// A broken promise, and the job.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Violation {
    /// Which promise.
    pub rule: Rule,
    /// The job's id.
    pub id: String,
    /// The record before and after the write.
    pub what: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "job {}, {}", self.id, self.what)
    }
}
