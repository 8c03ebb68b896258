//! What the writes of an attempt and of an end set.

use engine::{JobRecord, JobState, Move, Pause, Timestamp, expiry, transition};

use crate::step::Wish;
use crate::{Guard, Lifecycle};

/// The last checkpoint that the record has.
pub(crate) fn said_by(job: &JobRecord) -> u8 {
    job.summary.parse().unwrap_or(0)
}

pub(crate) fn after_attempt(
    job: &JobRecord,
    wish: Wish,
    next_start: Timestamp,
    now: Timestamp,
    model: &Lifecycle,
) -> JobRecord {
    let end = |end| ended(job, end, now, expiry(now, model.retention()));
    let pause = |pause: Pause| JobRecord {
        state: transition(job.state, Move::Reschedule).unwrap_or(job.state),
        attempt: pause.attempts_used(job.attempt),
        scheduled_start: next_start,
        lease_until: None,
        is_between_slices: false,
        ..job.clone()
    };
    let slice = || JobRecord {
        state: transition(job.state, Move::EndSlice).unwrap_or(job.state),
        lease_until: Some(next_start),
        run_token: if model.lacks(Guard::SliceToken) {
            job.run_token.clone()
        } else {
            job.ended_slice_token()
        },
        is_between_slices: true,
        ..job.clone()
    };
    match wish {
        Wish::Succeed => end(Move::Succeed),
        Wish::FailForGood => end(Move::Fail),
        Wish::Cancel => end(Move::Cancel),
        Wish::Retry => pause(Pause::Retry),
        Wish::Snooze => pause(Pause::Snooze),
        Wish::NextSlice => slice(),
    }
}

pub(crate) fn ended(
    job: &JobRecord,
    end: Move,
    ended_at: Timestamp,
    expires_at: Timestamp,
) -> JobRecord {
    // A condition that lets a write through decides, also where the move would not be legal.
    let state = transition(job.state, end)
        .or_else(|_| transition(JobState::Started, end))
        .unwrap_or(job.state);
    JobRecord {
        state,
        ended_at: Some(ended_at),
        lease_until: None,
        is_between_slices: false,
        cancel_requested: false,
        expires_at,
        ..job.clone()
    }
}
