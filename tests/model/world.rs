//! Everything that a job's life depends on, at one moment.

use std::time::Duration;

use engine::{Fingerprint, IdSecrets, JobRecord, JobState, NewJob, Outcome, Owner, Timestamp};

/// How often the job may be started.
pub(super) const MAX_ATTEMPTS: u32 = 2;

/// What the clock advances by: longer than the margins for clocks in the code, so that they don't blur the steps.
const TICK_S: i64 = 10;

/// In ticks: an attempt's lease, and a message's visibility time-out.
pub(super) const LEASE: i64 = 2;
pub(super) const VISIBILITY: i64 = 1;

/// How long a submit may take between its message and its record, and how old a message without a record gets.
pub(super) const SUBMIT_LIMIT: i64 = 1;
pub(super) const DROP_AGE: i64 = 2;

/// The deadline is counted from the scheduled start, the retention from the end. The clock stops when everything is over.
const DEADLINE: Duration = Duration::from_secs(40);
pub(super) const RETENTION: Duration = Duration::from_secs(10);
pub(super) const HORIZON: i64 = 5;

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct World {
    pub(super) now: i64,
    pub(super) submit: Submit,
    pub(super) record: Option<JobRecord>,
    /// Sorted, so that two orders of the same messages are one state.
    pub(super) messages: Vec<Message>,
    pub(super) workers: [Worker; 2],
    /// What may still go wrong, and what the owner may still do.
    pub(super) duplicates_left: u8,
    pub(super) crashes_left: u8,
    pub(super) owner_may_cancel: bool,
    pub(super) owner_may_delete: bool,
    pub(super) seen: Seen,
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
    /// The client has a 503. The record may stand all the same.
    Refused,
}

/// A copy of the job's message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Message {
    pub(super) visible_at: i64,
    /// Tells copies and deliveries apart: a receipt is good for the last delivery only.
    pub(super) delivery: u8,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[expect(clippy::large_enum_variant, reason = "there are two of it in a world")]
pub(super) enum Worker {
    Idle,
    /// It has a message, and has not claimed the job yet.
    Received {
        delivery: u8,
    },
    /// It has claimed the job: the record as the claim left it. It may freeze here as long as it likes.
    Runs {
        delivery: u8,
        run: JobRecord,
    },
}

/// What has been seen so far, for the properties.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is one thing that a property asks for"
)]
pub(super) struct Seen {
    pub(super) started: u32,
    pub(super) end: Option<Outcome>,
    pub(super) left_its_end: bool,
    pub(super) two_at_once: bool,
    pub(super) stale_write: bool,
    pub(super) canceled_unstarted: bool,
    pub(super) deleted: bool,
}

/// A tick as a time.
pub(super) fn at(tick: i64) -> Timestamp {
    Timestamp::from_seconds(tick * TICK_S)
}

/// The tick of a time.
pub(super) fn tick_of(time: Timestamp) -> i64 {
    time.ms() / 1_000 / TICK_S
}

impl World {
    pub(super) fn before() -> Self {
        Self {
            now: 0,
            submit: Submit::Begun,
            record: None,
            messages: Vec::new(),
            workers: [Worker::Idle, Worker::Idle],
            duplicates_left: 1,
            crashes_left: 1,
            owner_may_cancel: true,
            owner_may_delete: true,
            seen: Seen::default(),
        }
    }

    pub(super) fn time(&self) -> Timestamp {
        at(self.now)
    }

    /// A number for a delivery that no message and no worker has: the smallest, so that equal worlds look equal.
    pub(super) fn free_delivery(&self) -> u8 {
        let of_worker = |worker: &Worker| match worker {
            Worker::Idle => None,
            Worker::Received { delivery } | Worker::Runs { delivery, .. } => Some(*delivery),
        };
        let taken: Vec<_> = self
            .messages
            .iter()
            .map(|message| message.delivery)
            .chain(self.workers.iter().filter_map(of_worker))
            .collect();
        (0..=u8::MAX)
            .find(|number| !taken.contains(number))
            .unwrap_or(u8::MAX)
    }

    /// Whether there is a record that a reader sees as unfinished.
    pub(super) fn is_live(&self) -> bool {
        let judged = self.record.clone().map(|record| record.judged(self.time()));
        judged.is_some_and(|record| !record.state.is_completed())
    }

    /// Whether the status URI may be 410: expired or deleted.
    pub(super) fn is_over(&self) -> bool {
        self.seen.deleted || self.seen.end.is_some()
    }

    /// Notes what a reader sees now.
    pub(super) fn look(&mut self) {
        let Some(record) = self.record.clone().map(|record| record.judged(self.time())) else {
            return;
        };
        match (self.seen.end, record.state) {
            (None, JobState::Completed(outcome)) => self.seen.end = Some(outcome),
            (Some(end), state) if state != JobState::Completed(end) => {
                self.seen.left_its_end = true;
            }
            _ => {}
        }
    }

    pub(super) fn new_record() -> JobRecord {
        let owner = Owner::anonymous();
        let secrets =
            IdSecrets::parse("ID_SECRETS", "a secret that only the model of a life has").unwrap();
        let job = NewJob {
            id: secrets.issue(&owner, [0; 10]),
            owner,
            kind: "any".parse().unwrap(),
            fingerprint: Fingerprint::of(b""),
            summary: String::new(),
            scheduled_start: at(0),
            deadline: DEADLINE,
            retention: RETENTION,
            max_attempts: MAX_ATTEMPTS,
        };
        JobRecord::begin(job, at(0))
    }
}
