//! Everything that a job's life depends on, at one moment.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::ops::Deref;
use std::sync::Arc;
use std::time::Duration;

use engine::{
    CreationToken, Fingerprint, IdSecrets, JobRecord, JobState, NewJob, Outcome, Owner, Timestamp,
};

use super::Scene;

/// What the clock advances by: longer than the margins for clocks in the code, so that they don't blur the steps.
const TICK_S: i64 = 10;

/// In ticks: an attempt's lease, and a message's visibility time-out.
pub(super) const LEASE: i64 = 2;
pub(super) const VISIBILITY: i64 = 1;

/// How long a submit may take between its message and its record, and how old a message gets that nothing can be done with.
pub(super) const SUBMIT_LIMIT: i64 = 1;
pub(super) const DROP_AGE: i64 = 2;

/// The deadline is counted from the scheduled start, the retention from the end.
pub(super) const DEADLINE: i64 = 4;
pub(super) const RETENTION: Duration = Duration::from_secs(10);

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct World {
    pub(super) now: i64,
    /// How often a job may be started, snoozes aside.
    pub(super) max_attempts: u32,
    /// Whoever wants a job under this id: more than one only under an `Idempotency-Key`.
    pub(super) submitters: Vec<Submitter>,
    pub(super) record: Option<Standing>,
    /// Sorted, so that two orders of the same messages are one state.
    pub(super) messages: Vec<Message>,
    /// In an order of their own, too.
    pub(super) workers: [Worker; 2],
    pub(super) left: Left,
    pub(super) seen: Seen,
}

/// A submitter by its number; also the job that it writes.
pub(super) type Whose = usize;

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Submitter {
    pub(super) submit: Submit,
    /// What request it makes.
    pub(super) body: u8,
    /// What has become of its job.
    pub(super) life: Life,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Submit {
    Begun,
    /// The message is sent (or, with that guard left out, the record is written).
    Halfway {
        since: i64,
    },
    /// The client has its 202.
    Accepted,
    /// The client has a 503 (and the record may stand all the same), or somebody else's job.
    Refused,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Life {
    pub(super) is_begun: bool,
    pub(super) started: u32,
    pub(super) snoozed: u32,
    pub(super) canceled_unstarted: bool,
    /// How it ended, as a reader saw it.
    pub(super) end: Option<Outcome>,
    pub(super) deleted: bool,
}

/// The record that stands, and whose job it is.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Standing {
    pub(super) whose: Whose,
    pub(super) job: Shared,
}

/// A record that many worlds have, so that the walk through millions of them neither copies nor hashes it each time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Shared {
    digest: u64,
    record: Arc<JobRecord>,
}

impl From<JobRecord> for Shared {
    fn from(record: JobRecord) -> Self {
        Self {
            digest: digest(&record),
            record: Arc::new(record),
        }
    }
}

impl Deref for Shared {
    type Target = JobRecord;

    fn deref(&self) -> &JobRecord {
        &self.record
    }
}

impl Hash for Shared {
    fn hash<H: Hasher>(&self, hasher: &mut H) {
        self.digest.hash(hasher);
    }
}

fn digest(value: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}

/// A copy of a job's message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Message {
    pub(super) visible_at: i64,
    pub(super) sent_at: i64,
    pub(super) from: Whose,
    /// Tells copies and deliveries apart: a receipt is good for the last delivery only.
    pub(super) delivery: u8,
}

/// The receipt of a delivery that is not its message's last any more.
pub(super) const STALE: u8 = u8::MAX;

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Worker {
    Idle,
    /// It has a message, and has not claimed the job yet.
    Received {
        message: Message,
    },
    /// It has claimed the job. It may freeze here as long as it likes.
    Runs {
        message: Message,
        /// The record as the claim left it.
        run: Shared,
        /// Its handler is over, and the answer to what it wrote was lost.
        is_unanswered: bool,
    },
}

/// What may still go wrong, and what the owner may still do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Left {
    pub(super) duplicates: u8,
    pub(super) crashes: u8,
    pub(super) lost_answers: u8,
    pub(super) snoozes: u8,
    pub(super) cancels: u8,
    pub(super) deletes: u8,
}

/// What must never be seen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is one thing that a property asks for"
)]
pub(super) struct Seen {
    pub(super) left_its_end: bool,
    pub(super) two_at_once: bool,
    pub(super) stale_write: bool,
    pub(super) foreign_input: bool,
}

/// A tick as a time.
pub(super) fn at(tick: i64) -> Timestamp {
    Timestamp::from_seconds(tick * TICK_S)
}

/// The tick of a time.
pub(super) fn tick_of(time: Timestamp) -> i64 {
    time.ms() / 1_000 / TICK_S
}

pub(super) fn fingerprint(body: u8) -> Fingerprint {
    Fingerprint::of(&[body])
}

impl World {
    /// The world before a scene, with these requests.
    pub(super) fn before(scene: Scene, bodies: &[u8]) -> Self {
        let submitter = |&body: &u8| Submitter {
            submit: Submit::Begun,
            body,
            life: Life::default(),
        };
        Self {
            now: 0,
            max_attempts: scene.max_attempts(),
            submitters: bodies.iter().map(submitter).collect(),
            record: None,
            messages: Vec::new(),
            workers: [Worker::Idle, Worker::Idle],
            left: scene.left(),
            seen: Seen::default(),
        }
    }

    pub(super) fn time(&self) -> Timestamp {
        at(self.now)
    }

    /// A number for a delivery that no message has.
    pub(super) fn free_delivery(&self) -> u8 {
        let is_free = |number: &u8| {
            self.messages
                .iter()
                .all(|message| message.delivery != *number)
        };
        (0..STALE).find(is_free).unwrap_or(STALE)
    }

    /// The record as a reader sees it, unless its time is over.
    pub(super) fn judged(&self) -> Option<Standing> {
        let Standing { whose, job } = self.record.clone()?;
        let job = self.judge(job);
        (!job.is_expired(self.time())).then_some(Standing { whose, job })
    }

    /// What is not overdue is judged as it is: then there is nothing to copy.
    fn judge(&self, job: Shared) -> Shared {
        if job.is_overdue(self.time()) {
            JobRecord::clone(&job).judged(self.time()).into()
        } else {
            job
        }
    }

    /// Whether the status URI of this submitter's job may be 410: expired or deleted.
    pub(super) fn is_over(&self, whose: Whose) -> bool {
        let life = &self.submitters[whose].life;
        life.deleted || life.end.is_some()
    }

    /// Notes what a reader sees now.
    pub(super) fn look(&mut self) {
        let Some(Standing { whose, job }) = self.record.clone() else {
            return;
        };
        let state = self.judge(job).state;
        let life = &mut self.submitters[whose].life;
        match (life.end, state) {
            (None, JobState::Completed(outcome)) => life.end = Some(outcome),
            (Some(end), state) if state != JobState::Completed(end) => {
                self.seen.left_its_end = true;
            }
            _ => {}
        }
    }

    /// Gives worlds that differ only in names the same ones: which worker is the first, and what deliveries are called.
    pub(super) fn normalise(&mut self) {
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
            if let Worker::Received { message } | Worker::Runs { message, .. } = worker {
                let name = names.iter().position(|name| *name == message.delivery);
                message.delivery = name.and_then(|name| name.try_into().ok()).unwrap_or(STALE);
            }
        }
        self.workers.sort_by_cached_key(digest);
    }

    /// The record that a submitter of this request writes now.
    pub(super) fn new_record(&self, body: u8) -> Shared {
        let owner = Owner::anonymous();
        let secrets =
            IdSecrets::parse("ID_SECRETS", "a secret that only the model of a life has").unwrap();
        let job = NewJob {
            id: secrets.issue(&owner, [0; 10]),
            owner,
            kind: "any".parse().unwrap(),
            fingerprint: fingerprint(body),
            creation_token: CreationToken::of([body; 16]),
            summary: String::new(),
            scheduled_start: self.time(),
            deadline: at(DEADLINE).since(at(0)),
            // Writes take effect at once here.
            write_horizon: Duration::ZERO,
            retention: RETENTION,
            max_attempts: self.max_attempts,
        };
        JobRecord::begin(job, self.time()).into()
    }
}
