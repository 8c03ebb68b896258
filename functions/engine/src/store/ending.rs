//! The write that ends a job.

use std::time::Duration;

use super::JobStore;
use super::attempt::{Values, is_own, owned, refusal, said};
use super::condition::Condition;
use super::expression::{Conditional, Update};
use super::item::{epoch_seconds, millis, number, string};
use super::result::has_room;
use crate::record::expiry;
use crate::{
    AttemptWrite, Failure, JobRecord, JobState, Outcome, Progress, StoreError, Timestamp, Written,
};

/// How a job ends.
#[derive(Clone, Debug, PartialEq)]
pub enum Ending {
    /// With a result: JSON text of up to [`crate::MAX_RESULT_BYTES`].
    Success {
        /// The result.
        result: String,
    },
    /// With a result that is in the bucket: see [`JobStore::store_result`].
    Stored {
        /// Its lifecycle class.
        days: u16,
    },
    /// With an error.
    Failed(Failure),
    /// Canceled by its owner.
    Canceled,
}

impl Ending {
    /// The code of the error, if the job failed.
    #[must_use]
    pub fn error_code(&self) -> Option<&str> {
        match self {
            Self::Failed(failure) => Some(failure.code()),
            Self::Success { .. } | Self::Stored { .. } | Self::Canceled => None,
        }
    }

    /// The outcome of the job.
    #[must_use]
    pub fn outcome(&self) -> Outcome {
        match self {
            Self::Success { .. } | Self::Stored { .. } => Outcome::Success,
            Self::Failed(_) => Outcome::Failed,
            Self::Canceled => Outcome::Canceled,
        }
    }

    /// The outcome and end time of an overdue job, as readers see it.
    #[must_use]
    pub fn of_overdue(record: &JobRecord) -> (Self, Timestamp) {
        let judged = record.judged(record.overdue_at);
        let failure = judged.error.clone();
        let ended_at = judged.ended_at.unwrap_or(record.deadline);
        (failure.map_or(Self::Canceled, Self::Failed), ended_at)
    }

    fn condition(&self) -> Condition {
        match self {
            Self::Success { .. } | Self::Stored { .. } | Self::Canceled => Condition::OwnsAttempt,
            Self::Failed(_) => Condition::OwnsUncanceledAttempt,
        }
    }
}

/// The values of [`Condition::SameJob`], which is a part of other conditions.
pub(super) fn same_job(record: &JobRecord) -> Values {
    let token = record.creation_token.as_str();
    vec![(":creation_token", string(token))]
}

/// Removes the attributes that only an unfinished job needs: every poll pays for the size of the record.
const REMOVED: &str = "REMOVE #lease_until_ms, #cancel_requested, #checkpoint, #start_percent, #progress_number, #overdue_ms, \
     #attempt_step, #slice_attempt, #slice_began_ms, #ran_ms";

/// After the end, the start of the job's last attempt is its only trace of slices.
fn began(record: &JobRecord) -> (&'static str, Values) {
    match record.slices() {
        None => ("", Vec::new()),
        Some(slices) => (
            ", #started_at_ms = :began",
            vec![(":began", millis(slices.began_at))],
        ),
    }
}

impl JobStore {
    /// Ends the job for this attempt, with the last progress that the attempt reported. The status URI remains readable for
    /// `retention` from `now`. A result takes precedence over a cancel that came too late; a failure does not, and is not
    /// written then.
    ///
    /// # Errors
    /// [`StoreError`]: the end may have taken effect, and a repeated call recognizes it. If the call is not repeated, the lease
    /// ends, and the next attempt repeats the work.
    pub async fn finish(
        &self,
        run: &JobRecord,
        ending: &Ending,
        progress: &Progress,
        now: Timestamp,
        retention: Duration,
    ) -> Result<Written, StoreError> {
        let (said, said_values) = said(progress);
        let (began, began_values) = began(run);
        let expires_at = expiry(now, retention);
        let (ended, ended_values) = match ending {
            Ending::Success { result } if !has_room(run, progress, result) => {
                self.put_result(run, result, now, retention).await?;
                let (set, values) = completed(ending.outcome(), now, expires_at);
                (format!("{set}, #result_token = :token"), values)
            }
            _ => ended(ending, now, expires_at),
        };
        let update = Update {
            set: format!("SET {said}, {ended}{began} {REMOVED}"),
            condition: ending.condition(),
            values: owned(run, now, [said_values, ended_values, began_values].concat()),
        };
        Ok(match self.write_end(run, update, now).await? {
            Conditional::Applied(_) => Written::Applied,
            Conditional::Refused(Some(old))
                if is_own(&old, run) && old.outcome() == Some(ending.outcome()) =>
            {
                Written::Applied
            }
            Conditional::Refused(old) => {
                let write = AttemptWrite::End(ending.outcome());
                refusal(old.as_deref(), run, write, now)
            }
        })
    }

    /// Ends a job that no attempt owns, as a cancel or a claim decided about `record`. Returns the record with its end; `None`
    /// if it has changed since, or if its deadline has passed, and so the decision must be made again.
    ///
    /// # Errors
    /// [`StoreError`]: the message must be redelivered.
    pub async fn finish_unowned(
        &self,
        record: &JobRecord,
        ending: &Ending,
        ended_at: Timestamp,
        expires_at: Timestamp,
        now: Timestamp,
    ) -> Result<Option<Box<JobRecord>>, StoreError> {
        let (ended, mut values) = ended(ending, ended_at, expires_at);
        values.extend(same_job(record));
        values.extend([
            (":version", number(record.version)),
            (":one", number(1)),
            (":now", millis(now)),
        ]);
        self.end_unowned(record, &ended, Condition::Unchanged, values, now)
            .await
    }

    /// Ends an overdue job as readers see it ([`JobRecord::judged`]). Returns the record with its end; `None` if the
    /// job is not overdue at `now`, or has ended.
    ///
    /// # Errors
    /// [`StoreError`]: the message must be redelivered.
    pub async fn finish_overdue(
        &self,
        record: &JobRecord,
        now: Timestamp,
    ) -> Result<Option<Box<JobRecord>>, StoreError> {
        let (ending, ended_at) = Ending::of_overdue(record);
        let (ended, mut values) = ended(&ending, ended_at, record.expires_at);
        values.extend(same_job(record));
        values.extend([(":one", number(1)), (":now", millis(now))]);
        self.end_unowned(record, &ended, Condition::Overdue, values, now)
            .await
    }

    async fn end_unowned(
        &self,
        record: &JobRecord,
        ended: &str,
        condition: Condition,
        mut values: Values,
        now: Timestamp,
    ) -> Result<Option<Box<JobRecord>>, StoreError> {
        let (began, began_values) = began(record);
        values.extend(began_values);
        let update = Update {
            set: format!("SET {ended}{began} {REMOVED}"),
            condition,
            values,
        };
        Ok(match self.write_end(record, update, now).await? {
            Conditional::Applied(ended) => Some(ended),
            Conditional::Refused(_) => None,
        })
    }

    /// Writes the end of a job. Every end is written here, after the message about it: an end without its message would have no webhook,
    /// and a message without its end is dropped.
    async fn write_end(
        &self,
        record: &JobRecord,
        update: Update,
        now: Timestamp,
    ) -> Result<Conditional, StoreError> {
        self.announce_end(record, now).await?;
        let written = self.update(&record.id, update).await?;
        if matches!(written, Conditional::Applied(_)) {
            self.end_was_written(record);
        }
        Ok(written)
    }
}

/// The end time is a value of its own, not `:now`: an overdue job ended in the past, at its deadline.
fn completed(outcome: Outcome, at: Timestamp, expires_at: Timestamp) -> (&'static str, Values) {
    let set = "#state = :completed, #outcome = :outcome, #ended_at_ms = :ended, #updated_at_ms = :ended, \
               #expires_at = :expires, #version = #version + :one";
    let values = vec![
        (":completed", string(JobState::Completed(outcome).as_str())),
        (":outcome", string(outcome.as_str())),
        (":ended", millis(at)),
        (":expires", epoch_seconds(expires_at)),
    ];
    (set, values)
}

fn ended(ending: &Ending, at: Timestamp, expires_at: Timestamp) -> (String, Values) {
    let (set, mut values) = completed(ending.outcome(), at, expires_at);
    match ending {
        Ending::Success { result } => {
            values.push((":result", string(result.as_str())));
            (format!("{set}, #result = :result"), values)
        }
        Ending::Stored { days } => {
            values.push((":days", number(*days)));
            (
                format!("{set}, #result_token = :token, #result_days = :days"),
                values,
            )
        }
        Ending::Failed(failure) => {
            values.extend([
                (":code", string(failure.code())),
                (":message", string(failure.message())),
            ]);
            (
                format!("{set}, #error_code = :code, #error_message = :message"),
                values,
            )
        }
        Ending::Canceled => (set.to_owned(), values),
    }
}
