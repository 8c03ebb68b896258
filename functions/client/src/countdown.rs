use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};

use time::OffsetDateTime;

use super::clock::{spoken, until};
use super::{JobDocument, JobState};

/// Stands for "no estimate" in [`Countdown::target_s`].
const NO_TARGET: i64 = i64::MIN;

/// What the bar counts down to; read by the thread that redraws.
#[derive(Debug)]
pub(super) struct Countdown {
    /// When the job may start or will probably end, in Unix seconds.
    target_s: AtomicI64,
    to_start: AtomicBool,
}

impl Countdown {
    pub(super) fn new() -> Self {
        Self {
            target_s: AtomicI64::new(NO_TARGET),
            to_start: AtomicBool::new(false),
        }
    }

    pub(super) fn set(&self, job: &JobDocument) {
        let target_s = target_of(job).map_or(NO_TARGET, OffsetDateTime::unix_timestamp);
        self.target_s.store(target_s, Ordering::Relaxed);
        self.to_start
            .store(job.job_state == JobState::Scheduled, Ordering::Relaxed);
    }

    /// `starts in 12 s` or `12 s left`; nothing without an estimate, or when it has passed.
    pub(super) fn text(&self, now: OffsetDateTime) -> String {
        let target = OffsetDateTime::from_unix_timestamp(self.target_s.load(Ordering::Relaxed));
        let Some(left) = target.ok().and_then(|target| until(target, now)) else {
            return String::new();
        };
        if self.to_start.load(Ordering::Relaxed) {
            format!("starts in {}  ", spoken(left))
        } else {
            format!("{} left  ", spoken(left))
        }
    }
}

/// What the time left counts down to.
fn target_of(job: &JobDocument) -> Option<OffsetDateTime> {
    match job.job_state {
        JobState::Scheduled => job.scheduled_start_time,
        JobState::Started => job.estimated_end_time,
        JobState::Completed => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn job(extra: &serde_json::Value) -> JobDocument {
        let mut document = json!({"id": "1", "job-state": "STARTED", "job-status": "INPROGRESS", "percent-complete": 7,
            "summary": "profiled\n250 rows", "estimated-end-time": "2026-01-01T00:00:00Z"});
        for (key, value) in extra.as_object().unwrap() {
            document[key] = value.clone();
        }
        serde_json::from_value(document).unwrap()
    }

    #[test]
    fn the_countdown_is_to_the_start_and_then_to_the_end() {
        let countdown = Countdown::new();
        let now = OffsetDateTime::from_unix_timestamp(1_767_225_588).unwrap();
        let mut texts = vec![countdown.text(now)];
        for state in ["SCHEDULED", "STARTED", "COMPLETED"] {
            countdown.set(&job(
                &json!({"job-state": state, "scheduled-start-time": "2025-12-31T23:59:53Z"}),
            ));
            texts.push(countdown.text(now));
        }

        assert_eq!(texts, ["", "starts in 5 s  ", "12 s left  ", ""]);
    }

    #[test]
    fn a_job_that_is_over_has_no_time_left() {
        assert!(target_of(&job(&json!({}))).is_some());
        assert!(
            target_of(&job(
                &json!({"job-state": "COMPLETED", "job-status": "SUCCESS"})
            ))
            .is_none()
        );
    }
}
