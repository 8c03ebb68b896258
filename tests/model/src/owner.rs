//! What a job's owner does: submit, cancel, delete.

use std::time::Duration;

use engine::{CancelDecision, JobRecord, Move, Timestamp, decide_cancel};

use crate::world::{Command, Message, Order, Schedule, Submit, WRITE_HORIZON, Whose, World};
use crate::write::Write;
use crate::{Guard, Lifecycle};

impl World {
    /// Under a key a live job is looked for first, as `accept` does. Then the message.
    pub(crate) fn submit_first(&mut self, whose: Whose, model: &Lifecycle) {
        let is_keyed = self.submitters.len() > 1;
        if is_keyed && self.judged(self.owners_time()).is_some() {
            self.submitters[whose].submit = Submit::Over;
            return;
        }
        let job = self.new_record(whose, model);
        let seen = self.record.as_ref().filter(|_| is_keyed);
        let seen = seen.map(|standing| standing.job.creation_token.clone());
        self.submitters[whose].submit = Submit::Halfway {
            job: job.clone(),
            seen: seen.clone(),
            is_unanswered: false,
        };
        if model.lacks(Guard::MessageFirst) {
            self.put(
                &Write::Create { whose, job, seen },
                self.owners_time(),
                model,
            );
        } else if model.scene.ahead() > 0 {
            self.schedule = Some(Schedule {
                from: whose,
                due: self.now + model.scene.ahead(),
                is_gone: false,
            });
        } else {
            self.send(whose);
        }
    }

    pub(crate) fn submit_second(&mut self, whose: Whose, model: &Lifecycle) {
        let Submit::Halfway { job, seen, .. } = self.submitters[whose].submit.clone() else {
            return;
        };
        if model.lacks(Guard::MessageFirst) {
            self.send(whose);
            self.submitters[whose].submit = Submit::Accepted;
            return;
        }
        let is_new = self.put(
            &Write::Create {
                whose,
                job: job.clone(),
                seen,
            },
            self.owners_time(),
            model,
        ) || self
            .record
            .as_ref()
            .is_some_and(|standing| is_own(&standing.job, &job, model));
        let standing = self.record.as_ref().map(|standing| standing.whose);
        self.seen.told_new_twice |= is_new && standing != Some(whose);
        self.submitters[whose].submit = if is_new {
            Submit::Accepted
        } else {
            Submit::Over
        };
    }

    pub(crate) fn submit_late(&mut self, whose: Whose) {
        if let Submit::Halfway {
            job,
            seen,
            is_unanswered,
        } = &mut self.submitters[whose].submit
        {
            *is_unanswered = true;
            let (job, seen) = (job.clone(), seen.clone());
            self.send_late(Write::Create { whose, job, seen }, self.owners_time());
        }
    }

    pub(crate) fn send(&mut self, whose: Whose) {
        let delivery = self.free_delivery();
        let now = self.now;
        self.messages.push(Message {
            visible_at: now,
            sent_at: now,
            from: whose,
            delivery,
        });
    }

    /// A cancel or a delete reads the record for the first time.
    pub(crate) fn look_at(&mut self, what: Order, model: &Lifecycle) {
        match what {
            Order::Cancel => self.left.cancels -= 1,
            Order::Delete => self.left.deletes -= 1,
        }
        let first = self.record.as_ref().map(|standing| standing.whose);
        if let Some(first) = first {
            self.decide(what, first, model);
        }
    }

    /// Goes on with the command if there is something to write, and ends it otherwise.
    fn decide(&mut self, what: Order, first: Whose, model: &Lifecycle) {
        let now = self.owners_time();
        let is_pinned = !model.lacks(Guard::PinnedLooks);
        let standing = self.record.clone().filter(|standing| {
            !standing.job.is_expired(now) && (standing.whose == first || !is_pinned)
        });
        let command = standing.map(|record| Command {
            what,
            record,
            first,
            is_unanswered: false,
        });
        self.command = command.filter(|command| self.ordered(command, model).is_some());
    }

    /// The write of a command: as `JobStore::cancel` and `JobStore::delete` decide.
    fn ordered(&self, command: &Command, model: &Lifecycle) -> Option<Write> {
        let Command {
            what,
            record,
            first,
            ..
        } = command;
        let now = self.owners_time();
        let (of, first) = (record.clone(), *first);
        if *what == Order::Delete {
            let kept = if model.lacks(Guard::TombstoneKept) {
                Duration::from_secs(1)
            } else {
                WRITE_HORIZON
            };
            let expires_at = now.plus(kept);
            let is_over = of.job.judged(now).state.is_completed();
            return is_over.then_some(Write::Delete {
                of,
                expires_at,
                first,
            });
        }
        let before_deadline = Timestamp::from_ms(of.job.deadline.ms() - 1);
        let decided_at = if model.lacks(Guard::CancelDeadline) {
            now.min(before_deadline)
        } else {
            now
        };
        match decide_cancel(&of.job, decided_at, None) {
            CancelDecision::Canceled
            | CancelDecision::CanceledBefore
            | CancelDecision::Requested
            | CancelDecision::PastDeadline
            | CancelDecision::Finished => None,
            CancelDecision::AskToStop => Some(Write::AskToStop { of, first }),
            CancelDecision::End => {
                let (ended_at, expires_at) = of.job.canceled_end(now, model.retention());
                Some(Write::End {
                    of,
                    end: Move::Cancel,
                    is_overdue: false,
                    ended_at,
                    expires_at,
                    first: Some(first),
                })
            }
        }
    }

    pub(crate) fn command(&mut self, model: &Lifecycle) {
        let Some(command) = self.command.take() else {
            return;
        };
        let write = self.ordered(&command, model);
        if write.is_some_and(|write| !self.put(&write, self.owners_time(), model)) {
            // A delete that is refused finds its job gone.
            if command.what == Order::Cancel {
                self.decide(command.what, command.first, model);
            }
        }
    }

    /// A second request of the owner, between the read and the write of a cancel.
    pub(crate) fn delete_meanwhile(&mut self, model: &Lifecycle) {
        let cancel = self.command.take();
        self.look_at(Order::Delete, model);
        self.command(model);
        self.command = cancel;
    }

    pub(crate) fn command_late(&mut self, model: &Lifecycle) {
        let Some(mut command) = self.command.take() else {
            return;
        };
        if let Some(write) = self.ordered(&command, model) {
            self.send_late(write, self.owners_time());
        }
        command.is_unanswered = true;
        self.command = Some(command);
    }
}

/// As `JobStore::create` recognizes its own write.
fn is_own(standing: &JobRecord, written: &JobRecord, model: &Lifecycle) -> bool {
    if model.lacks(Guard::CreationToken) {
        return standing.created_at == written.created_at
            && standing.fingerprint == written.fingerprint;
    }
    standing.creation_token == written.creation_token
}
