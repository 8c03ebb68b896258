//! What the table is made of. The template and the embedded table are checked against these names.

/// The index that serves the list: each owner's jobs by the time they were accepted. Keys only.
pub const INDEX_NAME: &str = "by-owner";

macro_rules! attributes {
    ($($(#[doc = $doc:literal])* $attribute:ident = $name:literal;)+) => {
        /// The attributes of an item.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[expect(
            missing_docs,
            reason = "each is the field of `JobRecord` of the same name unless it says otherwise"
        )]
        pub enum Attribute {
            $($(#[doc = $doc])* $attribute,)+
        }

        impl Attribute {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$attribute),+];

            /// The attribute's name in the item.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$attribute => $name,)+
                }
            }
        }
    };
}

attributes! {
    /// The table's partition key.
    Id = "id";
    Owner = "owner";
    /// The kind.
    Name = "name";
    Fingerprint = "fingerprint";
    CreationToken = "creation_token";
    State = "state";
    /// How it ended; absent before the end.
    Outcome = "outcome";
    Percent = "percent";
    /// Absent: nothing.
    StartPercent = "start_percent";
    /// The owner's name for the job; absent without one.
    Title = "title";
    /// JSON text; absent before the first, and after the end.
    Checkpoint = "checkpoint";
    Summary = "summary";
    ScheduledStartMs = "scheduled_start_ms";
    /// Absent unless the job starts later than a message can be delayed, and from the first claim on.
    Schedule = "schedule";
    StartedAtMs = "started_at_ms";
    EndedAtMs = "ended_at_ms";
    DeadlineMs = "deadline_ms";
    /// [`crate::JobRecord::overdue_at`]; absent after the end.
    OverdueMs = "overdue_ms";
    LeaseUntilMs = "lease_until_ms";
    RunToken = "run_token";
    /// Absent before the first claim, and after the end.
    ProgressNumber = "progress_number";
    /// The table's TTL attribute: epoch seconds, a Number.
    ExpiresAt = "expires_at";
    Attempt = "attempt";
    MaxAttempts = "max_attempts";
    /// 0 between two slices: what the next claim adds to `attempt` instead of 1. Otherwise absent.
    AttemptStep = "attempt_step";
    /// The attempt of [`crate::JobRecord::ended_slices`]; like the next two, absent before the first slice's end, and after the end.
    SliceAttempt = "slice_attempt";
    /// Its start.
    SliceBeganMs = "slice_began_ms";
    /// Its running time.
    RanMs = "ran_ms";
    CancelRequested = "cancel_requested";
    /// Absent unless the item is a tombstone.
    Deleted = "deleted";
    Version = "version";
    UpdatedAtMs = "updated_at_ms";
    /// Absent if the result is in an item of its own.
    Result = "result";
    /// Whose attempt's result is in an item of its own, with the key `<id>#<this token>`; absent if there is none.
    ResultToken = "result_token";
    /// The lifecycle class in days of a result that is in the bucket: its key is `results/<this>/<id>/<token>`; absent if there is none.
    ResultDays = "result_days";
    ErrorCode = "error_code";
    ErrorMessage = "error_message";
    /// The URL of [`crate::JobRecord::callback`]; like the next three, absent without one, and in a tombstone.
    CallbackUrl = "callback_url";
    /// Its state: PENDING, DELIVERED or FAILED.
    CallbackState = "callback_state";
    /// Its number of deliveries.
    CallbackAttempts = "callback_attempts";
    /// The HTTP status of its latest delivery that has one; absent if none has.
    CallbackStatus = "callback_status";
    /// The index's partition key: the owner and one of [`crate::INDEX_SHARDS`] numbers.
    OwnerShard = "owner_shard";
    /// The index's sort key: the time of acceptance in milliseconds, 15 digits, and the id, so that no two jobs tie.
    CreatedOrder = "created_order";
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
