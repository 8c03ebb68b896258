//! What a worker does with a message and a job.

use std::time::Duration;

use engine::{ClaimDecision, Ending, JobState, Move, Outcome, Timestamp, Unclaimed, decide_claim};
use worker::ending;

use crate::effects::said_by;
use crate::step::Who;
use crate::world::{
    Message, Standing, Unowned, VISIBILITY, WRITE_HORIZON, Worker, World, at, fingerprint, tick_of,
};
use crate::write::Write;
use crate::{Guard, Lifecycle};

impl World {
    /// As the worker's `Delivery` does.
    pub(crate) fn claim(&mut self, who: Who, model: &Lifecycle) {
        let Worker::Received { message, token } = self.workers[who] else {
            return;
        };
        if Self::lease_of(message, model) <= self.time() {
            return self.die(who);
        }
        let token = token.unwrap_or_else(|| self.free_token(model));
        let claim = self.claim_of(message, token, model);
        let is_own = |standing: &Standing| {
            standing.job.state == JobState::Started
                && standing.job.run_token == Some(token.to_string())
        };
        if self.put(&claim, self.time(), model) || self.record.as_ref().is_some_and(is_own) {
            return self.begin(who, message);
        }
        // An earlier try may still take effect, once there is a record: this costs an attempt.
        self.died_claiming |= matches!(self.workers[who], Worker::Received { token: Some(_), .. });
        let record = self.record.clone();
        let of_message = fingerprint(self.submitters[message.from].body);
        let decision = decide_claim(
            record.as_ref().map(|standing| &*standing.job),
            &of_message,
            self.time(),
        );
        self.refused(who, message, decision, record, model);
    }

    pub(crate) fn claim_late(&mut self, who: Who, model: &Lifecycle) {
        let Worker::Received { message, token } = self.workers[who] else {
            return;
        };
        let token = token.unwrap_or_else(|| self.free_token(model));
        self.send_late(self.claim_of(message, token, model), self.time());
        self.workers[who] = Worker::Received {
            message,
            token: Some(token),
        };
    }

    /// A process dies, or its invocation is over.
    pub(crate) fn die(&mut self, who: Who) {
        self.died_claiming |= matches!(self.workers[who], Worker::Received { token: Some(_), .. });
        self.workers[who] = Worker::Idle;
    }

    /// The lease ends with the invocation, which began with the delivery.
    fn lease_of(message: Message, model: &Lifecycle) -> Timestamp {
        at(message.visible_at - VISIBILITY + model.scene.lease())
    }

    fn claim_of(&self, message: Message, token: u8, model: &Lifecycle) -> Write {
        Write::Claim {
            fingerprint: fingerprint(self.submitters[message.from].body),
            token: token.to_string(),
            lease_until: Self::lease_of(message, model),
        }
    }

    /// A token that nothing has: as good as a random one.
    fn free_token(&self, model: &Lifecycle) -> u8 {
        if model.lacks(Guard::Token) {
            return 0;
        }
        let of_workers = self.workers.iter().filter_map(|worker| match worker {
            Worker::Received { token, .. } => token.map(|token| token.to_string()),
            Worker::Runs { run, .. } => run.run_token.clone(),
            Worker::Idle | Worker::Ends { .. } => None,
        });
        let of_pending = self
            .pending
            .iter()
            .filter_map(|pending| match &pending.write {
                Write::Claim { token, .. } => Some(token.clone()),
                Write::Save { run, .. } | Write::Attempt { run, .. } => run.run_token.clone(),
                _ => None,
            });
        let of_record = self
            .record
            .iter()
            .filter_map(|standing| standing.job.run_token.clone());
        let taken: Vec<_> = of_workers.chain(of_pending).chain(of_record).collect();
        (0..u8::MAX)
            .find(|token| !taken.contains(&token.to_string()))
            .unwrap_or(u8::MAX)
    }

    /// The handler begins.
    fn begin(&mut self, who: Who, message: Message) {
        let Some(Standing { whose, job }) = self.record.clone() else {
            return;
        };
        let runs_it = |worker: &Worker| match worker {
            Worker::Runs {
                run,
                whose: its,
                wish,
                ..
            } => *its == whose && wish.is_none() && run.lease_until > Some(self.time()),
            Worker::Idle | Worker::Received { .. } | Worker::Ends { .. } => false,
        };
        self.seen.two_at_once |= self.workers.iter().any(runs_it);
        self.seen.two_at_once |= self.leftovers.iter().any(|(its, _)| *its == whose);
        let body = self.submitters[message.from].body;
        self.seen.foreign_input |= body != self.submitters[whose].body;
        self.submitters[whose].life.started += 1;
        self.workers[who] = Worker::Runs {
            message,
            said: said_by(&job),
            number: 0,
            run: job,
            whose,
            wish: None,
            leaves_threads: false,
            is_unanswered: false,
        };
    }

    fn refused(
        &mut self,
        who: Who,
        message: Message,
        decision: ClaimDecision,
        record: Option<Standing>,
        model: &Lifecycle,
    ) {
        let busy = matches!(decision, ClaimDecision::Busy { .. });
        if (decision == ClaimDecision::Missing && model.lacks(Guard::DropAge))
            || (busy && model.lacks(Guard::HandBack))
        {
            return self.done(who, message);
        }
        match (
            Unclaimed::of(decision, self.age(message), WRITE_HORIZON, self.time()),
            record,
        ) {
            (Unclaimed::Drop, _) => self.done(who, message),
            (Unclaimed::HandBack { after }, _) => {
                self.hand_back(who, message, self.time().plus(after));
            }
            (Unclaimed::End, Some(job)) => {
                let end = match decision {
                    ClaimDecision::Overdue => Unowned::Overdue,
                    ClaimDecision::Canceled => Unowned::Canceled,
                    _ => Unowned::Exhausted,
                };
                self.workers[who] = Worker::Ends {
                    message,
                    job,
                    end,
                    is_unanswered: false,
                };
            }
            (Unclaimed::End, None) => self.hand_back(who, message, self.time()),
        }
    }

    /// As the worker's `end`: the write, and how the job ends by it.
    fn end_of(&self, job: &Standing, end: Unowned, model: &Lifecycle) -> Write {
        let of = |decision| ending(&job.job, decision, self.time(), model.retention());
        let (ending, ended_at, expires_at) = match end {
            Unowned::Overdue => {
                let (ending, ended_at) = Ending::of_overdue(&job.job);
                (ending, ended_at, job.job.expires_at)
            }
            Unowned::Canceled => of(ClaimDecision::Canceled),
            Unowned::Exhausted => of(ClaimDecision::Exhausted),
        };
        let is_overdue = end == Unowned::Overdue;
        let end = match ending.outcome() {
            Outcome::Success => Move::Succeed,
            Outcome::Failed => Move::Fail,
            Outcome::Canceled => Move::Cancel,
        };
        Write::End {
            of: job.clone(),
            end,
            is_overdue,
            ended_at,
            expires_at,
            first: None,
        }
    }

    pub(crate) fn end(&mut self, who: Who, model: &Lifecycle) {
        let Worker::Ends {
            message, job, end, ..
        } = self.workers[who].clone()
        else {
            return;
        };
        let is_claiming =
            |worker: &Worker| matches!(worker, Worker::Received { token: Some(_), .. });
        let is_stuck = self.died_claiming || self.workers.iter().any(is_claiming);
        let never_ran = self.submitters[job.whose].life.started == 0;
        if self.put(&self.end_of(&job, end, model), self.time(), model) {
            self.seen.burned |= end == Unowned::Exhausted && never_ran && !is_stuck;
            self.done(who, message);
        } else {
            self.hand_back(who, message, self.time());
        }
    }

    pub(crate) fn end_late(&mut self, who: Who, model: &Lifecycle) {
        if let Worker::Ends {
            job,
            end,
            is_unanswered,
            ..
        } = &mut self.workers[who]
        {
            *is_unanswered = true;
            let (job, end) = (job.clone(), *end);
            self.send_late(self.end_of(&job, end, model), self.time());
        }
    }

    /// The message is redelivered when its visibility timeout ends.
    pub(crate) fn give_up(&mut self, who: Who) {
        self.workers[who] = Worker::Idle;
    }

    fn age(&self, message: Message) -> Duration {
        self.time().since(at(message.sent_at))
    }

    pub(crate) fn done(&mut self, who: Who, message: Message) {
        self.messages
            .retain(|copy| copy.delivery != message.delivery);
        self.workers[who] = Worker::Idle;
    }

    /// Never visible before the next tick, so that no two steps go round in a circle.
    pub(crate) fn hand_back(&mut self, who: Who, message: Message, until: Timestamp) {
        for copy in &mut self.messages {
            if copy.delivery == message.delivery {
                copy.visible_at = tick_of(until).max(self.now + 1);
            }
        }
        self.workers[who] = Worker::Idle;
    }
}
