//! Polling a job until it finishes.

use std::time::Duration;

use reqwest::header::{ETAG, HeaderName, HeaderValue, IF_NONE_MATCH};
use reqwest::{Method, StatusCode, Url};
use tokio::time::sleep;

use crate::client::is_loopback;
use crate::pace::poll_delay;
use crate::{Client, ClientError, Job, Trouble};

/// The preference that the answer waits for the end of the job (RFC 7240). More than 20 s is more than the service grants.
const HOLD: (HeaderName, HeaderValue) = (
    HeaderName::from_static("prefer"),
    HeaderValue::from_static("wait=20"),
);

/// What a watch reports while it runs.
#[derive(Debug)]
pub enum Sighting<'a> {
    /// The job, at the first poll and whenever something about it has changed.
    Job(&'a Job),
    /// A poll failed; the watch continues after a pause.
    Trouble(Trouble<'a>),
}

/// The job as the last poll has shown it, and the entity tag of that document.
struct Seen {
    job: Job,
    tag: Option<HeaderValue>,
}

impl Client {
    /// Waits until a job has finished, however it ended, and returns it. Fails as [`Client::watch`] does.
    ///
    /// The first request lets the service hold its answer for up to 20 s (`Prefer: wait`), so the end of a short job is seen at once;
    /// the following ones poll as [`Client::watch`] does, because the service pays for the time of a held answer.
    pub async fn wait(&self, uri: &Url) -> Result<Job, ClientError> {
        self.follow(uri, true, |_| ()).await
    }

    /// Polls a status URI until the job has finished, and calls `on_change` whenever something is new. Returns the
    /// finished job.
    ///
    /// The interval is the service's `Retry-After`, but 0.2 s to 30 s; on loopback it is 0.25 s. While the job is unchanged, its
    /// document is not sent again (`If-None-Match`). A lost connection, a 429 or
    /// a 5xx is retried as often as [`RetryPolicy`](crate::RetryPolicy) allows, counted from zero after every good response. If
    /// the service has never responded to this client, the watch fails at once. It also fails if the job is gone or not
    /// found, as [`Client::job`] does.
    pub async fn watch(
        &self,
        uri: &Url,
        on_change: impl FnMut(Sighting<'_>),
    ) -> Result<Job, ClientError> {
        self.follow(uri, false, on_change).await
    }

    async fn follow(
        &self,
        uri: &Url,
        mut hold: bool,
        mut on_change: impl FnMut(Sighting<'_>),
    ) -> Result<Job, ClientError> {
        let mut seen: Option<Seen> = None;
        let mut retries = 0;
        loop {
            let (new, retry_after) = match self.poll(uri, seen.as_ref(), hold).await {
                Ok(polled) => polled,
                Err(error) => {
                    let report = |trouble: Trouble<'_>| on_change(Sighting::Trouble(trouble));
                    self.pause(&mut retries, error, report).await?;
                    continue;
                }
            };
            (hold, retries) = (false, 0);
            if let Some(new) = new {
                if seen.as_ref().is_none_or(|seen| seen.job != new.job) {
                    on_change(Sighting::Job(&new.job));
                }
                if new.job.is_finished() {
                    return Ok(new.job);
                }
                seen = Some(new);
            }
            sleep(poll_delay(retry_after, is_loopback(uri))).await;
        }
    }

    /// Reads a job, unless it is as it was seen, and how long to wait before the next read.
    async fn poll(
        &self,
        uri: &Url,
        seen: Option<&Seen>,
        hold: bool,
    ) -> Result<(Option<Seen>, Option<Duration>), ClientError> {
        let mut request = self.request(Method::GET, uri);
        if hold {
            let (name, value) = HOLD;
            request = request.header(name, value);
        }
        let tag = seen.and_then(|seen| seen.tag.clone());
        let knows = tag.is_some();
        if let Some(tag) = tag {
            request = request.header(IF_NONE_MATCH, tag);
        }
        let response = self.send(uri, request).await?;
        if knows && response.status == StatusCode::NOT_MODIFIED {
            return Ok((None, response.retry_after()));
        }
        let response = response.checked()?;
        let seen = Seen {
            job: response.job()?,
            tag: response.headers.get(ETAG).cloned(),
        };
        Ok((Some(seen), response.retry_after()))
    }
}
