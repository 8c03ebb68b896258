//! Lambda's event for a batch of SQS messages, and the meaning of the answer.
//!
//! Sources: <https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html> for the event and
//! <https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html> for `ReportBatchItemFailures`.

use std::collections::HashSet;

use aws_sdk_sqs::types::Message;
use serde::Deserialize;
use serde_json::{Map, Value, json};

/// The event for `messages`. Jobs have no message attributes, so no record has any.
pub(crate) fn event(messages: &[Message], queue_arn: &str) -> Value {
    let records = messages.iter().map(|message| record(message, queue_arn));
    json!({"Records": records.collect::<Vec<_>>()})
}

fn record(message: &Message, queue_arn: &str) -> Value {
    let attributes: Map<String, Value> = message
        .attributes()
        .into_iter()
        .flatten()
        .map(|(name, value)| (name.as_str().to_owned(), value.as_str().into()))
        .collect();
    json!({
        "messageId": message.message_id(),
        "receiptHandle": message.receipt_handle(),
        "body": message.body(),
        "attributes": attributes,
        "messageAttributes": {},
        "md5OfBody": message.md5_of_body(),
        "eventSource": "aws:sqs",
        "eventSourceARN": queue_arn,
        "awsRegion": queue_arn.split(':').nth(3),
    })
}

/// Why an answer failed its whole batch.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum BadAnswer {
    #[error("the answer is not the JSON of a batch response")]
    Malformed,
    #[error("the answer names a message that is not in the batch: {0:?}")]
    UnknownId(String),
}

/// The ids that a function reported as failed. Every other message of the batch is done.
///
/// An empty answer, `null`, `{}`, and an empty or `null` list mean that the whole batch is done. An error means that every message of
/// the batch failed: Lambda then keeps them all.
pub(crate) fn failed_ids(
    answer: &[u8],
    batch: &HashSet<&str>,
) -> Result<HashSet<String>, BadAnswer> {
    if answer.is_empty() {
        return Ok(HashSet::new());
    }
    let malformed = |_| BadAnswer::Malformed;
    let answer: Option<Map<_, _>> = serde_json::from_slice(answer).map_err(malformed)?;
    let failures = answer.unwrap_or_default().remove("batchItemFailures");
    let failures: Option<Vec<Failure>> =
        serde_json::from_value(failures.unwrap_or_default()).map_err(malformed)?;
    let ids = failures.into_iter().flatten();
    ids.map(|Failure { item_identifier }| {
        if batch.contains(&*item_identifier) {
            return Ok(item_identifier);
        }
        Err(BadAnswer::UnknownId(item_identifier))
    })
    .collect()
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Failure {
    item_identifier: String,
}

#[cfg(test)]
mod tests {
    use aws_sdk_sqs::types::MessageSystemAttributeName;

    use super::*;

    #[test]
    fn an_answer_names_what_failed_and_anything_else_fails_all() {
        let named = |ids: &[&str]| {
            let ids = ids.iter().map(|id| json!({"itemIdentifier": id}));
            json!({"batchItemFailures": ids.collect::<Vec<_>>()}).to_string()
        };
        let set = |ids: &[&str]| Ok(ids.iter().map(|id| (*id).to_owned()).collect());
        let unknown = |id: &str| Err(BadAnswer::UnknownId(id.to_owned()));
        let malformed = || Err(BadAnswer::Malformed);
        for (answer, expected) in [
            ("", set(&[])),
            ("null", set(&[])),
            ("{}", set(&[])),
            (&named(&[]), set(&[])),
            (r#"{"batchItemFailures":null}"#, set(&[])),
            (&named(&["c", "a"]), set(&["a", "c"])),
            (&named(&["a", "d"]), unknown("d")),
            (&named(&["a", ""]), unknown("")),
            ("not json", malformed()),
            ("\"ok\"", malformed()),
            ("[]", malformed()),
            ("true", malformed()),
            (r#"{"batchItemFailures":{}}"#, malformed()),
            (r#"{"batchItemFailures":["a"]}"#, malformed()),
            (
                r#"{"batchItemFailures":[{"itemIdentifier":null}]}"#,
                malformed(),
            ),
            (r#"{"batchItemFailures":[{"messageId":"a"}]}"#, malformed()),
        ] {
            let failed = failed_ids(answer.as_bytes(), &HashSet::from(["a", "b", "c"]));
            assert_eq!(failed, expected, "{answer}");
        }
    }

    #[test]
    fn a_record_has_the_members_that_lambda_sends() {
        let message = Message::builder()
            .message_id("MessageID_1")
            .receipt_handle("MessageReceiptHandle")
            .body("Message Body")
            .md5_of_body("fce0ea8dd236ccb3ed9b37dae260836f")
            .attributes(MessageSystemAttributeName::ApproximateReceiveCount, "2")
            .attributes(MessageSystemAttributeName::SentTimestamp, "1520621625029")
            .attributes(
                MessageSystemAttributeName::SenderId,
                "AROAIWPX5BD2BHG722MW4:sender",
            )
            .attributes(
                MessageSystemAttributeName::ApproximateFirstReceiveTimestamp,
                "1520621634884",
            )
            .build();

        let expected: Value =
            serde_json::from_str(include_str!("../../../tests/cloud/sqs_event.json")).unwrap();
        assert_eq!(
            event(&[message], "arn:aws:sqs:us-west-2:123456789012:SQSQueue"),
            expected
        );
    }
}
