//! What can happen next.
//!
//! Over 300 lines: one function for each part of the world, whose steps depend on each other.

use crate::step::{Sent, Step, Who, Wish};
use crate::world::{Message, Order, Schedule, Submit, VISIBILITY, Worker, World};
use crate::{Guard, Lifecycle};

impl World {
    pub(crate) fn steps(&self, model: &Lifecycle, steps: &mut Vec<Step>) {
        if self.now < model.scene.end() && self.may_tick() {
            steps.push(Step::Tick);
        }
        for (whose, submitter) in self.submitters.iter().enumerate() {
            // One after the other: they differ in nothing else.
            let is_next = whose == 0 || self.submitters[whose - 1].submit != Submit::Begun;
            match submitter.submit {
                Submit::Begun if is_next => steps.push(Step::SubmitFirst(whose)),
                Submit::Halfway { is_unanswered, .. } => {
                    steps.push(Step::SubmitSecond(whose));
                    steps.extend(self.may_be_late().then_some(Step::SubmitLate(whose)));
                    steps.extend(is_unanswered.then_some(Step::SubmitGivesUp(whose)));
                }
                Submit::Begun | Submit::Accepted | Submit::Over => {}
            }
        }
        steps.extend((0..self.pending.len()).map(Step::Land));
        if self.left.duplicates > 0 {
            let copies = self.messages.iter().map(|message| message.delivery);
            steps.extend(copies.map(Step::Duplicate));
        }
        for (who, worker) in self.workers.iter().enumerate() {
            self.steps_of_worker(who, worker, model, steps);
        }
        self.steps_of_owner(steps);
        self.steps_of_webhooks(steps);
        self.steps_of_schedule(model, steps);
        // TTL goes by the attribute: a tombstone stays for its time.
        let expires_at = self.record.as_ref().map(|standing| standing.job.expires_at);
        steps.extend(
            expires_at
                .is_some_and(|time| self.time() >= time)
                .then_some(Step::Expire),
        );
    }

    fn steps_of_webhooks(&self, steps: &mut Vec<Step>) {
        for (place, notice) in self.notices.iter().enumerate() {
            let is_visible = notice.visible_at <= self.now;
            let is_first = place == 0 || self.notices[place - 1] != *notice;
            if is_visible && is_first {
                steps.push(Step::Deliver(place, Sent::Arrives));
                if self.left.failures > 0 {
                    steps.push(Step::Deliver(place, Sent::Fails));
                    steps.push(Step::Deliver(place, Sent::IsRefused));
                }
                let may_copy = self.left.notices > 0;
                steps.extend(may_copy.then_some(Step::DuplicateNotice(place)));
            }
        }
        for (place, post) in self.posts.iter().enumerate() {
            steps.push(Step::WriteBack(place));
            steps.extend(self.may_be_late().then_some(Step::WriteBackLate(place)));
            let may_go = post.is_unanswered || self.left.crashes > 0;
            steps.extend(may_go.then_some(Step::LosePost(place)));
        }
    }

    fn may_be_late(&self) -> bool {
        self.left.late > 0
    }

    fn steps_of_owner(&self, steps: &mut Vec<Step>) {
        match &self.command {
            Some(command) => {
                let may_delete = command.what == Order::Cancel && self.left.deletes > 0;
                steps.extend(may_delete.then_some(Step::DeleteMeanwhile));
                steps.push(Step::Command);
                steps.extend(self.may_be_late().then_some(Step::CommandLate));
                steps.extend(command.is_unanswered.then_some(Step::CommandGivesUp));
            }
            None if self.record.is_some() => {
                steps.extend((self.left.cancels > 0).then_some(Step::Look(Order::Cancel)));
                steps.extend((self.left.deletes > 0).then_some(Step::Look(Order::Delete)));
            }
            None => {}
        }
    }

    fn steps_of_schedule(&self, model: &Lifecycle, steps: &mut Vec<Step>) {
        let Some(schedule) = self.schedule else {
            return;
        };
        if schedule.is_gone {
            steps.extend(self.may_be_late().then_some(Step::ScheduleAgain));
            return;
        }
        steps.push(Step::Fire);
        let life = &self.submitters[schedule.from].life;
        let is_canceling = matches!(&self.command, Some(command) if command.what == Order::Cancel);
        let may_delete = life.canceled_unstarted
            || life.deleted
            || (is_canceling && model.lacks(Guard::UnscheduleLast));
        steps.extend(may_delete.then_some(Step::Unschedule));
    }

    /// Requests are answered within the tick: what takes longer is a write in flight. A schedule is a tick late at most.
    fn may_tick(&self) -> bool {
        let mut submitters = self.submitters.iter();
        let waits = |schedule: Schedule| schedule.is_gone || self.now <= schedule.due;
        self.command.is_none()
            && self.schedule.is_none_or(waits)
            && submitters
                .all(|submitter| matches!(submitter.submit, Submit::Accepted | Submit::Over))
    }

    fn steps_of_worker(&self, who: Who, worker: &Worker, model: &Lifecycle, steps: &mut Vec<Step>) {
        let late = |step: Step| self.may_be_late().then_some(step);
        match worker {
            Worker::Idle => {
                // An idle worker is as good as the other.
                let is_first = who == 0 || self.workers[0] != Worker::Idle;
                let visible = self
                    .messages
                    .iter()
                    .filter(|message| is_first && message.visible_at <= self.now);
                steps.extend(visible.map(|message| Step::Receive(who, message.delivery)));
            }
            Worker::Received { token, .. } => {
                steps.push(Step::Claim(who));
                steps.extend(late(Step::ClaimLate(who)));
                steps.extend(
                    (token.is_some() && model.lacks(Guard::InPlace)).then_some(Step::GiveUp(who)),
                );
            }
            Worker::Ends { is_unanswered, .. } => {
                steps.push(Step::End(who));
                steps.extend(late(Step::EndLate(who)));
                steps.extend(is_unanswered.then_some(Step::GiveUp(who)));
            }
            Worker::Runs {
                wish: Some(wish),
                is_unanswered,
                ..
            } => {
                steps.push(Step::Write(who, *wish));
                steps.extend(late(Step::WriteLate(who, *wish)));
                steps.extend(is_unanswered.then_some(Step::GiveUp(who)));
            }
            Worker::Runs {
                leaves_threads,
                run,
                ..
            } => {
                let wishes = self.wishes(*leaves_threads, model);
                for wish in wishes {
                    steps.push(Step::Write(who, wish));
                    steps.extend(late(Step::WriteLate(who, wish)));
                }
                if self.left.saves > 0 {
                    steps.push(Step::Save(who));
                    steps.extend(late(Step::SaveLate(who)));
                }
                let may_leave = self.left.leftovers > 0 && run.lease_until > Some(self.time());
                steps.extend(may_leave.then_some(Step::LeaveThread(who)));
                if self.left.timeouts > 0 {
                    steps.extend(
                        [true, false].map(|had_the_whole| Step::OutOfTime(who, had_the_whole)),
                    );
                }
                steps.push(Step::SeeCancel(who));
            }
        }
        if *worker != Worker::Idle && self.left.crashes > 0 {
            steps.push(Step::Crash(who));
        }
    }

    fn wishes(&self, leaves_threads: bool, model: &Lifecycle) -> Vec<Wish> {
        let mut wishes = Vec::new();
        if !leaves_threads {
            wishes.push(Wish::Succeed);
            wishes.extend(model.scene.has_failures().then_some(Wish::FailForGood));
        }
        // The last attempt's is a failure.
        wishes.extend((model.scene.max_attempts() > 1).then_some(Wish::Retry));
        wishes.extend((self.left.snoozes > 0).then_some(Wish::Snooze));
        wishes.extend((self.left.slices > 0).then_some(Wish::NextSlice));
        wishes
    }

    pub(crate) fn after(&self, step: Step, model: &Lifecycle) -> Option<Self> {
        let mut next = self.clone();
        match step {
            Step::Tick => next.tick(),
            Step::SubmitFirst(whose) => next.submit_first(whose, model),
            Step::SubmitSecond(whose) => next.submit_second(whose, model),
            Step::SubmitLate(whose) => next.submit_late(whose),
            Step::SubmitGivesUp(whose) => next.submitters[whose].submit = Submit::Over,
            Step::Fire => next.fire(),
            Step::Unschedule => next.set_schedule_gone(true),
            Step::ScheduleAgain => {
                next.left.late -= 1;
                next.set_schedule_gone(false);
            }
            Step::Land(place) => next.land(place, model),
            Step::Duplicate(delivery) => next.duplicate(delivery),
            Step::Receive(who, delivery) => next.receive(who, delivery),
            Step::Claim(who) => next.claim(who, model),
            Step::ClaimLate(who) => next.claim_late(who, model),
            Step::End(who) => next.end(who, model),
            Step::EndLate(who) => next.end_late(who, model),
            Step::Save(who) => next.save(who, false, model),
            Step::SaveLate(who) => next.save(who, true, model),
            Step::LeaveThread(who) => next.leave_thread(who),
            Step::OutOfTime(who, had_the_whole) => next.out_of_time(who, had_the_whole, model),
            Step::Write(who, wish) => next.write(who, wish, model),
            Step::WriteLate(who, wish) => next.write_late(who, wish, model),
            Step::SeeCancel(who) => next.see_cancel(who)?,
            Step::GiveUp(who) => next.give_up(who),
            Step::Crash(who) => {
                next.left.crashes -= 1;
                next.die(who);
            }
            Step::Look(order) => next.look_at(order, model),
            Step::Command => next.command(model),
            Step::CommandLate => next.command_late(model),
            Step::CommandGivesUp => next.command = None,
            Step::DeleteMeanwhile => next.delete_meanwhile(model),
            Step::Expire => next.record = None,
            Step::DuplicateNotice(place) => {
                next.left.notices -= 1;
                next.notices.push(next.notices[place]);
            }
            Step::Deliver(place, sent) => next.deliver(place, sent, model)?,
            Step::WriteBack(place) => next.write_back(place, model),
            Step::WriteBackLate(place) => next.write_back_late(place),
            Step::LosePost(place) => next.lose_post(place),
        }
        next.look();
        next.normalize();
        Some(next)
    }

    fn tick(&mut self) {
        self.now += 1;
        let now = self.now;
        self.pending.retain(|pending| now <= pending.until);
        self.leftovers.retain(|(_, until)| now < *until);
    }

    fn fire(&mut self) {
        if let Some(schedule) = self.schedule {
            self.send(schedule.from);
            self.set_schedule_gone(true);
        }
    }

    fn set_schedule_gone(&mut self, is_gone: bool) {
        self.schedule = self.schedule.map(|schedule| Schedule {
            is_gone,
            ..schedule
        });
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
                self.workers[who] = Worker::Received {
                    message: *message,
                    token: None,
                };
            }
        }
    }

    /// A number for a delivery that no message has.
    pub(crate) fn free_delivery(&self) -> u8 {
        let is_free = |number: &u8| {
            self.messages
                .iter()
                .all(|message| message.delivery != *number)
        };
        (0..u8::MAX).find(is_free).unwrap_or(u8::MAX)
    }
}
