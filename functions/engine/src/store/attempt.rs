//! The progress of an attempt, and the common parts of all its writes.

use super::JobStore;
use super::condition::Condition;
use super::expression::{Conditional, Update};
use super::item::{number, string};
use crate::cut::cut;
use crate::record::MAX_SUMMARY_CHARS;
use crate::{
    AttemptWrite, Attribute, JobRecord, JobState, Progress, StoreError, Timestamp, Written,
    decide_write,
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
        let update = Update::of_attempt(Condition::OwnsAttemptSoFar, run, now)
            .progress(progress)
            .checkpoint(progress)
            .assign(Attribute::ProgressNumber, ":number")
            .value(":number", super::item::number(number))
            .assign(Attribute::UpdatedAtMs, ":now");
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

impl Update {
    pub(super) fn progress(self, progress: &Progress) -> Self {
        let summary = progress.summary.as_deref();
        let summary = summary.map(|summary| string(cut(summary, MAX_SUMMARY_CHARS)));
        self.set(Attribute::Percent, number(progress.percent.get()))
            .set_if_some(Attribute::Summary, summary)
    }

    pub(super) fn checkpoint(self, progress: &Progress) -> Self {
        let checkpoint = progress.checkpoint.as_ref();
        let checkpoint = checkpoint.map(|checkpoint| string(checkpoint.as_str()));
        self.set_if_some(Attribute::Checkpoint, checkpoint)
    }
}

/// The outcome of an attempt's write, by its answer.
pub(super) fn written(
    answer: Conditional,
    run: &JobRecord,
    write: AttemptWrite,
    now: Timestamp,
) -> Written {
    match answer {
        Conditional::Applied(_) => Written::Applied,
        Conditional::Refused(Some(old)) if has_effect(&old, run, write) => Written::Applied,
        Conditional::Refused(old) => match decide_write(old.as_deref(), run, write, now) {
            Written::CancelRequested => Written::CancelRequested,
            // The condition and the decision disagree only about a record that this crate did not write completely.
            Written::Fenced | Written::Applied => Written::Fenced,
        },
    }
}

/// Whether an earlier try of this write, whose answer was lost, has written the current record.
fn has_effect(old: &JobRecord, run: &JobRecord, write: AttemptWrite) -> bool {
    let is_own = run.run_token.is_some() && old.run_token == run.run_token;
    match write {
        AttemptWrite::Progress => false,
        AttemptWrite::Reschedule => is_own && old.state == JobState::Scheduled,
        AttemptWrite::EndSlice => old.is_between_slices && old.run_token == run.ended_slice_token(),
        AttemptWrite::End(outcome) => is_own && old.outcome() == Some(outcome),
    }
}
