//! Two writes for each message: begun, done.

use aws_lambda_events::event::sqs::{SqsBatchResponse, SqsEvent, SqsMessage};
use aws_sdk_dynamodb::types::AttributeValue;
use bare::Aws;
use lambda_runtime::{Error, LambdaEvent, service_fn};

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
            write(aws, &id, "STARTED").await?;
            write(aws, &id, "COMPLETED").await?;
        }
    }
    Ok(SqsBatchResponse::default())
}

fn id_of(message: SqsMessage) -> Result<String, Error> {
    let body: serde_json::Value = serde_json::from_str(&message.body.unwrap_or_default())?;
    Ok(body["id"].as_str().unwrap_or_default().to_owned())
}

async fn write(aws: &Aws, id: &str, state: &str) -> Result<(), Error> {
    let request = aws.dynamodb.update_item().table_name(&aws.table);
    let request = request.key("id", AttributeValue::S(id.to_owned()));
    let request = request
        .update_expression("SET #state = :state")
        .expression_attribute_names("#state", "state");
    request
        .expression_attribute_values(":state", AttributeValue::S(state.to_owned()))
        .send()
        .await?;
    Ok(())
}
