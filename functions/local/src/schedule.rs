//! A one-time schedule, with the checks and the texts of EventBridge Scheduler.
//! Source: <https://docs.aws.amazon.com/scheduler/latest/APIReference/API_CreateSchedule.html>

use engine::{MAX_SCHEDULE_INPUT_BYTES, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

/// The group of all schedules here.
pub const SCHEDULE_GROUP: &str = "jobs";

/// ARN of the role with which the schedules send. Nobody checks it.
pub(crate) const SCHEDULE_ROLE_ARN: &str = "arn:aws:iam::000000000000:role/schedules";

const ARN_PREFIX: &str = "arn:aws:scheduler:us-east-1:000000000000:schedule";

/// A schedule, as it is kept between runs.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
pub(crate) struct Schedule {
    pub(crate) at_ms: u64,
    pub(crate) created_at_ms: u64,
    pub(crate) definition: Definition,
}

/// The body of `CreateSchedule`. What this stand-in cannot do is an unknown member or value.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(crate) struct Definition {
    group_name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) client_token: Option<String>,
    schedule_expression: String,
    #[serde(default)]
    schedule_expression_timezone: Timezone,
    flexible_time_window: FlexibleTimeWindow,
    action_after_completion: AfterCompletion,
    target: Target,
}

#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
enum Timezone {
    #[default]
    #[serde(rename = "UTC")]
    Utc,
}

#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(tag = "Mode", rename_all = "UPPERCASE", deny_unknown_fields)]
enum FlexibleTimeWindow {
    Off,
}

#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "UPPERCASE")]
enum AfterCompletion {
    Delete,
}

/// The call that a schedule makes when it fires.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Target {
    arn: String,
    role_arn: String,
    input: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    dead_letter_config: Option<DeadLetterConfig>,
    #[serde(skip_serializing_if = "Option::is_none")]
    retry_policy: Option<RetryPolicy>,
}

#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct DeadLetterConfig {
    arn: String,
}

#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct RetryPolicy {
    #[serde(skip_serializing_if = "Option::is_none")]
    maximum_event_age_in_seconds: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    maximum_retry_attempts: Option<u32>,
}

/// Why a call is refused.
#[derive(Debug, PartialEq)]
pub(crate) enum Refusal {
    Validation(String),
    /// Another schedule has the name.
    Conflict,
    /// No schedule has the name, or no group.
    NotFound,
}

impl Schedule {
    /// The input, with the keywords replaced as if by the first try. AWS does not document whether Scheduler replaces them in the text or in
    /// the strings that it parses from that, so both are done: a text that must not change must be safe either way.
    /// Source: <https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-schedule-context-attributes.html>
    pub(crate) fn input(&self, name: &str, execution_id: &str) -> String {
        let scheduled = Timestamp::from_ms(i64::try_from(self.at_ms).unwrap_or(i64::MAX));
        let keywords = [
            ("schedule-arn", arn_of(name)),
            ("scheduled-time", scheduled.to_string()),
            ("execution-id", execution_id.to_owned()),
            ("attempt-number", "1".to_owned()),
        ];
        let replace = |text: &str| {
            keywords
                .iter()
                .fold(text.to_owned(), |text, (keyword, value)| {
                    text.replace(&format!("<aws.scheduler.{keyword}>"), value)
                })
        };
        let text = replace(&self.definition.target.input);
        // It was an object when the schedule was created.
        let Ok(mut input) = serde_json::from_str::<Map<_, _>>(&text) else {
            return text;
        };
        for value in input.values_mut() {
            if let Value::String(text) = value {
                *text = replace(text);
            }
        }
        Value::Object(input).to_string()
    }

    /// The answer of `GetSchedule`.
    pub(crate) fn document(&self, name: &str) -> Value {
        let created_s = self.created_at_ms / 1_000;
        let definition = self.definition.clone();
        let mut document = json!(Definition {
            client_token: None,
            ..definition
        });
        for (member, value) in [
            ("Arn", json!(arn_of(name))),
            ("CreationDate", json!(created_s)),
            ("LastModificationDate", json!(created_s)),
            ("Name", json!(name)),
            ("State", json!("ENABLED")),
        ] {
            document[member] = value;
        }
        document
    }

    /// The name of the queue for what cannot be delivered.
    pub(crate) fn dead_letter_queue(&self) -> Option<&str> {
        let queue = self.definition.target.dead_letter_config.as_ref()?;
        queue.arn.rsplit(':').next()
    }
}

impl Definition {
    /// When the schedule fires, if all of it is valid. The time may be in the past.
    pub(crate) fn check(&self, name: &str) -> Result<u64, Refusal> {
        check_group(Some(&self.group_name))?;
        check_name("name", name, ".-_")?;
        if let Some(token) = &self.client_token {
            check_name("clientToken", token, "-_")?;
        }
        self.target.check()?;
        at(&self.schedule_expression)
    }
}

impl Target {
    fn check(&self) -> Result<(), Refusal> {
        let partition = self
            .arn
            .strip_suffix(":scheduler:::aws-sdk:sqs:sendMessage");
        if !partition.is_some_and(|arn| arn == "arn:aws" || arn.starts_with("arn:aws-")) {
            return Err(invalid(
                "target.arn",
                "only aws-sdk:sqs:sendMessage is supported here",
            ));
        }
        if !self.role_arn.starts_with("arn:aws") || !self.role_arn.contains(":role/") {
            return Err(invalid("target.roleArn", "must be the ARN of a role"));
        }
        // Replacing a keyword in the text changes no other part of it, so it is JSON afterwards, too.
        if serde_json::from_str::<serde_json::Map<_, _>>(&self.input).is_err() {
            return Err(invalid("target.input", "must be a JSON object"));
        }
        if self.input.len() > MAX_SCHEDULE_INPUT_BYTES {
            return Err(invalid(
                "target.input",
                &format!("must not exceed {MAX_SCHEDULE_INPUT_BYTES} bytes"),
            ));
        }
        let retry = self.retry_policy.clone().unwrap_or_default();
        let age_s = retry.maximum_event_age_in_seconds.unwrap_or(86_400);
        let attempts = retry.maximum_retry_attempts.unwrap_or(185);
        if !(60..=86_400).contains(&age_s) || attempts > 185 {
            return Err(invalid("target.retryPolicy", "is out of range"));
        }
        Ok(())
    }
}

/// The time of `at(yyyy-mm-ddThh:mm:ss)`.
fn at(expression: &str) -> Result<u64, Refusal> {
    let text = expression
        .strip_prefix("at(")
        .and_then(|rest| rest.strip_suffix(')'))
        // Without fractions and offset.
        .filter(|text| text.len() == "yyyy-mm-ddThh:mm:ss".len());
    let time = text.and_then(|text| Timestamp::parse_rfc3339(&format!("{text}Z")));
    let at_ms = time.and_then(|time| u64::try_from(time.ms()).ok());
    at_ms.ok_or_else(|| invalid("scheduleExpression", "must be at(yyyy-mm-ddThh:mm:ss)"))
}

pub(crate) fn check_group(group: Option<&str>) -> Result<(), Refusal> {
    if group == Some(SCHEDULE_GROUP) {
        Ok(())
    } else {
        Err(Refusal::NotFound)
    }
}

/// A name of 1 to 64 letters, digits and these `others`.
fn check_name(member: &str, name: &str, others: &str) -> Result<(), Refusal> {
    let is_allowed = |c: char| c.is_ascii_alphanumeric() || others.contains(c);
    if (1..=64).contains(&name.len()) && name.chars().all(is_allowed) {
        return Ok(());
    }
    Err(invalid(
        member,
        &format!("must be 1 to 64 letters, digits and {others}"),
    ))
}

/// The refusal of a new schedule whose time has passed.
pub(crate) fn in_the_past() -> Refusal {
    invalid("scheduleExpression", "the time is in the past")
}

fn invalid(member: &str, reason: &str) -> Refusal {
    Refusal::Validation(format!(
        "1 validation error detected: Value at '{member}' failed to satisfy constraint: {reason}"
    ))
}

pub(crate) fn arn_of(name: &str) -> String {
    format!("{ARN_PREFIX}/{SCHEDULE_GROUP}/{name}")
}
