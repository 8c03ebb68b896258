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

    fn receiver(secrets: &[&str]) -> Receiver {
        Receiver::new(secrets.iter().copied(), |_| ()).unwrap()
    }

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

    fn said(refused: Result<Delivery, Refusal>) -> String {
        refused.unwrap_err().to_string()
    }

    #[test]
    fn a_delivery_is_verified_with_any_of_the_secrets_and_is_one_line() {
        for secret in SECRETS {
            let headers = headers(secret, BODY, 0);

            let delivery = receiver(&SECRETS)
                .verify(&headers, BODY.as_bytes())
                .unwrap();

            assert_eq!(delivery.to_string(), "msg_1  1  COMPLETED FAILED");
        }
    }

    #[test]
    fn what_is_refused_is_refused_with_its_reason() {
        let receiver = receiver(&SECRETS[..1]);
        let verify = |headers: &HeaderMap, body: &str| receiver.verify(headers, body.as_bytes());

        let foreign = headers(SECRETS[1], BODY, 0);
        assert_eq!(said(verify(&foreign, BODY)), "signature invalid");
        let signed = headers(SECRETS[0], BODY, 0);
        assert_eq!(said(verify(&signed, "{}")), "signature invalid");
        let old = headers(SECRETS[0], BODY, 600);
        assert_eq!(said(verify(&old, BODY)), "signature timestamp too old");
        let unsigned = said(verify(&HeaderMap::new(), BODY));
        assert_eq!(unsigned, "missing header id");
        let other = headers(SECRETS[0], "{}", 0);
        let not_an_end = said(verify(&other, "{}"));
        assert!(not_an_end.starts_with("the body is not"), "{not_an_end}");
        assert!(Receiver::new(["whsec_?"], |_| ()).is_err());
    }
}
