//! The slices of an attempt that is longer than an invocation.

use std::time::Duration;

use crate::{JobRecord, Timestamp};

/// The slices that an attempt has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct EndedSlices {
    /// The number of the attempt.
    pub attempt: u32,
    /// When the first of them started.
    pub began_at: Timestamp,
    /// For how long they ran, not counting the time between them.
    pub ran: Duration,
}

impl JobRecord {
    /// The slices that the current (or last) attempt has ended. If a worker died in a slice, a new attempt has begun since.
    #[must_use]
    pub fn slices(&self) -> Option<EndedSlices> {
        self.ended_slices
            .filter(|slices| slices.attempt == self.attempt)
    }

    /// When its current (or last) attempt started.
    #[must_use]
    pub fn attempt_began_at(&self) -> Option<Timestamp> {
        match self.slices() {
            Some(slices) => Some(slices.began_at),
            None => self.started_at,
        }
    }

    /// The slices that this attempt has ended if the current one ends at `now`.
    #[must_use]
    pub fn slices_until(&self, now: Timestamp) -> EndedSlices {
        let started_at = self.started_at.unwrap_or(now);
        let earlier = self.slices();
        let ran = earlier.map_or(Duration::ZERO, |slices| slices.ran);
        EndedSlices {
            attempt: self.attempt,
            began_at: earlier.map_or(started_at, |slices| slices.began_at),
            ran: ran + now.since(started_at),
        }
    }

    /// The fencing token of the record after the slice of this run has ended: the run's own with a mark. No worker holds it, so a write of
    /// the ended slice that comes late has no effect, while the slice's end recognizes its own.
    #[must_use]
    pub fn ended_slice_token(&self) -> Option<String> {
        let token = self.run_token.as_deref()?;
        Some(format!("{token}.ended"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::JobState;
    use crate::record::tests::{accepted, at};

    #[test]
    fn the_slices_of_an_attempt_count_together_and_not_for_the_next_attempt() {
        let first = JobRecord {
            state: JobState::Started,
            attempt: 1,
            started_at: Some(at(1_010)),
            ..accepted()
        };
        let after_one = first.slices_until(at(1_015));
        let second = JobRecord {
            started_at: Some(at(1_020)),
            ended_slices: Some(after_one),
            ..first
        };
        let after_two = second.slices_until(at(1_023));
        let expected = EndedSlices {
            attempt: 1,
            began_at: at(1_010),
            ran: Duration::from_secs(8),
        };
        assert_eq!(after_two, expected);
        assert_eq!(second.attempt_began_at(), Some(at(1_010)));
        let next_attempt = JobRecord {
            attempt: 2,
            ..second
        };
        assert_eq!(next_attempt.slices(), None);
        assert_eq!(next_attempt.attempt_began_at(), Some(at(1_020)));
        assert_eq!(next_attempt.slices_until(at(1_021)).ran.as_secs(), 1);
    }
}
