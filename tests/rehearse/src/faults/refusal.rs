//! The error responses of the back ends, as AWS words them.

use axum::body::Bytes;
use axum::http::{HeaderValue, Response, StatusCode, header};
use http_body_util::Full;

use crate::call::BackEnd;

/// There are too many calls: as DynamoDB says it of a partition, SQS of a queue, and Scheduler of an account.
/// Sources: <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.Errors.html>,
/// <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html#API_SendMessage_Errors>,
/// <https://docs.aws.amazon.com/scheduler/latest/APIReference/CommonErrors.html>
pub(super) fn throttled(back_end: BackEnd) -> Response<Full<Bytes>> {
    match back_end {
        BackEnd::DynamoDb => refusal(
            back_end,
            StatusCode::BAD_REQUEST,
            "com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException",
            "The level of configured provisioned throughput for the table was exceeded.",
        ),
        BackEnd::Sqs => refusal(
            back_end,
            StatusCode::BAD_REQUEST,
            "com.amazonaws.sqs#RequestThrottled",
            "Request is throttled.",
        ),
        BackEnd::Scheduler => refusal(
            back_end,
            StatusCode::TOO_MANY_REQUESTS,
            "ThrottlingException",
            "Rate exceeded",
        ),
    }
}

/// It failed, and whether the call took effect is not known.
pub(super) fn failed(back_end: BackEnd) -> Response<Full<Bytes>> {
    let shape = match back_end {
        BackEnd::DynamoDb => "com.amazonaws.dynamodb.v20120810#InternalServerError",
        BackEnd::Sqs => "com.amazon.coral.service#InternalFailure",
        BackEnd::Scheduler => "InternalServerException",
    };
    let status = StatusCode::INTERNAL_SERVER_ERROR;
    refusal(back_end, status, shape, "Internal server error.")
}

/// The back end itself is out of reach.
pub(super) fn unreachable(back_end: BackEnd) -> Response<Full<Bytes>> {
    let shape = "com.amazon.coral.availability#ServiceUnavailableException";
    let status = StatusCode::SERVICE_UNAVAILABLE;
    refusal(back_end, status, shape, "The back end gave no answer.")
}

fn refusal(
    back_end: BackEnd,
    status: StatusCode,
    shape: &str,
    message: &str,
) -> Response<Full<Bytes>> {
    let body = serde_json::json!({"__type": shape, "message": message}).to_string();
    let mut response = Response::new(Full::new(Bytes::from(body)));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    let json = HeaderValue::from_static("application/x-amz-json-1.0");
    headers.insert(header::CONTENT_TYPE, json);
    let code = shape.rsplit('#').next().unwrap_or(shape);
    if back_end == BackEnd::Scheduler
        && let Ok(code) = HeaderValue::from_str(code)
    {
        headers.insert("x-amzn-errortype", code);
    }
    // The Rust SDK reads an SQS error's code from this header, that of DynamoDB from `__type`.
    if back_end == BackEnd::Sqs {
        let fault = if status.is_server_error() {
            "Receiver"
        } else {
            "Sender"
        };
        if let Ok(code) = HeaderValue::from_str(&format!("{code};{fault}")) {
            headers.insert("x-amzn-query-error", code);
        }
    }
    response
}
