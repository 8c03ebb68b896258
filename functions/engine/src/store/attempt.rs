//! What all writes of an attempt have in common, and its progress.

use aws_sdk_dynamodb::types::AttributeValue;

use super::JobStore;
use super::condition::Condition;
use super::expression::{Conditional, Update};
use crate::item::{millis, number, string};
use crate::record::{MAX_SUMMARY_CHARS, cut};
use crate::{AttemptWrite, JobRecord, JobState, Progress, StoreError, Timestamp, decide_write};

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

impl JobStore {
    /// Writes how far an attempt is, and what it saved. `percent` has to be one that does not fall within the attempt.
    ///
    /// # Errors
    /// [`StoreError`]: the next progress write says it again.
    pub async fn progress(
        &self,
        run: &JobRecord,
        progress: &Progress,
        now: Timestamp,
    ) -> Result<Written, StoreError> {
        let (said, mut values) = said(progress);
        let (saved, saved_values) = checkpoint(progress);
        values.extend(saved_values);
        let update = Update {
            set: format!("SET {said}{saved}, #version = #version + :one, #updated_at_ms = :now"),
            condition: Condition::OwnsAttempt,
            values: owned(run, now, values),
        };
        Ok(match self.update(&run.id, update).await? {
            Conditional::Applied(record) if record.cancel_requested => Written::CancelRequested,
            Conditional::Applied(_) => Written::Applied,
            Conditional::Refused(_) => Written::Fenced,
        })
    }
}

pub(super) type Values = Vec<(&'static str, AttributeValue)>;

/// The values of [`Condition::OwnsAttempt`], and more.
pub(super) fn owned(run: &JobRecord, now: Timestamp, more: Values) -> Values {
    let mut values = vec![
        (":started", string(JobState::Started.as_str())),
        (
            ":token",
            string(run.run_token.as_deref().unwrap_or_default()),
        ),
        (":now", millis(now)),
        (":one", number(1)),
    ];
    values.extend(more);
    values
}

pub(super) fn said(progress: &Progress) -> (&'static str, Values) {
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

/// What the attempt saved, behind what it said.
pub(super) fn checkpoint(progress: &Progress) -> (&'static str, Values) {
    match &progress.checkpoint {
        None => ("", Vec::new()),
        Some(checkpoint) => (
            ", #checkpoint = :checkpoint",
            vec![(":checkpoint", string(checkpoint.as_str()))],
        ),
    }
}

/// Why the condition of an attempt's write did not hold.
pub(super) fn refusal(
    old: Option<&JobRecord>,
    run: &JobRecord,
    write: AttemptWrite,
    now: Timestamp,
) -> Written {
    match decide_write(old, run, write, now) {
        Written::CancelRequested => Written::CancelRequested,
        // The condition and the decision disagree only while a record is one that this crate did not write whole.
        Written::Fenced | Written::Applied => Written::Fenced,
    }
}

/// Whether what stands is this attempt's doing: the SDK tried twice, and the first answer was lost.
pub(super) fn is_own(old: &JobRecord, run: &JobRecord) -> bool {
    run.run_token.is_some() && old.run_token == run.run_token
}
