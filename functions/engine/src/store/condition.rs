//! Under which conditions the table is written, all of them: each one's docs say which race it closes.

macro_rules! conditions {
    ($($(#[doc = $race:literal])+ $name:ident = $expression:literal;)+) => {
        /// A condition of a write. There is no other way to give one, so [`Condition::ALL`] has them all, and the tests take
        /// each part of each one out to see what goes wrong without it.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Condition {
            $($(#[doc = $race])+ $name,)+
        }

        impl Condition {
            /// Every condition.
            pub const ALL: &'static [Self] = &[$(Self::$name),+];

            /// As DynamoDB gets it: `#name` stands for an attribute, `:name` for a value.
            #[must_use]
            pub fn expression(self) -> &'static str {
                match self {
                    $(Self::$name => $expression,)+
                }
            }

            /// Which race it closes.
            #[must_use]
            pub fn race(self) -> &'static str {
                match self {
                    $(Self::$name => concat!($($race),+),)+
                }
            }
        }
    };
}

conditions! {
    /// Two submits for one id (that of an `Idempotency-Key`): the first one's record stands. And the first write of a record
    /// that comes late, when its job has run, ended and was deleted: its message is gone, so the job that it would create
    /// could never run. It finds the tombstone.
    IdIsNew = "attribute_not_exists(#id)";

    /// The same where the submit saw an expired record or a tombstone under the id, which TTL may have deleted since: it
    /// replaces that one, and none that has been put there since, be it over or not.
    IdIsFree = "attribute_not_exists(#id) OR #creation_token = :seen";

    /// Two writes of one attempt's result: an answer was lost and the write repeated, or the first write takes effect late, when
    /// the record refers to the item. The first one to take effect stands; nothing changes what readers have seen.
    ResultIsNew = "attribute_not_exists(#id)";

    /// Two workers with the same message, or a worker and a duplicate: only one can raise `attempt`, since the other's
    /// condition is judged against the new lease. Says the same as [`crate::decide_claim`] does for
    /// [`crate::ClaimDecision::Start`].
    Claimable = "#fingerprint = :fingerprint AND #deadline_ms > :now AND #attempt < #max_attempts \
         AND attribute_not_exists(#cancel_requested) \
         AND ((#state = :scheduled AND #scheduled_start_ms <= :now) OR (#state = :started AND #lease_until_ms <= :now))";

    /// Fencing: a worker that was frozen past its lease and thawed finds another claim's token, or the end, and writes
    /// nothing. The number of the attempt would not do: after a snooze the next claim has the same. Deadline and lease are
    /// part of it, because a write horizon after the deadline readers call the job FAILED, a write horizon after the lease
    /// of an attempt that was asked to stop they call it CANCELED, and final is final: a write that was bound by neither
    /// could end it otherwise later. Says the same as [`crate::owns_attempt`].
    OwnsAttempt = "#state = :started AND #run_token = :token AND #deadline_ms > :now AND #lease_until_ms > :now";

    /// Fencing, and no step back: a progress write whose answer never came may take effect behind the attempt's next one, and
    /// would take percentage, summary and checkpoint back. The percentage would not do: it stays the same while an
    /// attempt saves one checkpoint after another.
    OwnsAttemptSoFar = "#state = :started AND #run_token = :token AND #deadline_ms > :now AND #lease_until_ms > :now \
         AND #progress_number < :number";

    /// Fencing, and no cancel: it would get lost between this attempt and the next, or behind a failure that came after it.
    OwnsUncanceledAttempt = "#state = :started AND #run_token = :token AND #deadline_ms > :now AND #lease_until_ms > :now \
         AND attribute_not_exists(#cancel_requested)";

    /// A decision that was made from a record takes effect only on that very record. Versions count anew in each job, so
    /// the creation token tells an expired record from the new job that an `Idempotency-Key` put under its id. Not from
    /// the deadline on, because a write horizon later readers call the job FAILED, and a cancel that was decided from then on
    /// could still come after that.
    Unchanged = "#version = :version AND #creation_token = :creation_token AND #deadline_ms > :now";

    /// The end of a job that nobody ended by its deadline, and a write from before the deadline that ends it otherwise: once
    /// the write horizon has passed none can come any more, and what readers are shown may be written. Not behind an end that
    /// did come, which removes `overdue_ms`, and not to the job that an `Idempotency-Key` put under the id since.
    Overdue = "#creation_token = :creation_token AND #overdue_ms <= :now";

    /// A delete's read and its write: a new job may stand under the id of an `Idempotency-Key` since, also if the delete's
    /// first try made way for it and the answer was lost. What else happens to a job that has ended, by its record or
    /// because it is overdue, does not keep it from being deleted.
    SameJob = "#creation_token = :creation_token";

    /// A cancel's read and the end, or the next wait, of the attempt that it saw: asking a later attempt to stop is as good,
    /// asking a job that waits or has ended would be lost. Asking the job that an `Idempotency-Key` put under the id since
    /// would stop what nobody called off. From the deadline on it would change how readers see the job end.
    Started = "#creation_token = :creation_token AND #state = :started AND #deadline_ms > :now";
}
