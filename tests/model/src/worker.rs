//! What a worker does with a message and a job.

use std::time::Duration;

use engine::{
    AttemptWrite, ClaimDecision, JobError, JobRecord, JobState, Move, Outcome, RetryPolicy,
    Timestamp, Unclaimed, Written, decide_claim, decide_write,
};
use worker::{After, Circumstances, Limit, ending};

use crate::steps::{Who, Wish};
use crate::world::{
    Message, Standing, Unowned, VISIBILITY, WRITE_HORIZON, Worker, World, at, fingerprint, tick_of,
};
use crate::write::{Write, said_by};
use crate::{Guard, Lifecycle};

/// A tick after each failure.
const RETRY: RetryPolicy = RetryPolicy {
    base: Duration::from_secs(60),
    cap: Duration::from_secs(60),
};

impl World {
    /// As the worker's `Delivery` does.
    pub(crate) fn claim(&mut self, who: Who, model: &Lifecycle) {
        let Worker::Received { message, token } = self.workers[who] else {
            return;
        };
        if self.lease_of(message, model) <= self.time() {
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
    fn lease_of(&self, message: Message, model: &Lifecycle) -> Timestamp {
        at(message.visible_at - VISIBILITY + model.scene.lease())
    }

    fn claim_of(&self, message: Message, token: u8, model: &Lifecycle) -> Write {
        Write::Claim {
            fingerprint: fingerprint(self.submitters[message.from].body),
            token: token.to_string(),
            lease_until: self.lease_of(message, model),
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
                self.hand_back(who, message, self.time().plus(after))
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
        let decision = match end {
            Unowned::Overdue => ClaimDecision::Overdue,
            Unowned::Canceled => ClaimDecision::Canceled,
            Unowned::Exhausted => ClaimDecision::Exhausted,
        };
        let (ending, ended_at, expires_at) =
            ending(&job.job, decision, self.time(), model.retention());
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

    /// Each save is a further checkpoint, with the next number, whether the one before was answered or not.
    pub(crate) fn save(&mut self, who: Who, is_late: bool, model: &Lifecycle) {
        let Worker::Runs {
            said, number, run, ..
        } = &mut self.workers[who]
        else {
            return;
        };
        (*said, *number) = (*said + 1, *number + 1);
        let write = Write::Save {
            run: run.clone(),
            said: *said,
            number: *number,
        };
        self.left.saves -= 1;
        if is_late {
            self.send_late(write, self.time());
        } else {
            self.put(&write, self.time(), model);
        }
    }

    pub(crate) fn leave_thread(&mut self, who: Who) {
        self.left.leftovers -= 1;
        if let Worker::Runs {
            leaves_threads,
            run,
            whose,
            ..
        } = &mut self.workers[who]
        {
            *leaves_threads = true;
            let until = run.lease_until.map_or(0, tick_of);
            self.leftovers.push((*whose, until));
        }
    }

    /// What the worker knows of an attempt when it ends.
    fn circumstances<'run>(
        &self,
        run: &'run JobRecord,
        leaves_threads: bool,
        model: &Lifecycle,
    ) -> Circumstances<'run> {
        let waits = leaves_threads && !model.lacks(Guard::Leftovers);
        let not_before = run.lease_until.filter(|_| waits).unwrap_or(self.time());
        Circumstances {
            run,
            policy: RETRY,
            deliveries: 1,
            now: self.time(),
            not_before,
            random: 60_000,
        }
    }

    pub(crate) fn out_of_time(&mut self, who: Who, had_the_whole: bool, model: &Lifecycle) {
        let Worker::Runs {
            run,
            leaves_threads,
            ..
        } = self.workers[who].clone()
        else {
            return;
        };
        self.left.timeouts -= 1;
        let limit = if had_the_whole || model.lacks(Guard::LateStart) {
            Limit::Invocation
        } else {
            Limit::Rest
        };
        let after = self
            .circumstances(&run, leaves_threads, model)
            .after_time_out(limit, true);
        let is_final = matches!(after, After::End(_));
        let may_go_on = run.attempt < run.max_attempts
            && !run.is_past_deadline(at(self.now + 1))
            && !leaves_threads;
        self.seen.timed_out_early |= is_final && may_go_on && !had_the_whole;
        if let Worker::Runs { wish, .. } = &mut self.workers[who] {
            *wish = Some(if is_final {
                Wish::FailForGood
            } else {
                Wish::Retry
            });
        }
    }

    fn write_of(&self, who: Who, wish: Wish, model: &Lifecycle) -> Option<(Message, Write)> {
        let Worker::Runs {
            message,
            run,
            said,
            leaves_threads,
            ..
        } = &self.workers[who]
        else {
            return None;
        };
        let circumstances = self.circumstances(run, *leaves_threads, model);
        let after = match wish {
            Wish::Retry => Some(circumstances.after_failure(None, None)),
            Wish::Snooze => Some(
                circumstances
                    .after(&JobError::snooze(RETRY.base, "later"))
                    .1,
            ),
            Wish::Succeed | Wish::FailForGood | Wish::Cancel => None,
        };
        let (wish, next_start) = match after {
            None => (wish, self.time()),
            Some(After::End(_)) => (Wish::FailForGood, self.time()),
            Some(After::Again(again)) => (wish, again.next_start),
        };
        Some((
            *message,
            Write::Attempt {
                run: run.clone(),
                wish,
                said: *said,
                next_start,
            },
        ))
    }

    /// An attempt writes its end, or gives the job back.
    pub(crate) fn write(&mut self, who: Who, wish: Wish, model: &Lifecycle) {
        let Some((message, write)) = self.write_of(who, wish, model) else {
            return;
        };
        if wish == Wish::Snooze && !self.is_unanswered(who) {
            self.left.snoozes = self.left.snoozes.saturating_sub(1);
        }
        let is_written = self.put(&write, self.time(), model);
        let Write::Attempt {
            run,
            wish,
            next_start,
            ..
        } = write
        else {
            return;
        };
        let record = self.record.as_ref().map(|standing| &*standing.job);
        if is_written || record.is_some_and(|record| is_own(record, &run, wish)) {
            return match wish {
                Wish::Retry | Wish::Snooze => self.hand_back(who, message, next_start),
                Wish::Succeed | Wish::FailForGood | Wish::Cancel => self.done(who, message),
            };
        }
        match decide_write(record, &run, wish.as_write(), self.time()) {
            Written::CancelRequested => self.stop(who),
            Written::Applied | Written::Fenced => self.workers[who] = Worker::Idle,
        }
    }

    fn is_unanswered(&self, who: Who) -> bool {
        matches!(
            self.workers[who],
            Worker::Runs {
                is_unanswered: true,
                ..
            }
        )
    }

    pub(crate) fn write_late(&mut self, who: Who, wanted: Wish, model: &Lifecycle) {
        let Some((_, write)) = self.write_of(who, wanted, model) else {
            return;
        };
        if wanted == Wish::Snooze && !self.is_unanswered(who) {
            self.left.snoozes = self.left.snoozes.saturating_sub(1);
        }
        self.send_late(write, self.time());
        if let Worker::Runs {
            wish,
            is_unanswered,
            ..
        } = &mut self.workers[who]
        {
            *wish = Some(wanted);
            *is_unanswered = true;
        }
    }

    pub(crate) fn see_cancel(&mut self, who: Who) -> Option<()> {
        let Worker::Runs { run, .. } = &self.workers[who] else {
            return None;
        };
        let record = self.record.as_ref().map(|standing| &*standing.job);
        let seen = decide_write(record, run, AttemptWrite::Progress, self.time());
        (seen == Written::CancelRequested).then(|| self.stop(who))
    }

    fn stop(&mut self, who: Who) {
        if let Worker::Runs {
            wish,
            is_unanswered,
            ..
        } = &mut self.workers[who]
        {
            *wish = Some(Wish::Cancel);
            *is_unanswered = false;
        }
    }

    /// The message comes back when its visibility timeout ends.
    pub(crate) fn give_up(&mut self, who: Who) {
        self.workers[who] = Worker::Idle;
    }

    fn age(&self, message: Message) -> std::time::Duration {
        self.time().since(at(message.sent_at))
    }

    fn done(&mut self, who: Who, message: Message) {
        self.messages
            .retain(|copy| copy.delivery != message.delivery);
        self.workers[who] = Worker::Idle;
    }

    /// Never visible before the next tick, so that no two steps go round in a circle.
    fn hand_back(&mut self, who: Who, message: Message, until: Timestamp) {
        for copy in &mut self.messages {
            if copy.delivery == message.delivery {
                copy.visible_at = tick_of(until).max(self.now + 1);
            }
        }
        self.workers[who] = Worker::Idle;
    }
}

/// As `JobStore` recognizes an attempt's own write.
fn is_own(record: &JobRecord, run: &JobRecord, wish: Wish) -> bool {
    let is_so = match wish.as_write() {
        AttemptWrite::End(outcome) => record.state == JobState::Completed(outcome),
        AttemptWrite::Progress | AttemptWrite::Reschedule => record.state == JobState::Scheduled,
    };
    is_so && record.run_token == run.run_token
}
