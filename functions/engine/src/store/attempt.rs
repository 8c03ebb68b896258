//! What an attempt writes: its claim, its progress, its end.

use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;

use super::JobStore;
use super::condition::Condition;
use super::expression::{Conditional, Update};
use crate::item::{epoch_seconds, millis, number, string};
use crate::page::created_order;
use crate::record::{MAX_SUMMARY_CHARS, cut, expiry};
use crate::{
    Claim, ClaimDecision, Failure, Fingerprint, JobId, JobRecord, JobState, Outcome, Progress,
    StoreError, Timestamp, decide_claim,
};

/// The largest result, in bytes of JSON: an item holds at most 400 KB (409,600 bytes), and the record needs its part.
pub const MAX_RESULT_BYTES: usize = 380_000;

/// What came of a write of an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Written {
    /// It took effect.
    Applied,
    /// (Progress) it took effect, or (reschedule, failure) it did not, and the owner asked this attempt to stop.
    CancelRequested,
    /// The attempt is not the job's present one any more, or its deadline is over: it may write nothing.
    Fenced,
}

/// How an attempt ends its job.
#[derive(Clone, Debug, PartialEq)]
pub enum Ending {
    /// With a result: JSON text of at most [`MAX_RESULT_BYTES`].
    Success {
        /// The result.
        result: String,
    },
    /// With an error.
    Failed(Failure),
    /// By its owner's wish.
    Canceled,
}

impl Ending {
    /// The outcome that it gives the job.
    #[must_use]
    pub fn outcome(&self) -> Outcome {
        match self {
            Self::Success { .. } => Outcome::Success,
            Self::Failed(_) => Outcome::Failed,
            Self::Canceled => Outcome::Canceled,
        }
    }

    fn condition(&self) -> Condition {
        match self {
            Self::Success { .. } | Self::Canceled => Condition::OwnsAttempt,
            Self::Failed(_) => Condition::OwnsUncanceledAttempt,
        }
    }
}

/// The values of [`Condition::Unchanged`].
fn unchanged(record: &JobRecord) -> Values {
    let order = created_order(record.created_at, &record.id);
    vec![
        (":version", number(record.version)),
        (":created_order", string(order)),
    ]
}

impl JobStore {
    /// Claims the next attempt of a job for the worker that has its message, until `lease_until`. `run_token` is unique for
    /// each call.
    ///
    /// # Errors
    /// [`StoreError`]: nothing is known; the message has to come back.
    pub async fn claim(
        &self,
        id: &JobId,
        fingerprint: &Fingerprint,
        run_token: &str,
        now: Timestamp,
        lease_until: Timestamp,
    ) -> Result<Claim, StoreError> {
        let update = Update {
            set: "SET #state = :started, #attempt = #attempt + :one, #version = #version + :one, #percent = :zero, \
                     #started_at_ms = :now, #updated_at_ms = :now, #lease_until_ms = :lease, #run_token = :token"
                .to_owned(),
            condition: Condition::Claimable,
            values: vec![
                (":fingerprint", string(fingerprint.as_str())),
                (":scheduled", string(JobState::Scheduled.as_str())),
                (":started", string(JobState::Started.as_str())),
                (":now", millis(now)),
                (":lease", millis(lease_until)),
                (":token", string(run_token)),
                (":one", number(1)),
                (":zero", number(0)),
            ],
        };
        Ok(match self.update(id, update).await? {
            Conditional::Applied(record) => Claim::Acquired(record),
            Conditional::Refused(old) => refused(old, fingerprint, run_token, now),
        })
    }

    /// Writes how far an attempt is. `percent` has to be one that does not fall within the attempt.
    ///
    /// # Errors
    /// [`StoreError`]: the next progress write says it again.
    pub async fn progress(
        &self,
        run: &JobRecord,
        progress: &Progress,
        now: Timestamp,
    ) -> Result<Written, StoreError> {
        let (said, said_values) = said(progress);
        let update = Update {
            set: format!("SET {said}, #version = #version + :one, #updated_at_ms = :now"),
            condition: Condition::OwnsAttempt,
            values: owned(run, now, said_values),
        };
        Ok(match self.update(&run.id, update).await? {
            Conditional::Applied(record) if record.cancel_requested => Written::CancelRequested,
            Conditional::Applied(_) => Written::Applied,
            Conditional::Refused(_) => Written::Fenced,
        })
    }

    /// Gives the job back for another attempt at `next_start`, with the reason in its summary.
    ///
    /// # Errors
    /// [`StoreError`]: the lease runs out, and the next attempt starts then.
    pub async fn reschedule(
        &self,
        run: &JobRecord,
        reason: &str,
        next_start: Timestamp,
        now: Timestamp,
    ) -> Result<Written, StoreError> {
        let values = vec![
            (":scheduled", string(JobState::Scheduled.as_str())),
            (":next", millis(next_start)),
            (":summary", string(cut(reason, MAX_SUMMARY_CHARS))),
        ];
        let update = Update {
            set: "SET #state = :scheduled, #scheduled_start_ms = :next, #summary = :summary, \
                     #version = #version + :one, #updated_at_ms = :now REMOVE #lease_until_ms, #started_at_ms"
                .to_owned(),
            condition: Condition::OwnsUncanceledAttempt,
            values: owned(run, now, values),
        };
        Ok(match self.update(&run.id, update).await? {
            Conditional::Applied(_) => Written::Applied,
            Conditional::Refused(Some(old))
                if is_own(&old, run) && old.state == JobState::Scheduled =>
            {
                Written::Applied
            }
            Conditional::Refused(Some(old)) if asks_to_stop(&old, run) => Written::CancelRequested,
            Conditional::Refused(_) => Written::Fenced,
        })
    }

    /// Ends the job as this attempt found it, with the last that the attempt said of its progress. Its status URI lives for
    /// `retention` from `now`. A result stands against a cancel that came too late; a failure does not, and is not written then.
    ///
    /// # Errors
    /// [`StoreError`]: the lease runs out, and the next attempt does the work again.
    pub async fn finish(
        &self,
        run: &JobRecord,
        ending: &Ending,
        progress: &Progress,
        now: Timestamp,
        retention: Duration,
    ) -> Result<Written, StoreError> {
        let (said, said_values) = said(progress);
        let (ended, ended_values) = ended(ending, now, expiry(now, retention));
        let update = Update {
            set: format!("SET {said}, {ended} REMOVE #lease_until_ms, #cancel_requested"),
            condition: ending.condition(),
            values: owned(run, now, [said_values, ended_values].concat()),
        };
        Ok(match self.update(&run.id, update).await? {
            Conditional::Applied(_) => Written::Applied,
            Conditional::Refused(Some(old))
                if is_own(&old, run) && old.outcome() == Some(ending.outcome()) =>
            {
                Written::Applied
            }
            Conditional::Refused(Some(old)) if asks_to_stop(&old, run) => Written::CancelRequested,
            Conditional::Refused(_) => Written::Fenced,
        })
    }

    /// Ends a job that no attempt owns: what `judged` or a claim decided about `record`. `false` when the record changed in
    /// the meantime, and has to be judged again.
    ///
    /// # Errors
    /// [`StoreError`]: the message has to come back.
    pub async fn finish_unowned(
        &self,
        record: &JobRecord,
        ending: &Ending,
        ended_at: Timestamp,
        expires_at: Timestamp,
    ) -> Result<bool, StoreError> {
        let (ended, mut values) = ended(ending, ended_at, expires_at);
        values.extend(unchanged(record));
        values.push((":one", number(1)));
        let update = Update {
            set: format!("SET {ended} REMOVE #lease_until_ms, #cancel_requested"),
            condition: Condition::Unchanged,
            values,
        };
        Ok(matches!(
            self.update(&record.id, update).await?,
            Conditional::Applied(_)
        ))
    }
}

pub(super) type Values = Vec<(&'static str, AttributeValue)>;

/// The values of [`Condition::OwnsAttempt`], and more.
fn owned(run: &JobRecord, now: Timestamp, more: Values) -> Values {
    let mut values = vec![
        (":started", string(JobState::Started.as_str())),
        (":attempt", number(run.attempt)),
        (":now", millis(now)),
        (":one", number(1)),
    ];
    values.extend(more);
    values
}

fn said(progress: &Progress) -> (&'static str, Values) {
    let percent = (":percent", number(progress.percent.get()));
    match &progress.summary {
        None => ("#percent = :percent", vec![percent]),
        Some(summary) => {
            let summary = (":summary", string(cut(summary, MAX_SUMMARY_CHARS)));
            (
                "#percent = :percent, #summary = :summary",
                vec![percent, summary],
            )
        }
    }
}

/// `:now` may be in the past here (an overdue job ended at its deadline), so the end has a value of its own.
fn ended(ending: &Ending, at: Timestamp, expires_at: Timestamp) -> (String, Values) {
    let set = "#state = :completed, #outcome = :outcome, #ended_at_ms = :ended, #updated_at_ms = :ended, \
               #expires_at = :expires, #version = #version + :one";
    let mut values = vec![
        (
            ":completed",
            string(JobState::Completed(ending.outcome()).as_str()),
        ),
        (":outcome", string(ending.outcome().as_str())),
        (":ended", millis(at)),
        (":expires", epoch_seconds(expires_at)),
    ];
    match ending {
        Ending::Success { result } => {
            values.push((":result", string(result.as_str())));
            (format!("{set}, #result = :result"), values)
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

/// Whether the attempt still has its job, and its owner asked it to stop.
fn asks_to_stop(old: &JobRecord, run: &JobRecord) -> bool {
    is_own(old, run) && old.state == JobState::Started && old.cancel_requested
}

/// Whether what stands is this attempt's doing: the SDK tried twice, and the first answer was lost.
fn is_own(old: &JobRecord, run: &JobRecord) -> bool {
    old.attempt == run.attempt && old.run_token == run.run_token
}

fn refused(
    old: Option<Box<JobRecord>>,
    fingerprint: &Fingerprint,
    run_token: &str,
    now: Timestamp,
) -> Claim {
    match old {
        Some(own)
            if own.state == JobState::Started && own.run_token.as_deref() == Some(run_token) =>
        {
            Claim::Acquired(own)
        }
        old => match decide_claim(old.as_deref(), fingerprint, now) {
            // The condition and the decision disagree only while a record is one that this crate did not write whole.
            ClaimDecision::Start => Claim::Refused(ClaimDecision::Busy { until: now }, old),
            decision => Claim::Refused(decision, old),
        },
    }
}
