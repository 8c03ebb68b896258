//! The record of a job: one DynamoDB item.

use std::time::Duration;

use crate::cut::cut;
use crate::{
    Callback, Checkpoint, CreationToken, EndedSlices, Failure, Fingerprint, JobId, JobState,
    KindName, Outcome, Owner, Percent, ScheduleName, Timestamp,
};

/// Maximum length of a summary, in characters. It keeps the record near 1 KB, which is one write unit.
pub const MAX_SUMMARY_CHARS: usize = 200;

/// A job as it was accepted.
#[derive(Clone, Debug, PartialEq)]
pub struct NewJob {
    /// Its id, issued to `owner`.
    pub id: JobId,
    /// The owner.
    pub owner: Owner,
    /// The kind of the job.
    pub kind: KindName,
    /// The request that it belongs to.
    pub fingerprint: Fingerprint,
    /// The token by which the write of the record recognizes itself; unique for each call of [`crate::JobStore::create`].
    pub creation_token: CreationToken,
    /// The owner's name for the job; cut at [`MAX_SUMMARY_CHARS`].
    pub summary: String,
    /// When it may start.
    pub scheduled_start: Timestamp,
    /// The schedule that sends its message; `None` if the message was sent to the queue.
    pub schedule: Option<ScheduleName>,
    /// How long after `scheduled_start` it must have finished.
    pub deadline: Duration,
    /// How long a write can still take effect after its clock was read: [`crate::WRITE_HORIZON`], or less in tests and on a
    /// developer's machine.
    pub write_horizon: Duration,
    /// How long it stays readable after its end.
    pub retention: Duration,
    /// Maximum number of attempts.
    pub max_attempts: u32,
    /// The URL to which its end is reported: [`crate::CallbackUrl::as_str`].
    pub callback: Option<String>,
}

/// A job as stored in the table.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct JobRecord {
    /// Its id, the key of the table.
    pub id: JobId,
    /// The owner.
    pub owner: Owner,
    /// The kind of the job.
    pub kind: KindName,
    /// The request that it belongs to.
    pub fingerprint: Fingerprint,
    /// The token of the write that created the record. No two records have the same one, even if they had the same id one after the
    /// other.
    pub creation_token: CreationToken,
    /// The state.
    pub state: JobState,
    /// The progress of its current (or last) attempt.
    pub percent: Percent,
    /// The progress when its current attempt or slice began: more than zero after a snooze or an earlier slice, or if it resumed from a
    /// checkpoint after an error.
    pub start_percent: Percent,
    /// The checkpoint.
    pub checkpoint: Option<Checkpoint>,
    /// The owner's name for the job, as submitted; up to [`MAX_SUMMARY_CHARS`] characters.
    pub title: Option<String>,
    /// The latest report of the job; before the first, its title; up to [`MAX_SUMMARY_CHARS`] characters.
    pub summary: String,
    /// When it was accepted.
    pub created_at: Timestamp,
    /// When it may start: as requested, or the time of the next attempt.
    pub scheduled_start: Timestamp,
    /// The schedule that sends its message, until the first claim; it has no other use than that a cancel or delete removes it.
    pub schedule: Option<ScheduleName>,
    /// When its current (or last) slice started, which is the whole attempt for most kinds. After the end of the job, when its last
    /// attempt started. See [`Self::attempt_began_at`].
    pub started_at: Option<Timestamp>,
    /// The slices that an attempt ended, since the job was last SCHEDULED. See [`Self::slices`].
    pub ended_slices: Option<EndedSlices>,
    /// Whether its attempt ended a slice, and continues with the next claim.
    pub is_between_slices: bool,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
    /// The latest end: from then on, no attempt may start or write, and nothing can be canceled.
    pub deadline: Timestamp,
    /// When readers see it failed if it has not finished: the deadline plus the write horizon. For a finished job, the deadline.
    pub overdue_at: Timestamp,
    /// The end of the current attempt's lease.
    pub lease_until: Option<Timestamp>,
    /// The fencing token of the current (or last) attempt. Unlike an attempt number, which is used again after a snooze, it is unique.
    /// By it, a repeated write of an attempt also recognizes its own effect. Between two slices it is a token that no worker holds:
    /// [`Self::ended_slice_token`].
    pub run_token: Option<String>,
    /// The number of the latest progress write of the current (or last) attempt: 1, 2, 3, ... 0 before the first, and after the end.
    pub progress_number: u64,
    /// When it expires, in whole seconds; the table's TTL attribute.
    pub expires_at: Timestamp,
    /// Number of attempts so far. Neither a snooze nor the end of a slice uses up an attempt.
    pub attempt: u32,
    /// Maximum number of attempts.
    pub max_attempts: u32,
    /// Whether its owner asked the running attempt to stop.
    pub cancel_requested: bool,
    /// Whether its owner deleted it. The record is a tombstone then, by which a late write of the first record finds that the job
    /// existed.
    pub is_deleted: bool,
    /// Number of writes of the record; part of the `ETag`.
    pub version: u64,
    /// When the record was last written.
    pub updated_at: Timestamp,
    /// The result as JSON text, if it succeeded; `None` if the result is in an item or object of its own.
    pub result: Option<String>,
    /// The fencing token of the attempt whose result is in an item or object of its own: see [`crate::JobStore::result`].
    pub result_token: Option<String>,
    /// The lifecycle class in days of a result that is in the bucket instead: one of [`crate::RESULT_DAYS`].
    pub result_days: Option<u16>,
    /// The error, if it failed.
    pub error: Option<Failure>,
    /// Where its end is reported, if its submit said so. A tombstone has none.
    pub callback: Option<Callback>,
}

impl JobRecord {
    /// The record that a new job begins with, at `now`.
    #[must_use]
    pub fn begin(job: NewJob, now: Timestamp) -> Self {
        let deadline = job.scheduled_start.plus(job.deadline);
        let summary = cut(&job.summary, MAX_SUMMARY_CHARS);
        let overdue_at = deadline.plus(job.write_horizon);
        Self {
            id: job.id,
            owner: job.owner,
            kind: job.kind,
            fingerprint: job.fingerprint,
            creation_token: job.creation_token,
            state: JobState::Scheduled,
            percent: Percent::ZERO,
            start_percent: Percent::ZERO,
            checkpoint: None,
            title: Some(summary.clone()).filter(|title| !title.is_empty()),
            summary,
            created_at: now,
            scheduled_start: job.scheduled_start,
            schedule: job.schedule,
            started_at: None,
            ended_slices: None,
            is_between_slices: false,
            ended_at: None,
            deadline,
            overdue_at,
            lease_until: None,
            run_token: None,
            progress_number: 0,
            // Counted from when readers may see it failed, so that every client can see that. The end of the job sets it again.
            expires_at: expiry(overdue_at, job.retention),
            attempt: 0,
            max_attempts: job.max_attempts,
            cancel_requested: false,
            is_deleted: false,
            version: 1,
            updated_at: now,
            result: None,
            result_token: None,
            result_days: None,
            error: None,
            callback: job.callback.map(Callback::pending),
        }
    }

    /// Whether the status URI is 410 at `now`: the job has expired, or its owner deleted it.
    #[must_use]
    pub fn is_expired(&self, now: Timestamp) -> bool {
        self.is_deleted || now >= self.expires_at
    }

    /// The estimated end of a running attempt, from its progress so far; `None` before its first progress, and if it does not run. Each
    /// slice counts by itself, because the time between two of them says nothing about the rest.
    #[must_use]
    pub fn estimated_end(&self) -> Option<Timestamp> {
        let started = self
            .started_at
            .filter(|_| self.state == JobState::Started)?;
        let (begun, done) = (self.start_percent.get(), self.percent.get());
        let done = u32::from(done.saturating_sub(begun));
        // The progress is that of the latest report, not that of now.
        let taken = self.updated_at.since(started);
        let whole = || started.plus(taken * u32::from(100 - begun) / done);
        (done > 0).then(|| whole().min(self.deadline))
    }

    /// The error of a job whose last attempt died with its process.
    #[must_use]
    pub fn worker_lost(&self) -> Failure {
        let message = format!(
            "attempt {} of {} never reported its end",
            self.attempt, self.max_attempts
        );
        Failure::new("worker-lost", &message)
    }

    /// The outcome, if it has finished.
    #[must_use]
    pub fn outcome(&self) -> Option<Outcome> {
        match self.state {
            JobState::Completed(outcome) => Some(outcome),
            JobState::Scheduled | JobState::Started => None,
        }
    }
}

/// The expiry of a job that ended at `end`, in whole seconds, because the table's TTL has whole seconds.
#[must_use]
pub fn expiry(end: Timestamp, retention: Duration) -> Timestamp {
    Timestamp::from_seconds(end.plus(retention).seconds_rounded_up())
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::test_kit;

    /// A job that was accepted at second 1,000, with a deadline of 100 s, a write horizon of 40 s and a retention of 50 s.
    pub(crate) fn accepted() -> JobRecord {
        let job = NewJob {
            scheduled_start: at(1_000),
            deadline: Duration::from_secs(100),
            write_horizon: Duration::from_secs(40),
            retention: Duration::from_secs(50),
            ..test_kit::new_job()
        };
        JobRecord::begin(job, at(1_000))
    }

    pub(crate) fn at(seconds: i64) -> Timestamp {
        Timestamp::from_seconds(seconds)
    }

    #[test]
    fn no_live_job_expires() {
        let record = accepted();
        assert!(!record.is_expired(at(1_189)));
        assert!(record.is_expired(at(1_190)));
    }

    #[test]
    fn a_tombstone_has_expired_whatever_its_time() {
        let deleted = JobRecord {
            is_deleted: true,
            ..accepted()
        };
        assert!(deleted.is_expired(at(1_000)));
    }

    #[test]
    fn the_end_is_estimated_from_what_was_done_when_it_was_last_said() {
        let running = JobRecord {
            state: JobState::Started,
            started_at: Some(at(1_010)),
            updated_at: at(1_020),
            ..accepted()
        };
        assert_eq!(running.estimated_end(), None);
        let quarter = JobRecord {
            percent: Percent::new(25),
            ..running
        };
        assert_eq!(quarter.estimated_end(), Some(at(1_050)));
        let slow = JobRecord {
            percent: Percent::new(1),
            ..quarter
        };
        assert_eq!(slow.estimated_end(), Some(slow.deadline));
    }

    #[test]
    fn what_was_done_before_an_attempt_began_took_it_no_time() {
        let resumed = JobRecord {
            state: JobState::Started,
            started_at: Some(at(1_010)),
            updated_at: at(1_020),
            start_percent: Percent::new(60),
            percent: Percent::new(70),
            ..accepted()
        };
        assert_eq!(resumed.estimated_end(), Some(at(1_050)));
        let silent = JobRecord {
            percent: Percent::new(60),
            ..resumed
        };
        assert_eq!(silent.estimated_end(), None);
    }
}
