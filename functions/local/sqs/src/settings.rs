//! The attributes of a queue that a caller can set.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use serde::{Deserialize, Serialize};

use super::error::{Code, Result};
use super::limits::{
    DELAY_S, MAX_MESSAGE_BYTES, RETENTION_S, VISIBILITY_S, WAIT_S, fifo_unsupported,
};
use super::policy::{RedrivePolicy, check_allow_policy};

/// The attributes that can be set, with the defaults of the API reference.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Settings {
    pub(super) delay_s: u32,
    pub(super) max_message_bytes: u32,
    pub(super) retention_s: u32,
    pub(super) receive_wait_s: u32,
    pub(super) visibility_s: u32,
    pub(super) redrive: Option<RedrivePolicy>,
    /// Attributes without effect here, stored as given: policies and encryption.
    kept: BTreeMap<String, String>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            delay_s: 0,
            max_message_bytes: MAX_MESSAGE_BYTES,
            retention_s: 345_600,
            receive_wait_s: 0,
            visibility_s: 30,
            redrive: None,
            kept: BTreeMap::from([("SqsManagedSseEnabled".to_owned(), "true".to_owned())]),
        }
    }
}

const SIZE_LIMIT: RangeInclusive<i64> = 1_024..=MAX_MESSAGE_BYTES as i64;
const KEY_REUSE_S: RangeInclusive<i64> = 60..=86_400;

/// Names that can be set, in the order in which `All` lists them.
pub(super) const SETTABLE: [&str; 11] = [
    "DelaySeconds",
    "MaximumMessageSize",
    "MessageRetentionPeriod",
    "ReceiveMessageWaitTimeSeconds",
    "VisibilityTimeout",
    "RedrivePolicy",
    "RedriveAllowPolicy",
    "Policy",
    "KmsMasterKeyId",
    "KmsDataKeyReusePeriodSeconds",
    "SqsManagedSseEnabled",
];

impl Settings {
    /// Returns these settings with some attributes changed. If one is invalid, none is changed.
    pub(super) fn with(&self, attributes: &BTreeMap<String, String>) -> Result<Self> {
        let mut changed = self.clone();
        for (name, value) in attributes {
            changed.set(name, value)?;
        }
        Ok(changed)
    }

    /// The value of an attribute. `None` if it is not set.
    pub(super) fn get(&self, name: &str) -> Option<String> {
        match name {
            "DelaySeconds" => Some(self.delay_s.to_string()),
            "MaximumMessageSize" => Some(self.max_message_bytes.to_string()),
            "MessageRetentionPeriod" => Some(self.retention_s.to_string()),
            "ReceiveMessageWaitTimeSeconds" => Some(self.receive_wait_s.to_string()),
            "VisibilityTimeout" => Some(self.visibility_s.to_string()),
            "RedrivePolicy" => self.redrive.as_ref().map(RedrivePolicy::to_json),
            _ => self.kept.get(name).cloned(),
        }
    }

    fn set(&mut self, name: &str, value: &str) -> Result<()> {
        match name {
            "DelaySeconds" => self.delay_s = number(name, value, &DELAY_S)?,
            "MaximumMessageSize" => self.max_message_bytes = number(name, value, &SIZE_LIMIT)?,
            "MessageRetentionPeriod" => self.retention_s = number(name, value, &RETENTION_S)?,
            "ReceiveMessageWaitTimeSeconds" => self.receive_wait_s = number(name, value, &WAIT_S)?,
            "VisibilityTimeout" => self.visibility_s = number(name, value, &VISIBILITY_S)?,
            "RedrivePolicy" => self.redrive = RedrivePolicy::parse(value)?,
            "FifoQueue"
            | "ContentBasedDeduplication"
            | "DeduplicationScope"
            | "FifoThroughputLimit" => return Err(fifo_unsupported()),
            _ => self.keep(name, value)?,
        }
        Ok(())
    }

    fn keep(&mut self, name: &str, value: &str) -> Result<()> {
        match name {
            "KmsMasterKeyId" => {}
            "KmsDataKeyReusePeriodSeconds" => drop(number(name, value, &KEY_REUSE_S)?),
            "SqsManagedSseEnabled" if matches!(value, "true" | "false") => {}
            "RedriveAllowPolicy" => check_allow_policy(value)?,
            "Policy"
                if value.is_empty()
                    || serde_json::from_str::<serde_json::Map<_, _>>(value).is_ok() => {}
            "SqsManagedSseEnabled" | "Policy" => return Err(invalid_value(name)),
            _ => return Err(unknown(name)),
        }
        if value.is_empty() {
            self.kept.remove(name);
        } else {
            self.kept.insert(name.to_owned(), value.to_owned());
        }
        Ok(())
    }
}

fn number(name: &str, value: &str, range: &RangeInclusive<i64>) -> Result<u32> {
    value
        .parse()
        .ok()
        .filter(|number| range.contains(&i64::from(*number)))
        .ok_or_else(|| invalid_value(name))
}

fn invalid_value(name: &str) -> super::error::Error {
    Code::InvalidAttributeValue.because(format!("Invalid value for the parameter {name}."))
}

/// No attribute has this name.
pub(super) fn unknown(name: &str) -> super::error::Error {
    Code::InvalidAttributeName.because(format!("Unknown Attribute {name}."))
}
