//! Results that no item of the table can hold.

use std::time::Duration;

use engine::{Ending, JobError, ServiceError};
use lambda_runtime::tracing::{error, warn};
use tokio::time::{sleep, timeout_at};

use crate::attempt::Attempt;
use crate::invocation::{moment_in, now};

/// Delay between two calls. Each consists of several tries.
const PAUSE: Duration = Duration::from_secs(1);

impl Attempt<'_> {
    /// Stores a large result in the bucket, before the end that refers to it. Ends so early that the invocation has time for that write.
    ///
    /// # Errors
    /// A retryable error, which the client sees if this was the last attempt.
    pub(crate) async fn store_result(&self, result: String) -> Result<Ending, JobError> {
        let until = moment_in(self.invocation.last_call().since(now()));
        let result = result.into_bytes().into();
        let stored = timeout_at(until, self.repeat(&result)).await;
        let problem = match stored {
            Ok(Ok(ending)) => return Ok(ending),
            Ok(Err(refusal)) => {
                error!(job.id = %self.run.id, job.name = %self.run.kind, attempt = self.run.attempt, error.source = ?std::error::Error::source(&refusal), "result not stored: {refusal}");
                "the bucket of large payloads refused the result"
            }
            Err(_) => {
                error!(job.id = %self.run.id, job.name = %self.run.kind, attempt = self.run.attempt, "result not stored in time");
                "the bucket of large payloads did not take the result in time"
            }
        };
        Err(JobError::retry("result-not-stored", problem))
    }

    /// Repeats the call until it is answered.
    async fn repeat(&self, result: &bytes::Bytes) -> Result<Ending, ServiceError> {
        let (store, retention) = (&self.app.store, self.app.retention);
        loop {
            let stored = store.store_result(&self.run, result.clone(), retention);
            match stored.await {
                Err(error @ ServiceError::Unavailable(..)) => {
                    warn!(job.id = %self.run.id, error.source = ?std::error::Error::source(&error), "{error}; repeating the call");
                    sleep(PAUSE).await;
                }
                answer => return answer,
            }
        }
    }
}
