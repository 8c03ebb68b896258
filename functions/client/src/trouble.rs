//! Failures that are retried.

use std::time::Duration;

use tokio::time::sleep;

use crate::pace::retry_delay;
use crate::{Client, ClientError};

/// A request failed; the next try follows after a pause.
#[derive(Debug, Clone, Copy)]
pub struct Trouble<'a> {
    /// Why it failed.
    pub error: &'a ClientError,
    /// The pause.
    pub retry_in: Duration,
    /// Which retry follows, from 1.
    pub retry: u32,
    /// Maximum number of retries in a row.
    pub max_retries: u32,
}

impl Client {
    /// Pauses before the next try, and counts it. Returns the error if a retry cannot help, or if the policy allows no more.
    pub(crate) async fn pause(
        &self,
        retries: &mut u32,
        error: ClientError,
        on_trouble: impl FnOnce(Trouble<'_>),
    ) -> Result<(), ClientError> {
        let policy = self.options.retry;
        // A connection that was lost has existed.
        let is_there = self.has_answered() || !error.is_of_connect();
        let delay = retry_delay(&error, *retries, policy, is_there);
        let Some(retry_in) = delay else {
            return Err(error);
        };
        *retries += 1;
        on_trouble(Trouble {
            error: &error,
            retry_in,
            retry: *retries,
            max_retries: policy.max_retries,
        });
        sleep(retry_in).await;
        Ok(())
    }
}
