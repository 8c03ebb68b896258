//! What each thing that happens to a job takes of AWS: the calls of the functions in their order, and what is charged for
//! them. The README's table of costs is computed from these rows.

use crate::recorder::Units;

/// Something that happens to a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum What {
    /// `POST /jobs`.
    Submit,
    /// The same with a start in exactly 15 minutes.
    SubmitSoon,
    /// The same with a start later than that.
    SubmitFar,
    /// `POST /jobs` under an `Idempotency-Key` that is new.
    SubmitUnderKey,
    /// The same again under its key.
    Replay,
    /// A submit that is refused, for whatever reason.
    Refused,
    /// `GET /jobs/{id}`.
    Poll,
    /// The same with an `ETag` that still holds: 304.
    PollUnchanged,
    /// `GET /jobs/{id}` of an id that was not issued to the caller: 404.
    PollOfNobody,
    /// One look at the job while an answer is held back (`Prefer: wait`).
    Look,
    /// `GET /jobs/{id}/result`.
    Result,
    /// `GET /jobs` with twenty jobs.
    ListPage,
    /// A cancel of a job that has not started.
    CancelScheduled,
    /// A cancel of a job that starts later than in 15 minutes.
    CancelFar,
    /// A cancel of a job that runs.
    CancelRunning,
    /// `DELETE /jobs/{id}`.
    Delete,
    /// A run without a word about its progress: claim and end.
    Run,
    /// One write of progress.
    Progress,
    /// One write of the largest checkpoint.
    LargestCheckpoint,
    /// A look of the worker whether a silent job was canceled, every 4 s.
    SilentLook,
    /// An attempt that fails and is tried again: claim, reschedule, hand back.
    Retry,
    /// An attempt that snoozes.
    Snooze,
    /// A slice of an attempt.
    Slice,
    /// A message that comes again when its job is over.
    DuplicateDelivery,
}

/// What something takes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Counted {
    /// What it is.
    pub(super) what: What,
    /// The calls, as IAM names them, in their order.
    pub(super) calls: &'static [&'static str],
    /// What AWS charges for them.
    pub(super) units: Units,
}

const SEND: &str = "sqs:SendMessage";
const SCHEDULE: &str = "scheduler:CreateSchedule";
const UNSCHEDULE: &str = "scheduler:DeleteSchedule";
const HAND_BACK: &str = "sqs:ChangeMessageVisibility";
const GET: &str = "dynamodb:GetItem";
const PUT: &str = "dynamodb:PutItem";
const UPDATE: &str = "dynamodb:UpdateItem";
const QUERY: &str = "dynamodb:Query";
const BATCH: &str = "dynamodb:BatchGetItem";

const fn row(what: What, calls: &'static [&'static str], units: [f64; 4]) -> Counted {
    let [reads, table_writes, index_writes, sqs_requests] = units;
    Counted {
        what,
        calls,
        units: Units {
            reads,
            table_writes,
            index_writes,
            sqs_requests,
        },
    }
}

/// Every row: reads, writes of the table, writes of the index, requests of SQS.
#[rustfmt::skip]
pub(super) const COUNTED: [Counted; 24] = [
    row(What::Submit, &[SEND, PUT], [0.0, 1.0, 1.0, 1.0]),
    row(What::SubmitSoon, &[SEND, PUT], [0.0, 1.0, 1.0, 1.0]),
    row(What::SubmitFar, &[SCHEDULE, PUT], [0.0, 1.0, 1.0, 0.0]),
    row(What::SubmitUnderKey, &[GET, SEND, PUT], [1.0, 1.0, 1.0, 1.0]),
    row(What::Replay, &[GET], [1.0, 0.0, 0.0, 0.0]),
    row(What::Refused, &[], [0.0, 0.0, 0.0, 0.0]),
    row(What::Poll, &[GET], [1.0, 0.0, 0.0, 0.0]),
    row(What::PollUnchanged, &[GET], [1.0, 0.0, 0.0, 0.0]),
    row(What::PollOfNobody, &[], [0.0, 0.0, 0.0, 0.0]),
    row(What::Look, &[GET], [0.5, 0.0, 0.0, 0.0]),
    row(What::Result, &[GET], [1.0, 0.0, 0.0, 0.0]),
    row(What::ListPage, &[QUERY, QUERY, QUERY, QUERY, BATCH], [22.0, 0.0, 0.0, 0.0]),
    row(What::CancelScheduled, &[GET, UPDATE], [1.0, 1.0, 0.0, 0.0]),
    row(What::CancelFar, &[GET, UPDATE, UNSCHEDULE], [1.0, 1.0, 0.0, 0.0]),
    row(What::CancelRunning, &[GET, UPDATE], [1.0, 1.0, 0.0, 0.0]),
    row(What::Delete, &[GET, UPDATE], [1.0, 1.0, 1.0, 0.0]),
    row(What::Run, &[UPDATE, UPDATE], [0.0, 2.0, 0.0, 0.0]),
    row(What::Progress, &[UPDATE], [0.0, 1.0, 0.0, 0.0]),
    row(What::LargestCheckpoint, &[UPDATE], [0.0, 2.0, 0.0, 0.0]),
    row(What::SilentLook, &[GET], [1.0, 0.0, 0.0, 0.0]),
    row(What::Retry, &[UPDATE, UPDATE, HAND_BACK], [0.0, 2.0, 0.0, 1.0]),
    row(What::Snooze, &[UPDATE, UPDATE, HAND_BACK], [0.0, 2.0, 0.0, 1.0]),
    row(What::Slice, &[UPDATE, UPDATE, HAND_BACK], [0.0, 2.0, 0.0, 1.0]),
    row(What::DuplicateDelivery, &[UPDATE], [0.0, 1.0, 0.0, 0.0]),
];

impl What {
    pub(super) fn counted(self) -> Counted {
        let found = COUNTED.iter().find(|row| row.what == self);
        *found.expect("each one has its row")
    }

    pub(super) fn units(self) -> Units {
        self.counted().units
    }
}

/// Size of the record of a typical finished job in bytes, without its result: with a summary of a few words, and the
/// owner that an IAM user is.
pub(super) const RECORD_BYTES: usize = 630;

/// What the functions write into their logs, in bytes, with the 26 that `CloudWatch` adds to each line.
pub(super) struct LogBytes {
    /// `submit`, for each job.
    pub(super) submit: f64,
    /// `status`, for each poll.
    pub(super) status: f64,
    /// `worker`, for each job that has one attempt.
    pub(super) worker: f64,
}

/// What the functions write into their logs at `LogLevel=INFO`; a test weighs it.
pub(super) const LOG_BYTES: LogBytes = LogBytes {
    submit: 800.0,
    status: 0.0,
    worker: 2_000.0,
};

/// What the event source takes for a batch of messages below 64 KB together: a receive and a delete, however many there are.
pub(super) fn per_batch() -> Units {
    Units {
        sqs_requests: 2.0,
        ..Units::NONE
    }
}

#[test]
fn each_thing_has_one_row() {
    for row in COUNTED {
        let same = COUNTED.iter().filter(|other| other.what == row.what);
        assert_eq!(same.count(), 1, "{:?}", row.what);
    }
}
