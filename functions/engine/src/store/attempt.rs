//! The progress of an attempt, and the common parts of all its writes.

use aws_sdk_dynamodb::types::AttributeValue;

use super::JobStore;
use super::condition::Condition;
use super::expression::{Conditional, Update};
use super::item::{self, millis, string};
use crate::cut::cut;
use crate::record::MAX_SUMMARY_CHARS;
use crate::{
    AttemptWrite, JobRecord, JobState, Progress, StoreError, Timestamp, Written, decide_write,
};

impl JobStore {
    /// Writes the progress of an attempt, and its checkpoint. `percent` must not decrease within the attempt. `number` is 1 for the
    /// attempt's first progress write, 2 for the second, and so on, whether they were answered or not.
    ///
    /// # Errors
    /// [`StoreError`]: the next progress write repeats it.
    pub async fn progress(
        &self,
        run: &JobRecord,
        number: u64,
        progress: &Progress,
        now: Timestamp,
    ) -> Result<Written, StoreError> {
        let (said, mut values) = said(progress);
        let (saved, saved_values) = checkpoint(progress);
        values.extend(saved_values);
        values.push((":number", item::number(number)));
        let update = Update {
            set: format!(
                "SET {said}{saved}, #progress_number = :number, #version = #version + :one, #updated_at_ms = :now"
            ),
            condition: Condition::OwnsAttemptSoFar,
            values: owned(run, now, values),
        };
        let standing = match self.update(&run.id, update).await? {
            Conditional::Applied(record) => Some(record),
            // A write that is out of date is not a reason to stop: the attempt may still own its job.
            Conditional::Refused(old) => old,
        };
        Ok(decide_write(
            standing.as_deref(),
            run,
            AttemptWrite::Progress,
            now,
        ))
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
        (":one", item::number(1)),
    ];
    values.extend(more);
    values
}

pub(super) fn said(progress: &Progress) -> (&'static str, Values) {
    let percent = (":percent", item::number(progress.percent.get()));
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

/// The checkpoint, as a part of the update after the progress.
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
        // The condition and the decision disagree only about a record that this crate did not write completely.
        Written::Fenced | Written::Applied => Written::Fenced,
    }
}

/// Whether this attempt wrote the current record, with an earlier try whose answer was lost.
pub(super) fn is_own(old: &JobRecord, run: &JobRecord) -> bool {
    run.run_token.is_some() && old.run_token == run.run_token
}
