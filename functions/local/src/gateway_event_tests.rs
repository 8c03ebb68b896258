//! Tests of the events, apart from their code for its length.

use axum::http::Request;

use super::*;
use crate::routes::match_route;

fn event_of(request: Request<&'static [u8]>) -> Value {
    let (parts, body) = request.into_parts();
    let route = match_route(&parts.method, parts.uri.path());
    let arrival = Arrival {
        request_id: "RL2XYiwjPHcEMEQ=".to_owned(),
        client: "127.0.0.1:50123".parse().unwrap(),
        at: Duration::from_millis(1_584_039_838_390),
        authorizer: None,
    };
    event(&parts, &Bytes::from_static(body), &route, &arrival)
}

fn post(content_type: &str, body: &'static [u8]) -> Value {
    event_of(
        Request::post("/jobs")
            .header("content-type", content_type)
            .body(body)
            .unwrap(),
    )
}

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
        .body(&b"{\"a\":1}"[..])
        .unwrap();

    let expected: Value =
        serde_json::from_str(include_str!("../../../tests/cloud/http_api_event.json")).unwrap();
    assert_eq!(event_of(request), expected);
}

#[test]
fn what_is_empty_is_left_out() {
    let event = event_of(Request::get("/").body(&b""[..]).unwrap());

    for member in ["cookies", "queryStringParameters", "pathParameters", "body"] {
        assert_eq!(event.get(member), None, "{member}");
    }
    assert_eq!(event["rawQueryString"], "");
    assert_eq!(event["isBase64Encoded"], false);
    assert_eq!(event["requestContext"].get("authorizer"), None);
}

#[test]
fn text_bodies_stay_text_and_others_are_base64() {
    for content_type in [
        "text/plain",
        "text/csv; charset=utf-8",
        "application/json",
        "Application/Problem+JSON; charset=utf-8",
        "application/xml",
        "application/javascript",
    ] {
        let event = post(content_type, b"\xC3\xA9");
        assert_eq!(
            (&event["body"], &event["isBase64Encoded"]),
            (&json!("é"), &json!(false)),
            "{content_type}"
        );
    }
    for content_type in [
        "application/octet-stream",
        "image/png",
        "application/x-www-form-urlencoded",
        "nonsense",
    ] {
        let event = post(content_type, b"\xC3\xA9");
        assert_eq!(
            (&event["body"], &event["isBase64Encoded"]),
            (&json!("w6k="), &json!(true)),
            "{content_type}"
        );
    }
}

#[test]
fn a_body_without_a_content_type_is_base64() {
    let event = event_of(Request::post("/jobs").body(&b"hi"[..]).unwrap());

    assert_eq!(
        (&event["body"], &event["isBase64Encoded"]),
        (&json!("aGk="), &json!(true))
    );
}
