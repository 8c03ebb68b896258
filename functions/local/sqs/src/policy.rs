//! The redrive policy: after how many receives a message moves to the dead-letter queue, and which queue that is.

use serde::{Deserialize, Serialize};

use super::error::{Error, Result};

/// A queue's `RedrivePolicy`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct RedrivePolicy {
    pub(super) dead_letter_target_arn: String,
    /// 1 to 1,000.
    pub(super) max_receive_count: u32,
}

/// The policy as JSON: templates have the count as a number or as a string.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Written {
    dead_letter_target_arn: String,
    max_receive_count: Count,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Count {
    Number(u32),
    Text(String),
}

impl RedrivePolicy {
    /// Parses an attribute's value. An empty value removes the policy.
    pub(super) fn parse(json: &str) -> Result<Option<Self>> {
        if json.is_empty() {
            return Ok(None);
        }
        let invalid = |reason: &str| Error::parameter("RedrivePolicy", json, reason);
        let written: Written = serde_json::from_str(json).map_err(|_| {
            invalid("Must be a JSON object of deadLetterTargetArn and maxReceiveCount.")
        })?;
        let count = match written.max_receive_count {
            Count::Number(count) => Some(count),
            Count::Text(text) => text.parse().ok(),
        };
        let max_receive_count = count
            .filter(|count| (1..=1_000).contains(count))
            .ok_or_else(|| invalid("maxReceiveCount must be between 1 and 1000."))?;
        Ok(Some(Self {
            dead_letter_target_arn: written.dead_letter_target_arn,
            max_receive_count,
        }))
    }

    /// The attribute's value.
    pub(super) fn to_json(&self) -> String {
        serde_json::json!({
            "deadLetterTargetArn": self.dead_letter_target_arn,
            "maxReceiveCount": self.max_receive_count,
        })
        .to_string()
    }
}

/// Checks a `RedriveAllowPolicy`, which is stored but not enforced.
pub(super) fn check_allow_policy(json: &str) -> Result<()> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase", deny_unknown_fields)]
    struct AllowPolicy {
        redrive_permission: String,
        #[serde(default)]
        source_queue_arns: Vec<String>,
    }
    let sound = serde_json::from_str::<AllowPolicy>(json).is_ok_and(|policy| {
        match policy.redrive_permission.as_str() {
            "allowAll" | "denyAll" => policy.source_queue_arns.is_empty(),
            "byQueue" => (1..=10).contains(&policy.source_queue_arns.len()),
            _ => false,
        }
    });
    if sound || json.is_empty() {
        return Ok(());
    }
    let reason = "Must have redrivePermission allowAll, denyAll, or byQueue with one to ten sourceQueueArns.";
    Err(Error::parameter("RedriveAllowPolicy", json, reason))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_allow_policy_by_queue_names_its_queues() {
        assert!(
            check_allow_policy(r#"{"redrivePermission":"byQueue","sourceQueueArns":["a"]}"#)
                .is_ok()
        );
        assert!(check_allow_policy(r#"{"redrivePermission":"byQueue"}"#).is_err());
        assert!(check_allow_policy(r#"{"redrivePermission":"some"}"#).is_err());
    }
}
