//! What the code relies on, and what it would be without it.

use engine::Condition;

/// One thing that the code relies on. The checker must find a broken property without it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Guard {
    /// The message is sent before the record is written.
    MessageFirst,
    /// A record is written only where no job is stored that its submit did not see expired or deleted.
    FreeId,
    /// A claim checks that the message belongs to the request that the record stands for.
    Fingerprint,
    /// A claim waits for the end of the lease.
    Lease,
    /// A write of an attempt checks the fencing token.
    Fencing,
    /// The fencing token is new for each delivery.
    Token,
    /// A write of an attempt checks the deadline.
    Deadline,
    /// A cancel that ends a job checks the deadline.
    CancelDeadline,
    /// A write of an attempt checks the lease.
    LeaseBound,
    /// Nothing leaves COMPLETED.
    Final,
    /// Readers call an unfinished job failed only a write horizon after its deadline.
    Horizon,
    /// The write horizon allows for clocks that differ, not only for the flight of a write.
    ClockMargin,
    /// A record outlives the write horizon.
    Retention,
    /// A command's write checks that the job is still the one that it saw first.
    Pinned,
    /// A cancel that looks again does so only for the job that it saw first.
    PinnedLooks,
    /// A late progress write does not replace a newer one.
    ProgressNumber,
    /// While an attempt's threads run, the next attempt waits for the end of the lease.
    Leftovers,
    /// A timeout is final only for an attempt that had nearly the whole invocation.
    LateStart,
    /// A submit recognizes its own write by a token that no other submit has.
    CreationToken,
    /// A delete leaves a tombstone.
    Tombstone,
    /// The tombstone stays for the write horizon.
    TombstoneKept,
    /// A message without a record is kept for the write horizon.
    DropAge,
    /// A message that is not known to be done returns to the queue.
    HandBack,
    /// A claim without an answer is tried again in place.
    InPlace,
    /// A slice's end replaces the fencing token.
    SliceToken,
    /// A claim of a further slice removes what makes it use up no attempt.
    SliceStep,
    /// Nobody is asked to stop between two slices.
    SliceCancel,
    /// The message about an end is sent before the end is written.
    AnnouncedEnd,
    /// A message about an end that is not there is kept for as long as the end can come.
    NoticeAge,
    /// Only an end that was written is delivered.
    WrittenEnd,
    /// A webhook that arrived is not recorded as failed.
    Arrived,
    /// A webhook that arrived after it was given up is recorded.
    ArrivedAfterAll,
    /// A delivery is counted once.
    CountedOnce,
    /// A cancel deletes the schedule after its write has taken effect.
    UnscheduleLast,
}

impl Guard {
    /// All of them.
    pub const ALL: [Self; 34] = [
        Self::MessageFirst,
        Self::FreeId,
        Self::Fingerprint,
        Self::Lease,
        Self::Fencing,
        Self::Token,
        Self::Deadline,
        Self::CancelDeadline,
        Self::LeaseBound,
        Self::Final,
        Self::Horizon,
        Self::ClockMargin,
        Self::Retention,
        Self::Pinned,
        Self::PinnedLooks,
        Self::ProgressNumber,
        Self::Leftovers,
        Self::LateStart,
        Self::CreationToken,
        Self::Tombstone,
        Self::TombstoneKept,
        Self::DropAge,
        Self::HandBack,
        Self::InPlace,
        Self::SliceToken,
        Self::SliceStep,
        Self::SliceCancel,
        Self::AnnouncedEnd,
        Self::NoticeAge,
        Self::WrittenEnd,
        Self::Arrived,
        Self::ArrivedAfterAll,
        Self::CountedOnce,
        Self::UnscheduleLast,
    ];

    /// The parts of the table's conditions that are left out with it.
    pub(crate) fn parts(self) -> &'static [(Condition, &'static str)] {
        use Condition::{
            AwaitsDelivery, Claimable, IdIsFree, IdIsNew, OwnsAttempt, OwnsAttemptSoFar,
            OwnsUncanceledAttempt, SameJob, Started, Unchanged, Undelivered, UndeliveredSoFar,
        };
        match self {
            Self::FreeId => &[
                (IdIsNew, "attribute_not_exists(#id)"),
                (
                    IdIsFree,
                    "attribute_not_exists(#id) OR #creation_token = :seen",
                ),
            ],
            Self::Fingerprint => &[(Claimable, "#fingerprint = :fingerprint")],
            Self::Lease => &[(Claimable, "#lease_until_ms <= :now")],
            Self::Fencing => &[
                (OwnsAttempt, "#run_token = :token"),
                (OwnsUncanceledAttempt, "#run_token = :token"),
            ],
            Self::Deadline => &[
                (OwnsAttempt, "#deadline_ms > :now"),
                (OwnsUncanceledAttempt, "#deadline_ms > :now"),
            ],
            Self::CancelDeadline => &[(Unchanged, "#deadline_ms > :now")],
            Self::LeaseBound => &[
                (OwnsAttempt, "#lease_until_ms > :now"),
                (OwnsUncanceledAttempt, "#lease_until_ms > :now"),
            ],
            Self::Final => &[(Claimable, "#state = :scheduled")],
            Self::Pinned => &[
                (SameJob, "#creation_token = :creation_token"),
                (Started, "#creation_token = :creation_token"),
                (Unchanged, "#creation_token = :creation_token"),
            ],
            Self::SliceCancel => &[(Started, "attribute_not_exists(#attempt_step)")],
            Self::ProgressNumber => &[(OwnsAttemptSoFar, "#progress_number < :number")],
            Self::Arrived => &[
                (AwaitsDelivery, "#callback_state = :pending"),
                (UndeliveredSoFar, "#callback_state = :pending"),
            ],
            Self::ArrivedAfterAll => &[(Undelivered, "#callback_state = :failed")],
            Self::CountedOnce => &[(UndeliveredSoFar, "#callback_attempts = :attempts")],
            _ => &[],
        }
    }
}
