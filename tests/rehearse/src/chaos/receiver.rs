//! A receiver of webhooks that fails half of the time. It verifies each delivery, and compares it with what the auditor saw.

use std::io;
use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use axum::body::Bytes;
use axum::http::{HeaderMap, Request, Response, header};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore as _, SeedableRng as _};
use serde_json::Value;
use standardwebhooks::Webhook as Verifier;
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use super::webhooks::{Delivery, Received};
use crate::audit::{Auditor, End};
use crate::faults::{Answer, Reset, serve, silence, stream};
use crate::load_client::Client;

/// A running receiver. Dropping it ends it.
pub(super) struct Receiver {
    pub(super) url: String,
    inner: Arc<Inner>,
    _server: JoinSet<()>,
}

struct Inner {
    url: String,
    seed: u64,
    /// Of the secrets that the service shows its caller.
    verifiers: Vec<Verifier>,
    auditor: Arc<Auditor>,
    received: Mutex<Received>,
}

/// What a delivery is answered with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reply {
    Status(u16),
    Reset,
    /// Nothing, until the sender gives up.
    Silence,
}

/// Longer than the sender waits.
const SILENCE: Duration = Duration::from_secs(20);

const TAKEN: u16 = 204;
const GONE: u16 = 410;
const FOUND: u16 = 302;

impl Receiver {
    /// Starts it with the secrets that the service has for this client.
    pub(super) async fn start(
        seed: u64,
        client: &Client,
        auditor: Arc<Auditor>,
    ) -> io::Result<Self> {
        let secrets = client.webhook_secrets().await;
        let verifiers = secrets.iter().map(|secret| Verifier::new(secret));
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let url = format!("http://{}", listener.local_addr()?);
        let inner = Arc::new(Inner {
            url: url.clone(),
            seed,
            verifiers: verifiers
                .collect::<Result<_, _>>()
                .map_err(io::Error::other)?,
            auditor,
            received: Mutex::default(),
        });
        let of_server = inner.clone();
        let server = serve(listener, move |request| of_server.clone().respond(request));
        Ok(Self {
            url,
            inner,
            _server: server,
        })
    }

    /// What it has received so far.
    pub(super) fn received(&self) -> MutexGuard<'_, Received> {
        self.inner.received()
    }
}

impl Inner {
    fn received(&self) -> MutexGuard<'_, Received> {
        self.received.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn respond(self: Arc<Self>, request: Request<Incoming>) -> Result<Answer, Reset> {
        let arrived_ms = now_ms();
        let (parts, body) = request.into_parts();
        let body = body.collect().await.map_err(|_| Reset)?.to_bytes();
        let path = parts.uri.path().to_owned();
        let delivery = self
            .delivery(&parts.headers, &body, &path, arrived_ms)
            .await;
        let reply = self.take(&path, delivery);
        match reply {
            Reply::Reset => Err(Reset),
            Reply::Silence => silence(SILENCE).await,
            Reply::Status(status) => Ok(answer(status)),
        }
    }

    /// What a request says; `None` if its signature is not valid.
    async fn delivery(
        &self,
        headers: &HeaderMap,
        body: &[u8],
        path: &str,
        arrived_ms: i64,
    ) -> Option<Delivery> {
        let verified = |verifier: &Verifier| verifier.verify(body, headers).is_ok();
        if !self.verifiers.iter().any(verified) {
            return None;
        }
        let body: Value = serde_json::from_slice(body).unwrap_or_default();
        let text = |pointer| {
            body.pointer(pointer)
                .and_then(Value::as_str)
                .unwrap_or_default()
        };
        // Its end may have taken effect, and not be in the ledger yet.
        self.auditor.settle(text("/data/job/id")).await;
        let is_end = text("/data/job/job-state") == "COMPLETED";
        let end = End::new(text("/data/job/job-status"), text("/data/error/code"));
        let id = headers.get("webhook-id").and_then(|id| id.to_str().ok());
        Some(Delivery {
            url: format!("{}{path}", self.url),
            id: id.unwrap_or_default().to_owned(),
            end: is_end.then_some(end),
            arrived_ms,
        })
    }

    /// Records the delivery, and draws the answer to it.
    fn take(&self, path: &str, delivery: Option<Delivery>) -> Reply {
        let mut received = self.received();
        let ledger = self.auditor.ledger();
        let Some(delivery) = delivery else {
            received.unverified(path);
            return Reply::Status(400);
        };
        let before = received.arrived(&delivery, ledger.webhooks().get(&delivery.url));
        let reply = Reply::draw(self.seed, path, before);
        received.answered(&delivery.url, reply.name(), reply.status());
        reply
    }
}

impl Reply {
    /// The answer to the delivery that comes after this many. About half of all fail, but hardly any third one has to be made, because
    /// that comes after minutes.
    fn draw(seed: u64, path: &str, before: u32) -> Self {
        let mut numbers = ChaCha8Rng::seed_from_u64(seed);
        numbers.set_stream(stream(path));
        let mut below = |bound: u64| numbers.next_u64() % bound;
        if below(100) < 3 {
            return Self::Status(GONE);
        }
        let (first, second) = (below(100) < 85, below(100) < 5);
        let fails = match before {
            0 => first,
            1 => first && second,
            _ => false,
        };
        if !fails {
            return Self::Status(TAKEN);
        }
        match below(100) {
            // Each keeps one of the processes that deliver busy for seconds.
            0..2 => Self::Silence,
            2..30 => Self::Reset,
            30..45 => Self::Status(FOUND),
            45..60 => Self::Status(429),
            60..65 => Self::Status(400),
            _ => Self::Status(503),
        }
    }

    fn name(self) -> String {
        match self {
            Self::Status(status) => status.to_string(),
            Self::Reset => "reset".to_owned(),
            Self::Silence => "silence".to_owned(),
        }
    }

    fn status(self) -> Option<u16> {
        match self {
            Self::Status(status) => Some(status),
            Self::Reset | Self::Silence => None,
        }
    }
}

fn answer(status: u16) -> Answer {
    let answer = Response::builder().status(status);
    let answer = match status {
        FOUND => answer.header(header::LOCATION, "/redirected"),
        429 => answer.header(header::RETRY_AFTER, "1"),
        _ => answer,
    };
    // A status and two constant headers always make a response.
    answer.body(Full::new(Bytes::new())).unwrap_or_default()
}

fn now_ms() -> i64 {
    let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH);
    i64::try_from(since_epoch.unwrap_or_default().as_millis()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn half_of_the_deliveries_fail_and_hardly_a_third_one_is_needed() {
        let mut replies: BTreeMap<String, u32> = BTreeMap::new();
        let (mut deliveries, mut pending) = (0, 0);
        for number in 0..10_000 {
            for before in 0..2 {
                let reply = Reply::draw(1, &format!("/{number}/first"), before);
                *replies.entry(reply.name()).or_default() += 1;
                deliveries += 1;
                if matches!(reply.status(), Some(TAKEN | GONE)) {
                    break;
                }
                pending += u32::from(before == 1);
            }
        }
        let failed = deliveries - replies["204"];
        assert!(
            (45..55).contains(&(failed * 100 / deliveries)),
            "{replies:?}"
        );
        assert!((300..500).contains(&pending), "{pending}");
        assert_eq!(replies.len(), 8, "{replies:?}");
        assert!(replies["silence"] < 200, "{replies:?}");
        let third = |path: &str| Reply::draw(1, path, 2).status();
        assert!((0..100).all(|n| matches!(third(&format!("/{n}/next")), Some(TAKEN | GONE))));
    }
}
