//! The body of `CreateSchedule`.
//! Source: <https://docs.aws.amazon.com/scheduler/latest/APIReference/API_CreateSchedule.html>

use serde::Serialize;

use super::Target;
use crate::{CreationToken, Owner, Timestamp};

/// A one-time schedule.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct CreateSchedule<'a> {
    group_name: &'a str,
    /// A request with the token of an earlier one is that one.
    client_token: &'a str,
    schedule_expression: String,
    schedule_expression_timezone: &'static str,
    flexible_time_window: FlexibleTimeWindow,
    action_after_completion: &'static str,
    target: TargetOf<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct FlexibleTimeWindow {
    mode: &'static str,
}

/// The target of one schedule.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct TargetOf<'a> {
    arn: &'a str,
    role_arn: &'a str,
    input: &'a str,
    dead_letter_config: DeadLetterConfig<'a>,
    retry_policy: RetryPolicy,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct DeadLetterConfig<'a> {
    arn: &'a str,
}

/// How long Scheduler tries, and the most tries that it offers. A message that arrives after its job's deadline runs nothing: the job
/// has failed then.
/// Source: <https://docs.aws.amazon.com/scheduler/latest/APIReference/API_RetryPolicy.html>
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct RetryPolicy {
    maximum_event_age_in_seconds: u64,
    maximum_retry_attempts: u32,
}

impl<'a> TargetOf<'a> {
    pub(super) fn new(target: &'a Target, input: &'a str) -> Self {
        Self {
            arn: &target.arn,
            role_arn: &target.role_arn,
            input,
            dead_letter_config: DeadLetterConfig {
                arn: &target.dead_letter_arn,
            },
            retry_policy: RetryPolicy {
                maximum_event_age_in_seconds: target.try_for.as_secs(),
                maximum_retry_attempts: 185,
            },
        }
    }
}

impl<'a> CreateSchedule<'a> {
    pub(super) fn new(
        group: &'a str,
        token: &'a CreationToken,
        start: Timestamp,
        target: TargetOf<'a>,
    ) -> Self {
        Self {
            group_name: group,
            client_token: token.as_str(),
            schedule_expression: expression(start),
            schedule_expression_timezone: "UTC",
            flexible_time_window: FlexibleTimeWindow { mode: "OFF" },
            action_after_completion: "DELETE",
            target,
        }
    }

    pub(super) fn to_json(&self) -> String {
        // Strings and numbers always serialize.
        serde_json::to_string(self).unwrap_or_default()
    }
}

/// `at(2026-01-01T10:50:45)`. Scheduler has whole seconds; rounded up, so that it does not fire before the job is due.
fn expression(start: Timestamp) -> String {
    let seconds = Timestamp::from_seconds(start.seconds_rounded_up()).to_string();
    format!("at({})", seconds.trim_end_matches('Z'))
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct SendMessage<'a> {
    queue_url: &'a str,
    message_body: &'a str,
    message_group_id: &'a str,
}

/// The request to SQS, in the JSON of the universal target.
///
/// Scheduler replaces keywords such as `<aws.scheduler.execution-id>` in it. A client's data may contain one, so `<` is escaped in the body,
/// which is JSON text: `<` occurs only in its strings. Here, the backslash of `\u003c` is escaped again. So there is no `<` in the text of the
/// input, and none in its strings: AWS does not document in which of the two Scheduler looks.
/// Source: <https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-schedule-context-attributes.html>
pub(super) fn input(queue_url: &str, owner: &Owner, body: &str) -> String {
    let input = serde_json::to_string(&SendMessage {
        queue_url,
        message_body: &body.replace('<', "\\u003c"),
        message_group_id: owner.short_hash(),
    });
    // Strings always serialize.
    input.unwrap_or_default()
}
