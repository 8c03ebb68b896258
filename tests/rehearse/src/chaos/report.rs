//! What a run reports.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Serialize;

use super::found::{Found, Jobs};
use super::killer::Kills;
use super::rest::Rest;
use super::results::Results;
use super::told::{Seen, Told};
use super::webhooks::{Figures, Received};
use crate::faulty_service::FaultyService;
use crate::load_client::Counts;

/// What a run reports.
#[derive(Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct Report {
    seed: u64,
    seconds_submitting: u64,
    seconds: u64,
    jobs: Jobs,
    webhooks: Figures,
    /// By status; 0 counts requests without an answer.
    answers: BTreeMap<u16, u64>,
    slowest_answer_ms: u128,
    killed: Kills,
    faults: BTreeMap<&'static str, u64>,
    writes: u64,
    attempts: u64,
    /// `null` if nobody waited for an empty queue.
    messages_left: Option<u64>,
    /// Counts of broken promises; all must be 0.
    broken: BTreeMap<&'static str, u64>,
    /// Some of the broken promises, in words.
    examples: Vec<String>,
}

/// The results of all parts of the run.
pub(super) struct Evidence<'a> {
    pub(super) seed: u64,
    pub(super) faulty: &'a FaultyService,
    pub(super) told: &'a [Told],
    /// What the receiver of the webhooks got.
    pub(super) received: &'a Received,
    /// The final answer of the status URI of each.
    pub(super) at_the_end: &'a [Option<Seen>],
    pub(super) results: Results,
    pub(super) rest: Rest,
    pub(super) kills: Kills,
    pub(super) answers: Counts,
    pub(super) submitting: Duration,
    pub(super) all: Duration,
}

impl Report {
    pub(super) fn of(evidence: Evidence<'_>) -> Self {
        let ledger = evidence.faulty.auditor.ledger();
        let mut found = Found::new(ledger.violations());
        let mut jobs = found.judge(evidence.told, evidence.at_the_end, &ledger);
        jobs.with_large_result = evidence.results.expected;
        jobs.results_left = evidence.results.left;
        found.add("unknown objects in the bucket", 0, "");
        for stray in &evidence.results.strays {
            found.add("unknown objects in the bucket", 1, stray);
        }
        found.add("missing large results", 0, "");
        for missing in &evidence.results.missing {
            found.add("missing large results", 1, missing);
        }
        let rest = evidence.rest;
        found.add(
            "dead letters",
            rest.dead_letters,
            "the dead-letter queue is not empty",
        );
        found.add(
            "messages that are never deleted",
            rest.messages.unwrap_or(0),
            "the queue does not become empty",
        );
        let webhooks = evidence.received;
        let webhooks = webhooks.judge(ledger.webhooks(), rest.of_webhooks, &mut found);
        let counts = evidence.faulty.front.counts();
        let faults = counts.into_iter().map(|(kind, count)| (kind.name(), count));
        Self {
            seed: evidence.seed,
            seconds_submitting: evidence.submitting.as_secs(),
            seconds: evidence.all.as_secs(),
            jobs,
            webhooks,
            answers: evidence.answers.by_status,
            slowest_answer_ms: evidence.answers.slowest.as_millis(),
            killed: evidence.kills,
            faults: faults.collect(),
            writes: ledger.writes(),
            attempts: ledger.starts(),
            messages_left: rest.messages,
            broken: found.broken,
            examples: found.examples,
        }
    }

    /// Whether every promise was kept, and a job was accepted.
    pub(super) fn is_good(&self) -> bool {
        self.jobs.accepted > 0
            && self.webhooks.has_any()
            && self.broken.values().all(|count| *count == 0)
    }
}
