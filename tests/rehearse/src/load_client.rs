//! The client of `chaos` and `bench`. It counts the answers, and repeats requests that the service could not answer.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::{StreamExt as _, stream};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use tokio::time::{Instant, sleep};

/// Calls the service. Clones share connections and counts.
#[derive(Clone, Debug)]
pub(crate) struct Client {
    http: reqwest::Client,
    url: String,
    counts: Arc<Mutex<Counts>>,
}

/// What the answers were like.
#[derive(Clone, Debug, Default)]
pub(crate) struct Counts {
    /// How many there were of each status; 0 stands for none.
    pub(crate) by_status: BTreeMap<u16, u64>,
    pub(crate) slowest: Duration,
}

/// An answer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) location: Option<String>,
    /// Whether it says that the job stood before.
    pub(crate) is_replay: bool,
    pub(crate) body: Value,
}

/// How often a request is tried that the service could not answer. Faults are independent, so this many in a row are none.
const TRIES: usize = 30;

/// How long to wait between two tries: less than `Retry-After` says, since a rehearsal has little time.
const PAUSE: Duration = Duration::from_millis(200);

/// Status URIs asked at the same time.
const AT_ONCE: usize = 16;

/// Longer than the gateway waits for a function.
const TIMEOUT: Duration = Duration::from_secs(35);

impl Client {
    pub(crate) fn new(url: &str) -> Self {
        Self {
            http: reqwest::Client::new(),
            url: url.to_owned(),
            counts: Arc::default(),
        }
    }

    /// The same client at another address.
    pub(crate) fn at(&self, url: &str) -> Self {
        Self {
            url: url.to_owned(),
            ..self.clone()
        }
    }

    pub(crate) fn counts(&self) -> Counts {
        self.counts
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// The secrets of `GET /callbacks`.
    pub(crate) async fn webhook_secrets(&self) -> Vec<String> {
        let answer = self.get(&format!("{}/callbacks", self.url)).await;
        let secrets = answer.body["callbacks"]["secrets"].as_array();
        let secrets = secrets.into_iter().flatten().filter_map(Value::as_str);
        secrets.map(str::to_owned).collect()
    }

    /// `POST /jobs`, once.
    pub(crate) async fn post(&self, body: &str, key: Option<&str>) -> Answer {
        let request = self
            .http
            .post(format!("{}/jobs", self.url))
            .header("content-type", "application/json")
            .body(body.to_owned());
        self.send(match key {
            Some(key) => request.header("idempotency-key", format!("\"{key}\"")),
            None => request,
        })
        .await
    }

    /// The jobs of the answer to a batch, in the order of its items: id, status URI, and whether it stood before; or else the problem.
    pub(crate) fn items(&self, answer: &Answer) -> Vec<Result<(String, String, bool), Value>> {
        let items = answer.body["items"].as_array().into_iter().flatten();
        let of = |item: &Value| {
            let job = |member: &str| item["job"][member].as_str();
            let (Some(id), Some(path)) = (job("id"), job("@uri")) else {
                return Err(item["problem"].clone());
            };
            let uri = format!("{}{path}", self.url);
            Ok((id.to_owned(), uri, item["replayed"] == true))
        };
        items.map(of).collect()
    }

    /// `GET`, until there is an answer of the service's own.
    pub(crate) async fn get(&self, uri: &str) -> Answer {
        persist(|| self.send(self.http.get(uri))).await
    }

    /// `GET` of each of these, a few at a time, and again until the answer is final or `until` has come: the last answers.
    pub(crate) async fn get_each(
        &self,
        uris: impl Iterator<Item = String>,
        until: Instant,
        is_final: impl Fn(&Answer) -> bool,
    ) -> Vec<Answer> {
        let ask = async |uri: String| loop {
            let answer = self.get(&uri).await;
            if is_final(&answer) || Instant::now() >= until {
                return answer;
            }
            sleep(PAUSE).await;
        };
        // Collected, because a borrowing iterator in a stream is not general enough for the compiler.
        let asks: Vec<_> = uris.map(ask).collect();
        stream::iter(asks).buffered(AT_ONCE).collect().await
    }

    /// `POST /jobs/{id}/cancel`, until there is an answer of the service's own.
    pub(crate) async fn cancel(&self, uri: &str) -> Answer {
        persist(|| self.send(self.http.post(format!("{uri}/cancel")))).await
    }

    /// `DELETE`, once: when its answer is lost, there may be another job under the key by then.
    pub(crate) async fn delete(&self, uri: &str) -> Answer {
        self.send(self.http.delete(uri)).await
    }

    /// `POST /jobs` under a key, until there is an answer of the service's own.
    pub(crate) async fn post_under(&self, body: &str, key: &str) -> Answer {
        persist(|| self.post(body, Some(key))).await
    }

    /// Uploads a content: the upload's id. Requests that the service could not answer are repeated; any other answer than the documented
    /// one is added to `unexpected`.
    pub(crate) async fn upload(
        &self,
        content: String,
        unexpected: &mut Vec<String>,
    ) -> Option<String> {
        let body = json!({
            "media-type": "text/csv",
            "bytes": content.len(),
            "sha-256": hex::encode(Sha256::digest(&content)),
        });
        let ticket = persist(|| {
            let request = self.http.post(format!("{}/uploads", self.url));
            self.send(request.json(&body))
        });
        let ticket = ticket.await;
        let upload = &ticket.body["upload"];
        let (Some(id), Some(href)) = (upload["id"].as_str(), upload["href"].as_str()) else {
            unexpected.push(format!("the upload got {}: {}", ticket.status, ticket.body));
            return None;
        };
        let stored = persist(|| {
            let headers = upload["headers"].as_object().into_iter().flatten();
            let put = headers.fold(self.http.put(href), |put, (name, value)| {
                put.header(name, value.as_str().unwrap_or_default())
            });
            self.send(put.body(content.clone()))
        });
        let stored = stored.await;
        // Its first try may have taken effect.
        if ![200, 412].contains(&stored.status) {
            unexpected.push(format!("the PUT of an upload got {}", stored.status));
        }
        Some(id.to_owned())
    }

    async fn send(&self, request: reqwest::RequestBuilder) -> Answer {
        let asked = Instant::now();
        let answer = read(request.timeout(TIMEOUT)).await.unwrap_or(Answer {
            status: 0,
            location: None,
            is_replay: false,
            body: Value::Null,
        });
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        *counts.by_status.entry(answer.status).or_default() += 1;
        counts.slowest = counts.slowest.max(asked.elapsed());
        answer
    }
}

impl Answer {
    /// The job's id and status URI, when it says that the job was accepted.
    pub(crate) fn accepted(&self) -> Option<(String, String)> {
        let id = self.body["task"]["id"].as_str()?.to_owned();
        let uri = self.location.clone()?;
        (self.status == 202).then_some((id, uri))
    }

    /// Whether the service, or the gateway before it, could not answer: nothing is known then.
    pub(crate) fn is_unknown(&self) -> bool {
        self.status == 0 || self.status >= 500
    }

    pub(crate) fn job(&self, member: &str) -> &str {
        self.body["job"][member].as_str().unwrap_or_default()
    }
}

async fn persist<F: Future<Output = Answer>>(send: impl Fn() -> F) -> Answer {
    for _ in 1..TRIES {
        let answer = send().await;
        if !answer.is_unknown() {
            return answer;
        }
        sleep(PAUSE).await;
    }
    send().await
}

async fn read(request: reqwest::RequestBuilder) -> reqwest::Result<Answer> {
    let answer = request.send().await?;
    let location = answer.headers().get("location");
    let location = location.and_then(|value| value.to_str().ok());
    let is_replay = answer.headers().contains_key("idempotency-replayed");
    Ok(Answer {
        status: answer.status().as_u16(),
        location: location.map(str::to_owned),
        is_replay,
        body: serde_json::from_slice(&answer.bytes().await?).unwrap_or_default(),
    })
}
