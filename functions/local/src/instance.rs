//! One process of a function together with its Runtime API: initialised once, then run for one invocation at a time.

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use axum::body::Bytes;
use tokio::sync::oneshot;
use tokio::time::{Instant, sleep, sleep_until};

use crate::identifiers;
use crate::invoke_error::InvokeError;
use crate::process::Process;
use crate::runtime_api::{Invocation, Report, RuntimeApi};

/// How long a process may take until it asks for its first event, as in Lambda.
/// Source: <https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html>
const INIT_LIMIT: Duration = Duration::from_secs(10);

/// An event and who waits for its answer.
pub(crate) struct Call {
    pub(crate) event: Bytes,
    reply: Option<oneshot::Sender<Result<Bytes, InvokeError>>>,
}

impl Call {
    pub(crate) fn new(event: Bytes) -> (Self, oneshot::Receiver<Result<Bytes, InvokeError>>) {
        let (reply, answer) = oneshot::channel();
        (
            Self {
                event,
                reply: Some(reply),
            },
            answer,
        )
    }

    /// Answers once; a later answer, and one that nobody waits for any more, goes nowhere.
    pub(crate) fn answer(&mut self, result: Result<Bytes, InvokeError>) {
        if let Some(reply) = self.reply.take() {
            let _ = reply.send(result);
        }
    }

    /// Whether somebody still waits.
    pub(crate) fn is_wanted(&self) -> bool {
        self.reply.as_ref().is_some_and(|reply| !reply.is_closed())
    }
}

/// A process that is ready for an event. Dropping it kills the process.
pub(crate) struct Instance {
    process: Process,
    api: RuntimeApi,
    function_arn: Arc<str>,
    timeout: Duration,
}

impl Instance {
    /// Waits until a fresh process asks for its first event. A process that fails to is killed.
    pub(crate) async fn initialise(
        mut process: Process,
        mut api: RuntimeApi,
        function_arn: Arc<str>,
        timeout: Duration,
    ) -> Result<Self, InvokeError> {
        let failure = tokio::select! {
            biased;
            report = api.reports.recv() => match report {
                Some(Report::Polling) => return Ok(Self { process, api, function_arn, timeout }),
                Some(Report::InitFailed(error)) => error,
                Some(Report::Answered(_)) | None => init_failed("the Runtime API closed"),
            },
            status = process.ended() => init_failed(format!("Runtime exited with error: {status}")),
            () = sleep(INIT_LIMIT) => {
                init_failed(format!("INIT_REPORT Init Duration: {:.2} s Status: timeout", INIT_LIMIT.as_secs_f64()))
            }
        };
        process.kill().await;
        Err(failure)
    }

    pub(crate) fn pid(&self) -> u32 {
        self.process.pid
    }

    pub(crate) fn is_alive(&self) -> bool {
        !self.process.has_ended()
    }

    /// Runs one invocation to its end: until the process asks for the next event, not just until it answers, since
    /// only then it is free. An error means that the process is dead, and why.
    pub(crate) async fn run(&mut self, call: &mut Call) -> Result<(), InvokeError> {
        let deadline = Instant::now() + self.timeout;
        // It fails only if the listener is gone, which the wait below then sees as a dead process or a timeout.
        let _ = self
            .api
            .invocations
            .send(self.invocation(call.event.clone()));
        loop {
            tokio::select! {
                // A process may answer and end at once: its answer counts, so reports are looked at first.
                biased;
                Some(report) = self.api.reports.recv() => match report {
                    Report::Answered(result) => call.answer(result),
                    Report::Polling => return Ok(()),
                    Report::InitFailed(error) => return Err(error),
                },
                status = self.process.ended() => return Err(InvokeError::Crashed { status }),
                () = sleep_until(deadline) => {
                    self.process.kill().await;
                    return Err(InvokeError::TimedOut { after: self.timeout });
                }
            }
        }
    }

    fn invocation(&self, event: Bytes) -> Invocation {
        let now = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        Invocation {
            id: identifiers::invocation_id(),
            event,
            deadline_ms: (now + self.timeout).as_millis(),
            function_arn: Arc::clone(&self.function_arn),
            trace_root: identifiers::trace_root(now.as_secs()),
        }
    }
}

fn init_failed(reason: impl Into<String>) -> InvokeError {
    InvokeError::InitFailed {
        reason: reason.into(),
    }
}
