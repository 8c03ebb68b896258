//! One job's history, judged write by write.

use super::image::{End, Image};
use super::rule::Rule;
use super::webhooks::{is_about_webhook, is_misrecorded};
use super::write::{Sender, Write};

/// What is known of the job that has an id, and of those that had it before.
#[derive(Debug)]
pub(super) struct History {
    /// Its record after the last write; `None` once it was deleted.
    pub(super) image: Option<Image>,
    /// How often it was claimed.
    pub(super) starts: u32,
    /// How many of the claims continued an attempt.
    pub(super) slices: u32,
    /// Who claimed it last.
    runner: Option<Sender>,
    /// When the call that accepted it arrived.
    accepted_ms: i64,
    /// When the call whose progress it shows arrived.
    said_ms: i64,
    /// When its delete was let through.
    deleted_ms: i64,
    /// Who wrote to it.
    senders: Vec<Sender>,
    /// Who wrote to the jobs that had its id before.
    earlier: Vec<Sender>,
    /// How many clients were told that their submit is the one that made it.
    acceptances: u32,
    /// The end that a client was shown.
    shown: Option<End>,
}

/// The error code of a rehearsal that finds the code of another attempt still running.
const CODE_AT_ONCE: &str = "two-at-once";

impl History {
    /// A job that a write accepted.
    pub(super) fn of(image: Image, write: &Write) -> Self {
        Self {
            image: Some(image),
            starts: 0,
            slices: 0,
            runner: None,
            accepted_ms: write.arrived_ms,
            said_ms: i64::MIN,
            deleted_ms: i64::MIN,
            senders: write.sender.iter().cloned().collect(),
            earlier: Vec::new(),
            acceptances: 0,
            shown: None,
        }
    }

    /// The next job under the same id.
    fn give_way(&mut self, image: Image, write: &Write) {
        let mut earlier = std::mem::take(&mut self.earlier);
        earlier.append(&mut self.senders);
        *self = Self {
            earlier,
            ..Self::of(image, write)
        };
    }

    /// Whether it can still end.
    pub(super) fn is_open(&self) -> bool {
        self.image.as_ref().is_some_and(Image::is_open)
    }

    /// A write took effect; which promises it broke.
    pub(super) fn wrote(&mut self, write: &Write) -> Vec<Rule> {
        let before = self.image.take();
        self.image.clone_from(&write.after);
        match (before, write.after.clone()) {
            // A delete of a record that was already deleted.
            (None, None) => vec![],
            // Under the id of an `Idempotency-Key` there may be another job after the first one is gone.
            (None, Some(after)) => {
                let came_back = write.arrived_ms < self.deleted_ms;
                self.give_way(after, write);
                broken([(Rule::CameBack, came_back)])
            }
            // A job that readers see as failed has finished for its owner, too, whether or not that was written.
            (Some(before), None) => {
                let is_live = before.is_open() && before.unwritten_end(write.done_ms).is_none();
                let is_others = self.is_for_another(write);
                self.deleted_ms = write.begun_ms;
                self.senders.extend(write.sender.clone());
                broken([(Rule::Vanished, is_live), (Rule::OtherJob, is_others)])
            }
            (Some(before), Some(after)) if before.creation_token != after.creation_token => {
                self.give_way(after, write);
                let is_live = before.expires_at.saturating_mul(1_000) > write.done_ms;
                broken([(Rule::Vanished, is_live)])
            }
            (Some(before), Some(after)) => self.changed(&before, &after, write),
        }
    }

    /// Whether the call was made before this job existed, or by an invocation that has changed an earlier job.
    fn is_for_another(&self, write: &Write) -> bool {
        let sender = write.sender.as_ref();
        write.arrived_ms < self.accepted_ms
            || sender.is_some_and(|sender| self.earlier.contains(sender))
    }

    fn changed(&mut self, before: &Image, after: &Image, write: &Write) -> Vec<Rule> {
        let (sender, now_ms) = (write.sender.as_ref(), write.done_ms);
        let ends_slice = ends_slice(before, after);
        let is_claim = after.is_started() && after.run_token != before.run_token && !ends_slice;
        let mut rules = broken([
            (Rule::SameVersion, after.version <= before.version),
            (Rule::UnknownSender, sender.is_none()),
            // A claim compares the request of its message, whichever job of the key that is.
            (Rule::OtherJob, !is_claim && self.is_for_another(write)),
            (Rule::MisrecordedWebhook, is_misrecorded(before, after)),
            (Rule::CodeAtOnce, after.error_code == CODE_AT_ONCE),
            (
                Rule::EndedOtherwise,
                self.ends_otherwise(before, after, write),
            ),
        ]);
        rules.extend(
            if before.is_completed() && is_about_webhook(before, after) {
                vec![]
            } else if before.is_completed() {
                let was_never_run = before.outcome == "CANCELED" && self.starts == 0;
                broken([
                    (Rule::CompletedTwice, after.is_completed()),
                    (Rule::LeftItsEnd, !after.is_completed()),
                    (Rule::RanAfterCancel, is_claim && was_never_run),
                ])
            } else if is_claim {
                let is_leased = before.is_started() && before.lease_until_ms > now_ms;
                let is_forgotten = before.checkpoint != after.checkpoint;
                let falls = before.is_between_slices && after.percent < before.percent;
                self.said_ms = write.arrived_ms;
                broken([
                    (Rule::TwoAtOnce, is_leased),
                    (Rule::TooManyAttempts, after.attempt > after.max_attempts),
                    (Rule::Miscounted, !counts(before, after)),
                    (Rule::OlderProgress, is_forgotten),
                    (Rule::ProgressFell, falls),
                ])
            } else {
                let is_own = sender.is_none() || sender == self.runner.as_ref();
                let loses = ends_slice && after.checkpoint.is_empty();
                let loses = loses && !before.checkpoint.is_empty();
                broken([
                    (
                        Rule::Miscounted,
                        ends_slice && after.attempt != before.attempt,
                    ),
                    (Rule::OlderProgress, loses),
                    (Rule::StaleWrite, !may_write(before, after, is_own, now_ms)),
                    (Rule::ProgressFell, falls(before, after)),
                    (Rule::OlderProgress, self.is_older(before, after, write)),
                ])
            },
        );
        if is_claim {
            self.starts += 1;
            self.slices += u32::from(before.is_between_slices);
            self.runner.clone_from(&write.sender);
        }
        self.senders.extend(write.sender.clone());
        rules
    }

    fn ends_otherwise(&self, before: &Image, after: &Image, write: &Write) -> bool {
        after.end().is_some_and(|end| {
            let is_otherwise = |shown: &End| *shown != end;
            let unwritten = before.unwritten_end(write.begun_ms);
            unwritten.as_ref().is_some_and(is_otherwise)
                || self.shown.as_ref().is_some_and(is_otherwise)
        })
    }

    /// Whether an attempt's progress is replaced by an earlier report of it. The calls of an attempt arrive in the order of its
    /// reports.
    fn is_older(&mut self, before: &Image, after: &Image, write: &Write) -> bool {
        let said = |image: &Image| (image.checkpoint.clone(), image.summary.clone());
        if !before.is_started() || !after.is_started() || said(before) == said(after) {
            return false;
        }
        let is_older = write.arrived_ms < self.said_ms;
        self.said_ms = self.said_ms.max(write.arrived_ms);
        is_older
    }

    /// A client was told that its submit made this job.
    pub(super) fn accepted(&mut self) -> Vec<Rule> {
        self.acceptances += 1;
        broken([(Rule::AcceptedTwice, self.acceptances > 1)])
    }

    /// A client was shown this end.
    pub(super) fn shown(&mut self, end: End) -> Vec<Rule> {
        let written = self.image.as_ref().and_then(Image::end);
        let is_otherwise = |other: &End| *other != end;
        let rules = broken([(
            Rule::EndedOtherwise,
            written.as_ref().is_some_and(is_otherwise)
                || self.shown.as_ref().is_some_and(is_otherwise),
        )]);
        self.shown = Some(end);
        rules
    }
}

/// Whether the attempt ended its slice.
fn ends_slice(before: &Image, after: &Image) -> bool {
    let continues = before.is_started() && after.is_started();
    continues && after.is_between_slices && !before.is_between_slices
}

/// Whether a claim counts the attempts as it must: a further slice is the same attempt.
fn counts(before: &Image, after: &Image) -> bool {
    let expected = before.attempt + i64::from(!before.is_between_slices);
    after.attempt == expected && !after.is_between_slices
}

/// Whether this may be written by the attempt that has the job (`is_own`), or by somebody else.
fn may_write(before: &Image, after: &Image, is_own: bool, now_ms: i64) -> bool {
    let is_abandoned = before.lease_until_ms <= now_ms
        || before.is_between_slices
        || before.unwritten_end(now_ms).is_some();
    let is_without_result = after.outcome != "SUCCESS";
    if before.is_started() {
        let only_asks_to_stop = after.is_started() && is_but_a_request(before, after);
        let only_gives_it_up = is_abandoned && after.is_completed() && is_without_result;
        // An attempt that ended its slice no longer owns the job.
        let has_it = is_own && !before.is_between_slices;
        has_it || only_asks_to_stop || only_gives_it_up
    } else {
        // It waits: only its owner's cancel and its deadline can end it now.
        after.is_completed() && is_without_result
    }
}

/// Whether the request to stop is the only change.
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

#[cfg(test)]
#[path = "history_tests.rs"]
mod tests;
