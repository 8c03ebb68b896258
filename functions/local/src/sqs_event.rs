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

    fn failed(answer: &str) -> Result<Vec<String>, BadAnswer> {
        let mut ids: Vec<String> = failed_ids(answer.as_bytes(), &HashSet::from(["a", "b", "c"]))?
            .into_iter()
            .collect();
        ids.sort();
        Ok(ids)
    }

    #[test]
    fn an_answer_without_failures_is_a_success_of_all() {
        for answer in [
            "",
            "null",
            "{}",
            r#"{"batchItemFailures":[]}"#,
            r#"{"batchItemFailures":null}"#,
        ] {
            assert_eq!(failed(answer), Ok(vec![]), "{answer}");
        }
    }

    #[test]
    fn named_messages_failed_and_the_others_did_not() {
        let answer = r#"{"batchItemFailures":[{"itemIdentifier":"c"},{"itemIdentifier":"a"}]}"#;

        assert_eq!(failed(answer), Ok(vec!["a".to_owned(), "c".to_owned()]));
    }

    #[test]
    fn an_id_that_is_not_in_the_batch_fails_all() {
        for id in ["d", ""] {
            let answer =
                json!({"batchItemFailures": [{"itemIdentifier": "a"}, {"itemIdentifier": id}]})
                    .to_string();
            assert_eq!(failed(&answer), Err(BadAnswer::UnknownId(id.to_owned())));
        }
    }

    #[test]
    fn a_malformed_answer_fails_all() {
        for answer in [
            "not json",
            "\"ok\"",
            "[]",
            "true",
            r#"{"batchItemFailures":{}}"#,
            r#"{"batchItemFailures":["a"]}"#,
            r#"{"batchItemFailures":[{"itemIdentifier":null}]}"#,
            r#"{"batchItemFailures":[{"messageId":"a"}]}"#,
        ] {
            assert_eq!(failed(answer), Err(BadAnswer::Malformed), "{answer}");
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
