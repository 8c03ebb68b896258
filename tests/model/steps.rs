//! What can happen next.

use engine::{
    ClaimDecision, Fingerprint, JobRecord, JobState, Move, Outcome, Timestamp, decide_claim,
    expiry, owns_attempt, transition,
};

use super::world::{
    DROP_AGE, HORIZON, LEASE, Message, RETENTION, SUBMIT_LIMIT, Submit, VISIBILITY, Worker, World,
    at, tick_of,
};
use super::{Guard, Lifecycle};

/// A worker by its number.
type Who = usize;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Step {
    Tick,
    SubmitFirst,
    SubmitSecond,
    /// The second write takes effect, and its answer is lost.
    SubmitSecondUnanswered,
    /// The second write does not take effect.
    SubmitSecondFails,
    Duplicate,
    Receive(Who, u8),
    Claim(Who),
    Succeed(Who),
    FailForGood(Who),
    AskForAnother(Who),
    SeeCancel(Who),
    Crash(Who),
    Cancel,
    Delete,
    Expire,
}

impl World {
    pub(super) fn steps(&self) -> Vec<Step> {
        let mut steps = Vec::new();
        if self.now < HORIZON && self.may_tick() {
            steps.push(Step::Tick);
        }
        match self.submit {
            Submit::Begun => steps.push(Step::SubmitFirst),
            Submit::Halfway { .. } => {
                steps.extend([
                    Step::SubmitSecond,
                    Step::SubmitSecondUnanswered,
                    Step::SubmitSecondFails,
                ]);
            }
            Submit::Accepted | Submit::Refused => {}
        }
        if self.duplicates_left > 0 && !self.messages.is_empty() {
            steps.push(Step::Duplicate);
        }
        for (who, worker) in self.workers.iter().enumerate() {
            self.steps_of(who, worker, &mut steps);
        }
        if self.submit == Submit::Accepted && self.owner_may_cancel {
            steps.push(Step::Cancel);
        }
        if self.submit == Submit::Accepted && self.owner_may_delete && self.record.is_some() {
            steps.push(Step::Delete);
        }
        if self
            .record
            .as_ref()
            .is_some_and(|record| record.is_expired(self.time()))
        {
            steps.push(Step::Expire);
        }
        steps
    }

    /// `submit` gives up in time: its function's time-out is shorter than the age at which a message is dropped.
    fn may_tick(&self) -> bool {
        !matches!(self.submit, Submit::Halfway { since } if self.now >= since + SUBMIT_LIMIT)
            && self.submit != Submit::Begun
    }

    fn steps_of(&self, who: Who, worker: &Worker, steps: &mut Vec<Step>) {
        match worker {
            Worker::Idle => {
                let visible = self
                    .messages
                    .iter()
                    .filter(|message| message.visible_at <= self.now);
                steps.extend(visible.map(|message| Step::Receive(who, message.delivery)));
            }
            Worker::Received { .. } => steps.push(Step::Claim(who)),
            Worker::Runs { .. } => {
                steps.extend([
                    Step::Succeed(who),
                    Step::FailForGood(who),
                    Step::AskForAnother(who),
                    Step::SeeCancel(who),
                ]);
            }
        }
        if *worker != Worker::Idle && self.crashes_left > 0 {
            steps.push(Step::Crash(who));
        }
    }

    pub(super) fn after(&self, step: Step, model: Lifecycle) -> Option<Self> {
        let mut next = self.clone();
        match step {
            Step::Tick => next.now += 1,
            Step::SubmitFirst => next.submit_first(model),
            Step::SubmitSecond => next.submit_second(model, Submit::Accepted),
            Step::SubmitSecondUnanswered => next.submit_second(model, Submit::Refused),
            Step::SubmitSecondFails => next.submit = Submit::Refused,
            Step::Duplicate => next.duplicate(),
            Step::Receive(who, delivery) => next.receive(who, delivery),
            Step::Claim(who) => next.claim(who, model),
            Step::Succeed(who) => next.end_attempt(who, Move::Succeed, model),
            Step::FailForGood(who) => next.end_attempt(who, Move::Fail, model),
            Step::AskForAnother(who) => next.end_attempt(who, Move::Reschedule, model),
            Step::SeeCancel(who) => return next.see_cancel(who, model),
            Step::Crash(who) => {
                next.crashes_left -= 1;
                next.workers[who] = Worker::Idle;
            }
            Step::Cancel => next.cancel(),
            Step::Delete => return next.delete(),
            Step::Expire => next.record = None,
        }
        next.messages.sort_unstable();
        next.look();
        Some(next)
    }

    fn submit_first(&mut self, model: Lifecycle) {
        self.submit = Submit::Halfway { since: self.now };
        if model.without == Some(Guard::MessageFirst) {
            self.write();
        } else {
            self.send();
        }
    }

    fn submit_second(&mut self, model: Lifecycle, answer: Submit) {
        self.submit = answer;
        if model.without == Some(Guard::MessageFirst) {
            self.send();
        } else {
            self.write();
        }
    }

    fn send(&mut self) {
        let delivery = self.free_delivery();
        self.messages.push(Message {
            visible_at: self.now,
            delivery,
        });
    }

    fn write(&mut self) {
        self.record = Some(Self::new_record());
    }

    fn duplicate(&mut self) {
        self.duplicates_left -= 1;
        self.send();
    }

    fn receive(&mut self, who: Who, delivery: u8) {
        let number = self.free_delivery();
        for message in &mut self.messages {
            if message.delivery == delivery {
                *message = Message {
                    visible_at: self.now + VISIBILITY,
                    delivery: number,
                };
            }
        }
        self.workers[who] = Worker::Received { delivery: number };
    }

    fn claim(&mut self, who: Who, model: Lifecycle) {
        let Worker::Received { delivery } = self.workers[who] else {
            return;
        };
        let decision = self.decide(model);
        let record = self.record.clone();
        match (decision, record) {
            (ClaimDecision::Start, Some(record)) => self.start(who, delivery, record),
            (ClaimDecision::Missing, _) if self.may_drop(model) => self.done(who, delivery),
            (ClaimDecision::Missing, _) => self.hand_back(who, delivery, self.now + 1),
            (ClaimDecision::Busy { .. }, _) if model.without == Some(Guard::HandBack) => {
                self.done(who, delivery);
            }
            (ClaimDecision::NotDue { until } | ClaimDecision::Busy { until }, _) => {
                self.hand_back(who, delivery, tick_of(until));
            }
            (ClaimDecision::Overdue | ClaimDecision::Exhausted, Some(record)) => {
                self.record = ended(record, Move::Fail, self.time());
                self.done(who, delivery);
            }
            (ClaimDecision::Canceled, Some(record)) => {
                self.record = ended(record, Move::Cancel, self.time());
                self.done(who, delivery);
            }
            (ClaimDecision::Foreign | ClaimDecision::Finished, _) | (_, None) => {
                self.done(who, delivery);
            }
        }
    }

    /// The code's own decision, or what it would be with a guard left out.
    fn decide(&self, model: Lifecycle) -> ClaimDecision {
        let decide =
            |record: Option<&JobRecord>| decide_claim(record, &Fingerprint::of(b""), self.time());
        match (model.without, decide(self.record.as_ref())) {
            (Some(Guard::Lease), ClaimDecision::Busy { .. })
            | (Some(Guard::Final), ClaimDecision::Finished) => ClaimDecision::Start,
            (_, decision) => decision,
        }
    }

    fn start(&mut self, who: Who, delivery: u8, record: JobRecord) {
        let holds = |worker: &Worker| matches!(worker, Worker::Runs { run, .. } if run.lease_until > Some(self.time()));
        self.seen.two_at_once |= self.workers.iter().any(holds);
        let started = JobRecord {
            state: transition(record.state, Move::Start).unwrap_or(JobState::Started),
            attempt: record.attempt + 1,
            lease_until: Some(at(self.now + LEASE)),
            ..record
        };
        self.seen.started += 1;
        self.record = Some(started.clone());
        self.workers[who] = Worker::Runs {
            delivery,
            run: started,
        };
    }

    fn may_drop(&self, model: Lifecycle) -> bool {
        model.without == Some(Guard::DropAge) || self.now >= DROP_AGE
    }

    /// An attempt writes its end, or asks for another one. Without the job it goes back, and nothing is written.
    fn end_attempt(&mut self, who: Who, end: Move, model: Lifecycle) {
        let Worker::Runs { delivery, run } = self.workers[who].clone() else {
            return;
        };
        let Some(record) = self
            .record
            .clone()
            .filter(|record| self.may_write(record, &run, model))
        else {
            self.workers[who] = Worker::Idle;
            return;
        };
        self.seen.stale_write |= record.attempt != run.attempt;
        let asks_to_stop = record.cancel_requested && end != Move::Succeed;
        match end {
            _ if asks_to_stop => self.write_end(who, delivery, record, Move::Cancel),
            Move::Reschedule if record.attempt < record.max_attempts => {
                let next_start = self.now + 1;
                self.record = rescheduled(record, next_start);
                self.hand_back(who, delivery, next_start);
            }
            Move::Reschedule => self.write_end(who, delivery, record, Move::Fail),
            end => self.write_end(who, delivery, record, end),
        }
    }

    fn write_end(&mut self, who: Who, delivery: u8, record: JobRecord, end: Move) {
        self.record = ended(record, end, self.time());
        self.done(who, delivery);
    }

    fn may_write(&self, record: &JobRecord, run: &JobRecord, model: Lifecycle) -> bool {
        match model.without {
            Some(Guard::Fencing) => {
                record.state == JobState::Started && self.time() < record.deadline
            }
            Some(Guard::Deadline) => owns_attempt(record, run, at(0)),
            _ => owns_attempt(record, run, self.time()),
        }
    }

    fn see_cancel(&mut self, who: Who, model: Lifecycle) -> Option<Self> {
        let asked = self
            .record
            .as_ref()
            .is_some_and(|record| record.cancel_requested);
        if !asked {
            return None;
        }
        self.end_attempt(who, Move::Cancel, model);
        self.messages.sort_unstable();
        self.look();
        Some(self.clone())
    }

    fn done(&mut self, who: Who, delivery: u8) {
        self.messages.retain(|message| message.delivery != delivery);
        self.workers[who] = Worker::Idle;
    }

    fn hand_back(&mut self, who: Who, delivery: u8, until: i64) {
        for message in &mut self.messages {
            if message.delivery == delivery {
                // Never before the next tick, so that no two steps go round in a circle.
                message.visible_at = until.max(self.now + 1);
            }
        }
        self.workers[who] = Worker::Idle;
    }

    /// As `JobStore::cancel` decides.
    fn cancel(&mut self) {
        self.owner_may_cancel = false;
        let Some(record) = self
            .record
            .clone()
            .filter(|record| !record.is_expired(self.time()))
        else {
            return;
        };
        if record.clone().judged(self.time()).state.is_completed() {
            return;
        }
        let is_held = record.state == JobState::Started && record.lease_until > Some(self.time());
        if is_held {
            self.record = Some(JobRecord {
                cancel_requested: true,
                ..record
            });
            return;
        }
        self.seen.canceled_unstarted |= record.attempt == 0;
        self.record = ended(record, Move::Cancel, self.time());
    }

    fn delete(&mut self) -> Option<Self> {
        let record = self.record.clone()?.judged(self.time());
        if !record.state.is_completed() {
            return None;
        }
        self.owner_may_delete = false;
        self.look();
        self.seen.deleted = true;
        self.record = None;
        Some(self.clone())
    }
}

fn ended(record: JobRecord, end: Move, now: Timestamp) -> Option<JobRecord> {
    let JobState::Completed(outcome) = transition(record.state, end).ok()? else {
        return Some(record);
    };
    let overdue = outcome == Outcome::Failed && now >= record.deadline;
    let expires_at = if overdue {
        record.expires_at
    } else {
        expiry(now, RETENTION)
    };
    Some(JobRecord {
        state: JobState::Completed(outcome),
        ended_at: Some(now),
        lease_until: None,
        cancel_requested: false,
        expires_at,
        ..record
    })
}

fn rescheduled(record: JobRecord, next_start: i64) -> Option<JobRecord> {
    Some(JobRecord {
        state: transition(record.state, Move::Reschedule).ok()?,
        scheduled_start: at(next_start),
        lease_until: None,
        ..record
    })
}
