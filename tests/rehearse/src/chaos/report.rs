//! What the run showed.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use serde::Serialize;

use super::found::{Found, Jobs};
use super::killer::Kills;
use super::rest::Rest;
use super::told::{Seen, Told};
use crate::faulty_service::FaultyService;
use crate::load_client::Counts;

/// What the run showed. The figures of `broken` have to be 0.
#[derive(Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct Report {
    seed: u64,
    seconds_submitting: u64,
    seconds: u64,
    jobs: Jobs,
    answers: BTreeMap<u16, u64>,
    slowest_answer_ms: u128,
    killed: Kills,
    faults: BTreeMap<&'static str, u64>,
    writes: u64,
    attempts: u64,
    messages_left: Option<u64>,
    broken: BTreeMap<&'static str, u64>,
    /// The first of them, in words.
    examples: Vec<String>,
}

/// What all the others found out.
pub(super) struct Evidence<'a> {
    pub(super) seed: u64,
    pub(super) faulty: &'a FaultyService,
    pub(super) told: &'a [Told],
    /// What the status URI of each of them said at the end.
    pub(super) at_the_end: &'a [Option<Seen>],
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
        let jobs = found.judge(evidence.told, evidence.at_the_end, &ledger);
        let rest = evidence.rest;
        found.add(
            "dead letters",
            rest.dead_letters,
            "the dead-letter queue is not empty",
        );
        found.add(
            "messages that nobody takes away",
            rest.messages.unwrap_or(0),
            "the queue does not run empty",
        );
        let counts = evidence.faulty.front.counts();
        let faults = counts.into_iter().map(|(kind, count)| (kind.name(), count));
        Self {
            seed: evidence.seed,
            seconds_submitting: evidence.submitting.as_secs(),
            seconds: evidence.all.as_secs(),
            jobs,
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

    /// Whether every promise was kept, and there was something to promise.
    pub(super) fn is_good(&self) -> bool {
        self.jobs.accepted > 0 && self.broken.values().all(|count| *count == 0)
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Jobs {
            submitted,
            accepted,
            submitted_again,
            unanswered,
            completed_once,
            succeeded,
            failed_as_asked,
            canceled,
            canceled_before_start,
            failed_worker_lost,
            failed_at_deadline,
            deleted,
            replaced,
            unanswered_but_run,
        } = &self.jobs;
        writeln!(
            f,
            "seed {}, {} s of submitting, {} s in all\n",
            self.seed, self.seconds_submitting, self.seconds
        )?;
        writeln!(
            f,
            "{submitted:>8} jobs submitted, {submitted_again} of them more than once under one key"
        )?;
        writeln!(
            f,
            "{accepted:>8} accepted; {unanswered} without an answer, {unanswered_but_run} of which ran all the same"
        )?;
        writeln!(f, "{completed_once:>8} completed once:")?;
        writeln!(f, "{succeeded:>12} succeeded")?;
        writeln!(f, "{failed_as_asked:>12} failed as asked")?;
        writeln!(
            f,
            "{canceled:>12} canceled, {canceled_before_start} of them before their start"
        )?;
        writeln!(
            f,
            "{failed_worker_lost:>12} failed because their last attempt's process was killed (worker-lost)"
        )?;
        writeln!(f, "{failed_at_deadline:>12} failed at their deadline")?;
        writeln!(
            f,
            "{deleted:>8} deleted at their end, {replaced} of them replaced under their key at once"
        )?;
        writeln!(
            f,
            "\n{:>8} attempts, {} writes to the table",
            self.attempts, self.writes
        )?;
        writeln!(f, "         processes killed: {}", listed(&self.killed))?;
        writeln!(f, "         faults: {}", listed(&self.faults))?;
        writeln!(
            f,
            "         answers: {} (0: none); the slowest took {} ms",
            listed(&self.answers),
            self.slowest_answer_ms
        )?;
        if self.messages_left.is_none() {
            writeln!(f, "         the queue was not waited for")?;
        }
        writeln!(f, "\nbroken promises:")?;
        for (name, count) in &self.broken {
            writeln!(f, "{count:>8} {name}")?;
        }
        for example in &self.examples {
            writeln!(f, "  {example}")?;
        }
        write!(
            f,
            "\n{}",
            if self.is_good() {
                "every promise was kept"
            } else {
                "NOT every promise was kept"
            }
        )
    }
}

fn listed<K: fmt::Display>(counts: &BTreeMap<K, u64>) -> String {
    let each = counts.iter().map(|(name, count)| format!("{name} {count}"));
    each.collect::<Vec<_>>().join(", ")
}
