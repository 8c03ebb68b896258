//! Every job's history, and what was wrong with it.

use std::collections::{BTreeMap, HashSet};

use super::history::History;
use super::image::{End, Image};
use super::rule::{Rule, Violation};
use super::webhooks::Webhooks;
use super::write::Write;

/// Every job that was written so far, and what was wrong.
#[derive(Debug, Default)]
pub struct Ledger {
    sent: HashSet<String>,
    webhooks: Webhooks,
    jobs: BTreeMap<String, History>,
    open: usize,
    violations: Vec<Violation>,
    writes: u64,
    starts: u64,
}

/// A job as the auditor saw it last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JobSeen {
    /// The record; nothing once it was deleted.
    pub image: Option<Image>,
    /// How often it was claimed.
    pub starts: u32,
    /// How many of the claims continued an attempt that had ended a slice.
    pub slices: u32,
}

impl Ledger {
    /// A message of this job was taken by the queue.
    pub fn sent(&mut self, id: &str) {
        self.sent.insert(id.to_owned());
    }

    /// A message about the end of the job with this creation token was taken by the queue.
    pub fn announced(&mut self, creation_token: &str) {
        self.webhooks.announced(creation_token);
    }

    /// The webhooks of the jobs that ended.
    #[must_use]
    pub fn webhooks(&self) -> &Webhooks {
        &self.webhooks
    }

    /// A write to this job took effect.
    pub fn wrote(&mut self, id: &str, mut write: Write) {
        self.writes += 1;
        // What a delete leaves counts as nothing.
        write.after = write.after.filter(|image| !image.is_deleted);
        self.wrote_webhook(id, &write);
        if let Some(history) = self.jobs.get_mut(id) {
            let what = shown(history.image.as_ref(), write.after.as_ref());
            let was_open = history.is_open();
            let starts = history.starts;
            let broken = history.wrote(&write);
            self.starts += u64::from(history.starts.saturating_sub(starts));
            self.open = self.open + usize::from(history.is_open()) - usize::from(was_open);
            self.break_all(id, broken, &what);
        } else if let Some(after) = write.after.clone() {
            let what = shown(None, Some(&after));
            let history = History::of(after, &write);
            self.open += usize::from(history.is_open());
            self.jobs.insert(id.to_owned(), history);
            if !self.sent.contains(id) {
                self.break_all(id, vec![Rule::NoMessage], &what);
            }
        }
    }

    fn wrote_webhook(&mut self, id: &str, write: &Write) {
        let before = self.jobs.get(id).and_then(|history| history.image.as_ref());
        let after = write.after.as_ref();
        if self.webhooks.lacks_message(before, after) {
            let what = shown(before, after);
            self.webhooks.wrote(before, after, write.done_ms);
            return self.break_all(id, vec![Rule::EndWithoutWebhook], &what);
        }
        self.webhooks.wrote(before, after, write.done_ms);
    }

    /// A client was told that its submit made this job: 202 without `Idempotency-Replayed`.
    pub fn accepted(&mut self, id: &str) {
        self.hear(id, "one more client was told so", History::accepted);
    }

    /// A client was shown this job as finished.
    pub fn shown(&mut self, id: &str, end: &End) {
        self.hear(id, &format!("a client was shown {end}"), |history| {
            history.shown(end.clone())
        });
    }

    /// Another check covers jobs that were never written.
    fn hear(&mut self, id: &str, what: &str, judge: impl FnOnce(&mut History) -> Vec<Rule>) {
        if let Some(history) = self.jobs.get_mut(id) {
            let stands = one(history.image.as_ref());
            let broken = judge(history);
            self.break_all(id, broken, &format!("{what}; the record has {stands}"));
        }
    }

    fn break_all(&mut self, id: &str, rules: Vec<Rule>, what: &str) {
        let (id, what) = (id.to_owned(), what.to_owned());
        self.violations
            .extend(rules.into_iter().map(|rule| Violation {
                rule,
                id: id.clone(),
                what: what.clone(),
            }));
    }

    /// What was wrong, in the order in which it happened.
    #[must_use]
    pub fn violations(&self) -> &[Violation] {
        &self.violations
    }

    /// How many writes took effect.
    #[must_use]
    pub fn writes(&self) -> u64 {
        self.writes
    }

    /// How often jobs were claimed, those that other jobs replaced included.
    #[must_use]
    pub fn starts(&self) -> u64 {
        self.starts
    }

    /// Number of jobs, and number of those that have finished or are gone.
    #[must_use]
    pub fn ended(&self) -> (usize, usize) {
        (self.jobs.len(), self.jobs.len() - self.open)
    }

    /// The job that has this id now.
    #[must_use]
    pub fn job(&self, id: &str) -> Option<JobSeen> {
        self.jobs.get(id).map(seen)
    }

    /// Each job by its id.
    pub fn jobs(&self) -> impl Iterator<Item = (&str, JobSeen)> {
        self.jobs
            .iter()
            .map(|(id, history)| (id.as_str(), seen(history)))
    }
}

fn seen(history: &History) -> JobSeen {
    JobSeen {
        image: history.image.clone(),
        starts: history.starts,
        slices: history.slices,
    }
}

fn shown(before: Option<&Image>, after: Option<&Image>) -> String {
    format!("{} -> {}", one(before), one(after))
}

fn one(image: Option<&Image>) -> String {
    let Some(image) = image else {
        return "nothing".to_owned();
    };
    let Image {
        state,
        outcome,
        attempt,
        percent,
        summary,
        version,
        ..
    } = image;
    let slash = if outcome.is_empty() { "" } else { "/" };
    format!(
        "{state}{slash}{outcome} attempt {attempt} at {percent} %, {summary:?} (version {version})"
    )
}

#[cfg(test)]
#[path = "slices_tests.rs"]
mod slices_tests;

#[cfg(test)]
#[path = "ledger_tests.rs"]
pub(super) mod tests;
