//! The view of a handler on its job.

mod attachments;

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use aws_types::SdkConfig;
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::sync::watch;
use tokio::time::Instant;

use crate::{
    Checkpoint, CheckpointError, Failure, JobError, JobId, JobRecord, Percent, ProcessState,
    Shared, Timestamp, UploadedObject,
};

/// Progress of an attempt.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// The percentage, which never decreases within an attempt.
    pub percent: Percent,
    /// The job's summary; `None` leaves the current one.
    pub summary: Option<String>,
    /// The latest checkpoint, of this attempt or an earlier one; `None` leaves the current one.
    pub checkpoint: Option<Checkpoint>,
}

impl Progress {
    /// Whether an attempt or slice with this progress got further than `run`, the record with which it began: the percentage has risen,
    /// or the checkpoint is another one.
    #[must_use]
    pub fn is_beyond(&self, run: &JobRecord) -> bool {
        self.percent > run.percent || self.checkpoint != run.checkpoint
    }
}

/// The view of a handler on its job. Cloning is cheap; all clones are the same context.
#[derive(Clone, Debug)]
pub struct Context {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    id: JobId,
    created_at: Timestamp,
    attempt: u32,
    max_attempts: u32,
    uploads: Vec<UploadedObject>,
    ends_at: Instant,
    process: ProcessState,
    progress: watch::Sender<Progress>,
    stop: watch::Receiver<bool>,
    /// The error that ends the job, whatever other error its handler returns because of it.
    failure: OnceLock<Failure>,
}

/// The other end of a [`Context`], for the worker.
#[derive(Debug)]
pub struct RunControl {
    /// The latest progress of the attempt.
    pub progress: watch::Receiver<Progress>,
    /// Sending `true` asks the attempt to stop, and so does dropping it.
    pub stop: watch::Sender<bool>,
}

/// A context for the attempt that began as `run`, of a job that names these `uploads`, and must end by `ends_at`, and its other end.
#[must_use]
pub fn run_context(
    run: &JobRecord,
    uploads: Vec<UploadedObject>,
    ends_at: Instant,
    process: ProcessState,
) -> (Context, RunControl) {
    let (progress, said) = watch::channel(Progress {
        percent: run.percent,
        summary: None,
        checkpoint: run.checkpoint.clone(),
    });
    let (stop, stopped) = watch::channel(false);
    let inner = Inner {
        id: run.id,
        created_at: run.created_at,
        attempt: run.attempt,
        max_attempts: run.max_attempts,
        uploads,
        ends_at,
        process,
        progress,
        stop: stopped,
        failure: OnceLock::new(),
    };
    let context = Context {
        inner: Arc::new(inner),
    };
    let control = RunControl {
        progress: said,
        stop,
    };
    (context, control)
}

impl Context {
    /// The job's id, which is the same for all its attempts.
    #[must_use]
    pub fn id(&self) -> JobId {
        self.inner.id
    }

    /// An idempotency key for third parties, so that they do not repeat what an earlier attempt has already caused. It is the same for
    /// all attempts of the job, and different for every other job. (The id alone is not enough: if an `Idempotency-Key` is used again
    /// after its job has expired, the new job has the same id.)
    #[must_use]
    pub fn idempotency_key(&self) -> String {
        let Inner { id, created_at, .. } = &*self.inner;
        format!("{id}-{}", created_at.ms())
    }

    /// An idempotency key for this attempt only, for an effect that the next attempt must cause again. A snooze does not use up the
    /// attempt, nor does the end of a slice, so the key is the same after them.
    #[must_use]
    pub fn attempt_idempotency_key(&self) -> String {
        format!("{}-{}", self.idempotency_key(), self.inner.attempt)
    }

    /// The number of this attempt, beginning with 1. Neither a snooze nor the end of a slice uses up an attempt.
    #[must_use]
    pub fn attempt(&self) -> u32 {
        self.inner.attempt
    }

    /// Maximum number of attempts.
    #[must_use]
    pub fn max_attempts(&self) -> u32 {
        self.inner.max_attempts
    }

    /// The time until the handler is stopped: at the kind's time limit, or a margin before the function's timeout or the job's deadline.
    /// A handler that needs more saves its state and ends its slice before ([`JobError::next_slice`]).
    #[must_use]
    pub fn time_left(&self) -> Duration {
        self.inner.ends_at.saturating_duration_since(Instant::now())
    }

    /// Reports progress. Cheap, so it can be called often: the worker writes once per second at most, and never loses the last report. A
    /// percentage below an earlier one counts as the earlier one.
    pub fn progress(&self, percent: Percent, summary: impl Into<String>) {
        let summary = Some(summary.into());
        self.inner.progress.send_modify(|said| {
            said.percent = said.percent.max(percent);
            said.summary = summary;
        });
    }

    /// Saves `value` as the checkpoint for the next attempt or slice, in place of the previous one. The worker writes it with the next
    /// progress write (once per second at most), and when the attempt ends with a retry or a snooze, or ends its slice. If the process dies before that write, the
    /// previous checkpoint remains.
    ///
    /// # Errors
    /// [`CheckpointError`] if it exceeds [`crate::MAX_CHECKPOINT_BYTES`] of JSON, or does not serialize to JSON. The previous checkpoint
    /// remains.
    pub fn save(&self, value: &impl Serialize) -> Result<(), CheckpointError> {
        let checkpoint = Checkpoint::of(value)?;
        self.inner
            .progress
            .send_modify(|said| said.checkpoint = Some(checkpoint));
        Ok(())
    }

    /// The latest checkpoint, of an earlier attempt or slice, or of this one. `None` if there is none, or if it is not a `T` because an earlier
    /// version of the kind saved it: then the work starts from the beginning.
    #[must_use]
    pub fn saved<T: DeserializeOwned>(&self) -> Option<T> {
        self.inner.progress.borrow().checkpoint.as_ref()?.read()
    }

    /// Whether the attempt must stop, because its owner canceled the job or its time limit has passed. The future is dropped at its next
    /// await; only work that does not await for long must check this.
    #[must_use]
    pub fn is_stopped(&self) -> bool {
        // Without the other end, nobody needs the work any more.
        *self.inner.stop.borrow() || self.inner.stop.has_changed().is_err()
    }

    /// Completes when the attempt must stop.
    pub async fn stopped(&self) {
        let mut stop = self.inner.stop.clone();
        // An error means that the other end was dropped, which is a stop, too.
        let _ = stop.wait_for(|stopped| *stopped).await;
    }

    /// The configuration for AWS clients, such as `aws_sdk_s3::Client::new(context.aws())`: region, credentials and endpoints of the
    /// function, and the SDK's own default timeouts. Clients that are built from it share their connections with those of other jobs in
    /// the process.
    #[must_use]
    pub fn aws(&self) -> &SdkConfig {
        self.inner.process.aws()
    }

    /// The value of this type that the jobs of this process share. See [`Shared`].
    ///
    /// # Errors
    /// Those of [`Shared::build`], which `?` passes on.
    pub async fn shared<T: Shared>(&self) -> Result<Arc<T>, JobError> {
        self.inner.process.shared().await
    }

    /// Runs `future`, and lets the tasks and sockets that it starts outlive the attempt. Required for requests of a shared client that
    /// keeps connections, except AWS clients: without it, a connection ends with the attempt that opened it, and so interrupts
    /// other attempts that use it at that moment.
    pub async fn outlive<F: Future>(&self, future: F) -> F::Output {
        self.inner.process.outlive(future).await
    }
}

#[cfg(test)]
mod tests;
