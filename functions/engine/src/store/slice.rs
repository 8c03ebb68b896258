//! The write of an attempt that ends its slice.

use super::JobStore;
use super::attempt::{checkpoint, owned, refusal, said};
use super::condition::Condition;
use super::expression::{Conditional, Update};
use super::item::{millis, number, string};
use crate::{AttemptWrite, JobRecord, Progress, StoreError, Timestamp, Written};

impl JobStore {
    /// Ends the slice of an attempt: the job stays STARTED, with the attempt's latest progress and checkpoint, and the next claim continues
    /// the attempt. `next_start` is the end of the lease, from which on that claim is possible.
    ///
    /// The record gets a fencing token that no worker holds. So a progress write of this slice that takes effect later finds another token,
    /// and a repeated call finds its own.
    ///
    /// # Errors
    /// [`StoreError`]: the slice's end may have taken effect, and a repeated call recognizes it. If the call is not repeated, the lease ends,
    /// and the next attempt starts from the checkpoint that is stored.
    pub async fn end_slice(
        &self,
        run: &JobRecord,
        progress: &Progress,
        next_start: Timestamp,
        now: Timestamp,
    ) -> Result<Written, StoreError> {
        let (said, mut values) = said(progress);
        let (saved, saved_values) = checkpoint(progress);
        let ended_token = run.ended_slice_token();
        let slices = run.slices_until(now);
        let ran_ms = u64::try_from(slices.ran.as_millis()).unwrap_or(u64::MAX);
        values.extend(saved_values);
        values.extend([
            (":lease", millis(next_start)),
            (":ended", string(ended_token.as_deref().unwrap_or_default())),
            (":none", number(0)),
            (":attempt", number(slices.attempt)),
            (":began", millis(slices.began_at)),
            (":ran", number(ran_ms)),
        ]);
        let update = Update {
            set: format!(
                "SET {said}{saved}, #run_token = :ended, #lease_until_ms = :lease, #attempt_step = :none, #start_percent = :percent, \
                 #slice_attempt = :attempt, #slice_began_ms = :began, #ran_ms = :ran, #version = #version + :one, #updated_at_ms = :now"
            ),
            condition: Condition::OwnsUncanceledAttempt,
            values: owned(run, now, values),
        };
        Ok(match self.update(&run.id, update).await? {
            Conditional::Applied(_) => Written::Applied,
            Conditional::Refused(Some(old))
                if old.is_between_slices && old.run_token == ended_token =>
            {
                Written::Applied
            }
            Conditional::Refused(old) => refusal(old.as_deref(), run, AttemptWrite::EndSlice, now),
        })
    }
}
