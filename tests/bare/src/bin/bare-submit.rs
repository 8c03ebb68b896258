//! A message and a record for each request.

use bare::Aws;
use lambda_http::{Body, Error, Request, RequestExt, Response, service_fn};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    lambda_http::tracing::init_default_subscriber();
    let aws = &Aws::load().await;
    lambda_http::run(service_fn(move |request| accept(aws, request))).await
}

async fn accept(aws: &Aws, request: Request) -> Result<Response<String>, Error> {
    let id = request.lambda_context().request_id;
    if aws.calls {
        send(aws, request.into_body()).await?;
        write(aws, &id).await?;
    }
    let response = Response::builder()
        .status(202)
        .header("content-type", "application/json");
    Ok(response.body(serde_json::json!({"id": id}).to_string())?)
}

async fn send(aws: &Aws, body: Body) -> Result<(), Error> {
    let message = match body {
        Body::Text(text) => text,
        Body::Binary(bytes) => String::from_utf8(bytes)?,
        _ => String::new(),
    };
    let request = aws
        .sqs
        .send_message()
        .queue_url(&aws.queue)
        .message_body(message);
    request
        .message_group_id("00321bb6c8e1869b2633416422cbf52f")
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
    request
        .condition_expression("attribute_not_exists(id)")
        .send()
        .await?;
    Ok(())
}
