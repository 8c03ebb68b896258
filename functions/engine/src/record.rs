//! What is known about a job: one DynamoDB item.

use std::time::Duration;

use crate::cut::cut;
use crate::{
    Checkpoint, CreationToken, Failure, Fingerprint, JobId, JobState, KindName, Outcome, Owner,
    Percent, Timestamp,
};

/// The longest summary that is kept, in characters. It keeps the record near 1 KB, which is one write unit.
pub const MAX_SUMMARY_CHARS: usize = 200;

/// A job as it was accepted.
#[derive(Clone, Debug, PartialEq)]
pub struct NewJob {
    /// Its id, issued to `owner`.
    pub id: JobId,
    /// Whose it is.
    pub owner: Owner,
    /// What kind of work it is.
    pub kind: KindName,
    /// What request it stands for.
    pub fingerprint: Fingerprint,
    /// By which its write recognizes itself; unique for each call of [`crate::JobStore::create`].
    pub creation_token: CreationToken,
    /// What its owner calls it; cut at [`MAX_SUMMARY_CHARS`].
    pub summary: String,
    /// When it may start.
    pub scheduled_start: Timestamp,
    /// How long after `scheduled_start` it must have finished.
    pub deadline: Duration,
    /// How long a write can still take effect after its clock was read: [`crate::WRITE_HORIZON`], or less in tests and on a
    /// developer's machine.
    pub write_horizon: Duration,
    /// How long its status URI lives after its end.
    pub retention: Duration,
    /// How often it may be started.
    pub max_attempts: u32,
}

/// A job as the table has it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct JobRecord {
    /// Its id, the key of the table.
    pub id: JobId,
    /// Whose it is.
    pub owner: Owner,
    /// What kind of work it is.
    pub kind: KindName,
    /// What request it stands for.
    pub fingerprint: Fingerprint,
    /// Which write created it: no two records have the same, also of those that had its id one after the other.
    pub creation_token: CreationToken,
    /// Where it is in its life.
    pub state: JobState,
    /// How far its present (or last) attempt is.
    pub percent: Percent,
    /// How far the job was when its present attempt began: more than nothing after a snooze, or when it goes on from a
    /// checkpoint after an error.
    pub start_percent: Percent,
    /// What an attempt saved for the next one.
    pub checkpoint: Option<Checkpoint>,
    /// What it is about or what it last said; at most [`MAX_SUMMARY_CHARS`] characters.
    pub summary: String,
    /// When it was accepted.
    pub created_at: Timestamp,
    /// When it may start: as asked for, or the time of the next attempt.
    pub scheduled_start: Timestamp,
    /// When its present (or last) attempt started.
    pub started_at: Option<Timestamp>,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
    /// From when on no attempt may start, write or be canceled.
    pub deadline: Timestamp,
    /// From when on readers call it failed if it has not finished: the deadline and the write horizon. Once it has finished, the
    /// deadline.
    pub overdue_at: Timestamp,
    /// Until when the present attempt owns it.
    pub lease_until: Option<Timestamp>,
    /// Which claim made the present (or last) attempt. It fences: a number of an attempt is used again after a snooze, a token
    /// never. And what an attempt wrote recognises itself by it when the answer was lost.
    pub run_token: Option<String>,
    /// The number of the present (or last) attempt's latest progress write: 1, 2, 3, ... 0 before that, and after the end.
    pub progress_number: u64,
    /// When its status URI turns into 410, in whole seconds; the table's TTL attribute.
    pub expires_at: Timestamp,
    /// How often it was started; a start that ended in a snooze doesn't count.
    pub attempt: u32,
    /// How often it may be started.
    pub max_attempts: u32,
    /// Whether its owner asked the running attempt to stop.
    pub cancel_requested: bool,
    /// Whether its owner deleted it. What is left of it is a tombstone: so a write of its first record that comes late finds
    /// that there was one.
    pub is_deleted: bool,
    /// How often the record was written; what an `ETag` is made from.
    pub version: u64,
    /// When the record was last written.
    pub updated_at: Timestamp,
    /// The result as JSON text, once it succeeded; `None` if it is in an item of its own.
    pub result: Option<String>,
    /// The fencing token of the attempt whose result is in an item of its own: see [`crate::JobStore::result`].
    pub result_token: Option<String>,
    /// Why it failed, once it did.
    pub error: Option<Failure>,
}

impl JobRecord {
    /// The record that a new job begins with, at `now`.
    #[must_use]
    pub fn begin(job: NewJob, now: Timestamp) -> Self {
        let deadline = job.scheduled_start.plus(job.deadline);
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
            summary: cut(&job.summary, MAX_SUMMARY_CHARS),
            created_at: now,
            scheduled_start: job.scheduled_start,
            started_at: None,
            ended_at: None,
            deadline,
            overdue_at,
            lease_until: None,
            run_token: None,
            progress_number: 0,
            // Counted from when readers may call it failed, so that everybody can see that. The end of the job counts anew.
            expires_at: expiry(overdue_at, job.retention),
            attempt: 0,
            max_attempts: job.max_attempts,
            cancel_requested: false,
            is_deleted: false,
            version: 1,
            updated_at: now,
            result: None,
            result_token: None,
            error: None,
        }
    }

    /// Whether the status URI is 410 at `now`: its time is over, or its owner deleted it.
    #[must_use]
    pub fn is_expired(&self, now: Timestamp) -> bool {
        self.is_deleted || now >= self.expires_at
    }

    /// When a running attempt will be done if it goes on as it did; `None` before its first progress and when it doesn't run.
    #[must_use]
    pub fn estimated_end(&self) -> Option<Timestamp> {
        let started = self
            .started_at
            .filter(|_| self.state == JobState::Started)?;
        let (begun, done) = (self.start_percent.get(), self.percent.get());
        let done = u32::from(done.saturating_sub(begun));
        // What is known is how far it was when it last said so, not how far it is now.
        let taken = self.updated_at.since(started);
        let whole = || started.plus(taken * u32::from(100 - begun) / done);
        (done > 0).then(|| whole().min(self.deadline))
    }

    /// The reason that this job is out of attempts: its last attempt never came back.
    #[must_use]
    pub fn worker_lost(&self) -> Failure {
        let message = format!(
            "attempt {} of {} never reported its end",
            self.attempt, self.max_attempts
        );
        Failure::new("worker-lost", &message)
    }

    /// How it ended, once it has.
    #[must_use]
    pub fn outcome(&self) -> Option<Outcome> {
        match self.state {
            JobState::Completed(outcome) => Some(outcome),
            JobState::Scheduled | JobState::Started => None,
        }
    }
}

/// When a status URI expires whose job ended at `end`: in whole seconds, as the table's TTL counts.
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
