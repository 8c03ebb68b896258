//! What a worker does with a message and a job.

use engine::{
    AttemptWrite, ClaimDecision, JobRecord, JobState, Move, Outcome, Pause, Timestamp, Written,
    decide_claim, decide_write, expiry, transition,
};

use super::steps::{Who, Wish};
use super::world::{
    DROP_AGE, LEASE, Message, RETENTION, Shared, Standing, Worker, World, at, fingerprint, tick_of,
};
use super::{Guard, Lifecycle};

impl World {
    /// As the worker's `Delivery` does.
    pub(super) fn claim(&mut self, who: Who, model: Lifecycle) {
        let Worker::Received { message } = self.workers[who] else {
            return;
        };
        let decision = self.decide(message, model);
        match (decision, self.record.clone()) {
            (ClaimDecision::Start, Some(standing)) => self.start(who, message, standing),
            (ClaimDecision::Missing, _) if self.may_drop(message, model) => {
                self.done(who, message, model);
            }
            (ClaimDecision::Missing, _) => self.hand_back(who, message, self.now + 1),
            (ClaimDecision::Busy { .. }, _) if model.without == Some(Guard::HandBack) => {
                self.done(who, message, model);
            }
            (
                ClaimDecision::NotDue { until }
                | ClaimDecision::Busy { until }
                | ClaimDecision::PastDeadline { until },
                _,
            ) => {
                self.hand_back(who, message, tick_of(until));
            }
            (ClaimDecision::Overdue | ClaimDecision::Exhausted, Some(standing)) => {
                self.end(who, message, standing, Move::Fail, model);
            }
            (ClaimDecision::Canceled, Some(standing)) => {
                self.end(who, message, standing, Move::Cancel, model);
            }
            (ClaimDecision::Foreign | ClaimDecision::Finished, _) | (_, None) => {
                self.done(who, message, model);
            }
        }
    }

    /// The code's own decision, or what it would be with a guard left out.
    fn decide(&self, message: Message, model: Lifecycle) -> ClaimDecision {
        let record = self.record.as_ref().map(|standing| &*standing.job);
        let of_record = record.map(|job| &job.fingerprint);
        let of_message = fingerprint(self.submitters[message.from].body);
        let fingerprint = match model.without {
            Some(Guard::Fingerprint) => of_record.unwrap_or(&of_message),
            _ => &of_message,
        };
        match (
            model.without,
            decide_claim(record, fingerprint, self.time()),
        ) {
            (Some(Guard::Lease), ClaimDecision::Busy { .. })
            | (Some(Guard::Final), ClaimDecision::Finished) => ClaimDecision::Start,
            (_, decision) => decision,
        }
    }

    fn start(&mut self, who: Who, message: Message, Standing { whose, job }: Standing) {
        let holds = |worker: &Worker| match worker {
            Worker::Runs {
                run, is_unanswered, ..
            } => !is_unanswered && run.lease_until > Some(self.time()),
            Worker::Idle | Worker::Received { .. } => false,
        };
        self.seen.two_at_once |= self.workers.iter().any(holds);
        let body = self.submitters[message.from].body;
        self.seen.foreign_input |= body != self.submitters[whose].body;
        let starts: u32 = self
            .submitters
            .iter()
            .map(|submitter| submitter.life.started)
            .sum();
        let run = JobRecord {
            state: transition(job.state, Move::Start).unwrap_or(JobState::Started),
            attempt: job.attempt + 1,
            lease_until: Some(at(self.now + LEASE)),
            // Unique for each claim.
            run_token: Some(starts.to_string()),
            ..JobRecord::clone(&job)
        };
        let run = Shared::from(run);
        self.submitters[whose].life.started += 1;
        self.record = Some(Standing {
            whose,
            job: run.clone(),
        });
        self.workers[who] = Worker::Runs {
            message,
            run,
            is_unanswered: false,
        };
    }

    fn age(&self, message: Message) -> i64 {
        self.now - message.sent_at
    }

    fn may_drop(&self, message: Message, model: Lifecycle) -> bool {
        model.without == Some(Guard::DropAge) || self.age(message) >= DROP_AGE
    }

    /// An attempt writes its end, or gives the job back. `None` where a lost answer would make no difference.
    pub(super) fn write(
        &mut self,
        who: Who,
        wish: Wish,
        is_answered: bool,
        model: Lifecycle,
    ) -> Option<()> {
        let Worker::Runs { message, run, .. } = self.workers[who].clone() else {
            return None;
        };
        let write = match wish {
            Wish::Succeed => AttemptWrite::End(Outcome::Success),
            Wish::FailForGood => AttemptWrite::End(Outcome::Failed),
            Wish::Retry | Wish::Snooze => AttemptWrite::Reschedule,
        };
        let written = self.decide_write(&run, write, model);
        let standing = self.record.clone().filter(|_| written != Written::Fenced);
        match standing {
            None if is_answered => self.workers[who] = Worker::Idle,
            Some(standing) if written == Written::CancelRequested && is_answered => {
                self.end(who, message, standing, Move::Cancel, model);
            }
            Some(standing) if written == Written::Applied => {
                self.seen.stale_write |= standing.job.run_token != run.run_token;
                let fate = self.apply(standing, wish);
                self.settle(who, message, Some(fate).filter(|_| is_answered), model);
            }
            _ => return None,
        }
        Some(())
    }

    /// What the write leaves of the record, and what the worker does with the message then.
    fn apply(&mut self, Standing { whose, job }: Standing, wish: Wish) -> Fate {
        let is_last = job.attempt >= job.max_attempts;
        let next_start = self.now + 1;
        let (job, fate) = match wish {
            Wish::Succeed => (ended(&job, Move::Succeed, self.time()), Fate::Done),
            Wish::FailForGood => (ended(&job, Move::Fail, self.time()), Fate::Done),
            Wish::Retry if is_last => (ended(&job, Move::Fail, self.time()), Fate::Done),
            Wish::Retry => (
                paused(&job, Pause::Retry, next_start),
                Fate::Back { at: next_start },
            ),
            Wish::Snooze => {
                self.left.snoozes = self.left.snoozes.saturating_sub(1);
                self.submitters[whose].life.snoozed += 1;
                let job = paused(&job, Pause::Snooze, next_start);
                (job, Fate::Back { at: next_start })
            }
        };
        self.record = Some(Standing { whose, job });
        fate
    }

    /// What follows from a write, unless its answer was lost.
    fn settle(&mut self, who: Who, message: Message, fate: Option<Fate>, model: Lifecycle) {
        match fate {
            Some(Fate::Done) => self.done(who, message, model),
            Some(Fate::Back { at }) => self.hand_back(who, message, at),
            None => {
                self.left.lost_answers -= 1;
                if let Worker::Runs { is_unanswered, .. } = &mut self.workers[who] {
                    *is_unanswered = true;
                }
            }
        }
    }

    /// The code's own decision, or what it would be with a guard left out.
    fn decide_write(&self, run: &Shared, write: AttemptWrite, model: Lifecycle) -> Written {
        let record = self.record.as_ref().map(|standing| &*standing.job);
        let is_same_number = record.is_some_and(|record| record.attempt == run.attempt);
        let is_taken_for_own = match model.without {
            Some(Guard::Fencing) => true,
            Some(Guard::Token) => is_same_number,
            _ => false,
        };
        let as_own = |record: &JobRecord| JobRecord {
            run_token: record.run_token.clone(),
            ..JobRecord::clone(run)
        };
        let taken = record.filter(|_| is_taken_for_own).map(as_own);
        let run = taken.as_ref().unwrap_or(run);
        let now = match model.without {
            Some(Guard::Deadline) => at(0),
            _ => self.time(),
        };
        decide_write(record, run, write, now)
    }

    pub(super) fn see_cancel(&mut self, who: Who, model: Lifecycle) -> Option<()> {
        let Worker::Runs { message, run, .. } = self.workers[who].clone() else {
            return None;
        };
        let standing = self.record.clone()?;
        let seen = self.decide_write(&run, AttemptWrite::Progress, model);
        (seen == Written::CancelRequested)
            .then(|| self.end(who, message, standing, Move::Cancel, model))
    }

    fn end(
        &mut self,
        who: Who,
        message: Message,
        Standing { whose, job }: Standing,
        end: Move,
        model: Lifecycle,
    ) {
        let job = ended(&job, end, self.time());
        self.record = Some(Standing { whose, job });
        self.done(who, message, model);
    }

    /// A keyed message is kept while its submit may still write, as `Delivery` does.
    fn done(&mut self, who: Who, message: Message, model: Lifecycle) {
        let is_keyed = self.submitters.len() > 1 && model.without != Some(Guard::KeyedAge);
        if is_keyed && self.age(message) < DROP_AGE {
            return self.hand_back(who, message, message.sent_at + DROP_AGE);
        }
        self.messages
            .retain(|copy| copy.delivery != message.delivery);
        self.workers[who] = Worker::Idle;
    }

    fn hand_back(&mut self, who: Who, message: Message, until: i64) {
        for copy in &mut self.messages {
            if copy.delivery == message.delivery {
                // Never before the next tick, so that no two steps go round in a circle.
                copy.visible_at = until.max(self.now + 1);
            }
        }
        self.workers[who] = Worker::Idle;
    }
}

/// What becomes of a message.
#[derive(Clone, Copy)]
enum Fate {
    Done,
    Back { at: i64 },
}

fn paused(job: &JobRecord, pause: Pause, next_start: i64) -> Shared {
    let paused = JobRecord {
        state: transition(job.state, Move::Reschedule).unwrap_or(job.state),
        attempt: pause.attempts_used(job.attempt),
        scheduled_start: at(next_start),
        lease_until: None,
        ..job.clone()
    };
    paused.into()
}

/// The record after its end.
pub(super) fn ended(job: &JobRecord, end: Move, now: Timestamp) -> Shared {
    let Ok(state @ JobState::Completed(outcome)) = transition(job.state, end) else {
        return job.clone().into();
    };
    let is_overdue = outcome == Outcome::Failed && now >= job.deadline;
    let expires_at = if is_overdue {
        job.expires_at
    } else {
        expiry(now, RETENTION)
    };
    let ended = JobRecord {
        state,
        ended_at: Some(now),
        lease_until: None,
        cancel_requested: false,
        expires_at,
        ..job.clone()
    };
    ended.into()
}
