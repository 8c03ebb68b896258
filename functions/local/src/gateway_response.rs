//! A function's answer, payload format 2.0 as `lambda_http` writes it, as an HTTP response; and the gateway's own answers.
//!
//! Source: <https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html>; the default
//! content type is what AWS's own Lambda Test Tool observed (aws/aws-lambda-dotnet, `InvokeResponseExtensions.cs`).

use std::collections::HashMap;

use axum::Json;
use axum::body::Body;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde::Deserialize;
use serde_json::json;

/// Headers that describe the connection to the client, which is the gateway's own.
const CONNECTION_HEADERS: [&str; 4] = [
    "connection",
    "content-length",
    "keep-alive",
    "transfer-encoding",
];

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Answer {
    status_code: u16,
    #[serde(default)]
    headers: HashMap<String, String>,
    #[serde(default)]
    multi_value_headers: HashMap<String, Vec<String>>,
    #[serde(default)]
    cookies: Vec<String>,
    body: Option<String>,
    #[serde(default)]
    is_base64_encoded: bool,
}

/// The response that `answer` describes. `None` if it is malformed, which is the client's 500.
pub(crate) fn response(answer: &[u8]) -> Option<Response> {
    let answer: Answer = serde_json::from_slice(answer).ok()?;
    let status = StatusCode::from_u16(answer.status_code).ok()?;
    let mut headers = HeaderMap::try_from(&answer.headers).ok()?;
    for (name, values) in answer.multi_value_headers {
        let name: HeaderName = name.parse().ok()?;
        // As in format 1.0: a name in both maps has only the values of this one.
        headers.remove(&name);
        for value in values {
            headers.append(&name, value.parse().ok()?);
        }
    }
    for cookie in answer.cookies {
        headers.append(header::SET_COOKIE, cookie.parse().ok()?);
    }
    for name in CONNECTION_HEADERS {
        headers.remove(name);
    }
    let default_type = HeaderValue::from_static("text/plain; charset=utf-8");
    headers.entry(header::CONTENT_TYPE).or_insert(default_type);
    let body = answer.body.unwrap_or_default();
    let body = if answer.is_base64_encoded {
        Body::from(STANDARD.decode(body).ok()?)
    } else {
        Body::from(body)
    };
    let response = (status, headers, body).into_response();
    (!status.is_informational()).then_some(response)
}

/// One of the gateway's own errors: `{"message": …}`.
pub(crate) fn own_error(status: StatusCode, message: &str) -> Response {
    (status, Json(json!({"message": message}))).into_response()
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    fn response_to(answer: &Value) -> Option<Response> {
        response(answer.to_string().as_bytes())
    }

    #[test]
    fn headers_are_passed_on_but_those_of_the_connection_and_each_has_one_source() {
        let answer = json!({"statusCode": 200, "headers": {"vary": "x", "content-length": "999", "Retry-After": "1"},
                            "multiValueHeaders": {"Vary": ["y", "z"]}});

        let response = response_to(&answer).unwrap();

        let headers = response.headers();
        let values: Vec<_> = headers.get_all("vary").iter().collect();
        assert_eq!(values, ["y", "z"]);
        assert_eq!(headers["retry-after"], "1");
        assert_eq!(headers["content-type"], "text/plain; charset=utf-8");
        assert!(!headers.contains_key("content-length"));
    }

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
            assert!(response_to(&answer).is_none(), "{answer}");
        }
    }
}
