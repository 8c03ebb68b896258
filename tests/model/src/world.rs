//! Everything that a job's life depends on, at one moment.
//!
//! Over 300 lines: the types of one state, which every module of the model reads.

use std::time::Duration;

use engine::{CreationToken, Fingerprint, JobRecord, JobState, Outcome, Timestamp};

use crate::shared::{Shared, digest};
use crate::step::Wish;
use crate::webhook::{Notice, Post};
use crate::write::Pending;

/// What a tick advances the clocks by: longer than the margins for clocks in the code, so that they don't blur the steps.
pub(crate) const TICK_S: i64 = 60;

/// In ticks: a message's visibility timeout.
pub(crate) const VISIBILITY: i64 = 1;

/// In ticks: how long after its clock was read a write can take effect.
pub(crate) const FLIGHT: i64 = 1;

pub(crate) fn flight() -> Duration {
    at(FLIGHT).since(at(0))
}

/// The write horizon: a flight, and what the clocks differ on both sides of it. In ticks, it is rounded up.
pub(crate) const WRITE_HORIZON: Duration = Duration::from_secs(62);
pub(crate) const HORIZON: i64 = 2;

/// The shortest that a deployment may choose.
pub(crate) const RETENTION: Duration = WRITE_HORIZON;

/// A state of the model.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct World {
    pub(crate) now: i64,
    /// By how many seconds the owner's side is ahead of the workers.
    pub(crate) skew_s: i64,
    /// Everyone who wants a job under this id: more than one only under an idempotency key.
    pub(crate) submitters: Vec<Submitter>,
    /// The cancel or delete that is under way.
    pub(crate) command: Option<Command>,
    pub(crate) record: Option<Standing>,
    /// Sorted, so that two orders of the same messages are one state.
    pub(crate) messages: Vec<Message>,
    /// The schedule that will send the message of the job: only one job has one.
    pub(crate) schedule: Option<Schedule>,
    /// Sorted, too.
    pub(crate) workers: [Worker; 2],
    /// Writes in flight, sorted.
    pub(crate) pending: Vec<Pending>,
    /// Until when the threads run that an attempt of a job left behind: its process dies with its invocation.
    pub(crate) leftovers: Vec<(Whose, i64)>,
    /// The messages about ends, sorted.
    pub(crate) notices: Vec<Notice>,
    /// The deliveries that were made and are not in the record yet, sorted.
    pub(crate) posts: Vec<Post>,
    /// Whether the ends of the jobs are reported.
    pub(crate) has_callbacks: bool,
    /// Whether the message about an end is sent before the end is written.
    pub(crate) announces_first: bool,
    pub(crate) left: Left,
    /// Whether a worker died that had got no answer to a claim.
    pub(crate) died_claiming: bool,
    pub(crate) seen: Seen,
}

/// A submitter by its number; also the job that it writes.
pub(crate) type Whose = usize;

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Submitter {
    pub(crate) submit: Submit,
    /// What request it makes.
    pub(crate) body: u8,
    /// What has become of its job.
    pub(crate) life: Life,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Submit {
    Begun,
    /// The message is sent (or, with that guard left out, the record is written).
    Halfway {
        job: Shared,
        seen: Option<CreationToken>,
        is_unanswered: bool,
    },
    /// The client has its 202 for a new job.
    Accepted,
    /// The client has a 503 (and the record may be written anyway), or the answer of another submitter's job.
    Over,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Life {
    pub(crate) is_begun: bool,
    pub(crate) started: u32,
    pub(crate) snoozed: u32,
    pub(crate) sliced: u32,
    pub(crate) canceled_unstarted: bool,
    /// How it ended, as a reader saw it.
    pub(crate) end: Option<Outcome>,
    pub(crate) deleted: bool,
    /// Number of deliveries of its webhook.
    pub(crate) posts: u32,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Command {
    pub(crate) what: Order,
    /// The record as the command last read it.
    pub(crate) record: Standing,
    /// Whose job the first look found.
    pub(crate) first: Whose,
    pub(crate) is_unanswered: bool,
}

/// What an owner may do to a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Order {
    /// Stop it.
    Cancel,
    /// Remove it once it has ended.
    Delete,
}

/// The record that is stored, and whose job it is.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Standing {
    pub(crate) whose: Whose,
    pub(crate) job: Shared,
}

/// A copy of a job's message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Message {
    pub(crate) visible_at: i64,
    pub(crate) sent_at: i64,
    pub(crate) from: Whose,
    /// Tells copies and deliveries apart: a receipt is valid for the last delivery only.
    pub(crate) delivery: u8,
}

/// A schedule in place of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Schedule {
    pub(crate) from: Whose,
    /// When it should fire. It may fire earlier, and a tick later.
    pub(crate) due: i64,
    /// Whether it fires no more: it has fired, or was deleted.
    pub(crate) is_gone: bool,
}

/// The receipt of a delivery that is no longer its message's last one.
pub(crate) const STALE: u8 = u8::MAX;

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Worker {
    Idle,
    /// It has a message, and has not claimed the job yet; with a token once the answer to a claim got lost.
    Received {
        message: Message,
        token: Option<u8>,
    },
    /// A claim told it to end the job.
    Ends {
        message: Message,
        job: Standing,
        end: Unowned,
        is_unanswered: bool,
    },
    /// It has claimed the job. It may freeze here as long as it likes.
    Runs {
        message: Message,
        /// The record as the claim left it.
        run: Shared,
        whose: Whose,
        /// The last checkpoint that it saved.
        said: u8,
        /// How many it has saved.
        number: u64,
        /// What it wants to write now that its handler has returned.
        wish: Option<Wish>,
        leaves_threads: bool,
        is_unanswered: bool,
    },
}

/// How a job ends that no attempt owns.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Unowned {
    Overdue,
    Canceled,
    Exhausted,
}

/// What may still go wrong, and what may still be done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Left {
    pub(crate) duplicates: u8,
    pub(crate) crashes: u8,
    /// Writes whose answer is lost, and which take effect now, later, or never.
    pub(crate) late: u8,
    pub(crate) snoozes: u8,
    pub(crate) slices: u8,
    pub(crate) saves: u8,
    pub(crate) leftovers: u8,
    pub(crate) timeouts: u8,
    pub(crate) cancels: u8,
    pub(crate) deletes: u8,
    /// Second copies of messages about ends.
    pub(crate) notices: u8,
    /// Deliveries that the receiver does not take.
    pub(crate) failures: u8,
}

/// What must never be seen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is one thing that a property asks for"
)]
pub(crate) struct Seen {
    pub(crate) left_its_end: bool,
    pub(crate) two_at_once: bool,
    pub(crate) stale_write: bool,
    pub(crate) foreign_input: bool,
    pub(crate) acted_on_another: bool,
    pub(crate) took_back: bool,
    pub(crate) told_new_twice: bool,
    pub(crate) burned: bool,
    pub(crate) timed_out_early: bool,
    pub(crate) asked_nobody: bool,
    pub(crate) told_early: bool,
    pub(crate) arrival_undone: bool,
    pub(crate) arrival_lost: bool,
}

/// A tick as a time.
pub(crate) fn at(tick: i64) -> Timestamp {
    Timestamp::from_seconds(tick * TICK_S)
}

/// The first tick at or after a time.
pub(crate) fn tick_of(time: Timestamp) -> i64 {
    let tick_ms = TICK_S * 1_000;
    time.ms().div_euclid(tick_ms) + i64::from(time.ms().rem_euclid(tick_ms) > 0)
}

pub(crate) fn fingerprint(body: u8) -> Fingerprint {
    Fingerprint::of(&[body])
}

impl World {
    /// The workers' clock, and the table's.
    pub(crate) fn time(&self) -> Timestamp {
        at(self.now)
    }

    /// The clock of submit, cancel and delete.
    pub(crate) fn owners_time(&self) -> Timestamp {
        Timestamp::from_seconds(self.now * TICK_S + self.skew_s)
    }

    /// The clock of the reader that is ahead.
    pub(crate) fn readers_time(&self) -> Timestamp {
        self.time().max(self.owners_time())
    }

    /// The record as a reader sees it, unless it has expired.
    pub(crate) fn judged(&self, now: Timestamp) -> Option<Standing> {
        let standing = self.record.as_ref()?;
        if standing.job.is_expired(now) {
            return None;
        }
        let judged = standing.job.judged(now);
        if *judged == *standing.job {
            return Some(standing.clone());
        }
        Some(Standing {
            whose: standing.whose,
            job: JobRecord::clone(&judged).into(),
        })
    }

    /// Whether the status URI of this submitter's job may be 410: expired or deleted.
    pub(crate) fn is_over(&self, whose: Whose) -> bool {
        let life = &self.submitters[whose].life;
        life.deleted || life.end.is_some()
    }

    /// Notes what a reader sees now.
    pub(crate) fn look(&mut self) {
        let Some(Standing { whose, job }) = self.judged(self.readers_time()) else {
            return;
        };
        let life = &mut self.submitters[whose].life;
        match (life.end, job.state) {
            (None, JobState::Completed(outcome)) => life.end = Some(outcome),
            (Some(end), state) if state != JobState::Completed(end) => {
                self.seen.left_its_end = true;
            }
            _ => {}
        }
    }

    /// Makes worlds equal that differ only in order and in what deliveries are called.
    pub(crate) fn normalize(&mut self) {
        self.messages.sort_unstable();
        let names: Vec<_> = self
            .messages
            .iter()
            .map(|message| message.delivery)
            .collect();
        for (name, message) in (0..).zip(&mut self.messages) {
            message.delivery = name;
        }
        for worker in &mut self.workers {
            if let Worker::Received { message, .. }
            | Worker::Ends { message, .. }
            | Worker::Runs { message, .. } = worker
            {
                let name = names.iter().position(|name| *name == message.delivery);
                message.delivery = name.and_then(|name| name.try_into().ok()).unwrap_or(STALE);
            }
        }
        self.workers.sort_by_cached_key(digest);
        self.pending.sort_by_cached_key(digest);
        self.notices.sort_unstable();
        self.posts.sort_by_cached_key(digest);
    }
}
