//! Webhooks: the messages before the ends, the deliveries, and what they write into the record.

use engine::{CallbackDecision, CallbackState, Delivered, JobRecord, JobState, decide_delivery};

use crate::step::Sent;
use crate::world::{Standing, WRITE_HORIZON, Whose, World, at};
use crate::write::Write;
use crate::{Guard, Lifecycle};

/// A message that is sent before the end of a job is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Notice {
    pub(crate) visible_at: i64,
    pub(crate) sent_at: i64,
    pub(crate) of: Whose,
}

/// A delivery that was made, and is not in the record yet.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Post {
    pub(crate) notice: Notice,
    pub(crate) outcome: Delivered,
    pub(crate) is_unanswered: bool,
}

impl World {
    /// The message that a write of an end is sent after.
    pub(crate) fn announce(&mut self, write: &Write) {
        let of = match write {
            Write::Attempt { run, wish, .. } if wish.is_end() => self.whose(run),
            Write::End { of, .. } => Some(of.whose),
            _ => None,
        };
        let Some(of) = of.filter(|_| self.has_callbacks) else {
            return;
        };
        let is_it = |notice: &Notice| notice.of == of && notice.sent_at == self.now;
        // A repetition of the write needs no other one.
        if !self.notices.iter().any(is_it) {
            self.notices.push(Notice {
                visible_at: self.now,
                sent_at: self.now,
                of,
            });
        }
    }

    fn whose(&self, run: &JobRecord) -> Option<Whose> {
        let standing = self.record.as_ref()?;
        let is_it = standing.job.creation_token == run.creation_token;
        is_it.then_some(standing.whose)
    }

    /// As the worker's `CallbackDelivery` does.
    pub(crate) fn deliver(&mut self, place: usize, sent: Sent, model: &Lifecycle) -> Option<()> {
        let notice = self.notices[place];
        let decision = self.decision(notice, model);
        if decision != CallbackDecision::Deliver && sent != Sent::Arrives {
            return None;
        }
        self.notices.remove(place);
        match decision {
            CallbackDecision::Deliver => self.post(notice, sent),
            CallbackDecision::TooEarly if !model.lacks(Guard::NoticeAge) => self.again(notice),
            _ => {}
        }
        Some(())
    }

    fn decision(&self, notice: Notice, model: &Lifecycle) -> CallbackDecision {
        let Some(Standing { whose, job }) = &self.record else {
            return CallbackDecision::Gone;
        };
        if *whose != notice.of {
            return CallbackDecision::Gone;
        }
        let (age, now) = (self.time().since(at(notice.sent_at)), self.time());
        let judged = job.judged(now);
        let read: &JobRecord = if model.lacks(Guard::WrittenEnd) {
            &judged
        } else {
            job
        };
        decide_delivery(Some(read), &job.creation_token, age, WRITE_HORIZON, now)
    }

    fn post(&mut self, notice: Notice, sent: Sent) {
        let Some(Standing { whose, job }) = self.record.clone() else {
            return;
        };
        self.seen.told_early |= !job.state.is_completed();
        self.submitters[whose].life.posts += 1;
        self.left.failures -= u8::from(sent != Sent::Arrives);
        let attempts_before = job
            .callback
            .as_ref()
            .map_or(0, |callback| callback.attempts);
        let outcome = match sent {
            Sent::Arrives => Delivered::Yes,
            Sent::Fails => Delivered::NotYet { attempts_before },
            Sent::IsRefused => Delivered::Never,
        };
        self.posts.push(Post {
            notice,
            outcome,
            is_unanswered: false,
        });
    }

    /// Never visible before the next tick, so that no two steps go round in a circle.
    fn again(&mut self, notice: Notice) {
        self.notices.push(Notice {
            visible_at: self.now + 1,
            ..notice
        });
    }

    pub(crate) fn write_back(&mut self, place: usize, model: &Lifecycle) {
        let Post {
            notice, outcome, ..
        } = self.posts.remove(place);
        let write = self.outcome_of(notice, outcome);
        let is_written = write.is_some_and(|write| self.put(&write, self.time(), model));
        let callback = self
            .record
            .as_ref()
            .filter(|record| record.whose == notice.of);
        let state = callback.and_then(|record| Some(record.job.callback.as_ref()?.state));
        self.seen.arrival_lost |=
            outcome == Delivered::Yes && !is_written && state == Some(CallbackState::Failed);
        let is_retried = matches!(outcome, Delivered::NotYet { .. });
        if is_retried && state == Some(CallbackState::Pending) {
            self.again(notice);
        }
    }

    pub(crate) fn write_back_late(&mut self, place: usize) {
        let Post {
            notice, outcome, ..
        } = self.posts[place];
        if let Some(write) = self.outcome_of(notice, outcome) {
            self.send_late(write, self.time());
        }
        self.posts[place].is_unanswered = true;
    }

    /// The worker got no answer, or died.
    pub(crate) fn lose_post(&mut self, place: usize) {
        let post = self.posts.remove(place);
        self.left.crashes -= u8::from(!post.is_unanswered);
        self.again(post.notice);
    }

    fn outcome_of(&self, notice: Notice, outcome: Delivered) -> Option<Write> {
        // Of another job, the token is not the same.
        let standing = self.record.as_ref()?;
        Some(Write::Deliver {
            of: notice.of,
            token: (standing.whose == notice.of).then(|| standing.job.creation_token.clone())?,
            outcome,
        })
    }

    /// What an outcome sets.
    pub(crate) fn with_outcome(&mut self, job: &JobRecord, outcome: Delivered) -> JobRecord {
        let mut callback = job.callback.clone();
        if let Some(callback) = &mut callback {
            let state = match outcome {
                Delivered::Yes => CallbackState::Delivered,
                Delivered::Never => CallbackState::Failed,
                Delivered::NotYet { .. } => callback.state,
            };
            self.seen.arrival_undone |= callback.state == CallbackState::Delivered;
            callback.state = state;
            callback.attempts += 1;
        }
        JobRecord {
            callback,
            ..job.clone()
        }
    }

    /// Whether a written end whose webhook is to be delivered has no message.
    pub(crate) fn has_unannounced_end(&self) -> bool {
        let Some(Standing { whose, job }) = &self.record else {
            return false;
        };
        let is_pending = job
            .callback
            .as_ref()
            .is_some_and(|callback| callback.state == CallbackState::Pending);
        let is_live = matches!(job.state, JobState::Completed(_)) && !job.is_expired(self.time());
        let mut of = self.notices.iter().map(|notice| notice.of);
        let mut posted = self.posts.iter().map(|post| post.notice.of);
        is_live && is_pending && !of.any(|of| of == *whose) && !posted.any(|of| of == *whose)
    }

    /// Whether more deliveries are counted than were made.
    pub(crate) fn counts_too_many(&self) -> bool {
        self.record.as_ref().is_some_and(|standing| {
            let callback = standing.job.callback.as_ref();
            let posts = self.submitters[standing.whose].life.posts;
            callback.is_some_and(|callback| callback.attempts > posts)
        })
    }
}

impl crate::Wish {
    /// Whether the job ends so.
    pub(crate) fn is_end(self) -> bool {
        matches!(self, Self::Succeed | Self::FailForGood | Self::Cancel)
    }
}
