use std::ops::ControlFlow;
use std::time::Duration;

use reqwest::Url;
use tokio::time::sleep;

use super::connection::is_loopback;
use super::pace::{poll_delay, retry_delay};
use super::{Client, ClientError, JobDocument, Problem, Status};

/// What a watch sees on its way.
#[derive(Debug)]
pub enum Sighting<'a> {
    /// The job, at the first look and whenever something about it is new.
    Job(&'a JobDocument),
    /// The service couldn't be asked; the watch goes on after a pause.
    Trouble {
        /// What went wrong.
        error: &'a ClientError,
        /// The pause.
        retry_in: Duration,
        /// Which retry it will be, from 1.
        retry: u32,
        /// How many there will be at most.
        max_retries: u32,
    },
}

/// How a watch ended.
#[derive(Debug)]
pub enum Ending {
    /// The job is over; this is its last document.
    Over(Box<JobDocument>),
    /// The status URI is gone: the job expired or was deleted before its end was seen.
    Gone(Problem),
    /// There is no such job, or it is somebody else's.
    NotFound(Problem),
}

impl Client {
    /// Polls a status URI until the job is over, as often as its `Retry-After` asks (between 0.2 s and 30 s; every
    /// 0.25 s on loopback), and tells `on_change` about everything new.
    ///
    /// A lost connection, a 429 or a 5xx is forgiven as often as the client's [`RetryPolicy`](super::RetryPolicy) says;
    /// the count begins anew after every good answer. It stops at once if the service has never answered this client.
    pub async fn watch(
        &self,
        uri: &Url,
        mut on_change: impl FnMut(Sighting<'_>),
    ) -> Result<Ending, ClientError> {
        let mut watch = Watch {
            client: self,
            uri,
            last_seen: None,
            retries: 0,
        };
        loop {
            match watch.look(&mut on_change).await? {
                ControlFlow::Break(ending) => return Ok(ending),
                ControlFlow::Continue(pause) => sleep(pause).await,
            }
        }
    }
}

struct Watch<'a> {
    client: &'a Client,
    uri: &'a Url,
    last_seen: Option<Box<JobDocument>>,
    /// Failures since the last good answer.
    retries: u32,
}

impl Watch<'_> {
    /// Looks once: the watch is over, or goes on after a pause.
    async fn look(
        &mut self,
        on_change: &mut impl FnMut(Sighting<'_>),
    ) -> Result<ControlFlow<Ending, Duration>, ClientError> {
        match self.client.status(self.uri).await {
            Ok(Status::Gone(problem)) => Ok(ControlFlow::Break(Ending::Gone(problem))),
            Ok(Status::NotFound(problem)) => Ok(ControlFlow::Break(Ending::NotFound(problem))),
            Ok(Status::Job(job, retry_after)) => Ok(self.seen(job, retry_after, on_change)),
            Err(error) => self.forgive(error, on_change).map(ControlFlow::Continue),
        }
    }

    fn seen(
        &mut self,
        job: Box<JobDocument>,
        retry_after: Option<Duration>,
        on_change: &mut impl FnMut(Sighting<'_>),
    ) -> ControlFlow<Ending, Duration> {
        self.retries = 0;
        if self.last_seen.as_ref() != Some(&job) {
            on_change(Sighting::Job(&job));
        }
        if job.is_over() {
            return ControlFlow::Break(Ending::Over(job));
        }
        self.last_seen = Some(job);
        ControlFlow::Continue(poll_delay(retry_after, is_loopback(self.uri)))
    }

    /// The pause before the next try, or the error when there is to be none.
    fn forgive(
        &mut self,
        error: ClientError,
        on_change: &mut impl FnMut(Sighting<'_>),
    ) -> Result<Duration, ClientError> {
        let policy = self.client.options.retry;
        let Some(retry_in) = retry_delay(&error, self.retries, policy, self.client.has_answered())
        else {
            return Err(error);
        };
        self.retries += 1;
        let (retry, max_retries) = (self.retries, policy.max_retries);
        on_change(Sighting::Trouble {
            error: &error,
            retry_in,
            retry,
            max_retries,
        });
        Ok(retry_in)
    }
}
