//! What a running job can see and say.

use std::sync::Arc;
use std::time::Duration;

use aws_config::SdkConfig;
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::sync::watch;
use tokio::time::Instant;

use crate::{Checkpoint, CheckpointError, JobId, JobRecord, Percent, Timestamp};

/// How far an attempt is, what it says of it, and what it saved.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// It never falls within an attempt.
    pub percent: Percent,
    /// What the status document shows as the job's summary; `None` leaves what stands.
    pub summary: Option<String>,
    /// What was saved last, by this attempt or an earlier one; `None` leaves what stands.
    pub checkpoint: Option<Checkpoint>,
}

/// What a running job can see and say. Cloning is cheap; clones are the same context.
#[derive(Clone, Debug)]
pub struct Context {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    id: JobId,
    created_at: Timestamp,
    attempt: u32,
    max_attempts: u32,
    ends_at: Instant,
    aws: SdkConfig,
    progress: watch::Sender<Progress>,
    stop: watch::Receiver<bool>,
}

/// The other end of a [`Context`]: what the worker sees and says.
#[derive(Debug)]
pub struct RunControl {
    /// What the attempt said last.
    pub progress: watch::Receiver<Progress>,
    /// `true` asks the attempt to stop. Dropping it does the same.
    pub stop: watch::Sender<bool>,
}

/// A context for the attempt that began as `run` and has to end at `ends_at`, and its other end.
#[must_use]
pub fn run_context(run: &JobRecord, ends_at: Instant, aws: SdkConfig) -> (Context, RunControl) {
    let (progress, said) = watch::channel(Progress {
        percent: run.percent,
        summary: None,
        checkpoint: run.checkpoint.clone(),
    });
    let (stop, stopped) = watch::channel(false);
    let shared = Shared {
        id: run.id,
        created_at: run.created_at,
        attempt: run.attempt,
        max_attempts: run.max_attempts,
        ends_at,
        aws,
        progress,
        stop: stopped,
    };
    let context = Context {
        shared: Arc::new(shared),
    };
    let control = RunControl {
        progress: said,
        stop,
    };
    (context, control)
}

impl Context {
    /// The job's id: the same for each of its attempts.
    #[must_use]
    pub fn id(&self) -> JobId {
        self.shared.id
    }

    /// A key for the job's effects on others: hand it to a third party that takes an idempotency key, and what an earlier
    /// attempt has done there already is not done again. The same for all attempts of the job, and no other job's: the id
    /// alone would not do, since an `Idempotency-Key` that is used again after its job's time gives the same id.
    #[must_use]
    pub fn idempotency_key(&self) -> String {
        let Shared { id, created_at, .. } = &*self.shared;
        format!("{id}-{}", created_at.ms())
    }

    /// A key like [`Self::idempotency_key`] for this attempt alone: for an effect that the next attempt has to have anew. A
    /// snooze uses up no attempt, so the run after it has the same.
    #[must_use]
    pub fn attempt_idempotency_key(&self) -> String {
        format!("{}-{}", self.idempotency_key(), self.shared.attempt)
    }

    /// Which attempt this is; 1 is the first. A snooze uses up none.
    #[must_use]
    pub fn attempt(&self) -> u32 {
        self.shared.attempt
    }

    /// How many attempts there can be.
    #[must_use]
    pub fn max_attempts(&self) -> u32 {
        self.shared.max_attempts
    }

    /// How long the attempt has until it is ended: at the kind's own limit, or a margin before the function's time-out or
    /// the job's deadline.
    #[must_use]
    pub fn remaining(&self) -> Duration {
        self.shared
            .ends_at
            .saturating_duration_since(Instant::now())
    }

    /// Says how far the job is. Cheap, so it can be called as often as there is something to say: the worker writes at most
    /// once a second, and the last one is never lost. A percentage below an earlier one counts as the earlier one.
    pub fn progress(&self, percent: Percent, summary: impl Into<String>) {
        let summary = Some(summary.into());
        self.shared.progress.send_modify(|said| {
            said.percent = said.percent.max(percent);
            said.summary = summary;
        });
    }

    /// Saves `value` for the next attempt, in place of what was saved before: it stands in the record with the next progress
    /// write (at most one a second; this asks for one, and adds none to that), and when the attempt gives its job back. An
    /// attempt that dies in between leaves what was saved before.
    ///
    /// # Errors
    /// [`CheckpointError`] when it has more than [`crate::MAX_CHECKPOINT_BYTES`] of JSON, or cannot be written as JSON. What
    /// was saved before still stands.
    pub fn save(&self, value: &impl Serialize) -> Result<(), CheckpointError> {
        let checkpoint = Checkpoint::of(value)?;
        self.shared
            .progress
            .send_modify(|said| said.checkpoint = Some(checkpoint));
        Ok(())
    }

    /// What was saved last, by an earlier attempt or this one. `None` when nothing was, or when it is no `T`, since an earlier
    /// version of the kind saved it: the work begins anew then.
    #[must_use]
    pub fn saved<T: DeserializeOwned>(&self) -> Option<T> {
        self.shared.progress.borrow().checkpoint.as_ref()?.read()
    }

    /// Whether the attempt is to stop: its owner canceled the job, or its time is up. A future is dropped at its next await;
    /// only work that doesn't await for long has to look.
    #[must_use]
    pub fn is_stopped(&self) -> bool {
        // Without its other end nobody wants the work any more.
        *self.shared.stop.borrow() || self.shared.stop.has_changed().is_err()
    }

    /// Ends when the attempt is to stop.
    pub async fn stopped(&self) {
        let mut stop = self.shared.stop.clone();
        // An error means that the other end is gone, which is a stop too.
        let _ = stop.wait_for(|stopped| *stopped).await;
    }

    /// What AWS clients are made from: region, credentials and connections are shared with the function's own.
    #[must_use]
    pub fn aws(&self) -> &SdkConfig {
        &self.shared.aws
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::tests::{accepted, at};
    use crate::test_kit;

    #[test]
    fn a_percentage_never_falls_within_an_attempt() {
        let (context, control) = test_kit::context(1);
        context.progress(Percent::new(40), "a");
        context.progress(Percent::new(10), "b");
        let said = control.progress.borrow().clone();
        assert_eq!(
            said,
            Progress {
                percent: Percent::new(40),
                summary: Some("b".to_owned()),
                checkpoint: None,
            }
        );
    }

    #[test]
    fn what_an_attempt_saves_it_finds_and_a_refused_value_harms_nothing() {
        let (context, control) = test_kit::context(1);
        assert_eq!(context.saved::<u32>(), None);
        context.save(&17).unwrap();
        let refused = context.save(&"x".repeat(crate::MAX_CHECKPOINT_BYTES));
        assert!(matches!(refused, Err(CheckpointError::TooLarge { .. })));
        assert_eq!(context.saved(), Some(17));
        assert_eq!(context.saved::<String>(), None);
        let said = control.progress.borrow().clone();
        assert_eq!(said.checkpoint.unwrap().as_str(), "17");
    }

    #[test]
    fn a_key_is_the_jobs_in_all_its_attempts_and_no_later_jobs_under_its_id() {
        let keys = |attempt, seconds| {
            let run = JobRecord {
                attempt,
                created_at: at(seconds),
                ..accepted()
            };
            let ends_at = Instant::now();
            let (context, _) = run_context(&run, ends_at, SdkConfig::builder().build());
            (context.idempotency_key(), context.attempt_idempotency_key())
        };
        let (first, second, later) = (keys(1, 1_000), keys(2, 1_000), keys(1, 9_000));
        assert_eq!(first.0, second.0);
        assert_ne!(first.1, second.1);
        assert_ne!(first.0, later.0);
    }

    #[tokio::test]
    async fn a_context_sees_when_it_is_to_stop() {
        let (context, control) = test_kit::context(1);
        assert!(!context.is_stopped());
        control.stop.send(true).unwrap();
        context.stopped().await;
        assert!(context.is_stopped());
    }

    #[tokio::test]
    async fn a_context_whose_worker_is_gone_stops() {
        let (context, control) = test_kit::context(1);
        drop(control);
        context.stopped().await;
        assert!(context.is_stopped());
    }
}
