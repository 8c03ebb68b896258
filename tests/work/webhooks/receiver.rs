//! A receiver of webhooks, whose paths say what it does.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use serde_json::Value;
use tokio::sync::Barrier;

use crate::backends::listen;

/// A request that arrived.
#[derive(Clone, Debug)]
pub(super) struct Received {
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
}

/// A running receiver. Clones share it.
#[derive(Clone)]
pub(super) struct Receiver {
    url: String,
    received: Arc<Mutex<Vec<Received>>>,
    /// Where the requests of `meet` wait for each other.
    met: Arc<Barrier>,
}

impl Receiver {
    /// At `meet`, so many requests wait for each other.
    pub(super) async fn start(meeting: usize) -> Self {
        let (listener, url) = listen().await;
        let receiver = Self {
            url,
            received: Arc::default(),
            met: Arc::new(Barrier::new(meeting)),
        };
        let router = Router::new()
            .route("/{what}", post(answer))
            .with_state(receiver.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        receiver
    }

    /// The URL whose answers have this status; `hang` never answers, `meet` answers several at once.
    pub(super) fn url(&self, what: &str) -> String {
        format!("{}/{what}", self.url)
    }

    /// What has arrived so far.
    pub(super) fn received(&self) -> Vec<Received> {
        self.received.lock().unwrap().clone()
    }
}

impl Received {
    pub(super) fn header(&self, name: &str) -> &str {
        self.headers[name].to_str().unwrap()
    }

    pub(super) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }
}

async fn answer(
    State(receiver): State<Receiver>,
    Path(what): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> StatusCode {
    let arrived = Received { headers, body };
    receiver.received.lock().unwrap().push(arrived);
    match &*what {
        "hang" => std::future::pending().await,
        "meet" => {
            receiver.met.wait().await;
            StatusCode::OK
        }
        status => status.parse().unwrap(),
    }
}
