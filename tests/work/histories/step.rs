//! What can happen.

use engine::Pause;
use proptest::prelude::*;

/// One thing that happens.
#[derive(Clone, Debug)]
pub(super) enum Step {
    /// The job's message is sent and its record written; under its key, so that it may be there already.
    Submit {
        job: usize,
    },
    /// A submit that dies between the message and the record.
    SendOnly {
        job: usize,
    },
    /// An idle worker gets the next message.
    Deliver {
        worker: usize,
    },
    /// An idle worker gets the message that was delivered last once more.
    DeliverAgain {
        worker: usize,
    },
    Progress {
        worker: usize,
    },
    /// The progress that it said before the last one takes effect only now.
    ProgressComesLate {
        worker: usize,
    },
    /// The attempt wants another one, or snoozes.
    GiveBack {
        worker: usize,
        pause: Pause,
    },
    /// The attempt ends its slice, perhaps while a thread of it runs on.
    EndSlice {
        worker: usize,
        leaves_thread: bool,
    },
    Finish {
        worker: usize,
        succeeds: bool,
    },
    /// The process dies, or is frozen for longer than its lease: its message is redelivered.
    Freeze {
        worker: usize,
    },
    /// What stood still goes on, and says how far it is.
    ThawAndProgress,
    /// What stood still goes on, and gives its job back.
    ThawAndGiveBack {
        pause: Pause,
    },
    /// What stood still goes on, and ends its slice.
    ThawAndEndSlice,
    /// What stood still goes on, and ends its job.
    ThawAndFinish,
    Cancel {
        job: usize,
    },
    Delete {
        job: usize,
    },
    /// TTL deletes what has expired.
    Sweep,
    Advance {
        seconds: u64,
    },
}

/// How many jobs and how many workers there are.
pub(super) const JOBS: usize = 2;
pub(super) const WORKERS: usize = 2;

pub(super) fn steps() -> impl Strategy<Value = Vec<Step>> {
    proptest::collection::vec(step(), 5..40)
}

fn step() -> impl Strategy<Value = Step> {
    let (job, worker) = (0..JOBS, 0..WORKERS);
    prop_oneof![
        4 => job.clone().prop_map(|job| Step::Submit { job }),
        1 => job.clone().prop_map(|job| Step::SendOnly { job }),
        8 => worker.clone().prop_map(|worker| Step::Deliver { worker }),
        2 => worker.clone().prop_map(|worker| Step::DeliverAgain { worker }),
        3 => worker.clone().prop_map(|worker| Step::Progress { worker }),
        2 => worker.clone().prop_map(|worker| Step::ProgressComesLate { worker }),
        3 => (worker.clone(), pause()).prop_map(|(worker, pause)| Step::GiveBack { worker, pause }),
        3 => (worker.clone(), any::<bool>()).prop_map(|(worker, leaves_thread)| Step::EndSlice { worker, leaves_thread }),
        4 => (worker.clone(), any::<bool>()).prop_map(|(worker, succeeds)| Step::Finish { worker, succeeds }),
        3 => worker.prop_map(|worker| Step::Freeze { worker }),
        2 => Just(Step::ThawAndProgress),
        1 => pause().prop_map(|pause| Step::ThawAndGiveBack { pause }),
        1 => Just(Step::ThawAndEndSlice),
        2 => Just(Step::ThawAndFinish),
        2 => job.clone().prop_map(|job| Step::Cancel { job }),
        1 => job.prop_map(|job| Step::Delete { job }),
        1 => Just(Step::Sweep),
        // A moment, a hand-back, a lease, the write horizon, the time that a message without a record is kept, a job's life.
        6 => prop_oneof![Just(1), Just(5), Just(31), Just(41), Just(61), Just(200)].prop_map(|seconds| Step::Advance { seconds }),
    ]
}

fn pause() -> impl Strategy<Value = Pause> {
    prop_oneof![Just(Pause::Retry), Just(Pause::Snooze)]
}
