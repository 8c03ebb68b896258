//! The decision about a message that announces the end of a job.

use std::time::Duration;

use crate::{CallbackMessage, CallbackState, CreationToken, JobRecord, Timestamp};

/// Decision about a message that announces the end of a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CallbackDecision {
    /// The end is in the record, and its webhook is to be delivered.
    Deliver,
    /// The end may still come: the message is sent before it.
    TooEarly,
    /// The end did not come, and cannot come any more. Another end has a message of its own.
    NoEnd,
    /// The job has no callback, or its webhook was delivered or given up.
    Over,
    /// The owner deleted the job. Usually its webhook had been delivered: a tombstone does not say.
    Deleted,
    /// The job expired before its webhook was delivered.
    Expired,
    /// The job no longer exists, or another one has its id.
    Gone,
}

/// Decides at `now` about a message that was sent before the end of the job which was accepted with this token. `record` is a strongly
/// consistent read of its id, and `age` the time since the message was sent.
///
/// An overdue job has an end for its readers ([`JobRecord::judged`]), but not before it is written: then a message of that write follows.
#[must_use]
pub fn decide_delivery(
    record: Option<&JobRecord>,
    acceptance: &CreationToken,
    age: Duration,
    write_horizon: Duration,
    now: Timestamp,
) -> CallbackDecision {
    use CallbackDecision as D;
    let Some(record) = record.filter(|record| record.creation_token == *acceptance) else {
        return D::Gone;
    };
    if record.is_deleted {
        return D::Deleted;
    }
    match &record.callback {
        Some(callback) if callback.state == CallbackState::Pending => {}
        Some(_) | None => return D::Over,
    }
    if record.state.is_completed() {
        return if record.is_expired(now) {
            D::Expired
        } else {
            D::Deliver
        };
    }
    if age <= CallbackMessage::end_may_come_for(write_horizon) {
        D::TooEarly
    } else {
        D::NoEnd
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::tests::{accepted, at};
    use crate::{Callback, JobState, Outcome};

    const HORIZON: Duration = Duration::from_secs(40);

    fn waiting() -> JobRecord {
        JobRecord {
            callback: Some(Callback::pending("https://example.com/".to_owned())),
            ..accepted()
        }
    }

    fn ended() -> JobRecord {
        JobRecord {
            state: JobState::Completed(Outcome::Success),
            ended_at: Some(at(1_001)),
            ..waiting()
        }
    }

    fn decide(record: Option<&JobRecord>, age: u64, now: i64) -> CallbackDecision {
        let (token, age) = (&accepted().creation_token, Duration::from_secs(age));
        decide_delivery(record, token, age, HORIZON, at(now))
    }

    #[test]
    fn an_end_is_delivered_while_its_job_can_be_read() {
        let ended = ended();
        assert_eq!(decide(Some(&ended), 0, 1_189), CallbackDecision::Deliver);
        assert_eq!(decide(Some(&ended), 0, 1_190), CallbackDecision::Expired);
        assert_eq!(decide(None, 0, 1_001), CallbackDecision::Gone);
        let deleted = JobRecord {
            is_deleted: true,
            callback: None,
            ..ended
        };
        assert_eq!(decide(Some(&deleted), 0, 1_001), CallbackDecision::Deleted);
    }

    #[test]
    fn an_end_is_awaited_for_two_write_horizons() {
        let waiting = waiting();
        assert_eq!(
            decide(Some(&waiting), 80, 1_090),
            CallbackDecision::TooEarly
        );
        assert_eq!(decide(Some(&waiting), 81, 1_090), CallbackDecision::NoEnd);
        // Readers see it failed, but nobody has written that.
        assert!(waiting.judged(at(1_150)).state.is_completed());
        assert_eq!(
            decide(Some(&waiting), 80, 1_150),
            CallbackDecision::TooEarly
        );
    }

    #[test]
    fn an_end_is_delivered_until_it_arrives_or_is_given_up() {
        for state in [CallbackState::Delivered, CallbackState::Failed] {
            let mut record = ended();
            record.callback.as_mut().unwrap().state = state;
            assert_eq!(decide(Some(&record), 0, 1_001), CallbackDecision::Over);
        }
        let plain = JobRecord {
            callback: None,
            ..ended()
        };
        assert_eq!(decide(Some(&plain), 0, 1_001), CallbackDecision::Over);
    }

    #[test]
    fn the_end_of_another_job_under_the_id_is_not_delivered_for_this_message() {
        let other = JobRecord {
            creation_token: CreationToken::of([9; 16]),
            ..ended()
        };
        assert_eq!(decide(Some(&other), 0, 1_001), CallbackDecision::Gone);
    }
}
