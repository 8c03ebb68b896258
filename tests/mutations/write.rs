//! A write of the store's, as it looks at the wire.

use serde_json::{Map, Value};

use super::part::one_line;

/// One kind of conditional write.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Write {
    /// What the store calls it, and how the job ends by it.
    pub(super) name: String,
    pub(super) condition: String,
}

impl Write {
    /// The write that a request is; `None` for a read, and for what a check writes past the store.
    pub(super) fn of(operation: &str, request: &Value) -> Option<Self> {
        let condition = request["ConditionExpression"].as_str()?;
        Some(Self {
            name: name(operation, request),
            condition: one_line(condition),
        })
    }
}

/// One that this does not know yet goes by its expression.
fn name(operation: &str, request: &Value) -> String {
    let update = request["UpdateExpression"].as_str().unwrap_or_default();
    let value = |name: &str| request["ExpressionAttributeValues"][name]["S"].as_str();
    let sets = |what: &str| update.contains(what);
    match (operation, value(":outcome")) {
        ("PutItem", _) if request["Item"]["result"].is_object() => "put_result".to_owned(),
        ("PutItem", _) => "create".to_owned(),
        _ if sets("#deleted = ") => "delete".to_owned(),
        (_, Some(outcome)) if sets("#percent = ") => format!("finish {outcome}"),
        (_, Some(_)) => "finish_unowned".to_owned(),
        _ if sets("#attempt_step = ") => "end_slice".to_owned(),
        _ if sets("#run_token = ") => "claim".to_owned(),
        _ if value(":state") == Some("SCHEDULED") => "reschedule".to_owned(),
        _ if sets("#callback_attempts = ") => match value(":callback_state") {
            Some("DELIVERED") => "write_delivery YES",
            Some("FAILED") => "write_delivery NEVER",
            _ => "write_delivery NOT YET",
        }
        .to_owned(),
        _ if sets("#cancel_requested = ") => "cancel".to_owned(),
        _ if sets("#percent = ") => "progress".to_owned(),
        _ => update.to_owned(),
    }
}

/// Gives a request another condition, or none. DynamoDB refuses names and values that no expression mentions, so those go too.
pub(super) fn set_condition(request: &mut Value, condition: Option<&str>) {
    let Some(members) = request.as_object_mut() else {
        return;
    };
    match condition {
        Some(condition) => members.insert("ConditionExpression".to_owned(), condition.into()),
        None => members.remove("ConditionExpression"),
    };
    let expressions = ["ConditionExpression", "UpdateExpression"]
        .map(|member| members.get(member).and_then(Value::as_str).unwrap_or(""))
        .join(" ");
    let is_part = |c: char| c.is_ascii_alphanumeric() || "_#:".contains(c);
    let mentioned: Vec<&str> = expressions.split(|c| !is_part(c)).collect();
    for member in ["ExpressionAttributeNames", "ExpressionAttributeValues"] {
        let Some(given) = members.get_mut(member).and_then(Value::as_object_mut) else {
            continue;
        };
        given.retain(|name, _| mentioned.contains(&name.as_str()));
        if given.is_empty() {
            Map::remove(members, member);
        }
    }
}
