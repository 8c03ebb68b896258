//! A record as the auditor reads it: by attribute names, and not by the code that writes it.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;

/// What the auditor looks at in a record. Absent numbers are 0, absent texts empty.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Image {
    /// Which job it is of those that had this id: the time of its acceptance.
    pub created_order: String,
    /// SCHEDULED, STARTED or COMPLETED.
    pub state: String,
    /// SUCCESS, FAILED or CANCELED.
    pub outcome: String,
    /// The code of the error that it failed with.
    pub error_code: String,
    /// Which claim made its present attempt.
    pub run_token: String,
    /// How often it was written.
    pub version: i64,
    /// How often it was started, as it says itself.
    pub attempt: i64,
    /// How often it may be started.
    pub max_attempts: i64,
    /// How far it is.
    pub percent: i64,
    /// Until when its attempt owns it.
    pub lease_until_ms: i64,
    /// From when on nobody may start, write or cancel it.
    pub deadline_ms: i64,
    /// From when on readers call it failed if it has no end.
    pub overdue_ms: i64,
    /// When it is as good as gone.
    pub expires_at: i64,
    /// Whether its owner asked it to stop.
    pub cancel_requested: bool,
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
            created_order: text("created_order"),
            state: text("state"),
            outcome: text("outcome"),
            error_code: text("error_code"),
            run_token: text("run_token"),
            version: number("version"),
            attempt: number("attempt"),
            max_attempts: number("max_attempts"),
            percent: number("percent"),
            lease_until_ms: number("lease_until_ms"),
            deadline_ms: number("deadline_ms"),
            overdue_ms: number("overdue_ms"),
            expires_at: number("expires_at"),
            cancel_requested: item.contains_key("cancel_requested"),
            is_deleted: item.contains_key("deleted"),
        }
    }

    /// Whether readers say that it has ended, though nobody wrote that: a write horizon after its deadline, or after the lease of
    /// an attempt that was asked to stop.
    pub(super) fn is_over_for_readers(&self, now_ms: i64) -> bool {
        let horizon_ms = self.overdue_ms - self.deadline_ms;
        let is_abandoned = self.is_started() && self.cancel_requested;
        self.overdue_ms <= now_ms || (is_abandoned && self.lease_until_ms + horizon_ms <= now_ms)
    }

    pub(super) fn is_completed(&self) -> bool {
        self.state == "COMPLETED"
    }

    pub(super) fn is_started(&self) -> bool {
        self.state == "STARTED"
    }
}
