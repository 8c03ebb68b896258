//! Polling a job until it finishes.

use std::time::Duration;

use reqwest::Url;
use tokio::time::sleep;

use crate::client::is_loopback;
use crate::pace::{poll_delay, retry_delay};
use crate::{Client, ClientError, Job};

/// What a watch sees on its way.
#[derive(Debug)]
pub enum Sighting<'a> {
    /// The job, at the first poll and whenever something about it has changed.
    Job(&'a Job),
    /// A poll failed; the watch continues after a pause.
    Trouble {
        /// Why the poll failed.
        error: &'a ClientError,
        /// The pause.
        retry_in: Duration,
        /// Which retry follows, from 1.
        retry: u32,
        /// Maximum number of retries in a row.
        max_retries: u32,
    },
}

impl Client {
    /// Waits until a job has finished, however it ended, and returns it. Polls and fails as [`Client::watch`] does.
    pub async fn wait(&self, uri: &Url) -> Result<Job, ClientError> {
        self.watch(uri, |_| ()).await
    }

    /// Polls a status URI until the job has finished, and calls `on_change` whenever something is new. Returns the
    /// finished job.
    ///
    /// The interval is the service's `Retry-After`, but 0.2 s to 30 s; on loopback it is 0.25 s. A lost connection, a 429 or
    /// a 5xx is retried as often as [`RetryPolicy`](crate::RetryPolicy) allows, counted from zero after every good response. If
    /// the service has never responded to this client, the watch fails at once. It also fails if the job is gone or not
    /// found, as [`Client::job`] does.
    pub async fn watch(
        &self,
        uri: &Url,
        mut on_change: impl FnMut(Sighting<'_>),
    ) -> Result<Job, ClientError> {
        let mut last_seen = None;
        let mut retries = 0;
        loop {
            let pause = match self.look(uri).await {
                Ok((job, retry_after)) => {
                    retries = 0;
                    if last_seen.as_ref() != Some(&job) {
                        on_change(Sighting::Job(&job));
                    }
                    if job.is_finished() {
                        return Ok(job);
                    }
                    last_seen = Some(job);
                    poll_delay(retry_after, is_loopback(uri))
                }
                Err(error) => {
                    let policy = self.options.retry;
                    let delay = retry_delay(&error, retries, policy, self.has_answered());
                    let Some(retry_in) = delay else {
                        return Err(error);
                    };
                    retries += 1;
                    on_change(Sighting::Trouble {
                        error: &error,
                        retry_in,
                        retry: retries,
                        max_retries: policy.max_retries,
                    });
                    retry_in
                }
            };
            sleep(pause).await;
        }
    }
}
