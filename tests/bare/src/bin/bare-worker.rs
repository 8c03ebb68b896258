//! Two writes for each message: a claim and an end, with the expressions that `worker` has for them.

use std::time::{SystemTime, UNIX_EPOCH};

use aws_lambda_events::event::sqs::{SqsBatchResponse, SqsEvent, SqsMessage};
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValue, ReturnValuesOnConditionCheckFailure};
use bare::Aws;
use lambda_runtime::{Error, LambdaEvent, service_fn};

const CLAIM: Write = Write {
    update: "SET #state = :started, #attempt = #attempt + :one, #version = #version + :one, \
             #percent = if_not_exists(#start_percent, :zero), #started_at_ms = :now, #updated_at_ms = :now, \
             #lease_until_ms = :lease, #run_token = :token",
    condition: "#fingerprint <> :fingerprint AND #deadline_ms > :now AND #attempt < #max_attempts \
                AND attribute_not_exists(#cancel_requested) AND ((#state = :scheduled AND #scheduled_start_ms <= :now) \
                OR (#state = :started AND #lease_until_ms <= :now))",
    names: &[
        "state",
        "attempt",
        "version",
        "percent",
        "start_percent",
        "started_at_ms",
        "updated_at_ms",
        "lease_until_ms",
        "run_token",
        "fingerprint",
        "deadline_ms",
        "max_attempts",
        "cancel_requested",
        "scheduled_start_ms",
    ],
    texts: &[
        (":fingerprint", bare::FINGERPRINT),
        (":scheduled", "SCHEDULED"),
        (":started", "STARTED"),
        (":token", TOKEN),
    ],
    times: &[":now", ":lease"],
    numbers: &[(":one", "1"), (":zero", "0")],
};

const END: Write = Write {
    update: "SET #percent = :percent, #updated_at_ms = :now, #version = #version + :one, #state = :completed, \
             #outcome = :outcome, #ended_at_ms = :now, #expires_at = :expires_at, #result = :result \
             REMOVE #lease_until_ms, #cancel_requested, #checkpoint, #start_percent",
    condition: "#state = :started AND #run_token = :token AND #deadline_ms > :now",
    names: &[
        "percent",
        "updated_at_ms",
        "version",
        "state",
        "outcome",
        "ended_at_ms",
        "expires_at",
        "result",
        "lease_until_ms",
        "cancel_requested",
        "checkpoint",
        "start_percent",
        "run_token",
        "deadline_ms",
    ],
    texts: &[
        (":started", "STARTED"),
        (":completed", "COMPLETED"),
        (":outcome", "SUCCESS"),
        (":result", r#"{"attempt":1}"#),
        (":token", TOKEN),
    ],
    times: &[":now"],
    numbers: &[
        (":percent", "100"),
        (":one", "1"),
        (":expires_at", "2082758399"),
    ],
};

const TOKEN: &str = "8476a536-e9f4-41e8-9739-000000000000.0";

struct Write {
    update: &'static str,
    condition: &'static str,
    names: &'static [&'static str],
    texts: &'static [(&'static str, &'static str)],
    /// The names of what is now.
    times: &'static [&'static str],
    numbers: &'static [(&'static str, &'static str)],
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    lambda_runtime::tracing::init_default_subscriber();
    let aws = &Aws::load().await;
    lambda_runtime::run(service_fn(move |event| consume(aws, event))).await
}

async fn consume(aws: &Aws, event: LambdaEvent<SqsEvent>) -> Result<SqsBatchResponse, Error> {
    for message in event.payload.records {
        let id = id_of(message)?;
        if aws.calls {
            write(aws, &id, &CLAIM).await?;
            write(aws, &id, &END).await?;
        }
    }
    Ok(SqsBatchResponse::default())
}

fn id_of(message: SqsMessage) -> Result<String, Error> {
    let body: serde_json::Value = serde_json::from_str(&message.body.unwrap_or_default())?;
    Ok(body["id"].as_str().unwrap_or_default().to_owned())
}

async fn write(aws: &Aws, id: &str, write: &Write) -> Result<(), Error> {
    let names = write
        .names
        .iter()
        .map(|name| (format!("#{name}"), (*name).to_owned()));
    let texts = write
        .texts
        .iter()
        .map(|(name, text)| ((*name).to_owned(), AttributeValue::S((*text).to_owned())));
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)?
        .as_millis()
        .to_string();
    let numbers = write
        .times
        .iter()
        .map(|name| (*name, now.as_str()))
        .chain(write.numbers.iter().copied());
    let numbers =
        numbers.map(|(name, digits)| (name.to_owned(), AttributeValue::N(digits.to_owned())));
    let request = aws.dynamodb.update_item().table_name(&aws.table);
    let request = request
        .key("id", AttributeValue::S(id.to_owned()))
        .update_expression(write.update);
    let request = request
        .condition_expression(write.condition)
        .set_expression_attribute_names(Some(names.collect()))
        .set_expression_attribute_values(Some(texts.chain(numbers).collect()))
        .return_values(ReturnValue::AllNew)
        .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
    request.send().await?;
    Ok(())
}
