//! All conditions of writes to the table. The docs of each one name the race that it closes.

macro_rules! conditions {
    ($($(#[doc = $race:literal])+ $name:ident = $expression:literal;)+) => {
        /// A condition of a write. Every conditional write takes one of these, so [`Condition::ALL`] is complete. The tests remove
        /// each part of each condition, and show what goes wrong without it.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Condition {
            $($(#[doc = $race])+ $name,)+
        }

        impl Condition {
            /// Every condition.
            pub const ALL: &'static [Self] = &[$(Self::$name),+];

            /// The expression for DynamoDB: `#name` is an attribute, `:name` a value.
            #[must_use]
            pub fn expression(self) -> &'static str {
                match self {
                    $(Self::$name => $expression,)+
                }
            }

            /// The race that it closes.
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
    /// Two submits for one id (that of an `Idempotency-Key`): the record of the first one remains. And a late first write of a
    /// record, after its job has run, finished and was deleted: its message is gone, so the job that it would create could
    /// never run. It finds the tombstone.
    IdIsNew = "attribute_not_exists(#id)";

    /// The same races for a submit that saw an expired record or a tombstone under the id, which TTL may have deleted since: it
    /// replaces that record, but not one that was written since, finished or not.
    IdIsFree = "attribute_not_exists(#id) OR #creation_token = :seen";

    /// Two writes of one attempt's result: an answer was lost and the write repeated, or the first write takes effect late, when
    /// the record refers to the item. The first one to take effect remains, so nothing changes what readers have seen.
    ResultIsNew = "attribute_not_exists(#id)";

    /// Two workers with the same message, or a worker and a duplicate: only one can raise `attempt`, because the
    /// condition of the other is evaluated against the new lease. Must agree with [`crate::decide_claim`] for
    /// [`crate::ClaimDecision::Start`].
    /// An attempt that ended its slice may continue, even if it is the last one.
    Claimable = "#fingerprint = :fingerprint AND #deadline_ms > :now AND (#attempt < #max_attempts OR attribute_exists(#attempt_step)) \
         AND attribute_not_exists(#cancel_requested) \
         AND ((#state = :scheduled AND #scheduled_start_ms <= :now) OR (#state = :started AND #lease_until_ms <= :now))";

    /// Fencing: a worker that was frozen beyond its lease finds the token of another claim, or a finished job, and writes nothing.
    /// The attempt number is not enough: after a snooze, the next claim has the same one, and so has the next slice. Deadline and lease are part of the
    /// condition: a write horizon after the deadline, readers see the job FAILED, and a write horizon after the lease of an
    /// attempt that was asked to stop, they see it CANCELED. Without these limits, a later write could change that outcome. Must
    /// agree with [`crate::owns_attempt`].
    OwnsAttempt = "#state = :started AND #run_token = :token AND #deadline_ms > :now AND #lease_until_ms > :now";

    /// Fencing, and no step back: a progress write without an answer may take effect after the attempt's next one, and would revert
    /// percentage, summary and checkpoint. The percentage is not enough: it does not change while an attempt saves one
    /// checkpoint after another.
    OwnsAttemptSoFar = "#state = :started AND #run_token = :token AND #deadline_ms > :now AND #lease_until_ms > :now \
         AND #progress_number < :number";

    /// Fencing, and no cancel: the cancel would be lost between this attempt and the next, or because of a later failure; after a slice's
    /// end, it would wait for the next claim.
    OwnsUncanceledAttempt = "#state = :started AND #run_token = :token AND #deadline_ms > :now AND #lease_until_ms > :now \
         AND attribute_not_exists(#cancel_requested)";

    /// A decision about a record takes effect only on that version of the record. Versions restart in each job, so the creation
    /// token distinguishes an expired record from the new job that an `Idempotency-Key` put under its id. The deadline limits
    /// it, because readers see the job FAILED a write horizon later, and a later cancel could take effect after that.
    Unchanged = "#version = :version AND #creation_token = :creation_token AND #deadline_ms > :now";

    /// The end of an overdue job, and a write from before its deadline that ends it otherwise: once the write horizon has passed, no
    /// such write can take effect any more, and the end that readers see may be written. Not after such a write did take
    /// effect, which removes `overdue_ms`, and not to another job that an `Idempotency-Key` put under the id since.
    Overdue = "#creation_token = :creation_token AND #overdue_ms <= :now";

    /// The read and the write of a delete: an `Idempotency-Key` may have put a new job under the id since, even because the delete's
    /// first try took effect and its answer was lost. Other changes of a finished or overdue job do not prevent its deletion.
    SameJob = "#creation_token = :creation_token";

    /// The read of a cancel, and the end or the pause of the attempt that it saw: a request to a later attempt to stop is as good, but
    /// a request to a waiting or finished job would be lost. A job between two slices waits, too: its cancel ends it, and readers would
    /// see a request as an end before the request. A request to another job that an `Idempotency-Key` put under the
    /// id since would stop a job that nobody canceled. After the deadline, it would change the end that readers see.
    Started = "#creation_token = :creation_token AND #state = :started AND #deadline_ms > :now AND attribute_not_exists(#attempt_step)";

    /// Two deliveries of one webhook, of which one has arrived: it is recorded even if the other one was given up first. Not twice, so that
    /// a repeated or late write counts no further delivery. Not into a tombstone, which has no callback, nor into another job that an
    /// `Idempotency-Key` put under the id since.
    Undelivered = "#creation_token = :creation_token AND (#callback_state = :pending OR #callback_state = :failed)";

    /// A delivery that failed, and another one that arrived or was given up meanwhile: that state is final. And a write that takes effect
    /// twice or late: it would count its delivery once more, and replace the status of a newer one. The same for other jobs and tombstones.
    UndeliveredSoFar = "#creation_token = :creation_token AND #callback_state = :pending AND #callback_attempts = :attempts";

    /// Giving up, and another delivery that arrived: a webhook that arrived is never recorded as failed. The same for other jobs and
    /// tombstones.
    AwaitsDelivery = "#creation_token = :creation_token AND #callback_state = :pending";
}
