//! A function's answer, payload format 2.0, as an HTTP response; and the gateway's own answers.
//!
//! Sources: <https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html>; that
//! an answer without `statusCode` is passed on as it is, JSON or not, is what AWS's own Lambda Test Tool observed
//! (aws/aws-lambda-dotnet, `InvokeResponseExtensions.cs`), and so is the default content type.

use std::collections::BTreeMap;

use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde::Deserialize;
use serde_json::{Value, json};

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
    status_code: Value,
    #[serde(default)]
    headers: Option<BTreeMap<String, Value>>,
    #[serde(default)]
    multi_value_headers: Option<BTreeMap<String, Vec<Value>>>,
    #[serde(default)]
    cookies: Option<Vec<String>>,
    #[serde(default)]
    body: Option<String>,
    #[serde(default)]
    is_base64_encoded: Option<bool>,
}

/// The response that `answer` describes. `None` if it has a `statusCode` but is malformed otherwise, which is the
/// client's 500.
pub(crate) fn response(answer: &Bytes) -> Option<Response> {
    match serde_json::from_slice::<Value>(answer) {
        Ok(value) if value.get("statusCode").is_some() => {
            described(serde_json::from_value(value).ok()?)
        }
        _ => Some(([(header::CONTENT_TYPE, "application/json")], answer.clone()).into_response()),
    }
}

/// One of the gateway's own errors: `{"message": …}`.
pub(crate) fn own_error(status: StatusCode, message: &str) -> Response {
    let body = json!({"message": message}).to_string();
    (status, [(header::CONTENT_TYPE, "application/json")], body).into_response()
}

fn described(answer: Answer) -> Option<Response> {
    let body = match (answer.body, answer.is_base64_encoded.unwrap_or(false)) {
        (Some(body), true) => STANDARD.decode(body).ok()?,
        (body, _) => body.unwrap_or_default().into_bytes(),
    };
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status(&answer.status_code)?;
    let headers = response.headers_mut();
    for (name, value) in answer.headers.unwrap_or_default() {
        append(headers, &name, &value)?;
    }
    for (name, values) in answer.multi_value_headers.unwrap_or_default() {
        // As in format 1.0: a name in both maps has only the values of this one.
        headers.remove(name.as_str());
        for value in values {
            append(headers, &name, &value)?;
        }
    }
    for cookie in answer.cookies.unwrap_or_default() {
        headers.append(header::SET_COOKIE, cookie.parse().ok()?);
    }
    let default_type = HeaderValue::from_static("text/plain; charset=utf-8");
    headers.entry(header::CONTENT_TYPE).or_insert(default_type);
    Some(response)
}

/// A number, or a number in a string: API Gateway takes both.
fn status(value: &Value) -> Option<StatusCode> {
    let code = value.as_u64().or_else(|| value.as_str()?.parse().ok())?;
    StatusCode::from_u16(u16::try_from(code).ok()?)
        .ok()
        .filter(|status| !status.is_informational())
}

fn append(headers: &mut HeaderMap, name: &str, value: &Value) -> Option<()> {
    let name: HeaderName = name.parse().ok()?;
    let text = match value {
        Value::Null => return Some(()),
        Value::String(text) => text.clone(),
        Value::Bool(_) | Value::Number(_) => value.to_string(),
        Value::Array(_) | Value::Object(_) => return None,
    };
    if !CONNECTION_HEADERS.contains(&name.as_str()) {
        headers.append(name, HeaderValue::from_str(&text).ok()?);
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn response_to(answer: &Value) -> Option<Response> {
        response(&Bytes::from(answer.to_string()))
    }

    async fn text_of(response: Response) -> String {
        let body = axum::body::to_bytes(response.into_body(), usize::MAX)
            .await
            .unwrap();
        String::from_utf8(body.to_vec()).unwrap()
    }

    fn values<'a>(response: &'a Response, name: &str) -> Vec<&'a str> {
        response
            .headers()
            .get_all(name)
            .iter()
            .map(|value| value.to_str().unwrap())
            .collect()
    }

    #[tokio::test]
    async fn status_headers_cookies_and_body_are_passed_on() {
        let response = response_to(&json!({
            "statusCode": 202,
            "headers": {"Content-Type": "application/json", "retry-after": 1, "content-length": "999", "x-none": null},
            "multiValueHeaders": {"Link": ["<a>", "<b>"]},
            "cookies": ["a=1; Path=/", "b=2"],
            "body": "{}",
            "isBase64Encoded": false,
        }))
        .unwrap();

        assert_eq!(response.status(), StatusCode::ACCEPTED);
        assert_eq!(values(&response, "content-type"), ["application/json"]);
        assert_eq!(values(&response, "retry-after"), ["1"]);
        assert_eq!(values(&response, "link"), ["<a>", "<b>"]);
        assert_eq!(values(&response, "set-cookie"), ["a=1; Path=/", "b=2"]);
        assert!(values(&response, "content-length").is_empty());
        assert!(values(&response, "x-none").is_empty());
        assert_eq!(text_of(response).await, "{}");
    }

    #[test]
    fn a_header_in_both_maps_has_the_values_of_the_multi_value_one() {
        let answer = json!({"statusCode": 200, "headers": {"vary": "x"}, "multiValueHeaders": {"Vary": ["y", "z"]}});

        assert_eq!(values(&response_to(&answer).unwrap(), "vary"), ["y", "z"]);
    }

    #[tokio::test]
    async fn a_base64_body_is_decoded() {
        let answer = json!({"statusCode": "200", "body": "w6k=", "isBase64Encoded": true});

        let response = response_to(&answer).unwrap();
        assert_eq!(
            values(&response, "content-type"),
            ["text/plain; charset=utf-8"]
        );
        assert_eq!(text_of(response).await, "é");
    }

    #[tokio::test]
    async fn an_answer_without_a_status_is_a_json_body() {
        for answer in [r#"{"hello":"world"}"#, r#""text""#, "null", "{ not json"] {
            let response = response(&Bytes::from(answer)).unwrap();
            assert_eq!(response.status(), StatusCode::OK);
            assert_eq!(values(&response, "content-type"), ["application/json"]);
            assert_eq!(text_of(response).await, answer);
        }
    }

    #[test]
    fn a_malformed_answer_is_none() {
        for answer in [
            json!({"statusCode": 99}),
            json!({"statusCode": 101}),
            json!({"statusCode": "many"}),
            json!({"statusCode": null}),
            json!({"statusCode": 200, "body": 7}),
            json!({"statusCode": 200, "body": "%", "isBase64Encoded": true}),
            json!({"statusCode": 200, "headers": {"bad name": "x"}}),
            json!({"statusCode": 200, "headers": {"x": "line\nbreak"}}),
            json!({"statusCode": 200, "headers": {"x": []}}),
            json!({"statusCode": 200, "headers": []}),
        ] {
            assert!(response_to(&answer).is_none(), "{answer}");
        }
    }
}
