//! How a client presents itself, and how patient it is.

use std::time::Duration;

use reqwest::header::HeaderMap;

use crate::Signing;

/// How a [`Client`](crate::Client) presents itself, and how patient it is.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// The user for the authorizer of the service as it runs on one's own machine: HTTP Basic with an empty password.
    pub user: Option<String>,
    /// Headers for every request to the service's own origin, for example `Authorization`. Mark a secret value as
    /// sensitive (`HeaderValue::set_sensitive`), so that `Debug` does not show it.
    pub headers: HeaderMap,
    /// Whether and how requests to the service's own origin are signed.
    pub signing: Signing,
    /// What a watch does about failures that may pass.
    pub retry: RetryPolicy,
}

/// How often, and how fast, a watch polls again after a lost connection, a 429 or a 5xx.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RetryPolicy {
    /// Maximum number of retries in a row.
    pub max_retries: u32,
    /// The delay before the first retry. It doubles from one to the next, up to 5 s.
    pub first_delay: Duration,
}

impl Default for RetryPolicy {
    /// Seven retries in about 18 s: longer than a deployment's hiccup, shorter than a person's patience.
    fn default() -> Self {
        Self {
            max_retries: 7,
            first_delay: Duration::from_millis(250),
        }
    }
}
