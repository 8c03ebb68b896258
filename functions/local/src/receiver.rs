//! A receiver of webhooks: what is verified is passed on, and everything else is refused.

use std::fmt;
use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use serde::Deserialize;
use serde_json::Value;
use standardwebhooks::{HEADER_WEBHOOK_ID, Webhook, WebhookError};

/// A delivery that was verified.
pub(crate) struct Delivery {
    /// The `webhook-id`, by which a receiver recognizes a duplicate.
    pub(crate) id: String,
    pub(crate) job: EndedJob,
}

/// What a webhook says about its job.
#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) struct EndedJob {
    pub(crate) id: String,
    pub(crate) job_state: String,
    pub(crate) job_status: String,
}

impl fmt::Display for Delivery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { id, job } = self;
        write!(f, "{id}  {}  {} {}", job.id, job.job_state, job.job_status)
    }
}

/// Answers POSTs to every path: verifies with any of these secrets, and calls `take` with each delivery or the reason why it was refused.
/// `take` must not block.
///
/// # Errors
/// If a secret is not base64.
pub(crate) fn receiver<'a>(
    secrets: impl IntoIterator<Item = &'a str>,
    take: impl Fn(Result<Delivery, &str>) + Clone + Send + Sync + 'static,
) -> Result<Router, WebhookError> {
    let secrets = secrets.into_iter().map(Webhook::new);
    let secrets: Arc<[Webhook]> = secrets.collect::<Result<_, _>>()?;
    let receive =
        async move |headers: HeaderMap, body: Bytes| match verify(&secrets, &headers, &body) {
            Ok(delivery) => {
                take(Ok(delivery));
                (StatusCode::NO_CONTENT, String::new())
            }
            Err(refusal) => {
                take(Err(&refusal));
                (StatusCode::BAD_REQUEST, format!("{refusal}\n"))
            }
        };
    Ok(Router::new().fallback(post(receive)))
}

fn verify(secrets: &[Webhook], headers: &HeaderMap, body: &[u8]) -> Result<Delivery, String> {
    let mut verified = Err(WebhookError::InvalidSignature);
    for secret in secrets {
        verified = verified.or_else(|_| secret.verify(body, headers));
    }
    verified.map_err(|error| error.to_string())?;
    let job = serde_json::from_slice(body).and_then(|mut body: Value| {
        let job = body.pointer_mut("/data/job").map(Value::take);
        serde_json::from_value(job.unwrap_or_default())
    });
    let job = job.map_err(|error| format!("the body is not the end of a job: {error}"))?;
    let id = headers.get(HEADER_WEBHOOK_ID);
    let id = id.and_then(|id| id.to_str().ok()).unwrap_or_default();
    let id = id.to_owned();
    Ok(Delivery { id, job })
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::OffsetDateTime;

    const SECRETS: [&str; 2] = [
        "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
        "whsec_BBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBA=",
    ];
    const BODY: &str = r#"{"type":"job.completed","data":{"job":{"id":"1","job-state":"COMPLETED","job-status":"FAILED"}}}"#;

    /// The headers of a sender with this secret, this many seconds ago.
    fn headers(secret: &str, body: &str, seconds: i64) -> HeaderMap {
        let at = OffsetDateTime::now_utc().unix_timestamp() - seconds;
        let signature = Webhook::new(secret).unwrap();
        let signature = signature.sign("msg_1", at, body.as_bytes()).unwrap();
        let mut headers = HeaderMap::new();
        headers.insert("webhook-id", "msg_1".parse().unwrap());
        headers.insert("webhook-timestamp", at.into());
        headers.insert("webhook-signature", signature.parse().unwrap());
        headers
    }

    #[test]
    fn a_delivery_is_verified_with_any_of_the_secrets_or_refused_with_a_reason() {
        let said = |secrets: &[&str], headers: &HeaderMap, body: &str| {
            let secrets = secrets.iter().map(|secret| Webhook::new(secret).unwrap());
            let verified = verify(&secrets.collect::<Vec<_>>(), headers, body.as_bytes());
            verified.map_or_else(|refusal| refusal, |delivery| delivery.to_string())
        };
        let [one, other] = SECRETS;
        for (secrets, headers, body, expected) in [
            (
                &SECRETS[..],
                headers(one, BODY, 0),
                BODY,
                "msg_1  1  COMPLETED FAILED",
            ),
            (
                &SECRETS,
                headers(other, BODY, 0),
                BODY,
                "msg_1  1  COMPLETED FAILED",
            ),
            (&[one], headers(other, BODY, 0), BODY, "signature invalid"),
            (&[one], headers(one, BODY, 0), "{}", "signature invalid"),
            (
                &[one],
                headers(one, BODY, 600),
                BODY,
                "signature timestamp too old",
            ),
            (&[one], HeaderMap::new(), BODY, "missing header id"),
            (
                &[one],
                headers(one, "{}", 0),
                "{}",
                "the body is not the end of a job: ",
            ),
        ] {
            let said = said(secrets, &headers, body);
            assert!(said.starts_with(expected), "{said}");
        }
        assert!(receiver(["whsec_?"], |_| ()).is_err());
    }
}
