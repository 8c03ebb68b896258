//! What a job's owner does: submit, cancel, delete.

use engine::{JobRecord, JobState, Move};

use super::effects::ended;
use super::world::{Message, Standing, Submit, Whose, World};
use super::{Guard, Lifecycle};

impl World {
    /// Under a key a live job is looked for first, as `accept` does.
    pub(super) fn submit_first(&mut self, whose: Whose, model: Lifecycle) {
        if self.submitters.len() > 1 && self.judged().is_some() {
            self.submitters[whose].submit = Submit::Refused;
            return;
        }
        self.submitters[whose].submit = Submit::Halfway { since: self.now };
        if model.without == Some(Guard::MessageFirst) {
            self.create(whose, model);
        } else {
            self.send(whose);
        }
    }

    pub(super) fn submit_second(&mut self, whose: Whose, model: Lifecycle, is_answered: bool) {
        let is_written = if model.without == Some(Guard::MessageFirst) {
            self.send(whose);
            true
        } else {
            self.create(whose, model)
        };
        self.submitters[whose].submit = if is_written && is_answered {
            Submit::Accepted
        } else {
            Submit::Refused
        };
    }

    fn send(&mut self, whose: Whose) {
        let delivery = self.free_delivery();
        self.messages.push(Message {
            visible_at: self.now,
            sent_at: self.now,
            from: whose,
            delivery,
        });
    }

    /// As `JobStore::create`: only where no live record stands.
    fn create(&mut self, whose: Whose, model: Lifecycle) -> bool {
        let standing = self.record.as_ref();
        let is_free = standing.is_none_or(|standing| standing.job.is_expired(self.time()));
        if !is_free && model.without != Some(Guard::FreeId) {
            return false;
        }
        let job = self.new_record(self.submitters[whose].body);
        self.record = Some(Standing { whose, job });
        self.submitters[whose].life.is_begun = true;
        true
    }

    /// As `JobStore::cancel` decides.
    pub(super) fn cancel(&mut self) {
        self.left.cancels -= 1;
        let Some(Standing { whose, job }) = self.judged() else {
            return;
        };
        if job.state.is_completed() {
            return;
        }
        let is_held = job.state == JobState::Started && job.lease_until > Some(self.time());
        let job = if is_held {
            JobRecord {
                cancel_requested: true,
                ..JobRecord::clone(&job)
            }
            .into()
        } else {
            let life = &mut self.submitters[whose].life;
            life.canceled_unstarted |= life.started == 0;
            ended(&job, Move::Cancel, self.time())
        };
        self.record = Some(Standing { whose, job });
    }

    /// As `JobStore::delete` decides.
    pub(super) fn delete(&mut self) -> Option<()> {
        let Standing { whose, job } = self.judged()?;
        if !job.state.is_completed() {
            return None;
        }
        self.left.deletes -= 1;
        self.submitters[whose].life.deleted = true;
        self.record = None;
        Some(())
    }
}
