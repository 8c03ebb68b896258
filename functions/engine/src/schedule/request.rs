//! The body of `CreateSchedule`.
//! Source: <https://docs.aws.amazon.com/scheduler/latest/APIReference/API_CreateSchedule.html>

use serde_json::json;

use super::Target;
use crate::{CreationToken, Owner, Timestamp};

/// A one-time schedule. To Scheduler, a request with the token of an earlier one is the same request.
pub(super) fn create(
    group: &str,
    token: &CreationToken,
    start: Timestamp,
    target: &Target,
    input: &str,
) -> String {
    let schedule = json!({
        "GroupName": group,
        "ClientToken": token.as_str(),
        "ScheduleExpression": expression(start),
        "ScheduleExpressionTimezone": "UTC",
        "FlexibleTimeWindow": {"Mode": "OFF"},
        "ActionAfterCompletion": "DELETE",
        "Target": {
            "Arn": target.arn,
            "RoleArn": target.role_arn,
            "Input": input,
            "DeadLetterConfig": {"Arn": target.dead_letter_arn},
            // How long Scheduler tries, and the most tries that it offers. A message that arrives after its job's deadline runs nothing: the
            // job has failed then. Source: <https://docs.aws.amazon.com/scheduler/latest/APIReference/API_RetryPolicy.html>
            "RetryPolicy": {
                "MaximumEventAgeInSeconds": target.try_for.as_secs(),
                "MaximumRetryAttempts": 185,
            },
        },
    });
    schedule.to_string()
}

/// `at(2026-01-01T10:50:45)`. Scheduler has whole seconds; rounded up, so that it does not fire before the job is due.
fn expression(start: Timestamp) -> String {
    let seconds = Timestamp::from_seconds(start.seconds_rounded_up()).to_string();
    format!("at({})", seconds.trim_end_matches('Z'))
}

/// The request to SQS, in the JSON of the universal target.
///
/// Scheduler replaces keywords such as `<aws.scheduler.execution-id>` in it. A client's data may contain one, so `<` is escaped in the body,
/// which is JSON text: `<` occurs only in its strings. Here, the backslash of `\u003c` is escaped again. So there is no `<` in the text of the
/// input, and none in its strings: AWS does not document in which of the two Scheduler looks.
/// Source: <https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-schedule-context-attributes.html>
pub(super) fn input(queue_url: &str, owner: &Owner, body: &str) -> String {
    let input = json!({
        "QueueUrl": queue_url,
        "MessageBody": body.replace('<', "\\u003c"),
        "MessageGroupId": owner.short_hash(),
    });
    input.to_string()
}
