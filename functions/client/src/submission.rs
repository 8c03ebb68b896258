//! Submitting a job.

use std::fmt;
use std::str::FromStr;

use reqwest::header::{HeaderName, LOCATION};
use reqwest::{Method, StatusCode, Url};
use serde::{Deserialize, Serialize, Serializer};
use serde_json::value::{RawValue, to_raw_value};
use sha2::{Digest, Sha256};
use time::OffsetDateTime;
use time::serde::rfc3339;
use uuid::Uuid;

use crate::client::Response;
use crate::{Client, ClientError, Job};

pub(crate) const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");
const IDEMPOTENCY_REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");

/// The maximum length of a submission as JSON, in bytes: a job must fit in one message of the queue. Files that do not fit can be
/// uploaded ([`Client::upload`]).
pub const MAX_BODY_BYTES: usize = 1_047_552;

/// A job to submit.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Submission {
    /// The job kind.
    pub name: String,
    /// The input. Raw, so that a number keeps every digit and members keep their order.
    pub input: Box<RawValue>,
    /// The owner's name for the job, which becomes its title.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub summary: Option<String>,
    /// Earliest start; `None` is at once.
    #[serde(skip_serializing_if = "Option::is_none", with = "rfc3339::option")]
    pub scheduled_start_time: Option<OffsetDateTime>,
    /// The URL to which the service sends a webhook once the job has finished. Only a deployment that sends webhooks accepts it.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "callback")]
    pub callback: Option<Url>,
    /// Makes it safe to submit this again.
    #[serde(skip)]
    pub idempotency_key: Option<IdempotencyKey>,
}

impl Submission {
    /// A job of the kind `name` that may start at once. Fails with [`ClientError::Input`] if the input is not JSON, for
    /// example because a map has keys that are not strings.
    pub fn new(name: impl Into<String>, input: &impl Serialize) -> Result<Self, ClientError> {
        Ok(Self {
            name: name.into(),
            input: to_raw_value(input).map_err(ClientError::Input)?,
            summary: None,
            scheduled_start_time: None,
            callback: None,
            idempotency_key: None,
        })
    }
}

/// The member of the body: an object, so that it can have further members one day.
#[expect(clippy::ref_option, reason = "serde passes the member like this")]
fn callback<S: Serializer>(url: &Option<Url>, serializer: S) -> Result<S::Ok, S::Error> {
    #[derive(Serialize)]
    struct Callback<'a> {
        url: &'a str,
    }
    let url = url.as_ref().map(Url::as_str);
    url.map(|url| Callback { url }).serialize(serializer)
}

/// A key under which a submission is accepted once: 1 to 255 visible ASCII characters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdempotencyKey(String);

/// The text cannot be an idempotency key.
#[derive(Debug, thiserror::Error)]
#[error("a key is 1 to 255 visible ASCII characters, without spaces")]
pub struct InvalidIdempotencyKey;

impl IdempotencyKey {
    /// A key that nobody has used.
    #[must_use]
    pub fn random() -> Self {
        Self(Uuid::new_v4().to_string())
    }

    /// The key of a batch, by its number from 0. No two keys share one.
    pub(crate) fn of_batch(&self, number: usize) -> Self {
        Self(hex::encode(Sha256::digest(format!("{number}:{}", self.0))))
    }

    /// The header's value: a structured-field string (RFC 9651, section 3.3.3), quoted and escaped.
    pub(crate) fn to_field_value(&self) -> String {
        format!("\"{}\"", self.0.replace('\\', "\\\\").replace('"', "\\\""))
    }
}

impl fmt::Display for IdempotencyKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for IdempotencyKey {
    type Err = InvalidIdempotencyKey;

    fn from_str(text: &str) -> Result<Self, InvalidIdempotencyKey> {
        if (1..=255).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Ok(Self(text.to_owned()));
        }
        Err(InvalidIdempotencyKey)
    }
}

/// A job that the service has accepted.
#[derive(Debug, Clone)]
pub struct Accepted {
    /// The absolute status URI.
    pub status_uri: Url,
    /// The job as it was when the service responded.
    pub job: Job,
    /// Whether an earlier submission used the same idempotency key: this is its job.
    pub replayed: bool,
    /// The HTTP status: 202, or 200 if the job had finished.
    pub http_status: u16,
}

#[derive(Deserialize)]
struct Body {
    task: Option<Task>,
    job: Job,
}

#[derive(Deserialize)]
struct Task {
    href: String,
}

impl Client {
    /// Submits a job.
    ///
    /// It is never repeated automatically: without a response, the job may have been accepted. If you need to know, set an
    /// idempotency key and submit again. Fails with [`ClientError::Refused`] if the submission must change.
    pub async fn submit(&self, submission: &Submission) -> Result<Accepted, ClientError> {
        let url = self.join("jobs")?;
        let mut post = self.request(Method::POST, &url).json(submission);
        if let Some(key) = &submission.idempotency_key {
            post = post.header(IDEMPOTENCY_KEY, key.to_field_value());
        }
        let response = self.send(&url, post).await?.checked()?;
        if !matches!(response.status, StatusCode::ACCEPTED | StatusCode::OK) {
            return Err(response.unexpected("a submission is answered with 202"));
        }
        accepted(&response)
    }
}

fn accepted(response: &Response) -> Result<Accepted, ClientError> {
    let body: Body = response.document()?;
    let location = response.headers.get(LOCATION);
    let location = location.and_then(|value| value.to_str().ok());
    let reference = location.or(body.task.as_ref().map(|task| task.href.as_str()));
    let status_uri = reference
        .and_then(|reference| response.url.join(reference).ok())
        .ok_or_else(|| response.unexpected("it names no status URI"))?;
    let replayed = response.headers.get(IDEMPOTENCY_REPLAYED);
    Ok(Accepted {
        status_uri,
        job: body.job,
        replayed: replayed.is_some_and(|value| value == "true"),
        http_status: response.status.as_u16(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_sent_as_a_quoted_string() {
        let key: IdempotencyKey = r#"a"b\c"#.parse().unwrap();

        assert_eq!(key.to_field_value(), r#""a\"b\\c""#);
    }

    #[test]
    fn a_key_that_no_service_takes_is_refused_here() {
        for key in ["", "two words", "ümlaut", &"k".repeat(256)] {
            assert!(key.parse::<IdempotencyKey>().is_err(), "{key}");
        }
    }
}
