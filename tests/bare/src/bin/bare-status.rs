//! One read for each request.

use aws_sdk_dynamodb::types::AttributeValue;
use bare::Aws;
use lambda_http::{Error, Request, Response, service_fn};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    lambda_http::tracing::init_default_subscriber();
    let aws = &Aws::load().await;
    lambda_http::run(service_fn(move |request| look(aws, request))).await
}

async fn look(aws: &Aws, request: Request) -> Result<Response<String>, Error> {
    let id = request.uri().path().rsplit('/').next().unwrap_or_default();
    let state = if aws.calls {
        read(aws, id).await?
    } else {
        None
    };
    let response = Response::builder().header("content-type", "application/json");
    Ok(response.body(serde_json::json!({"id": id, "state": state}).to_string())?)
}

async fn read(aws: &Aws, id: &str) -> Result<Option<String>, Error> {
    let request = aws
        .dynamodb
        .get_item()
        .table_name(&aws.table)
        .consistent_read(true);
    let answer = request
        .key("id", AttributeValue::S(id.to_owned()))
        .send()
        .await?;
    let item = answer.item.unwrap_or_default();
    Ok(item
        .get("state")
        .and_then(|state| state.as_s().ok())
        .cloned())
}
