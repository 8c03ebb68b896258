//! What an attempt writes: its checkpoints, and how it ended.

use std::time::Duration;

use engine::{AttemptWrite, JobError, JobRecord, JobState, RetryPolicy, Written, decide_write};
use worker::{After, Circumstances, Limit};

use crate::step::{Who, Wish};
use crate::world::{Message, Worker, World, at, tick_of};
use crate::write::Write;
use crate::{Guard, Lifecycle};

/// A tick after each failure.
const RETRY: RetryPolicy = RetryPolicy {
    base: Duration::from_secs(60),
    cap: Duration::from_secs(60),
};

impl World {
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
            // A slice that makes no progress is a failed attempt.
            limit: Limit::Invocation,
            made_progress: true,
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
        let circumstances = Circumstances {
            limit,
            ..self.circumstances(&run, leaves_threads, model)
        };
        let after = circumstances.after_time_out(true);
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
            Wish::NextSlice => Some(circumstances.after(&JobError::next_slice()).1),
            Wish::Succeed | Wish::FailForGood | Wish::Cancel => None,
        };
        let (wish, next_start) = match after {
            None => (wish, self.time()),
            Some(After::End(_)) => (Wish::FailForGood, self.time()),
            Some(After::Again(again)) => (wish, again.next_start),
            Some(After::NextSlice { next_start }) => (wish, next_start),
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
        self.use_up(who, wish);
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
                Wish::Retry | Wish::Snooze | Wish::NextSlice => {
                    self.hand_back(who, message, next_start);
                }
                Wish::Succeed | Wish::FailForGood | Wish::Cancel => self.done(who, message),
            };
        }
        match decide_write(record, &run, wish.as_write(), self.time()) {
            Written::CancelRequested => self.stop(who),
            Written::Applied | Written::Fenced => self.workers[who] = Worker::Idle,
        }
    }

    fn use_up(&mut self, who: Who, wish: Wish) {
        if self.is_unanswered(who) {
            return;
        }
        match wish {
            Wish::Snooze => self.left.snoozes = self.left.snoozes.saturating_sub(1),
            Wish::NextSlice => self.left.slices = self.left.slices.saturating_sub(1),
            _ => {}
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
        self.use_up(who, wanted);
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
}

/// As `JobStore` recognizes an attempt's own write.
fn is_own(record: &JobRecord, run: &JobRecord, wish: Wish) -> bool {
    let is_so = match wish.as_write() {
        AttemptWrite::EndSlice => {
            return record.is_between_slices && record.run_token == run.ended_slice_token();
        }
        AttemptWrite::End(outcome) => record.state == JobState::Completed(outcome),
        AttemptWrite::Progress | AttemptWrite::Reschedule => record.state == JobState::Scheduled,
    };
    is_so && record.run_token == run.run_token
}
