//! The settings of a client: its identity, and its retries.

use std::time::Duration;

use reqwest::header::HeaderMap;

use crate::Signing;

/// The settings of a [`Client`](crate::Client): its identity, and its retries.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// The user for the authorizer of the service as it runs on one's own machine: HTTP Basic with an empty password.
    pub user: Option<String>,
    /// Headers for every request to the service's own origin, for example `Authorization`. Mark a secret value as
    /// sensitive (`HeaderValue::set_sensitive`), so that `Debug` does not show it.
    pub headers: HeaderMap,
    /// Whether and how requests to the service's own origin are signed.
    pub signing: Signing,
    /// How temporary failures are retried.
    pub retry: RetryPolicy,
}

/// How often, and how soon, a request is repeated after a lost connection, a 429 or a 5xx.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RetryPolicy {
    /// Maximum number of retries in a row.
    pub max_retries: u32,
    /// The delay before the first retry. It doubles from one to the next, up to 5 s.
    pub first_delay: Duration,
}

impl Default for RetryPolicy {
    /// Seven retries in about 18 s: enough for a short outage, and not too long for a person who waits.
    fn default() -> Self {
        Self {
            max_retries: 7,
            first_delay: Duration::from_millis(250),
        }
    }
}
