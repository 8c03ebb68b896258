//! What a receiver answered.

use std::error::Error;
use std::io;
use std::time::Duration;

use aws_smithy_runtime_api::client::dns::ResolveDnsError;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use engine::{MAX_VISIBILITY, Timestamp};

use super::resolver::RefusedAddresses;

/// Outcome of one delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    /// The receiver has the webhook: a status from 200 to 299.
    Delivered {
        /// The status.
        status: u16,
    },
    /// The receiver wants no more deliveries: 410.
    Stop,
    /// The webhook is to be delivered again.
    Again {
        /// What went wrong.
        why: Why,
        /// The delay that the receiver asked for, up to [`MAX_VISIBILITY`].
        retry_after: Option<Duration>,
    },
}

/// Why a webhook is not delivered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Why {
    /// The receiver answered with this status. A redirect is one of them.
    Status(u16),
    /// There was no status.
    Unanswered(Unanswered),
}

/// Why a delivery has no status. For logs and metrics: whoever submitted the job must not learn from it what this service can reach.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unanswered {
    /// The URL is not one that this deployment calls (any more). Nothing was sent or resolved.
    RefusedUrl,
    /// The name leads only to addresses that no webhook connects to. Nothing was sent.
    RefusedAddress,
    /// The name has no address.
    NotResolved,
    /// No TLS connection: the certificate is not valid for the name, for example.
    Tls,
    /// The connection could not be made, or broke before a status arrived.
    Connection,
    /// There was no status in time.
    Timeout,
}

impl Answer {
    /// The status, for the job's document; `None` if there was none.
    #[must_use]
    pub(crate) fn status(self) -> Option<u16> {
        match self {
            Self::Delivered { status }
            | Self::Again {
                why: Why::Status(status),
                ..
            } => Some(status),
            Self::Stop => Some(GONE),
            Self::Again {
                why: Why::Unanswered(_),
                ..
            } => None,
        }
    }

    pub(crate) fn unanswered(why: Unanswered) -> Self {
        Self::Again {
            why: Why::Unanswered(why),
            retry_after: None,
        }
    }

    pub(super) fn of(response: &HttpResponse, now: Timestamp) -> Self {
        match response.status().as_u16() {
            status @ 200..=299 => Self::Delivered { status },
            GONE => Self::Stop,
            status => {
                let header = response.headers().get("retry-after");
                Self::Again {
                    why: Why::Status(status),
                    retry_after: header.and_then(|value| retry_after(value, now)),
                }
            }
        }
    }
}

const GONE: u16 = 410;

impl Unanswered {
    /// A word for logs and metrics.
    #[must_use]
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::RefusedUrl => "refused-url",
            Self::RefusedAddress => "refused-address",
            Self::NotResolved => "not-resolved",
            Self::Tls => "tls",
            Self::Connection => "connection",
            Self::Timeout => "timeout",
        }
    }

    pub(super) fn of(error: &(dyn Error + 'static)) -> Self {
        let (mut is_dns, mut is_tls) = (false, false);
        for error in chain(error) {
            if error.is::<RefusedAddresses>() {
                return Self::RefusedAddress;
            }
            is_dns |= error.is::<ResolveDnsError>();
            // This is how tokio-rustls reports an error of rustls.
            let kind = error.downcast_ref().map(io::Error::kind);
            is_tls |= kind == Some(io::ErrorKind::InvalidData);
        }
        match (is_dns, is_tls) {
            (true, _) => Self::NotResolved,
            (false, true) => Self::Tls,
            (false, false) => Self::Connection,
        }
    }
}

/// An error and its causes. An `io::Error` does not name the error that it wraps as its source, but that one's source.
fn chain<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |&error| {
        match error
            .downcast_ref::<io::Error>()
            .and_then(io::Error::get_ref)
        {
            Some(wrapped) => Some(wrapped),
            None => error.source(),
        }
    })
}

/// Reads a `Retry-After` (RFC 9110, section 10.2.3): seconds, or a date. `None` if it is neither.
fn retry_after(value: &str, now: Timestamp) -> Option<Duration> {
    let value = value.trim();
    let delay = if !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit()) {
        // A number with too many digits is a long delay.
        Duration::from_secs(value.parse().unwrap_or(u64::MAX))
    } else {
        Timestamp::parse_http_date(value)?.since(now)
    };
    Some(delay.min(MAX_VISIBILITY))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_delay_is_read_as_seconds_or_as_a_date_and_has_a_limit() {
        let now = Timestamp::parse_rfc3339("2026-01-01T10:50:45Z").unwrap();
        let seconds = |value| retry_after(value, now).map(|delay| delay.as_secs());
        let longest = Some(MAX_VISIBILITY.as_secs());
        for (value, delay) in [
            ("120", Some(120)),
            (" 0 ", Some(0)),
            ("007", Some(7)),
            ("999999", longest),
            ("99999999999999999999999", longest),
            ("Thu, 01 Jan 2026 10:51:45 GMT", Some(60)),
            ("Thu, 01 Jan 2026 10:49:45 GMT", Some(0)),
            ("Fri, 31 Dec 9999 23:59:59 GMT", longest),
            ("", None),
            ("-1", None),
            ("1.5", None),
            ("soon", None),
            ("2026-01-01T10:51:45Z", None),
        ] {
            assert_eq!(seconds(value), delay, "{value}");
        }
    }
}
