//! A function's answer, payload format 2.0 as `lambda_http` writes it, as an HTTP response; and the gateway's own answers.
//!
//! Source: <https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html>; the default
//! content type is what AWS's own Lambda Test Tool observed (aws/aws-lambda-dotnet, `InvokeResponseExtensions.cs`).

use aws_lambda_events::apigw::ApiGatewayV2httpResponse;
use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::json;

/// Headers that describe the connection to the client, which is the gateway's own.
const CONNECTION_HEADERS: [&str; 4] = [
    "connection",
    "content-length",
    "keep-alive",
    "transfer-encoding",
];

/// The response that `answer` describes. `None` if it is malformed, which is the client's 500.
pub(crate) fn response(answer: &[u8]) -> Option<Response> {
    let answer: ApiGatewayV2httpResponse = serde_json::from_slice(answer).ok()?;
    let status = StatusCode::from_u16(answer.status_code.try_into().ok()?).ok()?;
    let mut headers = answer.headers;
    // As in format 1.0: a name in both maps has only the values of this one.
    headers.extend(answer.multi_value_headers);
    for cookie in answer.cookies {
        headers.append(header::SET_COOKIE, cookie.parse().ok()?);
    }
    for name in CONNECTION_HEADERS {
        headers.remove(name);
    }
    let default_type = HeaderValue::from_static("text/plain; charset=utf-8");
    headers.entry(header::CONTENT_TYPE).or_insert(default_type);
    let mut body = answer.body.unwrap_or_default().to_vec();
    if answer.is_base64_encoded {
        body = STANDARD.decode(body).ok()?;
    }
    let response = (status, headers, body).into_response();
    (!status.is_informational()).then_some(response)
}

/// One of the gateway's own errors: `{"message": …}`.
pub(crate) fn own_error(status: StatusCode, message: &str) -> Response {
    (status, Json(json!({"message": message}))).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_malformed_answer_is_none() {
        for answer in [
            json!("text"),
            json!({"statusCode": 99}),
            json!({"statusCode": 101}),
            json!({"statusCode": null}),
            json!({"statusCode": 200, "body": 7}),
            json!({"statusCode": 200, "body": "%", "isBase64Encoded": true}),
            json!({"statusCode": 200, "headers": {"bad name": "x"}}),
            json!({"statusCode": 200, "headers": {"x": "line\nbreak"}}),
            json!({"statusCode": 200, "headers": []}),
        ] {
            assert!(
                response(answer.to_string().as_bytes()).is_none(),
                "{answer}"
            );
        }
    }
}
