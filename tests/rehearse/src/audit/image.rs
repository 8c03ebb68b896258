//! A record as the auditor reads it: by attribute names, and not by the code that writes it.

use std::collections::HashMap;
use std::fmt;

use aws_sdk_dynamodb::types::AttributeValue;

/// What the auditor looks at in a record. Absent numbers are 0, absent texts empty.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Image {
    /// The creation token: which of the jobs with this id it is.
    pub creation_token: String,
    /// SCHEDULED, STARTED or COMPLETED.
    pub state: String,
    /// SUCCESS, FAILED or CANCELED.
    pub outcome: String,
    /// The code of the error that it failed with.
    pub error_code: String,
    /// The fencing token of its current attempt.
    pub run_token: String,
    /// How often it was written.
    pub version: i64,
    /// Number of attempts, as the record counts them.
    pub attempt: i64,
    /// How often it may be started.
    pub max_attempts: i64,
    /// How far it is.
    pub percent: i64,
    /// Its summary.
    pub summary: String,
    /// Its checkpoint.
    pub checkpoint: String,
    /// The end of its attempt's lease.
    pub lease_until_ms: i64,
    /// Its deadline: from then on, nobody may start, write or cancel it.
    pub deadline_ms: i64,
    /// From when on readers call it failed if it has no end.
    pub overdue_ms: i64,
    /// When it expires.
    pub expires_at: i64,
    /// Whether its attempt ended a slice, and nobody has claimed the next one.
    pub is_between_slices: bool,
    /// Whether its owner asked it to stop.
    pub cancel_requested: bool,
    /// Where its end is reported.
    pub callback_url: String,
    /// PENDING, DELIVERED or FAILED.
    pub callback_state: String,
    /// How often its end was reported.
    pub callback_attempts: i64,
    /// The status of the last answer to that.
    pub callback_status: i64,
    /// Whether it is a tombstone.
    pub is_deleted: bool,
}

impl Image {
    /// Reads an item.
    #[must_use]
    pub fn of(item: &HashMap<String, AttributeValue>) -> Self {
        let text = |name: &str| {
            let text = item.get(name).and_then(|value| value.as_s().ok());
            text.cloned().unwrap_or_default()
        };
        let number = |name: &str| {
            let number = item.get(name).and_then(|value| value.as_n().ok());
            number.and_then(|text| text.parse().ok()).unwrap_or(0)
        };
        Self {
            creation_token: text("creation_token"),
            state: text("state"),
            outcome: text("outcome"),
            error_code: text("error_code"),
            run_token: text("run_token"),
            version: number("version"),
            attempt: number("attempt"),
            max_attempts: number("max_attempts"),
            percent: number("percent"),
            summary: text("summary"),
            checkpoint: text("checkpoint"),
            lease_until_ms: number("lease_until_ms"),
            deadline_ms: number("deadline_ms"),
            // Not before its deadline in any case.
            overdue_ms: number("overdue_ms").max(number("deadline_ms")),
            expires_at: number("expires_at"),
            is_between_slices: item.contains_key("attempt_step"),
            cancel_requested: item.contains_key("cancel_requested"),
            callback_url: text("callback_url"),
            callback_state: text("callback_state"),
            callback_attempts: number("callback_attempts"),
            callback_status: number("callback_status"),
            is_deleted: item.contains_key("deleted"),
        }
    }

    pub(super) fn is_completed(&self) -> bool {
        self.state == "COMPLETED"
    }

    /// Whether nobody has written its end.
    #[must_use]
    pub fn is_open(&self) -> bool {
        !self.is_completed()
    }

    /// Its end, as its readers tell one from another.
    pub(super) fn end(&self) -> Option<End> {
        self.is_completed()
            .then(|| End::new(&self.outcome, &self.error_code))
    }

    /// The end that readers see at `now_ms` although it was not written: after the deadline, or after the lease of an attempt that was
    /// asked to stop, once no write can take effect any more.
    pub(super) fn unwritten_end(&self, now_ms: i64) -> Option<End> {
        let horizon_ms = self.overdue_ms - self.deadline_ms;
        let is_called_off =
            self.is_started() && self.cancel_requested && self.lease_until_ms <= self.deadline_ms;
        let (from_ms, end) = if is_called_off {
            (self.lease_until_ms + horizon_ms, End::new("CANCELED", ""))
        } else {
            (self.overdue_ms, End::new("FAILED", "deadline-exceeded"))
        };
        (self.is_open() && now_ms >= from_ms).then_some(end)
    }

    pub(super) fn is_started(&self) -> bool {
        self.state == "STARTED"
    }
}

/// How a job ended, as its readers tell one end from another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct End(String);

impl End {
    /// Of a job-status and, if that is FAILED, the code of its error.
    #[must_use]
    pub fn new(outcome: &str, error_code: &str) -> Self {
        Self(match outcome {
            "FAILED" => format!("{outcome} {error_code}"),
            _ => outcome.to_owned(),
        })
    }
}

impl fmt::Display for End {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
