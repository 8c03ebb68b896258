//! Names of queues: URL and ARN.

use super::error::{Code, Error, Result};

/// The account that owns every queue here.
pub(super) const ACCOUNT: &str = "000000000000";
const ARN_PREFIX: &str = "arn:aws:sqs:us-east-1:000000000000:";

/// The URL of the queue with this name. `base` is the scheme and authority of the request, so that the URL works for the caller.
#[must_use]
pub fn queue_url(base: &str, name: &str) -> String {
    format!("{base}/{ACCOUNT}/{name}")
}

/// The queue's name in its URL. The host is ignored, because the endpoint may have another port after a restart.
pub(super) fn name_in_url(url: &str) -> Result<&str> {
    let not_a_queue = || {
        Code::InvalidAddress.because(format!("The address {url} is not valid for this endpoint."))
    };
    let (rest, name) = url.rsplit_once('/').ok_or_else(not_a_queue)?;
    let (_, account) = rest.rsplit_once('/').ok_or_else(not_a_queue)?;
    if account == ACCOUNT {
        Ok(name)
    } else {
        Err(Error::no_queue())
    }
}

/// The ARN of the queue with this name.
#[must_use]
pub fn queue_arn(name: &str) -> String {
    format!("{ARN_PREFIX}{name}")
}

pub(super) fn name_in_arn(arn: &str) -> Option<&str> {
    arn.strip_prefix(ARN_PREFIX).filter(|name| !name.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_and_an_arn_name_their_queue() {
        assert_eq!(
            name_in_url(&queue_url("http://127.0.0.1:1", "jobs")),
            Ok("jobs")
        );
        assert_eq!(name_in_arn(&queue_arn("jobs")), Some("jobs"));
    }

    #[test]
    fn another_account_has_no_queues_here() {
        assert_eq!(
            name_in_url("http://127.0.0.1/1/jobs"),
            Err(Error::no_queue())
        );
        assert_eq!(name_in_arn("arn:aws:sqs:us-east-1:1:jobs"), None);
    }
}
