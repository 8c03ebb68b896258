//! Every job's history, judged write by write.

use std::collections::{BTreeMap, HashSet};

use super::image::Image;
use super::rule::{Rule, Violation};

/// Who wrote: the invocation's trace id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sender(pub String);

/// Every job that was written so far, and what was wrong.
#[derive(Debug, Default)]
pub struct Ledger {
    sent: HashSet<String>,
    jobs: BTreeMap<String, History>,
    violations: Vec<Violation>,
    writes: u64,
}

/// What is known of one job.
#[derive(Debug)]
struct History {
    /// As its last write left it; nothing once it was deleted.
    image: Option<Image>,
    /// How often it was claimed.
    starts: u32,
    /// Who claimed it last.
    runner: Option<Sender>,
}

/// A job as the auditor saw it last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JobSeen {
    /// The record; nothing once it was deleted.
    pub image: Option<Image>,
    /// How often it was claimed.
    pub starts: u32,
}

impl Ledger {
    /// A message of this job was taken by the queue.
    pub fn sent(&mut self, id: &str) {
        self.sent.insert(id.to_owned());
    }

    /// A write to this job took effect, and left it like this.
    pub fn wrote(&mut self, id: &str, after: Option<Image>, sender: Option<Sender>, now_ms: i64) {
        self.writes += 1;
        // What a delete leaves counts as nothing.
        let after = after.filter(|image| !image.is_deleted);
        let broken = match (self.jobs.get_mut(id), after) {
            (Some(history), after) => {
                let before = history.image.clone();
                let shown = shown(before.as_ref(), after.as_ref());
                let broken = history.wrote(after, sender, now_ms);
                broken
                    .into_iter()
                    .map(|rule| (rule, shown.clone()))
                    .collect()
            }
            (None, Some(after)) => {
                let shown = shown(None, Some(&after));
                self.jobs.insert(id.to_owned(), History::of(after));
                let is_sent = self.sent.contains(id);
                if is_sent {
                    vec![]
                } else {
                    vec![(Rule::NoMessage, shown)]
                }
            }
            // Nothing was there, and nothing is.
            (None, None) => vec![],
        };
        let id = id.to_owned();
        self.violations
            .extend(broken.into_iter().map(|(rule, what)| Violation {
                rule,
                id: id.clone(),
                what,
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

    /// How many jobs there were, and how many of them are at their end or gone.
    #[must_use]
    pub fn ended(&self) -> (usize, usize) {
        let has_ended = |history: &&History| {
            let image = history.image.as_ref();
            image.is_none_or(Image::is_completed)
        };
        (
            self.jobs.len(),
            self.jobs.values().filter(has_ended).count(),
        )
    }

    /// Each job by its id.
    pub fn jobs(&self) -> impl Iterator<Item = (&str, JobSeen)> {
        self.jobs.iter().map(|(id, history)| {
            let seen = JobSeen {
                image: history.image.clone(),
                starts: history.starts,
            };
            (id.as_str(), seen)
        })
    }
}

impl History {
    fn of(image: Image) -> Self {
        Self {
            image: Some(image),
            starts: 0,
            runner: None,
        }
    }

    fn wrote(&mut self, after: Option<Image>, sender: Option<Sender>, now_ms: i64) -> Vec<Rule> {
        let before = self.image.take();
        self.image.clone_from(&after);
        match (before, after) {
            // A delete of what a delete took away.
            (None, None) => vec![],
            // Under the id of an `Idempotency-Key` there may be another job after the first one is gone.
            (None, Some(after)) => {
                *self = Self::of(after);
                vec![]
            }
            // A job that is overdue is at its end, for its owner too, whether anybody wrote that or not.
            (Some(before), None) => {
                let is_live = !before.is_completed() && !before.is_over_for_readers(now_ms);
                broken([(Rule::Vanished, is_live)])
            }
            (Some(before), Some(after)) if before.created_order != after.created_order => {
                *self = Self::of(after);
                broken([(
                    Rule::Vanished,
                    before.expires_at.saturating_mul(1_000) > now_ms,
                )])
            }
            (Some(before), Some(after)) => self.changed(&before, &after, sender, now_ms),
        }
    }

    fn changed(
        &mut self,
        before: &Image,
        after: &Image,
        sender: Option<Sender>,
        now_ms: i64,
    ) -> Vec<Rule> {
        let mut rules = broken([
            (Rule::SameVersion, after.version <= before.version),
            (Rule::UnknownSender, sender.is_none()),
        ]);
        let is_claim = after.is_started() && after.run_token != before.run_token;
        rules.extend(if before.is_completed() {
            let was_never_run = before.outcome == "CANCELED" && self.starts == 0;
            broken([
                (Rule::CompletedTwice, after.is_completed()),
                (Rule::LeftItsEnd, !after.is_completed()),
                (Rule::RanAfterCancel, is_claim && was_never_run),
            ])
        } else if is_claim {
            let is_leased = before.is_started() && before.lease_until_ms > now_ms;
            broken([
                (Rule::TwoAtOnce, is_leased),
                (Rule::TooManyAttempts, after.attempt > after.max_attempts),
            ])
        } else {
            let is_own = sender.is_none() || sender == self.runner;
            broken([
                (Rule::StaleWrite, !may_write(before, after, is_own, now_ms)),
                (Rule::ProgressFell, falls(before, after)),
            ])
        });
        if is_claim {
            self.starts += 1;
            self.runner = sender;
        }
        rules
    }
}

/// Whether this may be written by the attempt that has the job (`is_own`), or by somebody else.
fn may_write(before: &Image, after: &Image, is_own: bool, now_ms: i64) -> bool {
    let is_abandoned = before.lease_until_ms <= now_ms || before.deadline_ms <= now_ms;
    let is_without_result = after.outcome != "SUCCESS";
    if before.is_started() {
        let only_asks_to_stop = after.is_started() && is_but_a_request(before, after);
        let only_gives_it_up = is_abandoned && after.is_completed() && is_without_result;
        is_own || only_asks_to_stop || only_gives_it_up
    } else {
        // It waits: only its owner's cancel and its deadline end it now.
        after.is_completed() && is_without_result
    }
}

/// Whether nothing changed but that the owner asks for a stop.
fn is_but_a_request(before: &Image, after: &Image) -> bool {
    let asked = Image {
        cancel_requested: true,
        version: after.version,
        ..before.clone()
    };
    asked == *after
}

fn falls(before: &Image, after: &Image) -> bool {
    before.is_started() && after.is_started() && after.percent < before.percent
}

fn broken<const N: usize>(checks: [(Rule, bool); N]) -> Vec<Rule> {
    let broken = checks.into_iter().filter(|(_, is_broken)| *is_broken);
    broken.map(|(rule, _)| rule).collect()
}

fn shown(before: Option<&Image>, after: Option<&Image>) -> String {
    let one = |image: Option<&Image>| {
        image.map_or_else(
            || "nothing".to_owned(),
            |image| {
                let Image {
                    state,
                    outcome,
                    attempt,
                    percent,
                    version,
                    ..
                } = image;
                format!(
                    "{state}{}{outcome} attempt {attempt} at {percent} % (version {version})",
                    if outcome.is_empty() { "" } else { "/" }
                )
            },
        )
    };
    format!("{} -> {}", one(before), one(after))
}

#[cfg(test)]
#[path = "ledger_tests.rs"]
mod tests;
