//! What the clients were told: when they submitted and canceled, and at the end.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, SystemTime};

use engine::Timestamp;
use indicatif::ProgressBar;
use tokio::sync::Mutex;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, sleep_until};

use super::args::ChaosArgs;
use super::wish::{Order, Wish};
use crate::load_client::{Answer, Client};

/// A job as its client knows it.
#[derive(Clone, Debug)]
pub(super) struct Told {
    pub(super) order: Order,
    /// The ids and status URIs of the 202s that it got; none when nobody knows whether it was accepted.
    pub(super) accepted: Vec<(String, String)>,
    /// The status of the answer to its cancel; 0 when it was not canceled.
    pub(super) cancel: u16,
    /// Answers that the documentation does not know in their place.
    pub(super) unexpected: Vec<String>,
}

/// What a status URI said at the end.
#[derive(Clone, Debug)]
pub(super) struct Seen {
    pub(super) status: u16,
    pub(super) state: String,
    pub(super) outcome: String,
    pub(super) error_code: String,
}

/// Submits every job, and cancels those that are to be canceled.
pub(super) async fn submit_all(
    args: &ChaosArgs,
    seed: u64,
    client: &Client,
    bar: &ProgressBar,
) -> Vec<Told> {
    let begun = Instant::now();
    let next = Arc::new(AtomicU32::new(0));
    let all = Arc::new(Mutex::new(Vec::new()));
    let mut clients = JoinSet::new();
    for _ in 0..args.clients {
        let (next, all, client, bar) = (next.clone(), all.clone(), client.clone(), bar.clone());
        let (jobs, span) = (args.jobs, Duration::from_secs(args.seconds));
        clients.spawn(async move {
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                if number >= jobs {
                    return;
                }
                sleep_until(begun + span * number / jobs).await;
                let told = submit(Order::draw(seed, number), &client).await;
                all.lock().await.push(told);
                bar.set_message(format!("{} submitted", number + 1));
            }
        });
    }
    while clients.join_next().await.is_some() {}
    std::mem::take(&mut *all.lock().await)
}

async fn submit(order: Order, client: &Client) -> Told {
    let body = order.body(Timestamp::from_clock(SystemTime::now()));
    let first = match &order.key {
        Some(key) => client.post_under(&body, key).await,
        // Without a key it is not known what became of it, and another try could be a second job.
        None => client.post(&body, None).await,
    };
    let mut told = Told {
        order,
        accepted: Vec::new(),
        cancel: 0,
        unexpected: Vec::new(),
    };
    told.hear(&first);
    if let Some(key) = told.order.key.clone() {
        for _ in 0..told.order.again {
            told.hear(&client.post_under(&body, &key).await);
        }
    }
    let Some((_, uri)) = told.accepted.first().cloned() else {
        return told;
    };
    told.look(&client.get(&uri).await);
    if matches!(told.order.wish, Wish::Cancel | Wish::CancelBeforeStart) {
        sleep(told.order.cancel_after).await;
        let canceled = client.cancel(&uri).await;
        told.cancel = canceled.status;
        told.check("the cancel", &canceled, &[200, 202, 409]);
    }
    told
}

impl Told {
    fn hear(&mut self, answer: &Answer) {
        let id = answer.body["task"]["id"].as_str();
        if let (202, Some(id), Some(uri)) = (answer.status, id, &answer.location) {
            self.accepted.push((id.to_owned(), uri.clone()));
        } else if !answer.is_unknown() || self.order.key.is_some() {
            self.check("the submit", answer, &[]);
        }
    }

    /// A GET right after the 202 finds the job.
    fn look(&mut self, answer: &Answer) {
        self.check("the GET after the 202", answer, &[200]);
    }

    fn check(&mut self, what: &str, answer: &Answer, expected: &[u16]) {
        if !expected.contains(&answer.status) {
            let Answer { status, body, .. } = answer;
            self.unexpected.push(format!("{what} got {status}: {body}"));
        }
    }
}

/// Asks each accepted job's status URI.
pub(super) async fn ask_all(told: &[Told], client: &Client) -> Vec<Option<Seen>> {
    let mut asking = JoinSet::new();
    let at_once = Arc::new(tokio::sync::Semaphore::new(16));
    for (index, one) in told.iter().enumerate() {
        let Some((_, uri)) = one.accepted.first().cloned() else {
            continue;
        };
        let (client, at_once) = (client.clone(), at_once.clone());
        asking.spawn(async move {
            // It is never closed.
            let _turn = at_once.acquire().await;
            let answer = client.get(&uri).await;
            let seen = Seen {
                status: answer.status,
                state: answer.job("job-state").to_owned(),
                outcome: answer.job("job-status").to_owned(),
                error_code: answer.body["error"]["code"]
                    .as_str()
                    .unwrap_or_default()
                    .to_owned(),
            };
            (index, seen)
        });
    }
    let mut all = vec![None; told.len()];
    while let Some(asked) = asking.join_next().await {
        if let Ok((index, seen)) = asked {
            all[index] = Some(seen);
        }
    }
    all
}
