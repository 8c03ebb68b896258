//! A receiver of webhooks: what is verified is passed on, and everything else is refused.

use std::fmt;
use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use serde::Deserialize;
use standardwebhooks::{HEADER_WEBHOOK_ID, Webhook, WebhookError};
use tokio::net::TcpListener;

/// A delivery that was verified.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Delivery {
    /// The `webhook-id`, by which a receiver recognizes a duplicate.
    pub(crate) id: String,
    pub(crate) job: EndedJob,
}

/// What a webhook says about its job.
#[derive(Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub(crate) struct EndedJob {
    pub(crate) id: String,
    pub(crate) job_state: String,
    pub(crate) job_status: String,
}

/// Why a delivery was refused.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Refusal {
    /// The signature, the timestamp or a header.
    #[error(transparent)]
    Unverified(#[from] WebhookError),
    /// It is signed, but is not the end of a job.
    #[error("the body is not the end of a job: {0}")]
    Body(#[from] serde_json::Error),
}

#[derive(Deserialize)]
struct Body {
    data: Data,
}

#[derive(Deserialize)]
struct Data {
    job: EndedJob,
}

impl fmt::Display for Delivery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { id, job } = self;
        write!(f, "{id}  {}  {} {}", job.id, job.job_state, job.job_status)
    }
}

/// Takes each delivery, verified or refused. It must not block.
type Take = dyn Fn(Result<Delivery, &Refusal>) + Send + Sync;

/// A receiver. Clones share it.
#[derive(Clone)]
pub(crate) struct Receiver {
    secrets: Arc<[Webhook]>,
    take: Arc<Take>,
}

impl Receiver {
    /// A receiver that verifies with any of these secrets.
    ///
    /// # Errors
    /// If a secret is not base64.
    pub(crate) fn new<'a>(
        secrets: impl IntoIterator<Item = &'a str>,
        take: impl Fn(Result<Delivery, &Refusal>) + Send + Sync + 'static,
    ) -> Result<Self, WebhookError> {
        let secrets = secrets.into_iter().map(Webhook::new);
        Ok(Self {
            secrets: secrets.collect::<Result<_, _>>()?,
            take: Arc::new(take),
        })
    }

    /// Answers POSTs to every path until it is dropped.
    ///
    /// # Errors
    /// If the listener fails.
    pub(crate) async fn serve(self, listener: TcpListener) -> std::io::Result<()> {
        let router = Router::new().fallback(post(receive)).with_state(self);
        axum::serve(listener, router).await
    }

    fn verify(&self, headers: &HeaderMap, body: &[u8]) -> Result<Delivery, Refusal> {
        let mut verified = Err(WebhookError::InvalidSignature);
        for secret in self.secrets.iter() {
            verified = verified.or_else(|_| secret.verify(body, headers));
        }
        verified?;
        let body: Body = serde_json::from_slice(body)?;
        let id = headers.get(HEADER_WEBHOOK_ID);
        let id = id.and_then(|id| id.to_str().ok()).unwrap_or_default();
        Ok(Delivery {
            id: id.to_owned(),
            job: body.data.job,
        })
    }
}

async fn receive(
    State(receiver): State<Receiver>,
    headers: HeaderMap,
    body: Bytes,
) -> (StatusCode, String) {
    match receiver.verify(&headers, &body) {
        Ok(delivery) => {
            (receiver.take)(Ok(delivery));
            (StatusCode::NO_CONTENT, String::new())
        }
        Err(refusal) => {
            (receiver.take)(Err(&refusal));
            (StatusCode::BAD_REQUEST, format!("{refusal}\n"))
        }
    }
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
            let receiver = Receiver::new(secrets.iter().copied(), |_| ()).unwrap();
            let verified = receiver.verify(headers, body.as_bytes());
            verified.map_or_else(
                |refused| refused.to_string(),
                |delivery| delivery.to_string(),
            )
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
        assert!(Receiver::new(["whsec_?"], |_| ()).is_err());
    }
}
