//! Webhooks that wait because their receiver takes its time.

use std::error::Error;
use std::net::Ipv4Addr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use futures_util::{StreamExt as _, stream};
use http_body_util::Full;
use indicatif::HumanCount;
use serde_json::json;
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};

use super::measured::Measured;
use crate::faults::{Answer as Response, serve};
use crate::load_client::{Answer, Client};

/// As long as the worker waits for an answer.
const TAKES: Duration = Duration::from_secs(15);

/// How long the jobs of the webhooks get to finish.
const PATIENCE: Duration = Duration::from_secs(60);

/// Submits at the same time.
const AT_ONCE: usize = 6;

/// The webhooks of jobs that have finished. Dropping it ends their receiver.
pub(super) struct SlowWebhooks {
    all: u32,
    arrived: Arc<AtomicU32>,
    _server: JoinSet<()>,
}

impl SlowWebhooks {
    /// Lets this many jobs finish, each with a webhook of its own to the receiver.
    pub(super) async fn wait(client: &Client, all: u32) -> Result<Self, Box<dyn Error>> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let url = format!("http://{}", listener.local_addr()?);
        let arrived = Arc::new(AtomicU32::new(0));
        let of_server = arrived.clone();
        let server = serve(listener, move |_| {
            of_server.fetch_add(1, Ordering::Relaxed);
            async {
                sleep(TAKES).await;
                Ok(Response::new(Full::default()))
            }
        });
        let body = json!({"name": "rehearsal", "input": {}, "callback": {"url": url}}).to_string();
        let submits: Vec<_> = (0..all).map(|_| client.post(&body, None)).collect();
        let answers: Vec<_> = stream::iter(submits).buffered(AT_ONCE).collect().await;
        let uris: Vec<_> = answers.iter().filter_map(Answer::accepted).collect();
        let uris = uris.into_iter().map(|(_, uri)| uri);
        let is_finished = |answer: &Answer| answer.job("job-state") == "COMPLETED";
        let ended = client.get_each(uris, Instant::now() + PATIENCE, is_finished);
        if ended
            .await
            .iter()
            .filter(|answer| is_finished(answer))
            .count()
            != answers.len()
        {
            return Err("not every job of a slow webhook has finished".into());
        }
        Ok(Self {
            all,
            arrived,
            _server: server,
        })
    }

    /// The figures of a load, with the number of the webhooks in its name.
    pub(super) fn named(&self, mut measured: Measured) -> Measured {
        let (all, arrived) = (self.all, self.arrived.load(Ordering::Relaxed));
        eprintln!(
            "{} slow webhooks, {} of them delivered or under way",
            HumanCount(all.into()),
            HumanCount(arrived.into())
        );
        let webhooks = format!(", {} slow webhooks", HumanCount(all.into()));
        measured.load.push_str(&webhooks);
        measured
    }
}
