//! One attempt, from its claim to its end.

use std::sync::Arc;
use std::time::Instant;

use engine::{
    Ending, Failure, HandBack, Happened, JobError, JobMessage, JobRecord, Pause, Percent, Progress,
    Rescheduling, Runner, Written, run_context,
};
use lambda_runtime::tracing::{error, info, warn};

use crate::App;
use crate::delivery::Disposition;
use crate::ending::{After, Circumstances, panicked, result_too_large, timed_out};
use crate::invocation::{Invocation, Limit, moment_in, now};
use crate::watch::{Stopped, Watched, watch};

/// An attempt that this worker has claimed.
pub(crate) struct Attempt {
    pub(crate) app: Arc<App>,
    /// The record as the claim left it.
    pub(crate) run: JobRecord,
    pub(crate) runner: Runner,
    pub(crate) message: JobMessage,
    /// How often the message was delivered.
    pub(crate) deliveries: u32,
    pub(crate) invocation: Invocation,
}

impl Attempt {
    /// Runs the job, and says what becomes of its message.
    pub(crate) async fn run(self) -> Disposition {
        let started = Instant::now();
        let (time, limit) = self
            .invocation
            .time_to_run(&self.run, self.runner.time_limit, now());
        let ends_at = moment_in(time);
        let (context, control) = run_context(&self.run, ends_at, self.app.aws.config.clone());
        let work = self.app.threads.run(self.runner, &self.message, context);
        let (watched, progress) = watch(&self.app.store, &self.run, control, work, ends_at).await;
        let disposition = self.end(watched, limit, progress).await;
        let ran = started.elapsed();
        let over = Happened::AttemptOver { ran };
        self.app.metrics.write(&self.run.kind, over, now());
        info!(
            job.id = %self.run.id,
            job.name = %self.run.kind,
            attempt = self.run.attempt,
            duration_ms = u64::try_from(ran.as_millis()).unwrap_or(u64::MAX),
            "an attempt is over"
        );
        disposition
    }

    async fn end(&self, watched: Watched, limit: Limit, progress: Progress) -> Disposition {
        match watched {
            Watched::Returned(Ok(result)) if result.len() > engine::MAX_RESULT_BYTES => {
                self.fail(result_too_large(result.len()), progress).await
            }
            Watched::Returned(Ok(result)) => self.succeed(result, progress).await,
            Watched::Returned(Err(error)) => self.failed(error, progress).await,
            Watched::Panicked => self.fail(panicked(), progress).await,
            Watched::Stopped { why, is_over } => {
                if !is_over {
                    warn!(job.id = %self.run.id, job.name = %self.run.kind, attempt = self.run.attempt, "a handler goes on although it was told to stop");
                }
                match why {
                    Stopped::OutOfTime => self.out_of_time(limit, is_over, progress).await,
                    Stopped::Canceled => self.finish(Ending::Canceled, progress).await,
                    Stopped::Fenced => self.fenced(),
                }
            }
        }
    }

    async fn out_of_time(&self, limit: Limit, is_over: bool, progress: Progress) -> Disposition {
        match limit {
            Limit::Deadline => self.fail(JobRecord::deadline_exceeded(), progress).await,
            // The next attempt would be in another process, beside the one that goes on.
            Limit::Invocation | Limit::Kind if !is_over => self.fail(timed_out(), progress).await,
            // Another attempt would have no more time than this one.
            Limit::Invocation => self.fail(timed_out(), progress).await,
            Limit::Kind => {
                let after = self.circumstances().after_failure(Some(&timed_out()), None);
                self.go_on(after, progress).await
            }
        }
    }

    async fn failed(&self, error: JobError, progress: Progress) -> Disposition {
        let (source, after) = self.circumstances().after(&error);
        if let Some(source) = source {
            warn!(job.id = %self.run.id, attempt = self.run.attempt, error.source = ?source, "an attempt failed");
        }
        self.go_on(after, progress).await
    }

    fn circumstances(&self) -> Circumstances<'_> {
        Circumstances {
            run: &self.run,
            policy: self.runner.retry,
            deliveries: self.deliveries,
            now: now(),
            random: random(),
        }
    }

    async fn go_on(&self, after: After, progress: Progress) -> Disposition {
        match after {
            After::End(failure) => self.fail(failure, progress).await,
            After::Again(again) => self.reschedule(&again, progress).await,
        }
    }

    async fn reschedule(&self, again: &Rescheduling, progress: Progress) -> Disposition {
        let written = self
            .app
            .store
            .reschedule(&self.run, again, &progress, now());
        match written.await {
            Ok(Written::Applied) => {
                let reason = match again.pause {
                    Pause::Retry => HandBack::Retry,
                    Pause::Snooze => HandBack::Snooze,
                };
                Disposition::at(again.next_start, now(), reason)
            }
            Ok(Written::CancelRequested) => self.finish(Ending::Canceled, progress).await,
            Ok(Written::Fenced) => self.fenced(),
            Err(error) => self.unwritten(&error),
        }
    }

    async fn succeed(&self, result: String, progress: Progress) -> Disposition {
        let progress = Progress {
            percent: Percent::DONE,
            ..progress
        };
        self.finish(Ending::Success { result }, progress).await
    }

    async fn fail(&self, failure: Failure, progress: Progress) -> Disposition {
        self.finish(Ending::Failed(failure), progress).await
    }

    async fn finish(&self, ending: Ending, progress: Progress) -> Disposition {
        match self
            .app
            .store
            .finish(&self.run, &ending, &progress, now(), self.app.retention)
            .await
        {
            Ok(Written::Applied) => {
                let metrics = &self.app.metrics;
                metrics.write_end(&self.run, ending.outcome(), now());
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
        Disposition::in_a_while(HandBack::Superseded)
    }

    /// The lease runs out, and the next attempt does the work again.
    fn unwritten(&self, error: &engine::StoreError) -> Disposition {
        error!(job.id = %self.run.id, attempt = self.run.attempt, error.source = ?std::error::Error::source(error), "{error}");
        Disposition::at(self.invocation.lease_until(), now(), HandBack::Table)
    }
}

/// For jitter: without a source of randomness all delays are the shortest, which is no harm.
fn random() -> u64 {
    getrandom::u64().unwrap_or_default()
}
