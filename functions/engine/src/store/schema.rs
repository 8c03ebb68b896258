//! What the table is made of. The template and the embedded table are checked against these names.

/// The index that serves the list: each owner's jobs by the time they were accepted. Keys only.
pub const INDEX_NAME: &str = "by-owner";

/// The attributes of an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(
    missing_docs,
    reason = "each is the field of `JobRecord` of the same name unless it says otherwise"
)]
pub enum Attribute {
    /// The table's partition key.
    Id,
    Owner,
    /// The kind.
    Name,
    Fingerprint,
    CreationToken,
    State,
    /// How it ended; absent before the end.
    Outcome,
    Percent,
    /// Absent: nothing.
    StartPercent,
    /// The owner's name for the job; absent without one.
    Title,
    /// JSON text; absent before the first, and after the end.
    Checkpoint,
    Summary,
    ScheduledStartMs,
    /// Absent unless the job starts later than a message can be delayed, and from the first claim on.
    Schedule,
    StartedAtMs,
    EndedAtMs,
    DeadlineMs,
    /// [`crate::JobRecord::overdue_at`]; absent after the end.
    OverdueMs,
    LeaseUntilMs,
    RunToken,
    /// Absent before the first claim, and after the end.
    ProgressNumber,
    /// The table's TTL attribute: epoch seconds, a Number.
    ExpiresAt,
    Attempt,
    MaxAttempts,
    /// 0 between two slices: what the next claim adds to `attempt` instead of 1. Otherwise absent.
    AttemptStep,
    /// The attempt of [`crate::JobRecord::ended_slices`]; like the next two, absent before the first slice's end, and after the end.
    SliceAttempt,
    /// Its start.
    SliceBeganMs,
    /// Its running time.
    RanMs,
    CancelRequested,
    /// Absent unless the item is a tombstone.
    Deleted,
    Version,
    UpdatedAtMs,
    /// Absent if the result is in an item of its own.
    Result,
    /// Whose attempt's result is in an item of its own, with the key `<id>#<this token>`; absent if there is none.
    ResultToken,
    /// The lifecycle class in days of a result that is in the bucket: its key is `results/<this>/<id>/<token>`; absent if there is none.
    ResultDays,
    ErrorCode,
    ErrorMessage,
    /// The URL of [`crate::JobRecord::callback`]; like the next three, absent without one, and in a tombstone.
    CallbackUrl,
    /// Its state: PENDING, DELIVERED or FAILED.
    CallbackState,
    /// Its number of deliveries.
    CallbackAttempts,
    /// The HTTP status of its latest delivery that has one; absent if none has.
    CallbackStatus,
    /// The index's partition key: the owner and one of [`crate::INDEX_SHARDS`] numbers.
    OwnerShard,
    /// The index's sort key: the time of acceptance in milliseconds, 15 digits, and the id, so that no two jobs tie.
    CreatedOrder,
}

impl Attribute {
    /// All of them.
    pub const ALL: [Self; 43] = [
        Self::Id,
        Self::Owner,
        Self::Name,
        Self::Fingerprint,
        Self::CreationToken,
        Self::State,
        Self::Outcome,
        Self::Percent,
        Self::StartPercent,
        Self::Checkpoint,
        Self::Title,
        Self::Summary,
        Self::ScheduledStartMs,
        Self::Schedule,
        Self::StartedAtMs,
        Self::EndedAtMs,
        Self::DeadlineMs,
        Self::OverdueMs,
        Self::LeaseUntilMs,
        Self::RunToken,
        Self::ProgressNumber,
        Self::ExpiresAt,
        Self::Attempt,
        Self::MaxAttempts,
        Self::AttemptStep,
        Self::SliceAttempt,
        Self::SliceBeganMs,
        Self::RanMs,
        Self::CancelRequested,
        Self::Deleted,
        Self::Version,
        Self::UpdatedAtMs,
        Self::Result,
        Self::ResultToken,
        Self::ResultDays,
        Self::ErrorCode,
        Self::ErrorMessage,
        Self::CallbackUrl,
        Self::CallbackState,
        Self::CallbackAttempts,
        Self::CallbackStatus,
        Self::OwnerShard,
        Self::CreatedOrder,
    ];

    /// The attribute's name in the item.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Id => "id",
            Self::Owner => "owner",
            Self::Name => "name",
            Self::Fingerprint => "fingerprint",
            Self::CreationToken => "creation_token",
            Self::State => "state",
            Self::Outcome => "outcome",
            Self::Percent => "percent",
            Self::StartPercent => "start_percent",
            Self::Checkpoint => "checkpoint",
            Self::Title => "title",
            Self::Summary => "summary",
            Self::ScheduledStartMs => "scheduled_start_ms",
            Self::Schedule => "schedule",
            Self::StartedAtMs => "started_at_ms",
            Self::EndedAtMs => "ended_at_ms",
            Self::DeadlineMs => "deadline_ms",
            Self::OverdueMs => "overdue_ms",
            Self::LeaseUntilMs => "lease_until_ms",
            Self::RunToken => "run_token",
            Self::ProgressNumber => "progress_number",
            Self::ExpiresAt => "expires_at",
            Self::Attempt => "attempt",
            Self::MaxAttempts => "max_attempts",
            Self::AttemptStep => "attempt_step",
            Self::SliceAttempt => "slice_attempt",
            Self::SliceBeganMs => "slice_began_ms",
            Self::RanMs => "ran_ms",
            Self::CancelRequested => "cancel_requested",
            Self::Deleted => "deleted",
            Self::Version => "version",
            Self::UpdatedAtMs => "updated_at_ms",
            Self::Result => "result",
            Self::ResultToken => "result_token",
            Self::ResultDays => "result_days",
            Self::ErrorCode => "error_code",
            Self::ErrorMessage => "error_message",
            Self::CallbackUrl => "callback_url",
            Self::CallbackState => "callback_state",
            Self::CallbackAttempts => "callback_attempts",
            Self::CallbackStatus => "callback_status",
            Self::OwnerShard => "owner_shard",
            Self::CreatedOrder => "created_order",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn every_attribute_has_a_name_of_its_own() {
        let names: HashSet<_> = Attribute::ALL
            .iter()
            .map(|attribute| attribute.name())
            .collect();
        assert_eq!(names.len(), Attribute::ALL.len());
    }
}
