//! The write of an attempt that ends its slice.

use super::JobStore;
use super::attempt::written;
use super::condition::Condition;
use super::expression::Update;
use super::item::{millis, number, string};
use crate::{AttemptWrite, Attribute as A, JobRecord, Progress, StoreError, Timestamp, Written};

/// The attributes of the slices that an attempt has ended.
pub(super) const OF_SLICES: [A; 4] = [A::AttemptStep, A::SliceAttempt, A::SliceBeganMs, A::RanMs];

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
        let ended_token = run.ended_slice_token().unwrap_or_default();
        let slices = run.slices_until(now);
        let ran_ms = u64::try_from(slices.ran.as_millis()).unwrap_or(u64::MAX);
        let update = Update::of_attempt(Condition::OwnsUncanceledAttempt, run, now)
            .progress(progress)
            .checkpoint(progress)
            .set(A::RunToken, string(ended_token))
            .set(A::LeaseUntilMs, millis(next_start))
            .set(A::AttemptStep, number(0))
            .assign(A::StartPercent, ":percent")
            .set(A::SliceAttempt, number(slices.attempt))
            .set(A::SliceBeganMs, millis(slices.began_at))
            .set(A::RanMs, number(ran_ms))
            .assign(A::UpdatedAtMs, ":now");
        let answer = self.update(&run.id, update).await?;
        Ok(written(answer, run, AttemptWrite::EndSlice, now))
    }
}
