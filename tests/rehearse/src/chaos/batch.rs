//! Clients that submit many jobs at once: most of them under a key and then again, at the end with an item that has changed. Each batch
//! has an item that nobody can accept.

use std::ops::Range;
use std::time::{Duration, SystemTime};

use engine::Timestamp;
use tokio::task::JoinSet;
use tokio::time::sleep;

use super::course::Clients;
use super::told::Told;
use super::wish::Order;
use crate::load_client::Answer;

/// Jobs in a batch: more than one call to the queue sends.
const SIZE: u32 = 16;

/// One of this many runs of jobs is a batch.
const ONE_OF: u32 = 3;

/// How often a batch is sent until each item is known. Faults are independent, and each time there are fewer items that can meet one.
const TRIES: usize = 30;

const PAUSE: Duration = Duration::from_millis(200);

/// Its kind does not exist.
const BAD: &str = r#"{"name": "nothing", "input": {}}"#;

/// The batch that the job of this number belongs to, if it is submitted in one.
pub(super) fn batch_of(number: u32, jobs: u32) -> Option<Range<u32>> {
    let first = number - number % SIZE;
    let batch = first..jobs.min(first + SIZE);
    (number / SIZE).is_multiple_of(ONE_OF).then_some(batch)
}

/// The `Idempotency-Key` of a batch, if it has one.
fn key(seed: u64, first: u32) -> Option<String> {
    let is_keyed = !(first / SIZE / ONE_OF).is_multiple_of(4);
    is_keyed.then(|| format!("chaos-{seed}-batch-{first}"))
}

impl Clients {
    /// The lives of the jobs of a batch. Those that are about their deadline have a door of their own, and are submitted one by one.
    pub(super) async fn live_batch(&self, seed: u64, numbers: Range<u32>) -> Vec<Told> {
        let key = key(seed, numbers.start);
        let orders = numbers.map(|number| Order::draw(seed, number));
        let (hurried, orders): (Vec<_>, Vec<_>) = orders.partition(|order| order.wish.is_hurried());
        let mut lives = JoinSet::new();
        for order in hurried {
            let this = self.clone();
            lives.spawn(async move { this.live(order).await });
        }
        let orders = orders.into_iter().map(|order| order.in_batch(key.clone()));
        for told in self.submit_batch(orders.collect(), key.as_deref()).await {
            let this = self.clone();
            lives.spawn(async move { this.live_on(told).await });
        }
        lives.join_all().await.concat()
    }

    async fn submit_batch(&self, orders: Vec<Order>, key: Option<&str>) -> Vec<Told> {
        let now = Timestamp::from_clock(SystemTime::now());
        let in_batch = |order| Told {
            is_in_batch: true,
            ..Told::new(order)
        };
        let mut told: Vec<_> = orders.into_iter().map(in_batch).collect();
        let mut bodies = Vec::new();
        for told in &mut told {
            let upload = match told.order.upload() {
                Some(content) => self.client.upload(content, &mut told.unexpected).await,
                None => None,
            };
            bodies.push(told.order.body(now, upload.as_deref(), &self.receiver_url));
        }
        let Some(Order {
            is_doubled, again, ..
        }) = told.first().map(|told| told.order.clone())
        else {
            return told;
        };
        let batch = format!("[{},{BAD}]", bodies.join(","));
        let Some(key) = key else {
            // Without a key, its outcome is unknown, and another try could create second jobs.
            self.hear(&mut told, &self.client.post(&batch, None).await);
            return told;
        };
        if is_doubled {
            let (one, other) = tokio::join!(self.persist(&batch, key), self.persist(&batch, key));
            self.hear_all(&mut told, &one);
            self.hear_all(&mut told, &other);
        } else {
            self.hear_all(&mut told, &self.persist(&batch, key).await);
        }
        for _ in 0..again {
            self.hear_all(&mut told, &self.persist(&batch, key).await);
        }
        // Another text for the first item, in the same place.
        if let Some(first) = bodies.first_mut() {
            first.push(' ');
            first.insert(1, ' ');
        }
        let changed = format!("[{},{BAD}]", bodies.join(","));
        self.hear_changed(&mut told, &self.persist(&changed, key).await);
        told
    }

    /// Sends a batch until the outcome of each item is known. Returns all answers.
    async fn persist(&self, batch: &str, key: &str) -> Vec<Answer> {
        let mut answers = Vec::new();
        for _ in 0..TRIES {
            let answer = self.client.post(batch, Some(key)).await;
            let is_known = self.is_known(&answer);
            answers.push(answer);
            if is_known {
                break;
            }
            sleep(PAUSE).await;
        }
        answers
    }

    fn is_known(&self, answer: &Answer) -> bool {
        let mut items = self.client.items(answer).into_iter();
        !answer.is_unknown()
            && items.all(|item| item.map_or_else(|problem| problem["status"] != 503, |_| true))
    }

    fn hear_all(&self, told: &mut [Told], answers: &[Answer]) {
        for answer in answers {
            self.hear(told, answer);
        }
        let last = answers.last().filter(|last| !self.is_known(last));
        if let (Some(last), Some(told)) = (last, told.first_mut()) {
            told.check("the batch", last, &[]);
        }
    }

    /// Records what an answer to a batch says about each job.
    fn hear(&self, told: &mut [Told], answer: &Answer) {
        let items = self.client.items(answer);
        if items.is_empty() && answer.is_unknown() {
            return;
        }
        if items.len() != told.len() + 1
            && let Some(told) = told.first_mut()
        {
            return told.check("the batch", answer, &[]);
        }
        for (index, item) in items.into_iter().enumerate() {
            match (item, told.get_mut(index)) {
                (Ok((id, uri, is_replay)), Some(told)) => {
                    if !is_replay {
                        self.auditor.ledger().accepted(&id);
                    }
                    told.accepted.push((id, uri));
                }
                (Err(problem), Some(_)) if problem["status"] == 503 => {}
                (Err(problem), None) if is(&problem, "invalid-job") => {}
                _ => told[0].check(&format!("item {index}"), answer, &[]),
            }
        }
    }

    /// The answer to a batch whose first item has changed: that one is refused, the others are as before.
    fn hear_changed(&self, told: &mut [Told], answers: &[Answer]) {
        let [first, others @ ..] = told else { return };
        let Some(last) = answers.last() else { return };
        let mut items = self.client.items(last).into_iter();
        let is_refused = items
            .next()
            .is_some_and(|item| item.is_err_and(|problem| is(&problem, "idempotency-key-reused")));
        let known = |told: &Told| told.accepted.first().map(|(id, _)| id.clone());
        let are_replays = others.iter().zip(items).all(|(told, item)| {
            item.is_ok_and(|(id, _, is_replay)| is_replay && known(told) == Some(id))
        });
        if !is_refused || !are_replays {
            first.check("the changed batch", last, &[]);
        }
    }
}

/// Whether an item's problem is of this type.
fn is(problem: &serde_json::Value, slug: &str) -> bool {
    let kind = problem["type"].as_str();
    kind.is_some_and(|kind| kind.ends_with(&format!("/problems/{slug}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_job_is_in_one_batch_or_in_none() {
        let batches: Vec<_> = (0..100).map(|number| batch_of(number, 100)).collect();
        for (number, batch) in (0..).zip(&batches) {
            assert!(batch.as_ref().is_none_or(|batch| batch.contains(&number)));
        }
        assert_eq!(batches[0], Some(0..16));
        assert_eq!(batches[16], None);
        assert_eq!(batches[99], Some(96..100));
        assert!(key(1, 0).is_none() && key(1, 48).is_some());
    }
}
