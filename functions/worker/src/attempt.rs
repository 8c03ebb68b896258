//! One attempt, from its claim to its end.

use std::sync::Arc;
use std::time::Instant;

use engine::{
    Ending, JobError, JobMessage, JobRecord, Percent, Progress, Runner, Written, run_context,
};
use lambda_runtime::tracing::{error, info, warn};

use crate::App;
use crate::delivery::Disposition;
use crate::ending::{self, After, attempts_exhausted, panicked, result_too_large};
use crate::invocation::{Invocation, moment_in, now};
use crate::watch::{Stopped, Watched, watch};

/// An attempt that this worker has claimed.
pub(crate) struct Attempt {
    pub(crate) app: Arc<App>,
    /// The record as the claim left it.
    pub(crate) run: JobRecord,
    pub(crate) runner: Runner,
    pub(crate) message: JobMessage,
    pub(crate) invocation: Invocation,
}

impl Attempt {
    /// Runs the job, and says what becomes of its message.
    pub(crate) async fn run(self) -> Disposition {
        let started = Instant::now();
        let ends_at = moment_in(self.invocation.time_to_run(&self.run, now()));
        let (id, attempt, max_attempts) = (self.run.id, self.run.attempt, self.run.max_attempts);
        let (context, control) = run_context(
            id,
            attempt,
            max_attempts,
            ends_at,
            self.app.aws.config.clone(),
        );
        let (runner, input) = (self.runner, self.message.input.clone());
        // A thread of its own: a handler may block or compute, and the worker still writes progress, sees a cancel and ends it.
        let handle = tokio::runtime::Handle::current();
        let work = tokio::task::spawn_blocking(move || {
            handle.block_on(async {
                tokio::select! {
                    () = context.stopped() => None,
                    result = runner.run(input.get(), context.clone()) => Some(result),
                }
            })
        });
        let (watched, progress) = watch(&self.app.store, &self.run, control, work, ends_at).await;
        let disposition = self.end(watched, progress).await;
        info!(
            job.id = %id,
            job.name = %self.run.kind,
            attempt,
            duration_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX),
            "an attempt is over"
        );
        disposition
    }

    async fn end(&self, watched: Watched, progress: Progress) -> Disposition {
        match watched {
            Watched::Returned(Ok(result)) if result.len() > engine::MAX_RESULT_BYTES => {
                self.finish(Ending::Failed(result_too_large(result.len())), progress)
                    .await
            }
            Watched::Returned(Ok(result)) => {
                self.finish(
                    Ending::Success { result },
                    Progress {
                        percent: Percent::DONE,
                        ..progress
                    },
                )
                .await
            }
            Watched::Returned(Err(error)) => self.failed(error, progress).await,
            Watched::Panicked => self.finish(Ending::Failed(panicked()), progress).await,
            Watched::Stopped(Stopped::OutOfTime) => {
                let failure = ending::out_of_time(&self.invocation, &self.run);
                self.finish(Ending::Failed(failure), progress).await
            }
            Watched::Stopped(Stopped::Canceled) => self.finish(Ending::Canceled, progress).await,
            Watched::Stopped(Stopped::Fenced) => self.fenced(),
        }
    }

    async fn failed(&self, error: JobError, progress: Progress) -> Disposition {
        let (source, after) = ending::after(&error, &self.run, self.runner.retry, now(), random());
        if let Some(source) = source {
            warn!(job.id = %self.run.id, attempt = self.run.attempt, error.source = ?source, "an attempt failed");
        }
        match after {
            After::End(failure) => {
                let failure = failure.unwrap_or_else(|| attempts_exhausted(&self.run));
                self.finish(Ending::Failed(failure), progress).await
            }
            After::Again { next_start, reason } => {
                self.reschedule(next_start, &reason, progress).await
            }
        }
    }

    async fn reschedule(
        &self,
        next_start: engine::Timestamp,
        reason: &str,
        progress: Progress,
    ) -> Disposition {
        match self
            .app
            .store
            .reschedule(&self.run, reason, next_start, now())
            .await
        {
            Ok(Written::Applied) => Disposition::at(next_start, now()),
            Ok(Written::CancelRequested) => self.finish(Ending::Canceled, progress).await,
            Ok(Written::Fenced) => self.fenced(),
            Err(error) => self.unwritten(&error),
        }
    }

    async fn finish(&self, ending: Ending, progress: Progress) -> Disposition {
        match self
            .app
            .store
            .finish(&self.run, &ending, &progress, now(), self.app.retention)
            .await
        {
            Ok(Written::Applied) => {
                info!(job.id = %self.run.id, job.name = %self.run.kind, attempt = self.run.attempt, outcome = ending.outcome().as_str(), "a job came to its end");
                Disposition::Done
            }
            Ok(Written::CancelRequested) => Box::pin(self.finish(Ending::Canceled, progress)).await,
            Ok(Written::Fenced) => self.fenced(),
            Err(error) => self.unwritten(&error),
        }
    }

    /// Another attempt has the job, or its deadline is over: the message that comes back will find out which.
    fn fenced(&self) -> Disposition {
        warn!(job.id = %self.run.id, attempt = self.run.attempt, "an attempt lost its job");
        Disposition::in_a_while()
    }

    /// The lease runs out, and the next attempt does the work again.
    fn unwritten(&self, error: &engine::StoreError) -> Disposition {
        error!(job.id = %self.run.id, attempt = self.run.attempt, error.source = ?std::error::Error::source(error), "{error}");
        Disposition::at(self.invocation.lease_until(), now())
    }
}

/// For jitter: without a source of randomness all delays are the shortest, which is no harm.
fn random() -> u64 {
    getrandom::u64().unwrap_or_default()
}
