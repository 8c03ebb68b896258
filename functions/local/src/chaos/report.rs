//! What the run showed.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::time::Duration;

use serde::Serialize;

use super::killer::Kills;
use super::rest::Rest;
use super::told::{Seen, Told};
use super::verdict::{Verdict, verdict};
use crate::audit::{JobSeen, Rule, Violation};
use crate::faults::Front;
use crate::load_client::Counts;
use crate::service::Service;

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

#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "kebab-case")]
struct Jobs {
    submitted: usize,
    /// A client has a 202 for it.
    accepted: usize,
    /// Submitted more than once under one key.
    submitted_again: usize,
    /// Without a 202 and without a key: nobody knows whether it was accepted.
    unanswered: usize,
    completed_once: usize,
    succeeded: usize,
    failed_as_asked: usize,
    canceled: usize,
    canceled_before_start: usize,
    failed_worker_lost: usize,
    failed_timed_out: usize,
    /// Records of unanswered submits: they ran all the same, and ended.
    unanswered_but_run: usize,
}

/// As many examples as fit on a screen.
const EXAMPLES: usize = 20;

/// What all the others found out.
pub(super) struct Evidence<'a> {
    pub(super) seed: u64,
    pub(super) service: &'a Service,
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
        let (audited, violations, writes) = audited(evidence.service);
        let mut found = Found::new(&violations);
        let jobs = found.judge(evidence.told, evidence.at_the_end, &audited);
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
        let front = evidence.service.faulty.as_ref().map(|faulty| &faulty.front);
        let counts = front.map(Front::counts).unwrap_or_default();
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
            writes,
            attempts: audited.values().map(|job| u64::from(job.starts)).sum(),
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

type Audited = BTreeMap<String, JobSeen>;

fn audited(service: &Service) -> (Audited, Vec<Violation>, u64) {
    let auditor = service
        .faulty
        .as_ref()
        .and_then(|faulty| faulty.auditor.as_ref());
    let Some(auditor) = auditor else {
        return Default::default();
    };
    let ledger = auditor.ledger();
    let jobs = ledger.jobs().map(|(id, job)| (id.to_owned(), job));
    (
        jobs.collect(),
        ledger.violations().to_vec(),
        ledger.writes(),
    )
}

/// Broken promises, counted.
struct Found {
    broken: BTreeMap<&'static str, u64>,
    examples: Vec<String>,
}

const LOST: &str = "lost";
const STUCK: &str = "stuck";
const WRONG: &str = "ended as nobody asked for";
const TWO_JOBS: &str = "two jobs for one key";
const NO_RECORD: &str = "answers without record";
const UNEXPECTED: &str = "unexpected answers";

impl Found {
    fn new(violations: &[Violation]) -> Self {
        let own = [LOST, STUCK, WRONG, TWO_JOBS, NO_RECORD, UNEXPECTED];
        let rules = Rule::ALL.iter().map(|rule| rule.name());
        let mut found = Self {
            broken: own.into_iter().chain(rules).map(|name| (name, 0)).collect(),
            examples: Vec::new(),
        };
        for violation in violations {
            found.add(violation.rule.name(), 1, &violation.to_string());
        }
        found
    }

    fn add(&mut self, name: &'static str, count: u64, example: &str) {
        *self.broken.entry(name).or_default() += count;
        if count > 0 && self.examples.len() < EXAMPLES {
            self.examples.push(example.to_owned());
        }
    }

    fn judge(&mut self, told: &[Told], seen: &[Option<Seen>], audited: &Audited) -> Jobs {
        let mut jobs = Jobs {
            submitted: told.len(),
            ..Jobs::default()
        };
        let mut known = BTreeSet::new();
        for (told, seen) in told.iter().zip(seen) {
            for unexpected in &told.unexpected {
                self.add(UNEXPECTED, 1, unexpected);
            }
            let ids: BTreeSet<_> = told.accepted.iter().map(|(id, _)| id).collect();
            let (Some(id), Some(seen)) = (ids.first(), seen) else {
                jobs.unanswered += 1;
                continue;
            };
            if ids.len() > 1 {
                self.add(TWO_JOBS, 1, &format!("one key, and the jobs {ids:?}"));
            }
            for id in &ids {
                let has_record = audited.contains_key(*id);
                self.add(
                    NO_RECORD,
                    u64::from(!has_record),
                    &format!("a 202 for job {id} without a record"),
                );
            }
            known.extend(ids.iter().copied());
            jobs.accepted += 1;
            jobs.submitted_again += usize::from(told.accepted.len() > 1);
            let verdict = verdict(told, seen, audited.get(*id));
            self.count(&mut jobs, verdict, || {
                format!(
                    "job {id}: {seen:?}, asked {told:?}, seen {:?}",
                    audited.get(*id)
                )
            });
            let never_started = audited.get(*id).is_some_and(|job| job.starts == 0);
            jobs.canceled_before_start +=
                usize::from(verdict == Verdict::Canceled && never_started);
        }
        for (id, job) in audited.iter().filter(|(id, _)| !known.contains(id)) {
            jobs.unanswered_but_run += 1;
            let is_ended = job
                .image
                .as_ref()
                .is_none_or(|image| image.state == "COMPLETED");
            self.add(
                STUCK,
                u64::from(!is_ended),
                &format!("job {id}, whose client got no answer, has no end: {job:?}"),
            );
        }
        jobs
    }

    fn count(&mut self, jobs: &mut Jobs, verdict: Verdict, example: impl FnOnce() -> String) {
        let figure = match verdict {
            Verdict::Succeeded => &mut jobs.succeeded,
            Verdict::FailedAsAsked => &mut jobs.failed_as_asked,
            Verdict::Canceled => &mut jobs.canceled,
            Verdict::WorkerLost => &mut jobs.failed_worker_lost,
            Verdict::TimedOut => &mut jobs.failed_timed_out,
            Verdict::Lost => return self.add(LOST, 1, &example()),
            Verdict::Stuck => return self.add(STUCK, 1, &example()),
            Verdict::Wrong => return self.add(WRONG, 1, &example()),
        };
        *figure += 1;
        jobs.completed_once += 1;
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
            failed_timed_out,
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
        writeln!(
            f,
            "{failed_timed_out:>12} failed because an attempt had no time left (timed-out)"
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
