//! The two loads: clients that wait for their answers, and arrivals that wait for nobody.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until};

use super::schedule::Schedule;
use crate::load_client::Client;

/// One submit, as its client saw it.
#[derive(Clone, Debug)]
pub(super) struct Submit {
    /// When it was due, in milliseconds since the epoch.
    pub(super) due_ms: f64,
    /// From then to its answer.
    pub(super) took: Duration,
    /// The job's id, when it was accepted.
    pub(super) id: Option<String>,
}

/// How many submits were answered so far, for the display.
pub(super) type Answered = Arc<AtomicU64>;

/// Takes no time, and is what a rehearsal does when it is told nothing.
const BODY: &str = r#"{"name": "rehearsal", "input": {}}"#;

/// Submits through one client, from a fixed moment on.
#[derive(Clone)]
struct Submitter {
    client: Client,
    begun: Instant,
    begun_ms: f64,
    answered: Answered,
}

impl Submitter {
    fn new(client: &Client, answered: &Answered) -> Self {
        let epoch = SystemTime::now().duration_since(UNIX_EPOCH);
        Self {
            client: client.clone(),
            begun: Instant::now(),
            begun_ms: epoch.unwrap_or_default().as_secs_f64() * 1_000.0,
            answered: answered.clone(),
        }
    }

    async fn submit(&self, due: Duration) -> Submit {
        let answer = self.client.post(BODY, None).await;
        self.answered.fetch_add(1, Ordering::Relaxed);
        let id = answer.body["task"]["id"].as_str();
        Submit {
            due_ms: self.begun_ms + due.as_secs_f64() * 1_000.0,
            took: self.begun.elapsed().saturating_sub(due),
            id: id.filter(|_| answer.status == 202).map(str::to_owned),
        }
    }
}

/// So many clients, each of which submits its next job as soon as it is answered: until the time is over, or so many jobs
/// are submitted.
pub(super) async fn closed(
    client: &Client,
    clients: usize,
    span: Duration,
    jobs: u64,
    answered: &Answered,
) -> Vec<Submit> {
    let submitter = Submitter::new(client, answered);
    let next = Arc::new(AtomicU64::new(0));
    let mut running = JoinSet::new();
    for _ in 0..clients {
        let (submitter, next) = (submitter.clone(), next.clone());
        running.spawn(async move {
            let mut submits = Vec::new();
            while submitter.begun.elapsed() < span && next.fetch_add(1, Ordering::Relaxed) < jobs {
                submits.push(submitter.submit(submitter.begun.elapsed()).await);
            }
            submits
        });
    }
    let mut all = Vec::new();
    while let Some(submits) = running.join_next().await {
        all.extend(submits.unwrap_or_default());
    }
    all
}

/// A submit at each of the schedule's times, whatever became of those before. The timer is a millisecond late at times, and
/// that counts as latency too.
pub(super) async fn open(client: &Client, schedule: Schedule, answered: &Answered) -> Vec<Submit> {
    let submitter = Submitter::new(client, answered);
    let mut running = JoinSet::new();
    for due in schedule.dues() {
        sleep_until(submitter.begun + due).await;
        let submitter = submitter.clone();
        running.spawn(async move { submitter.submit(due).await });
    }
    running.join_all().await
}
