//! Whether each end was reported, as promised: what the receiver got, compared with what the auditor saw.

use std::collections::{BTreeMap, HashMap};

use serde::Serialize;

use super::found::Found;
use crate::audit::{End, Webhook, Webhooks};

/// What a verified request to the receiver says.
#[derive(Clone, Debug)]
pub(super) struct Delivery {
    pub(super) url: String,
    /// Its `webhook-id`.
    pub(super) id: String,
    /// The end that it reports; `None` if it reports none.
    pub(super) end: Option<End>,
    pub(super) arrived_ms: i64,
}

/// What the receiver got.
#[derive(Debug, Default)]
pub(super) struct Received {
    by_url: BTreeMap<String, Job>,
    urls: HashMap<String, String>,
    broken: Vec<(&'static str, String)>,
    /// By status, or by what was done instead of an answer.
    answers: BTreeMap<String, u64>,
    duplicates: u64,
}

/// The deliveries of one job's webhook.
#[derive(Debug, Default)]
struct Job {
    id: String,
    deliveries: u32,
    /// Whether one was answered with a status from 200 to 299.
    is_taken: bool,
    /// Whether one was answered with 410.
    is_stopped: bool,
}

/// Webhooks of jobs whose end was written, by outcome.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct Figures {
    ended: usize,
    /// A delivery was answered with a status from 200 to 299.
    delivered: usize,
    /// A delivery was answered with 410, and the record says FAILED.
    stopped: usize,
    /// Two deliveries failed, and the record says so; the next one comes minutes later.
    pending: usize,
    /// The job was deleted before its webhook had arrived.
    deleted_first: usize,
    deliveries: u64,
    /// After one that had been answered with a status from 200 to 299, with the same `webhook-id`.
    duplicates: u64,
    /// By status, or by what was done instead of an answer.
    answers: BTreeMap<String, u64>,
}

const UNVERIFIED: &str = "webhooks whose signature is not valid";
const BEFORE_END: &str = "webhooks before the end was written";
const OTHER_END: &str = "webhooks with another end than the record's";
const TWO_IDS: &str = "two webhook-ids for one acceptance";
const ONE_ID: &str = "one webhook-id for two acceptances";
const AFTER_DELIVERED: &str = "webhooks after one was recorded as delivered";
const NOT_DELIVERED: &str = "ends without a webhook";
const NO_MESSAGE: &str = "pending webhooks without a message";
const FAILED_THOUGH_TAKEN: &str = "webhooks recorded as failed that arrived";
const DELIVERED_THOUGH_NOT: &str = "webhooks recorded as delivered that did not arrive";
const GIVEN_UP: &str = "webhooks given up too early";
const ALL: [&str; 11] = [
    UNVERIFIED,
    BEFORE_END,
    OTHER_END,
    TWO_IDS,
    ONE_ID,
    AFTER_DELIVERED,
    NOT_DELIVERED,
    NO_MESSAGE,
    FAILED_THOUGH_TAKEN,
    DELIVERED_THOUGH_NOT,
    GIVEN_UP,
];

/// A delivery that arrives this long after another one was recorded as delivered was on its way by then: its worker had read the record
/// before. It takes milliseconds, unless the machine is busy.
const ON_ITS_WAY_MS: i64 = 3_000;

impl Received {
    /// A request without a valid signature.
    pub(super) fn unverified(&mut self, path: &str) {
        self.broken
            .push((UNVERIFIED, format!("a request to {path}")));
    }

    /// Records a delivery, and judges it by what the auditor knows of its job's end. Returns how many were before it.
    pub(super) fn arrived(&mut self, delivery: &Delivery, webhook: Option<&Webhook>) -> u32 {
        let Delivery { url, id, .. } = delivery;
        let job = self.by_url.entry(url.clone()).or_default();
        let before = job.deliveries;
        job.deliveries += 1;
        self.duplicates += u64::from(job.is_taken);
        let mut broken = Vec::new();
        if before == 0 {
            job.id.clone_from(id);
        } else if job.id != *id {
            broken.push(TWO_IDS);
        }
        let of_id = self.urls.entry(id.clone()).or_insert_with(|| url.clone());
        if of_id != url {
            broken.push(ONE_ID);
        }
        match webhook {
            None => broken.push(BEFORE_END),
            Some(webhook) if delivery.end.as_ref() != Some(&webhook.end) => broken.push(OTHER_END),
            Some(Webhook {
                delivered_ms: Some(delivered_ms),
                ..
            }) if delivery.arrived_ms > delivered_ms + ON_ITS_WAY_MS => {
                broken.push(AFTER_DELIVERED);
            }
            Some(_) => {}
        }
        let example = format!("{delivery:?}, number {before}, and the record has {webhook:?}");
        let broken = broken.into_iter().map(|name| (name, example.clone()));
        self.broken.extend(broken);
        before
    }

    /// How a delivery was answered; `None` if it got no status.
    pub(super) fn answered(&mut self, url: &str, name: String, status: Option<u16>) {
        *self.answers.entry(name).or_default() += 1;
        let job = self.by_url.entry(url.to_owned()).or_default();
        job.is_taken |= status.is_some_and(|status| (200..300).contains(&status));
        job.is_stopped |= status == Some(410);
    }

    /// Judges every end that was written; `messages` are left in the queue of the webhooks.
    pub(super) fn judge(&self, webhooks: &Webhooks, messages: u64, found: &mut Found) -> Figures {
        for name in ALL {
            found.add(name, 0, "");
        }
        for (name, example) in &self.broken {
            found.add(name, 1, example);
        }
        let mut figures = Figures {
            duplicates: self.duplicates,
            deliveries: self.answers.values().sum(),
            answers: self.answers.clone(),
            ..Figures::default()
        };
        for (url, webhook) in webhooks.iter() {
            figures.ended += 1;
            let job = self.by_url.get(url);
            let figure = match became(webhook, job) {
                Ok(Became::Delivered) => &mut figures.delivered,
                Ok(Became::Stopped) => &mut figures.stopped,
                Ok(Became::Pending) => &mut figures.pending,
                Ok(Became::DeletedFirst) => &mut figures.deleted_first,
                Err(name) => {
                    found.add(name, 1, &format!("{url}: {webhook:?}, received {job:?}"));
                    continue;
                }
            };
            *figure += 1;
        }
        let pending = u64::try_from(figures.pending).unwrap_or(u64::MAX);
        let missing = pending.saturating_sub(messages);
        found.add(NO_MESSAGE, missing, &format!("{pending} of {messages}"));
        figures
    }
}

impl Figures {
    /// Whether a webhook was delivered at all.
    pub(super) fn has_any(&self) -> bool {
        self.delivered > 0
    }
}

/// Outcome of a webhook.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Became {
    Delivered,
    Stopped,
    Pending,
    DeletedFirst,
}

/// Outcome of the webhook of an end that was written, or the promise that was broken.
fn became(webhook: &Webhook, job: Option<&Job>) -> Result<Became, &'static str> {
    let is_taken = job.is_some_and(|job| job.is_taken);
    let is_stopped = job.is_some_and(|job| job.is_stopped);
    match webhook.state.as_str() {
        "FAILED" if is_taken => Err(FAILED_THOUGH_TAKEN),
        "DELIVERED" if !is_taken => Err(DELIVERED_THOUGH_NOT),
        // If its record does not say so yet, an answer was lost, and it is delivered once more.
        _ if is_taken => Ok(Became::Delivered),
        "FAILED" if is_stopped => Ok(Became::Stopped),
        "FAILED" => Err(GIVEN_UP),
        _ if webhook.is_gone => Ok(Became::DeletedFirst),
        _ if webhook.attempts > 0 => Ok(Became::Pending),
        _ => Err(NOT_DELIVERED),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn webhook(state: &str, attempts: i64) -> Webhook {
        Webhook {
            end: End::new("SUCCESS", ""),
            state: state.to_owned(),
            attempts,
            delivered_ms: (state == "DELIVERED").then_some(10_000),
            is_gone: false,
        }
    }

    fn delivery(url: &str, id: &str, arrived_ms: i64) -> Delivery {
        Delivery {
            url: url.to_owned(),
            id: id.to_owned(),
            end: Some(End::new("SUCCESS", "")),
            arrived_ms,
        }
    }

    /// What was broken by these deliveries, of which each was seen with this state of the record.
    fn broken(deliveries: &[(Delivery, Option<Webhook>)]) -> Vec<&'static str> {
        let mut received = Received::default();
        for (delivery, webhook) in deliveries {
            received.arrived(delivery, webhook.as_ref());
        }
        received.broken.iter().map(|(name, _)| *name).collect()
    }

    #[test]
    fn each_delivery_is_held_against_the_record_and_the_deliveries_before_it() {
        let seen = || Some(webhook("PENDING", 0));
        let again = [
            (delivery("a", "1", 5), seen()),
            (delivery("a", "1", 6), seen()),
            (delivery("b", "2", 7), seen()),
        ];
        assert!(broken(&again).is_empty());
        assert_eq!(broken(&[(delivery("a", "1", 5), None)]), [BEFORE_END]);
        let other = Delivery {
            end: Some(End::new("FAILED", "broken")),
            ..delivery("a", "1", 5)
        };
        assert_eq!(broken(&[(other, seen())]), [OTHER_END]);
        let two_ids = [
            (delivery("a", "1", 5), seen()),
            (delivery("a", "2", 6), seen()),
        ];
        assert_eq!(broken(&two_ids), [TWO_IDS]);
        let one_id = [
            (delivery("a", "1", 5), seen()),
            (delivery("b", "1", 6), seen()),
        ];
        assert_eq!(broken(&one_id), [ONE_ID]);
        let late = |ms| [(delivery("a", "1", ms), Some(webhook("DELIVERED", 1)))];
        assert!(broken(&late(13_000)).is_empty());
        assert_eq!(broken(&late(13_001)), [AFTER_DELIVERED]);
    }

    #[test]
    fn every_end_that_was_written_needs_a_delivery_that_arrived() {
        let job = |is_taken, is_stopped| {
            Some(Job {
                is_taken,
                is_stopped,
                ..Job::default()
            })
        };
        let of =
            |state, attempts, job: Option<Job>| became(&webhook(state, attempts), job.as_ref());
        assert_eq!(of("DELIVERED", 1, job(true, false)), Ok(Became::Delivered));
        assert_eq!(of("PENDING", 0, job(true, false)), Ok(Became::Delivered));
        assert_eq!(of("FAILED", 1, job(false, true)), Ok(Became::Stopped));
        assert_eq!(of("PENDING", 2, job(false, false)), Ok(Became::Pending));
        assert_eq!(of("PENDING", 0, None), Err(NOT_DELIVERED));
        assert_eq!(of("FAILED", 1, job(true, true)), Err(FAILED_THOUGH_TAKEN));
        assert_eq!(of("FAILED", 1, job(false, false)), Err(GIVEN_UP));
        assert_eq!(
            of("DELIVERED", 1, job(false, false)),
            Err(DELIVERED_THOUGH_NOT)
        );
        let gone = Webhook {
            is_gone: true,
            ..webhook("PENDING", 0)
        };
        assert_eq!(became(&gone, None), Ok(Became::DeletedFirst));
    }
}
