//! The final counts: jobs by outcome, and broken promises.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::told::{Seen, Told};
use super::verdict::{Verdict, verdict};
use super::wish::{Afterlife, Wish};
use crate::audit::{Image, Ledger, Rule, Violation};

/// Jobs by outcome.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct Jobs {
    pub(super) submitted: usize,
    /// A client has a 202 for it.
    pub(super) accepted: usize,
    /// Some of the accepted ones, which came in batches.
    pub(super) in_batches: usize,
    /// Submitted more than once under one key.
    pub(super) submitted_again: usize,
    /// Without a 202 and without a key: not known whether it was accepted.
    pub(super) unanswered: usize,
    pub(super) completed_once: usize,
    pub(super) succeeded: usize,
    /// Some of the succeeded ones, which ran over several slices.
    pub(super) sliced: usize,
    /// Some of the succeeded ones, which were not deleted.
    pub(super) with_large_result: usize,
    /// Large results of deleted jobs and of attempts that lost their job: their lifecycle rule deletes them.
    pub(super) results_left: usize,
    /// Succeeded, and read an upload.
    pub(super) with_upload: usize,
    pub(super) failed_as_asked: usize,
    pub(super) canceled: usize,
    /// Some of the canceled ones.
    pub(super) canceled_before_start: usize,
    /// The process of its last attempt was killed.
    pub(super) failed_worker_lost: usize,
    pub(super) failed_at_deadline: usize,
    /// After it had finished.
    pub(super) deleted: usize,
    /// Deleted, and submitted again under the same key, possibly before the delete was answered.
    pub(super) replaced: usize,
    /// Records of unanswered submits; these jobs run too.
    pub(super) unanswered_but_run: usize,
}

/// Examples of each broken promise: few enough that all fit on a screen.
const EXAMPLES: u64 = 3;

/// Broken promises, counted.
pub(super) struct Found {
    pub(super) broken: BTreeMap<&'static str, u64>,
    /// Some of them, in words.
    pub(super) examples: Vec<String>,
}

const LOST: &str = "lost";
const STUCK: &str = "stuck";
const WRONG: &str = "ended in an unexpected way";
const TWO_JOBS: &str = "two jobs for one key";
const NO_RECORD: &str = "accepted without a record";
const UNEXPECTED: &str = "unexpected answers";
const NOT_GONE: &str = "readable after its delete";

impl Found {
    pub(super) fn new(violations: &[Violation]) -> Self {
        let own = [
            LOST, STUCK, WRONG, TWO_JOBS, NO_RECORD, UNEXPECTED, NOT_GONE,
        ];
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

    pub(super) fn add(&mut self, name: &'static str, count: u64, example: &str) {
        let so_far = self.broken.entry(name).or_default();
        if count > 0 && *so_far < EXAMPLES {
            self.examples.push(format!("{name}: {example}"));
        }
        *so_far += count;
    }

    pub(super) fn judge(
        &mut self,
        told: &[Told],
        at_the_end: &[Option<Seen>],
        ledger: &Ledger,
    ) -> Jobs {
        let mut jobs = Jobs {
            submitted: told.len(),
            ..Jobs::default()
        };
        let mut known = BTreeSet::new();
        for (told, seen) in told.iter().zip(at_the_end) {
            for unexpected in &told.unexpected {
                self.add(UNEXPECTED, 1, unexpected);
            }
            let ids: BTreeSet<_> = told.accepted.iter().map(|(id, _)| id.as_str()).collect();
            let (Some(id), Some(seen)) = (ids.first(), seen) else {
                jobs.unanswered += 1;
                continue;
            };
            if ids.len() > 1 {
                self.add(TWO_JOBS, 1, &format!("one key, and the jobs {ids:?}"));
            }
            for id in ids.iter().filter(|id| ledger.job(id).is_none()) {
                self.add(NO_RECORD, 1, &format!("a 202 for job {id}"));
            }
            jobs.accepted += 1;
            jobs.in_batches += usize::from(told.is_in_batch);
            jobs.submitted_again += usize::from(told.accepted.len() > 1);
            self.judge_one(&mut jobs, told, id, seen, ledger);
            known.extend(ids);
        }
        for (id, job) in ledger.jobs().filter(|(id, _)| !known.contains(id)) {
            jobs.unanswered_but_run += 1;
            if job.image.as_ref().is_some_and(Image::is_open) {
                let example = format!("job {id}, whose client got no answer, has no end: {job:?}");
                self.add(STUCK, 1, &example);
            }
        }
        jobs
    }

    fn judge_one(
        &mut self,
        jobs: &mut Jobs,
        told: &Told,
        id: &str,
        at_the_end: &Seen,
        ledger: &Ledger,
    ) {
        let standing = || (at_the_end.clone(), ledger.job(id));
        let (seen, audited) = told.deleted.clone().unwrap_or_else(standing);
        let verdict = verdict(told, &seen, audited.as_ref());
        let example = format!("job {id}: {seen:?}, asked {told:?}, seen {audited:?}");
        self.count(jobs, verdict, &example);
        let slices = audited.as_ref().map_or(0, |job| job.slices);
        jobs.sliced += usize::from(verdict == Verdict::Succeeded && slices > 0);
        let never_started = audited.is_some_and(|job| job.starts == 0);
        let reads = told.order.wish == Wish::ReadUpload && verdict == Verdict::Succeeded;
        jobs.with_upload += usize::from(reads);
        jobs.canceled_before_start += usize::from(verdict == Verdict::Canceled && never_started);
        if told.deleted.is_some() {
            let is_replaced = told.order.afterlife == Afterlife::Replaced;
            jobs.deleted += 1;
            jobs.replaced += usize::from(is_replaced);
            // Under its key there is another one, which is judged by itself.
            if !is_replaced && at_the_end.status != 410 {
                self.add(NOT_GONE, 1, &format!("job {id}: {at_the_end:?}"));
            }
        }
    }

    fn count(&mut self, jobs: &mut Jobs, verdict: Verdict, example: &str) {
        let figure = match verdict {
            Verdict::Succeeded => &mut jobs.succeeded,
            Verdict::FailedAsAsked => &mut jobs.failed_as_asked,
            Verdict::Canceled => &mut jobs.canceled,
            Verdict::Overdue => &mut jobs.failed_at_deadline,
            Verdict::WorkerLost => &mut jobs.failed_worker_lost,
            Verdict::Lost => return self.add(LOST, 1, example),
            Verdict::Stuck => return self.add(STUCK, 1, example),
            Verdict::Wrong => return self.add(WRONG, 1, example),
        };
        *figure += 1;
        jobs.completed_once += 1;
    }
}
