//! What the clients do: they submit, poll, cancel, wait for ends, delete, and use a key again.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, SystemTime};

use engine::Timestamp;
use indicatif::ProgressBar;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, sleep_until};

use super::args::ChaosArgs;
use super::batch::batch_of;
use super::told::{Seen, Told};
use super::wish::{Afterlife, Order};
use crate::audit::Auditor;
use crate::load_client::Client;

/// What the clients share.
#[derive(Clone)]
pub(super) struct Clients {
    pub(super) client: Client,
    /// The client of the entrance with the short deadline.
    pub(super) hurried: Client,
    pub(super) auditor: Arc<Auditor>,
    /// The beginning of the webhooks' URLs.
    pub(super) receiver_url: String,
    /// How long one waits for a job's end.
    pub(super) patience: Duration,
}

/// Polling interval of a client.
const LOOK_EVERY: Duration = Duration::from_millis(250);

/// How long a client waits for a delete to take effect before it deletes once more.
const GONE_WITHIN: Duration = Duration::from_secs(4);

/// How often a delete is tried. Faults are independent, so this many failures in a row are not due to them.
const DELETES: u32 = 10;

impl Clients {
    /// Submits every job, and does with it what is planned for it.
    pub(super) async fn submit_all(
        &self,
        args: &ChaosArgs,
        seed: u64,
        bar: &ProgressBar,
    ) -> Vec<Told> {
        let begun = Instant::now();
        let next = Arc::new(AtomicU32::new(0));
        let mut clients = JoinSet::new();
        for _ in 0..args.clients {
            let (this, next, bar) = (self.clone(), next.clone(), bar.clone());
            let (jobs, span) = (args.jobs, Duration::from_secs(args.seconds));
            clients.spawn(async move {
                let mut told = Vec::new();
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    if number >= jobs {
                        return told;
                    }
                    sleep_until(begun + span * number / jobs).await;
                    bar.set_message(format!("{} submitted", number + 1));
                    told.extend(match batch_of(number, jobs) {
                        None => this.live(Order::draw(seed, number)).await,
                        Some(batch) if batch.start == number => this.live_batch(seed, batch).await,
                        // The client of the batch's first one has it.
                        Some(_) => Vec::new(),
                    });
                }
            });
        }
        clients.join_all().await.concat()
    }

    /// The client's part in the life of a job, and of the next one under its key.
    pub(super) async fn live(&self, order: Order) -> Vec<Told> {
        let told = self.submit(order).await;
        self.live_on(told).await
    }

    /// The same behind the submit.
    pub(super) async fn live_on(&self, mut told: Told) -> Vec<Told> {
        let Some((id, uri)) = told.accepted.first().cloned() else {
            return vec![told];
        };
        let answer = self.client.get(&uri).await;
        told.check("the GET after the 202", &answer, &[200]);
        Seen::of(&answer, &id, &self.auditor);
        if told.order.wish.is_cancel() {
            sleep(told.order.cancel_after).await;
            let canceled = self.client.cancel(&uri).await;
            told.cancel = canceled.status;
            told.check("the cancel", &canceled, &[200, 202, 409]);
        }
        let is_deleted = told.order.afterlife != Afterlife::Stays;
        if !is_deleted && !told.order.wish.is_hurried() {
            return vec![told];
        }
        let end = self.follow(&id, &uri).await;
        // Without an end it is stuck, which the final check finds.
        let Some(end) = end.filter(|_| is_deleted) else {
            return vec![told];
        };
        let known = self.auditor.ledger().job(&id);
        told.deleted = Some((end, known));
        let next = self.delete(&mut told, &uri).await;
        std::iter::once(told).chain(next).collect()
    }

    async fn submit(&self, order: Order) -> Told {
        let client = if order.wish.is_hurried() {
            &self.hurried
        } else {
            &self.client
        };
        let mut told = Told::new(order);
        let upload = match told.order.upload() {
            Some(content) => client.upload(content, &mut told.unexpected).await,
            None => None,
        };
        let now = Timestamp::from_clock(SystemTime::now());
        let body = told.order.body(now, upload.as_deref(), &self.receiver_url);
        let Some(key) = told.order.key.clone() else {
            // Without a key, its outcome is unknown, and another try could be a second job.
            told.hear(&client.post(&body, None).await, &self.auditor);
            return told;
        };
        let post = || client.post_under(&body, &key);
        if told.order.is_doubled {
            let (one, other) = tokio::join!(post(), post());
            told.hear(&one, &self.auditor);
            told.hear(&other, &self.auditor);
        } else {
            told.hear(&post().await, &self.auditor);
        }
        for _ in 0..told.order.again {
            told.hear(&post().await, &self.auditor);
        }
        told
    }

    /// Polls until the job has finished.
    async fn follow(&self, id: &str, uri: &str) -> Option<Seen> {
        let until = Instant::now() + self.patience;
        while Instant::now() < until {
            let seen = Seen::of(&self.client.get(uri).await, id, &self.auditor);
            if seen.is_end() {
                return Some(seen);
            }
            sleep(LOOK_EVERY).await;
        }
        None
    }

    /// Deletes the job. As soon as it is gone, whether that was answered or not, the next one under its key is submitted: but only
    /// behind a single DELETE, which is over once it had its effect. A second request could be still on its way, and would rightly
    /// find the next job.
    async fn delete(&self, told: &mut Told, uri: &str) -> Option<Told> {
        for tried in 0..DELETES {
            let next = told.order.next().filter(|_| tried == 0);
            let (deleted, (is_gone, next)) = tokio::join!(self.client.delete(uri), async {
                let is_gone = self.is_gone(uri).await;
                match next.filter(|_| is_gone) {
                    Some(order) => (is_gone, Some(Box::pin(self.submit(order)).await)),
                    None => (is_gone, None),
                }
            });
            if !deleted.is_unknown() {
                // An earlier one may have taken effect after all.
                let expected: &[u16] = if tried == 0 { &[204] } else { &[204, 410] };
                told.check("the delete", &deleted, expected);
            }
            if is_gone {
                return next;
            }
        }
        let still = format!("{DELETES} deletes, and {uri} is still there");
        told.unexpected.push(still);
        None
    }

    async fn is_gone(&self, uri: &str) -> bool {
        let until = Instant::now() + GONE_WITHIN;
        while Instant::now() < until {
            if self.client.get(uri).await.status == 410 {
                return true;
            }
            sleep(LOOK_EVERY / 5).await;
        }
        false
    }
}
