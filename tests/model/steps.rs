//! What can happen next.

use super::world::{Message, SUBMIT_LIMIT, Submit, VISIBILITY, Whose, Worker, World};
use super::{Lifecycle, Scene};

/// A worker by its place.
pub(super) type Who = usize;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Step {
    Tick,
    SubmitFirst(Whose),
    SubmitSecond(Whose),
    /// The second write takes effect, and its answer is lost.
    SubmitSecondUnanswered(Whose),
    /// The second write does not take effect.
    SubmitSecondFails(Whose),
    Duplicate(u8),
    Receive(Who, u8),
    Claim(Who),
    Write(Who, Wish),
    /// The write takes effect, and its answer is lost: the worker may write again, whenever it likes.
    WriteUnanswered(Who, Wish),
    SeeCancel(Who),
    Crash(Who),
    Cancel,
    Delete,
    Expire,
}

/// What an attempt wants at its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Wish {
    Succeed,
    FailForGood,
    Retry,
    Snooze,
}

impl World {
    pub(super) fn steps(&self, scene: Scene) -> Vec<Step> {
        let mut steps = Vec::new();
        if self.now < scene.horizon() && self.may_tick(scene) {
            steps.push(Step::Tick);
        }
        for (whose, submitter) in self.submitters.iter().enumerate() {
            // One after the other: they differ in nothing else.
            let is_next = whose == 0 || self.submitters[whose - 1].submit != Submit::Begun;
            steps.extend(
                steps_of_submit(whose, submitter.submit)
                    .into_iter()
                    .filter(|_| is_next),
            );
        }
        if self.left.duplicates > 0 {
            let copies = self.messages.iter().map(|message| message.delivery);
            steps.extend(copies.map(Step::Duplicate));
        }
        for (who, worker) in self.workers.iter().enumerate() {
            self.steps_of_worker(who, worker, &mut steps);
        }
        if self.record.is_some() {
            steps.extend((self.left.cancels > 0).then_some(Step::Cancel));
            steps.extend((self.left.deletes > 0).then_some(Step::Delete));
        }
        let record = self.record.as_ref();
        if record.is_some_and(|standing| standing.job.is_expired(self.time())) {
            steps.push(Step::Expire);
        }
        steps
    }

    /// `submit` gives up in time: its function's time-out is shorter than the age at which a message is dropped.
    fn may_tick(&self, scene: Scene) -> bool {
        let mut submitters = self.submitters.iter().enumerate();
        submitters.all(|(whose, submitter)| match submitter.submit {
            Submit::Begun => whose > 0 && self.now < scene.last_submit(),
            Submit::Halfway { since } => self.now < since + SUBMIT_LIMIT,
            Submit::Accepted | Submit::Refused => true,
        })
    }

    fn steps_of_worker(&self, who: Who, worker: &Worker, steps: &mut Vec<Step>) {
        match worker {
            Worker::Idle => {
                let visible = self
                    .messages
                    .iter()
                    .filter(|message| message.visible_at <= self.now);
                steps.extend(visible.map(|message| Step::Receive(who, message.delivery)));
            }
            Worker::Received { .. } => steps.push(Step::Claim(who)),
            Worker::Runs { is_unanswered, .. } => {
                let mut wishes = vec![Wish::Succeed, Wish::FailForGood];
                // The last attempt's is a failure.
                wishes.extend((self.max_attempts > 1).then_some(Wish::Retry));
                wishes.extend((self.left.snoozes > 0 || *is_unanswered).then_some(Wish::Snooze));
                steps.extend(wishes.iter().map(|wish| Step::Write(who, *wish)));
                if self.left.lost_answers > 0 {
                    steps.extend(wishes.iter().map(|wish| Step::WriteUnanswered(who, *wish)));
                }
                steps.push(Step::SeeCancel(who));
            }
        }
        if *worker != Worker::Idle && self.left.crashes > 0 {
            steps.push(Step::Crash(who));
        }
    }

    pub(super) fn after(&self, step: Step, model: Lifecycle) -> Option<Self> {
        let mut next = self.clone();
        match step {
            Step::Tick => next.now += 1,
            Step::SubmitFirst(whose) => next.submit_first(whose, model),
            Step::SubmitSecond(whose) => next.submit_second(whose, model, true),
            Step::SubmitSecondUnanswered(whose) => next.submit_second(whose, model, false),
            Step::SubmitSecondFails(whose) => next.submitters[whose].submit = Submit::Refused,
            Step::Duplicate(delivery) => next.duplicate(delivery),
            Step::Receive(who, delivery) => next.receive(who, delivery),
            Step::Claim(who) => next.claim(who, model),
            Step::Write(who, wish) => next.write(who, wish, true, model)?,
            Step::WriteUnanswered(who, wish) => next.write(who, wish, false, model)?,
            Step::SeeCancel(who) => next.see_cancel(who, model)?,
            Step::Crash(who) => {
                next.left.crashes -= 1;
                next.workers[who] = Worker::Idle;
            }
            Step::Cancel => next.cancel(),
            Step::Delete => next.delete()?,
            Step::Expire => next.record = None,
        }
        next.look();
        next.normalise();
        Some(next)
    }

    fn duplicate(&mut self, delivery: u8) {
        self.left.duplicates -= 1;
        let number = self.free_delivery();
        let copy = self
            .messages
            .iter()
            .find(|message| message.delivery == delivery)
            .copied();
        self.messages.extend(copy.map(|message| Message {
            visible_at: self.now,
            delivery: number,
            ..message
        }));
    }

    fn receive(&mut self, who: Who, delivery: u8) {
        let number = self.free_delivery();
        for message in &mut self.messages {
            if message.delivery == delivery {
                message.visible_at = self.now + VISIBILITY;
                message.delivery = number;
                self.workers[who] = Worker::Received { message: *message };
            }
        }
    }
}

fn steps_of_submit(whose: Whose, submit: Submit) -> Vec<Step> {
    match submit {
        Submit::Begun => vec![Step::SubmitFirst(whose)],
        Submit::Halfway { .. } => vec![
            Step::SubmitSecond(whose),
            Step::SubmitSecondUnanswered(whose),
            Step::SubmitSecondFails(whose),
        ],
        Submit::Accepted | Submit::Refused => Vec::new(),
    }
}
