//! The answers that the clients got: to submits, cancels and deletes, and at the end.

use tokio::time::Instant;

use super::wish::Order;
use crate::audit::{Auditor, End, JobSeen};
use crate::load_client::{Answer, Client};

/// A job as its client knows it.
#[derive(Clone, Debug)]
pub(super) struct Told {
    pub(super) order: Order,
    /// Whether it was submitted with others at once.
    pub(super) is_in_batch: bool,
    /// The ids and status URIs of the 202s that it got; none when nobody knows whether it was accepted.
    pub(super) accepted: Vec<(String, String)>,
    /// The status of the answer to its cancel; 0 when it was not canceled.
    pub(super) cancel: u16,
    /// How it was when it was deleted, if it was, and what the auditor knew of it.
    pub(super) deleted: Option<(Seen, Option<JobSeen>)>,
    /// Answers that the contract does not have for their requests.
    pub(super) unexpected: Vec<String>,
}

/// What a status URI said.
#[derive(Clone, Debug)]
pub(super) struct Seen {
    pub(super) status: u16,
    pub(super) state: String,
    pub(super) outcome: String,
    pub(super) error_code: String,
}

impl Told {
    pub(super) fn new(order: Order) -> Self {
        Self {
            order,
            is_in_batch: false,
            accepted: Vec::new(),
            cancel: 0,
            deleted: None,
            unexpected: Vec::new(),
        }
    }

    /// Records the answer to a submit.
    pub(super) fn hear(&mut self, answer: &Answer, auditor: &Auditor) {
        if let Some((id, uri)) = answer.accepted() {
            if !answer.is_replay {
                auditor.ledger().accepted(&id);
            }
            self.accepted.push((id, uri));
        } else if !answer.is_unknown() || self.order.key.is_some() {
            self.check("the submit", answer, &[]);
        }
    }

    pub(super) fn check(&mut self, what: &str, answer: &Answer, expected: &[u16]) {
        if !expected.contains(&answer.status) {
            let Answer { status, body, .. } = answer;
            self.unexpected.push(format!("{what} got {status}: {body}"));
        }
    }
}

impl Seen {
    /// Records the answer of the status URI of this job, and tells the auditor which end its client saw.
    pub(super) fn of(answer: &Answer, id: &str, auditor: &Auditor) -> Self {
        let error_code = answer.body["error"]["code"].as_str().unwrap_or_default();
        let seen = Self {
            status: answer.status,
            state: answer.job("job-state").to_owned(),
            outcome: answer.job("job-status").to_owned(),
            error_code: error_code.to_owned(),
        };
        if seen.is_end() {
            let end = End::new(&seen.outcome, &seen.error_code);
            auditor.ledger().shown(id, &end);
        }
        seen
    }

    pub(super) fn is_end(&self) -> bool {
        self.status == 200 && self.state == "COMPLETED"
    }
}

/// Asks each accepted job's status URI.
pub(super) async fn ask_all(
    told: &[Told],
    client: &Client,
    auditor: &Auditor,
) -> Vec<Option<Seen>> {
    let accepted = told.iter().map(|told| told.accepted.first());
    let uris = accepted.clone().flatten().map(|(_, uri)| uri.clone());
    let answers = client.get_each(uris, Instant::now(), |_| true).await;
    let mut answers = answers.iter();
    let seen = accepted.map(|accepted| {
        let (id, _) = accepted?;
        Some(Seen::of(answers.next()?, id, auditor))
    });
    seen.collect()
}
