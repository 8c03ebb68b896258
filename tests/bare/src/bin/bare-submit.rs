//! A message and a record for each request.

use aws_sdk_dynamodb::types::{AttributeValue, ReturnValuesOnConditionCheckFailure};
use aws_sdk_sqs::types::{MessageSystemAttributeNameForSends, MessageSystemAttributeValue};
use bare::Aws;
use lambda_http::{Error, Request, RequestExt, Response, service_fn};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    lambda_http::tracing::init_default_subscriber();
    let aws = &Aws::load().await;
    lambda_http::run(service_fn(move |request| accept(aws, request))).await
}

async fn accept(aws: &Aws, request: Request) -> Result<Response<String>, Error> {
    let context = request.lambda_context();
    let id = context.request_id;
    if aws.calls {
        let body = String::from_utf8(request.into_body().to_vec())?;
        send(aws, bare::message(&id, &body), context.xray_trace_id).await?;
        write(aws, &id).await?;
    }
    let response = Response::builder()
        .status(202)
        .header("content-type", "application/json");
    Ok(response.body(serde_json::json!({"id": id}).to_string())?)
}

async fn send(aws: &Aws, message: String, trace: Option<String>) -> Result<(), Error> {
    let trace = MessageSystemAttributeValue::builder()
        .data_type("String")
        .set_string_value(trace)
        .build()?;
    let request = aws.sqs.send_message().queue_url(&aws.queue);
    let request = request
        .message_body(message)
        .message_group_id("adda8be240a4e23ff85387cfd2ca9985");
    let name = MessageSystemAttributeNameForSends::AwsTraceHeader;
    request
        .message_system_attributes(name, trace)
        .send()
        .await?;
    Ok(())
}

async fn write(aws: &Aws, id: &str) -> Result<(), Error> {
    let request = aws
        .dynamodb
        .put_item()
        .table_name(&aws.table)
        .set_item(Some(bare::record(id)));
    let request = request
        .condition_expression("attribute_not_exists(#id) OR #expires_at <= :now_seconds")
        .expression_attribute_names("#id", "id")
        .expression_attribute_names("#expires_at", "expires_at")
        .expression_attribute_values(":now_seconds", AttributeValue::N("1767264645".to_owned()));
    let all_old = ReturnValuesOnConditionCheckFailure::AllOld;
    request
        .return_values_on_condition_check_failure(all_old)
        .send()
        .await?;
    Ok(())
}
