//! What AWS charges for a call, read off its answer where the back end says it, and computed by AWS's published rules where
//! it cannot say it.

use dynoxide::Item;
use serde_json::Value;

use super::units::Units;

/// SQS counts a request for each started 64 KiB. <https://aws.amazon.com/sqs/pricing/>
const SQS_CHUNK_BYTES: usize = 65_536;

/// What DynamoDB says in its answer (`ReturnConsumedCapacity=INDEXES`). It says nothing in the refusal of a conditional write,
/// which costs as much as the item that stands, and at least a unit:
/// <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/read-write-operations.html>
pub(super) fn of_dynamodb(operation: &str, answer: &Value) -> Units {
    let refusal = answer["__type"].as_str().unwrap_or_default();
    if refusal.ends_with("ConditionalCheckFailedException") {
        let standing: Option<Item> = serde_json::from_value(answer["Item"].clone()).ok();
        let bytes = standing.map_or(0, |item| dynoxide::types::item_size(&item));
        return Units {
            table_writes: started(bytes, 1_024),
            ..Units::NONE
        };
    }
    let is_read = matches!(operation, "GetItem" | "BatchGetItem" | "Query");
    match &answer["ConsumedCapacity"] {
        Value::Array(tables) => tables.iter().map(|table| of_table(is_read, table)).sum(),
        table => of_table(is_read, table),
    }
}

fn of_table(is_read: bool, consumed: &Value) -> Units {
    if is_read {
        return Units {
            reads: capacity(consumed),
            ..Units::NONE
        };
    }
    let indexes = consumed["GlobalSecondaryIndexes"].as_object();
    Units {
        table_writes: capacity(&consumed["Table"]),
        index_writes: indexes
            .into_iter()
            .flat_map(|all| all.values())
            .map(capacity)
            .sum(),
        ..Units::NONE
    }
}

fn capacity(consumed: &Value) -> f64 {
    consumed["CapacityUnits"].as_f64().unwrap_or_default()
}

/// Bodies and attributes count, of what is sent as of what is received.
pub(super) fn of_sqs(request: &Value, answer: &Value) -> Units {
    let received = answer["Messages"].as_array().into_iter().flatten();
    let entries = request["Entries"].as_array().into_iter().flatten();
    let bytes = of_message(request, "MessageBody")
        + entries
            .map(|entry| of_message(entry, "MessageBody"))
            .sum::<usize>()
        + received
            .map(|message| of_message(message, "Body"))
            .sum::<usize>();
    Units {
        sqs_requests: started(bytes, SQS_CHUNK_BYTES),
        ..Units::NONE
    }
}

/// Number of started parts of this many bytes, at least one.
fn started(bytes: usize, part: usize) -> f64 {
    let parts = u32::try_from(bytes.div_ceil(part).max(1));
    parts.expect("no call is that large").into()
}

fn of_message(message: &Value, body: &str) -> usize {
    let body = message[body].as_str().map_or(0, str::len);
    let attributes = message["MessageAttributes"].as_object();
    let attributes = attributes.into_iter().flatten().map(|(name, value)| {
        let texts =
            ["DataType", "StringValue"].map(|part| value[part].as_str().map_or(0, str::len));
        name.len() + texts.iter().sum::<usize>()
    });
    body + attributes.sum::<usize>()
}

#[cfg(test)]
#[expect(
    clippy::float_cmp,
    reason = "units are whole numbers and halves, which are exact"
)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn an_sqs_request_is_charged_for_each_started_64_kib() {
        for (bytes, requests) in [(0, 1.0), (65_536, 1.0), (65_537, 2.0), (1_048_576, 16.0)] {
            let sent = json!({"MessageBody": "x".repeat(bytes)});
            assert_eq!(of_sqs(&sent, &json!({})).sqs_requests, requests);
            let half = json!({"MessageBody": "x".repeat(bytes / 2)});
            let other = json!({"MessageBody": "x".repeat(bytes - bytes / 2)});
            let batch = json!({"Entries": [half, other]});
            assert_eq!(of_sqs(&batch, &json!({})).sqs_requests, requests);
            let received = json!({"Messages": [{"Body": "x".repeat(bytes)}]});
            assert_eq!(of_sqs(&json!({}), &received).sqs_requests, requests);
        }
    }

    #[test]
    fn a_refused_write_costs_what_the_standing_item_costs() {
        let refused = |item: Value| {
            let kind = "com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException";
            of_dynamodb("UpdateItem", &json!({"__type": kind, "Item": item})).table_writes
        };
        assert_eq!(refused(Value::Null), 1.0);
        assert_eq!(refused(json!({"id": {"S": "x".repeat(1_022)}})), 1.0);
        assert_eq!(refused(json!({"id": {"S": "x".repeat(1_023)}})), 2.0);
    }
}
