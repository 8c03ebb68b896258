//! One process of a function and its Runtime API: initialized once, then used for one invocation at a time.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use axum::body::Bytes;
use tokio::time::{Instant, sleep, sleep_until};

use crate::invoke_error::InvokeError;
use crate::process::Process;
use crate::runtime_api::{Invocation, Report, RuntimeApi};

/// Maximum time until a process asks for its first event, as in Lambda.
/// Source: <https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html>
const INIT_LIMIT: Duration = Duration::from_secs(10);

/// The outcome of an invocation.
pub(crate) type Answer = Result<Bytes, InvokeError>;

/// A process that is ready for an event. Dropping it kills the process.
pub(crate) struct Instance {
    process: Process,
    api: RuntimeApi,
    timeout: Duration,
}

impl Instance {
    /// Waits until a new process asks for its first event. A process that does not is killed.
    pub(crate) async fn initialize(
        mut process: Process,
        mut api: RuntimeApi,
        timeout: Duration,
    ) -> Result<Self, InvokeError> {
        let failure = tokio::select! {
            biased;
            report = api.reports.recv() => match report {
                Some(Report::Polling) => return Ok(Self { process, api, timeout }),
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

    /// Runs one invocation. Returns its outcome, and the instance if its process is alive. The invocation ends when the process asks for
    /// the next event, not when it answers, because it is free only then.
    pub(crate) async fn run(mut self, event: Bytes) -> (Answer, Option<Self>) {
        let deadline = Instant::now() + self.timeout;
        // Fails only if the listener is gone. The wait below then ends with a dead process or a timeout.
        let now = SystemTime::now().duration_since(UNIX_EPOCH);
        let invocation = Invocation {
            event,
            now: now.unwrap_or_default(),
            timeout: self.timeout,
        };
        let _ = self.api.invocations.send(invocation);
        // The function's first answer counts, even if its process dies afterwards.
        let mut answered = None;
        let failure = loop {
            tokio::select! {
                // A process may answer and then exit at once. Its answer counts, so reports are read first.
                biased;
                Some(report) = self.api.reports.recv() => match report {
                    Report::Answered(answer) => _ = answered.get_or_insert(answer),
                    Report::Polling => return (answered.unwrap_or(Err(InvokeError::Stopped)), Some(self)),
                    Report::InitFailed(error) => break error,
                },
                status = self.process.ended() => break InvokeError::Crashed { status },
                () = sleep_until(deadline) => {
                    self.process.kill().await;
                    break InvokeError::TimedOut { after: self.timeout };
                }
            }
        };
        (answered.unwrap_or(Err(failure)), None)
    }
}

fn init_failed(reason: impl Into<String>) -> InvokeError {
    InvokeError::InitFailed {
        reason: reason.into(),
    }
}
