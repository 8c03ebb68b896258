//! The SQS under test, with verbs.

#[cfg(test)]
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use aws_sdk_sqs::Client;
use aws_sdk_sqs::config::retry::RetryConfig;
use aws_sdk_sqs::config::{BehaviorVersion, Credentials, Region};
#[cfg(test)]
use sqs::{ManualClock, Queues};

#[cfg(not(test))]
use super::check::Stop;
use super::check::Verdict;

/// An endpoint and how time passes there.
pub(crate) struct Sqs {
    pub(crate) client: Client,
    pub(crate) endpoint: String,
    time: Time,
}

enum Time {
    #[cfg(test)]
    Manual(ManualClock),
    #[cfg(not(test))]
    Real,
}

/// The longest that a check waits for real time to pass.
#[cfg(not(test))]
const PATIENCE: Duration = Duration::from_secs(4);

impl Sqs {
    /// Embedded queues of its own for each test, on a clock that stands still until the test advances it.
    #[cfg(test)]
    pub(crate) async fn embedded() -> std::io::Result<Self> {
        let clock = ManualClock::starting_at(1_700_000_000_000);
        Self::over(Arc::new(Queues::new(clock.clone().into())), clock).await
    }

    /// These queues, served until the test's runtime ends.
    #[cfg(test)]
    pub(super) async fn over(queues: Arc<Queues>, clock: ManualClock) -> std::io::Result<Self> {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
        let endpoint = format!("http://{}", listener.local_addr()?);
        tokio::spawn(sqs::serve(listener, queues, std::future::pending()));
        Ok(Self::to(&endpoint, clock))
    }

    /// Queues that somebody serves on this clock.
    #[cfg(test)]
    pub(super) fn to(endpoint: &str, clock: ManualClock) -> Self {
        Self {
            client: client(endpoint),
            endpoint: endpoint.to_owned(),
            time: Time::Manual(clock),
        }
    }

    /// A running SQS at some address.
    #[cfg(not(test))]
    pub(crate) fn at(endpoint: &str) -> Self {
        Self {
            client: client(endpoint),
            endpoint: endpoint.trim_end_matches('/').to_owned(),
            time: Time::Real,
        }
    }

    /// Lets time pass; where it is real and long, the check ends here as not run.
    #[cfg_attr(
        test,
        expect(clippy::unused_async, reason = "only real time must be waited for")
    )]
    pub(super) async fn pass(&self, time: Duration) -> Verdict {
        match &self.time {
            #[cfg(test)]
            Time::Manual(clock) => clock.advance(time),
            #[cfg(not(test))]
            Time::Real if time <= PATIENCE => tokio::time::sleep(time).await,
            #[cfg(not(test))]
            Time::Real => return Err(Stop::NotRun(format!("needs {} s to pass", time.as_secs()))),
        }
        Ok(())
    }

    /// Returns once this many polls wait at the endpoint.
    pub(super) async fn until_polling(&self, count: usize) {
        match &self.time {
            #[cfg(test)]
            Time::Manual(clock) => clock.until_sleeping(count).await,
            // Nobody says when a request has arrived elsewhere; a poll that comes late finds its message anyway.
            #[cfg(not(test))]
            Time::Real => {
                let _ = count;
                tokio::time::sleep(Duration::from_millis(500)).await;
            }
        }
    }

    /// Returns once a move task that was started has had time to move a message or two.
    pub(super) async fn until_moved(&self) {
        match &self.time {
            // The embedded queues are done when they answer.
            #[cfg(test)]
            Time::Manual(_) => tokio::task::yield_now().await,
            #[cfg(not(test))]
            Time::Real => tokio::time::sleep(Duration::from_secs(2)).await,
        }
    }
}

/// A client that doesn't try again, so that a check sees every answer.
fn client(endpoint: &str) -> Client {
    let config = aws_sdk_sqs::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("us-east-1"))
        .credentials_provider(Credentials::new("test", "test", None, None, "test"))
        .retry_config(RetryConfig::disabled())
        .endpoint_url(endpoint);
    Client::from_conf(config.build())
}

/// A name that no queue had before, also not in an earlier run against the same endpoint.
pub(super) fn new_name() -> String {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let since_epoch = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    format!(
        "check-{}-{}",
        since_epoch.as_nanos(),
        NEXT.fetch_add(1, Ordering::Relaxed)
    )
}
