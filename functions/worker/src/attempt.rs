//! One attempt, or a slice of one, from its claim to its end.

use std::sync::Arc;
use std::time::Instant;

use engine::{
    Ending, Failure, HandBack, Happened, JobError, JobMessage, JobRecord, MAX_RESULT_BYTES, Pause,
    Percent, Progress, Rescheduling, Runner, StoreError, Timestamp, Written, run_context,
};
use lambda_runtime::tracing::{error, info, warn};

use crate::App;
use crate::disposition::Disposition;
use crate::failures::{panicked, result_too_large};
use crate::invocation::{Invocation, Limit, moment_in, now};
use crate::persist::{persist, random};
use crate::retry::{After, Circumstances};
use crate::watch::watch;
use crate::work::{HandlerEnd, Stop, Threads};

/// An attempt, or a slice of one, that this worker has claimed.
pub(crate) struct Attempt<'a> {
    pub(crate) app: Arc<App>,
    /// The record as the claim left it.
    pub(crate) run: JobRecord,
    pub(crate) runner: Runner,
    pub(crate) message: &'a JobMessage,
    /// Number of deliveries of the message.
    pub(crate) deliveries: u32,
    pub(crate) invocation: Invocation,
    /// The threads of this attempt; none yet.
    pub(crate) threads: Threads,
}

impl Attempt<'_> {
    /// Runs the job. Returns what the worker does with its message.
    pub(crate) async fn run(self) -> Disposition {
        let started = Instant::now();
        let (time, limit) = self
            .invocation
            .time_to_run(&self.run, self.runner.time_limit, now());
        let ends_at = moment_in(time);
        let (uploads, process) = (self.message.uploads.clone(), self.app.process.clone());
        let (context, control) = run_context(&self.run, uploads, ends_at, process);
        let work = self.threads.run(self.runner, self.message, context);
        let (end, progress) = watch(&self.app.store, &self.run, control, work, ends_at).await;
        let disposition = self.end(end, limit, progress).await;
        let ran = started.elapsed();
        let over = Happened::AttemptOver { ran };
        self.app.metrics.write(&self.run.kind, over, now());
        let what = if disposition.is_slice() {
            "slice ended"
        } else {
            "attempt ended"
        };
        info!(
            job.id = %self.run.id,
            job.name = %self.run.kind,
            attempt = self.run.attempt,
            duration_ms = u64::try_from(ran.as_millis()).unwrap_or(u64::MAX),
            "{what}"
        );
        disposition
    }

    async fn end(&self, end: HandlerEnd, limit: Limit, progress: Progress) -> Disposition {
        match end {
            HandlerEnd::Returned(Ok(result))
                if result.len() > self.app.store.max_result_bytes() =>
            {
                let limit = self.app.store.max_result_bytes();
                self.fail(result_too_large(result.len(), limit), progress)
                    .await
            }
            HandlerEnd::Returned(Ok(result)) => self.succeed(result, limit, progress).await,
            HandlerEnd::Returned(Err(error)) => self.failed(error, limit, progress).await,
            HandlerEnd::Panicked => self.fail(panicked(), progress).await,
            HandlerEnd::Stopped { why, is_over } => {
                if !is_over {
                    warn!(job.id = %self.run.id, job.name = %self.run.kind, attempt = self.run.attempt, "handler did not stop");
                }
                match why {
                    Stop::OutOfTime => {
                        let after = self.circumstances(limit, &progress).after_time_out(is_over);
                        self.go_on(after, progress).await
                    }
                    Stop::Canceled => self.finish(Ending::Canceled, progress).await,
                    Stop::Fenced => self.fenced(),
                }
            }
        }
    }

    async fn failed(&self, error: JobError, limit: Limit, progress: Progress) -> Disposition {
        let (source, after) = self.circumstances(limit, &progress).after(&error);
        if let Some(source) = source {
            warn!(job.id = %self.run.id, attempt = self.run.attempt, error.source = ?source, "attempt failed");
        }
        self.go_on(after, progress).await
    }

    fn circumstances(&self, limit: Limit, progress: &Progress) -> Circumstances<'_> {
        let now = now();
        let not_before = if self.threads.are_left() {
            warn!(job.id = %self.run.id, job.name = %self.run.kind, attempt = self.run.attempt, "attempt left a thread running");
            self.invocation.lease_until()
        } else {
            now
        };
        Circumstances {
            run: &self.run,
            policy: self.runner.retry,
            limit,
            made_progress: progress.is_beyond(&self.run),
            deliveries: self.deliveries,
            now,
            not_before,
            random: random(),
        }
    }

    async fn go_on(&self, after: After, progress: Progress) -> Disposition {
        match after {
            After::End(failure) => self.fail(failure, progress).await,
            After::Again(again) => self.reschedule(&again, progress).await,
            After::NextSlice { next_start } => self.end_slice(next_start, progress).await,
        }
    }

    async fn end_slice(&self, next_start: Timestamp, progress: Progress) -> Disposition {
        let store = &self.app.store;
        let written = persist(self.invocation.last_call(), || {
            store.end_slice(&self.run, &progress, next_start, now())
        });
        match self.unless_applied(written.await, progress).await {
            Some(other) => other,
            None => Disposition::at(next_start, now(), HandBack::Slice),
        }
    }

    async fn reschedule(&self, again: &Rescheduling, progress: Progress) -> Disposition {
        let store = &self.app.store;
        let written = persist(self.invocation.last_call(), || {
            store.reschedule(&self.run, again, &progress, now())
        });
        if let Some(other) = self.unless_applied(written.await, progress).await {
            return other;
        }
        let reason = match again.pause {
            Pause::Retry => HandBack::Retry,
            Pause::Snooze => HandBack::Snooze,
        };
        Disposition::at(again.next_start, now(), reason)
    }

    /// What the worker does with the message if a write of the attempt did not take effect; `None` if it did.
    async fn unless_applied(
        &self,
        written: Result<Written, StoreError>,
        progress: Progress,
    ) -> Option<Disposition> {
        match written {
            Ok(Written::Applied) => None,
            Ok(Written::CancelRequested) => {
                Some(Box::pin(self.finish(Ending::Canceled, progress)).await)
            }
            Ok(Written::Fenced) => Some(self.fenced()),
            Err(error) => Some(self.unwritten(&error)),
        }
    }

    async fn succeed(&self, result: String, limit: Limit, progress: Progress) -> Disposition {
        let ending = if result.len() > MAX_RESULT_BYTES {
            match self.store_result(result).await {
                Ok(ending) => ending,
                Err(error) => return self.failed(error, limit, progress).await,
            }
        } else {
            Ending::Success { result }
        };
        let progress = Progress {
            percent: Percent::DONE,
            ..progress
        };
        self.finish(ending, progress).await
    }

    async fn fail(&self, failure: Failure, progress: Progress) -> Disposition {
        self.finish(Ending::Failed(failure), progress).await
    }

    async fn finish(&self, ending: Ending, progress: Progress) -> Disposition {
        let App {
            store, retention, ..
        } = &*self.app;
        let written = persist(self.invocation.last_call(), || {
            store.finish(&self.run, &ending, &progress, now(), *retention)
        });
        if let Some(other) = self.unless_applied(written.await, progress).await {
            return other;
        }
        let outcome = ending.outcome();
        self.app.metrics.write_end(&self.run, outcome, now());
        info!(job.id = %self.run.id, job.name = %self.run.kind, attempt = self.run.attempt, outcome = outcome.as_str(), error.code = ending.error_code(), "job finished");
        Disposition::Done
    }

    /// Another attempt owns the job, or its deadline has passed. The redelivered message finds out which.
    fn fenced(&self) -> Disposition {
        warn!(job.id = %self.run.id, attempt = self.run.attempt, "attempt superseded");
        Disposition::in_a_while(HandBack::Superseded)
    }

    /// The lease ends, and the next attempt repeats the work.
    fn unwritten(&self, error: &StoreError) -> Disposition {
        error!(job.id = %self.run.id, attempt = self.run.attempt, error.source = ?std::error::Error::source(error), "{error}");
        Disposition::at(self.invocation.lease_until(), now(), HandBack::Table)
    }
}
