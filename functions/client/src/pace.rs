//! How often a watch polls, and how patient it is with failures.

use std::time::Duration;

use reqwest::header::{HeaderMap, RETRY_AFTER};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc2822;
use tokio::time::sleep;

use crate::{Client, ClientError, RetryPolicy};

/// Shortest polling interval, whatever `Retry-After` says.
const SHORTEST_POLL: Duration = Duration::from_millis(200);
/// Longest polling interval: a job that finishes early should be seen to finish.
const LONGEST_POLL: Duration = Duration::from_secs(30);
/// Polling interval without a `Retry-After`.
const USUAL_POLL: Duration = Duration::from_secs(1);
/// Polling interval on loopback. `Retry-After` is at least 1 s, and a bar that moves once per second looks stuck; on the
/// same machine a poll costs nothing.
const LOOPBACK_POLL: Duration = Duration::from_millis(250);
/// Longest delay between retries.
const LONGEST_RETRY: Duration = Duration::from_secs(5);

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
        let Some(retry_in) = retry_delay(&error, *retries, policy, is_there) else {
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

/// The delay before the next poll of a job.
pub(crate) fn poll_delay(retry_after: Option<Duration>, loopback: bool) -> Duration {
    if loopback {
        return LOOPBACK_POLL;
    }
    retry_after
        .unwrap_or(USUAL_POLL)
        .clamp(SHORTEST_POLL, LONGEST_POLL)
}

/// The delay before retry number `retry` (from 0), or `None` if a retry cannot help or the policy allows no more.
///
/// A service that has never been reached gets no retry: it is not running, or the URL is wrong, and the user should know now.
fn retry_delay(
    error: &ClientError,
    retry: u32,
    policy: RetryPolicy,
    is_there: bool,
) -> Option<Duration> {
    if retry >= policy.max_retries || !error.is_transient() || !is_there {
        return None;
    }
    let backoff = policy
        .first_delay
        .saturating_mul(2_u32.saturating_pow(retry))
        .min(LONGEST_RETRY);
    Some(match error {
        ClientError::Busy {
            retry_after: Some(asked),
            ..
        } => (*asked).clamp(SHORTEST_POLL, LONGEST_POLL),
        _ => backoff,
    })
}

/// The value of `Retry-After`: seconds or, perhaps from a proxy, a date (RFC 9110, section 10.2.3).
pub(crate) fn retry_after(headers: &HeaderMap, now: OffsetDateTime) -> Option<Duration> {
    let value = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = value.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let date = OffsetDateTime::parse(value, &Rfc2822).ok()?;
    Some(Duration::try_from(date - now).unwrap_or(Duration::ZERO))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Problem;

    fn busy(retry_after: Option<Duration>) -> ClientError {
        let problem = Box::new(Problem {
            status: 503,
            ..Problem::default()
        });
        ClientError::Busy {
            problem,
            retry_after,
        }
    }

    #[test]
    fn a_remote_service_sets_the_interval_within_bounds_and_one_on_this_machine_is_polled_often() {
        for (asked_s, here, expected) in [
            (Some(7), false, Duration::from_secs(7)),
            (Some(0), false, SHORTEST_POLL),
            (Some(3_600), false, LONGEST_POLL),
            (None, false, USUAL_POLL),
            (Some(1), true, LOOPBACK_POLL),
        ] {
            let delay = poll_delay(asked_s.map(Duration::from_secs), here);
            assert_eq!(delay, expected, "{asked_s:?}");
        }
    }

    #[test]
    fn retries_back_off_and_end_and_a_busy_service_sets_the_delay_within_bounds() {
        let delay = |asked_s: Option<u64>, retry| {
            let error = busy(asked_s.map(Duration::from_secs));
            let delay = retry_delay(&error, retry, RetryPolicy::default(), true);
            delay.map(|delay| delay.as_millis())
        };
        let delays = [0, 1, 2, 3, 4, 5, 6, 7].map(|retry| delay(None, retry));

        let expected = [250, 500, 1_000, 2_000, 4_000, 5_000, 5_000].map(Some);
        assert_eq!(delays[..7], expected);
        assert_eq!(delays[7], None);
        assert_eq!(delay(Some(9), 0), Some(9_000));
        assert_eq!(delay(Some(900), 0), Some(LONGEST_POLL.as_millis()));
    }

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        let now = OffsetDateTime::parse("Fri, 02 Jan 2026 10:00:00 GMT", &Rfc2822).unwrap();
        let parsed = |value: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(RETRY_AFTER, value.parse().unwrap());
            retry_after(&headers, now)
        };

        for (value, seconds) in [
            ("12", Some(12)),
            ("Fri, 02 Jan 2026 10:00:30 GMT", Some(30)),
            ("Fri, 02 Jan 2026 09:00:00 GMT", Some(0)),
            ("soon", None),
        ] {
            assert_eq!(parsed(value), seconds.map(Duration::from_secs), "{value}");
        }
    }
}
