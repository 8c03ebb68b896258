//! The event that an HTTP API sends to a function for a request, payload format 2.0.
//!
//! Sources: <https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html>, and
//! where that page leaves something open, events recorded by others: `rawPath` is decoded while `rawQueryString` is not
//! (fastify/aws-lambda-fastify#169, honojs/hono#2156, ministackorg/ministack#1035), and cookies move out of the headers
//! (Kludex/mangum#153).

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::{Duration, UNIX_EPOCH};

use axum::body::Bytes;
use axum::extract::Query;
use axum::http::request::Parts;
use axum::http::uri::Authority;
use axum::http::{HeaderMap, Uri, header};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use percent_encoding::percent_decode_str;
use serde_json::{Value, json};
use time::OffsetDateTime;
use time::macros::format_description;

use crate::function::ACCOUNT_ID;
use crate::identifiers;
use crate::routes::Matched;

/// The id of the API, which in AWS is the first label of its host name.
const API_ID: &str = "local";

/// Headers between two neighbors on the wire (RFC 9110, section 7.6.1), and `Expect`, which the server answers.
const HOP_BY_HOP: [&str; 9] = [
    "connection",
    "expect",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authorization",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

/// What the gateway knows about a request in addition to its content.
pub(crate) struct Arrival {
    pub(crate) request_id: String,
    pub(crate) client: SocketAddr,
    /// Time since the epoch.
    pub(crate) at: Duration,
    pub(crate) authorizer: Option<Value>,
}

/// Builds the event.
pub(crate) fn event(request: &Parts, body: &Bytes, route: &Matched, arrival: &Arrival) -> Value {
    let path = percent_decode_str(request.uri.path()).decode_utf8_lossy();
    let key = route.key();
    let (body_text, is_base64) = body_member(&request.headers, body);
    without_empty(json!({
        "version": "2.0",
        "routeKey": key,
        "rawPath": path,
        "rawQueryString": request.uri.query().unwrap_or_default(),
        "cookies": cookies(&request.headers),
        "headers": headers(request, body, arrival),
        "queryStringParameters": query_parameters(&request.uri),
        "requestContext": request_context(request, &path, &key, arrival),
        "pathParameters": route.path_parameters,
        "body": body_text,
        "isBase64Encoded": is_base64,
    }))
}

/// An HTTP API leaves out members that are empty, unless they are texts.
fn without_empty(mut object: Value) -> Value {
    let empty = [Value::Null, json!([]), json!({})];
    if let Some(members) = object.as_object_mut() {
        members.retain(|_, value| !empty.contains(value));
    }
    object
}

fn request_context(request: &Parts, path: &str, route_key: &str, arrival: &Arrival) -> Value {
    let host = host(request);
    without_empty(json!({
        "accountId": ACCOUNT_ID,
        "apiId": API_ID,
        "authorizer": arrival.authorizer,
        "domainName": host,
        "domainPrefix": host.split(['.', ':']).next(),
        "http": {
            "method": request.method.as_str(),
            "path": path,
            "protocol": format!("{:?}", request.version),
            "sourceIp": arrival.client.ip().to_string(),
            "userAgent": text_of(&request.headers, header::USER_AGENT.as_str()),
        },
        "requestId": arrival.request_id,
        "routeKey": route_key,
        "stage": "$default",
        "time": log_time(arrival.at),
        "timeEpoch": u64::try_from(arrival.at.as_millis()).unwrap_or(u64::MAX),
    }))
}

/// For example `127.0.0.1:9000`, with the port, because links are built from it.
fn host(request: &Parts) -> String {
    let authority = request.uri.authority().map(ToString::to_string);
    authority.unwrap_or_else(|| text_of(&request.headers, header::HOST.as_str()))
}

/// For example `12/Mar/2020:19:03:58 +0000`.
fn log_time(since_epoch: Duration) -> String {
    let format =
        format_description!("[day]/[month repr:short]/[year]:[hour]:[minute]:[second] +0000");
    let at = OffsetDateTime::from(UNIX_EPOCH + since_epoch);
    // It has all of these components.
    at.format(format).unwrap_or_default()
}

/// Names in lower case, values of the same name joined by commas, plus the headers that the gateway adds.
fn headers(request: &Parts, body: &Bytes, arrival: &Arrival) -> Value {
    let mut headers: BTreeMap<String, String> = BTreeMap::new();
    for name in request.headers.keys() {
        if name != header::COOKIE && !HOP_BY_HOP.contains(&name.as_str()) {
            headers.insert(
                name.as_str().to_owned(),
                text_of(&request.headers, name.as_str()),
            );
        }
    }
    headers
        .entry("content-length".to_owned())
        .or_insert_with(|| body.len().to_string());
    headers
        .entry("x-amzn-trace-id".to_owned())
        .or_insert_with(|| format!("Root={}", identifiers::trace_root(arrival.at.as_secs())));
    let client = arrival.client.ip();
    headers
        .entry("x-forwarded-for".to_owned())
        .and_modify(|sent| *sent = format!("{sent}, {client}"))
        .or_insert_with(|| client.to_string());
    headers.insert("x-forwarded-port".to_owned(), port(&host(request)));
    headers.insert("x-forwarded-proto".to_owned(), "http".to_owned());
    json!(headers)
}

fn port(host: &str) -> String {
    let host = host.parse::<Authority>().ok();
    let port = host.and_then(|host| host.port_u16());
    port.unwrap_or(80).to_string()
}

fn text_of(headers: &HeaderMap, name: &str) -> String {
    let values: Vec<_> = headers
        .get_all(name)
        .iter()
        .map(|value| String::from_utf8_lossy(value.as_bytes()))
        .collect();
    values.join(",")
}

fn cookies(headers: &HeaderMap) -> Value {
    let cookies = headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok());
    cookies
        .flat_map(|value| value.split(';'))
        .map(str::trim)
        .filter(|cookie| !cookie.is_empty())
        .collect()
}

fn query_parameters(uri: &Uri) -> BTreeMap<String, String> {
    let mut parameters: BTreeMap<String, String> = BTreeMap::new();
    // Any query is a list of pairs.
    let pairs = Query::<Vec<(String, String)>>::try_from_uri(uri).unwrap_or_default();
    for (name, value) in pairs.0 {
        parameters
            .entry(name)
            .and_modify(|values| *values = format!("{values},{value}"))
            .or_insert(value);
    }
    parameters
}

/// The body, and whether it is base64. A body passes as text if its media type is text and it is UTF-8.
fn body_member(headers: &HeaderMap, body: &Bytes) -> (Option<String>, bool) {
    if body.is_empty() {
        return (None, false);
    }
    match std::str::from_utf8(body) {
        Ok(text) if is_text(&text_of(headers, header::CONTENT_TYPE.as_str())) => {
            (Some(text.to_owned()), false)
        }
        _ => (Some(STANDARD.encode(body)), true),
    }
}

fn is_text(content_type: &str) -> bool {
    let media_type = content_type
        .split(';')
        .next()
        .unwrap_or_default()
        .trim()
        .to_ascii_lowercase();
    match media_type.split_once('/') {
        Some(("text", _)) => true,
        Some(("application", subtype)) => {
            matches!(subtype, "json" | "xml" | "javascript") || subtype.ends_with("+json")
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use axum::http::Request;

    use super::*;
    use crate::routes::match_route;

    #[test]
    fn the_event_has_the_members_that_an_http_api_sends() {
        let request = Request::delete("/jobs/a%20b?p=1&p=2+3&q=%C3%A9&flag")
            .header("Host", "127.0.0.1:9000")
            .header("User-Agent", "curl/8.5.0")
            .header("Content-Type", "application/json")
            .header("X-Twice", "one")
            .header("X-Twice", "two")
            .header("Cookie", "a=1; b=2")
            .header("Cookie", "c=3")
            .header("Connection", "keep-alive")
            .header(
                "X-Amzn-Trace-Id",
                "Root=1-5e6a8e2e-000000000000000000000000",
            )
            .header("X-Forwarded-For", "203.0.113.7")
            .body(Bytes::from_static(b"{\"a\":1}"));
        let (parts, body) = request.unwrap().into_parts();
        let route = match_route(&parts.method, parts.uri.path());
        let arrival = Arrival {
            request_id: "RL2XYiwjPHcEMEQ=".to_owned(),
            client: "127.0.0.1:50123".parse().unwrap(),
            at: Duration::from_millis(1_584_039_838_390),
            authorizer: None,
        };

        let expected = include_str!("../../../tests/cloud/http_api_event.json");
        let expected: Value = serde_json::from_str(expected).unwrap();
        assert_eq!(event(&parts, &body, &route, &arrival), expected);
    }

    #[test]
    fn bodies_of_text_types_are_text() {
        for text in [
            "text/csv; charset=utf-8",
            "application/json",
            "Application/Problem+JSON; charset=utf-8",
            "application/xml",
            "application/javascript",
        ] {
            assert!(is_text(text), "{text}");
        }
        for other in [
            "application/octet-stream",
            "image/png",
            "application/x-www-form-urlencoded",
            "nonsense",
            "",
        ] {
            assert!(!is_text(other), "{other}");
        }
    }
}
