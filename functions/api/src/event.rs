//! The event, independent of the kind of gateway.
//!
//! `lambda_http` parses each event as one of a REST API first, and only then as what it is. Parsing it once, and only the used parts,
//! saves a third of the work of a request.

use std::fmt;

use http::{HeaderMap, HeaderName, HeaderValue};
use lambda_http::aws_lambda_events::apigw::{
    ApiGatewayProxyRequest, ApiGatewayV2httpRequestContext,
};
use lambda_http::aws_lambda_events::query_map::QueryMap;
use serde::de::{Error, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

/// An event, by the version of its payload.
pub(crate) enum Event {
    /// A REST API's (1.0).
    Payload1(Box<ApiGatewayProxyRequest>),
    /// An HTTP API's or a function URL's (2.0).
    Payload2(Box<Payload2>),
}

/// The used parts of a payload 2.0
/// (<https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html>).
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Payload2 {
    /// The path with the stage, percent-encoded as the client sent it.
    pub(crate) raw_path: Option<String>,
    /// The query, percent-encoded.
    pub(crate) raw_query_string: Option<String>,
    /// The query's parameters, for an event without the text of the query.
    #[serde(default)]
    pub(crate) query_string_parameters: QueryMap,
    /// The headers. Invalid ones are omitted.
    #[serde(default, deserialize_with = "headers")]
    pub(crate) headers: HeaderMap,
    /// The gateway's information about the request. That of a payload 1.0 has no `http`, which distinguishes the two.
    pub(crate) request_context: ApiGatewayV2httpRequestContext,
    /// The body.
    pub(crate) body: Option<String>,
    /// Whether the body is Base64.
    #[serde(default)]
    pub(crate) is_base64_encoded: bool,
}

/// Replaces a gateway's id (`requestContext.apiId`) in an event that a schedule sends. A client cannot write any part of
/// `requestContext`, and no gateway has this id: the ids of gateways have ten characters, those of function URLs more.
const SCHEDULED: &str = "scheduled";

impl Event {
    /// Whether a schedule sent the event. Nobody reads the answer then: Lambda only checks whether the invocation failed.
    pub(crate) fn is_scheduled(&self) -> bool {
        match self {
            Self::Payload1(_) => false,
            Self::Payload2(event) => event.request_context.apiid.as_deref() == Some(SCHEDULED),
        }
    }
}

impl<'de> Deserialize<'de> for Event {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let event = <&RawValue>::deserialize(deserializer)?.get();
        serde_json::from_str(event)
            .map(Self::Payload2)
            .or_else(|_| serde_json::from_str(event).map(Self::Payload1))
            .map_err(|_| D::Error::custom("not an event of an API Gateway or a function URL"))
    }
}

fn headers<'de, D: Deserializer<'de>>(deserializer: D) -> Result<HeaderMap, D::Error> {
    let headers = Option::<Headers>::deserialize(deserializer)?;
    Ok(headers.map(|headers| headers.0).unwrap_or_default())
}

/// Headers from an object of strings.
struct Headers(HeaderMap);

impl<'de> Deserialize<'de> for Headers {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(HeadersVisitor)
    }
}

struct HeadersVisitor;

impl<'de> Visitor<'de> for HeadersVisitor {
    type Value = Headers;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object of headers")
    }

    fn visit_map<M: MapAccess<'de>>(self, mut access: M) -> Result<Headers, M::Error> {
        // Room for the headers that a gateway usually sends, so that the map does not grow in steps.
        let mut headers = HeaderMap::with_capacity(24);
        while let Some((name, value)) =
            access.next_entry::<Parsed<HeaderName>, Parsed<HeaderValue>>()?
        {
            if let (Some(name), Some(value)) = (name.0, value.0) {
                headers.append(name, value);
            }
        }
        Ok(Headers(headers))
    }
}

/// A string that is parsed in place; `None` if it is invalid.
struct Parsed<T>(Option<T>);

impl<'de> Deserialize<'de> for Parsed<HeaderName> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let parse = |text: &str| HeaderName::from_bytes(text.as_bytes()).ok();
        deserializer.deserialize_str(TextVisitor(parse)).map(Self)
    }
}

impl<'de> Deserialize<'de> for Parsed<HeaderValue> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let parse = |text: &str| HeaderValue::from_str(text).ok();
        deserializer.deserialize_str(TextVisitor(parse)).map(Self)
    }
}

struct TextVisitor<F>(F);

impl<T, F: Fn(&str) -> Option<T>> Visitor<'_> for TextVisitor<F> {
    type Value = Option<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Option<T>, E> {
        Ok((self.0)(text))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn read(event: &Value) -> Result<Event, serde_json::Error> {
        serde_json::from_str(&event.to_string())
    }

    fn payload_2(headers: &Value) -> Value {
        json!({
            "version": "2.0", "rawPath": "/", "rawQueryString": "", "headers": headers, "isBase64Encoded": false,
            "requestContext": {"http": {"method": "GET", "path": "/"}, "stage": "$default"},
        })
    }

    #[test]
    fn the_two_payloads_are_told_apart() {
        let rest =
            json!({"path": "/", "httpMethod": "GET", "requestContext": {"httpMethod": "GET"}});
        assert!(matches!(
            read(&payload_2(&json!({}))),
            Ok(Event::Payload2(_))
        ));
        assert!(matches!(read(&rest), Ok(Event::Payload1(_))));
        for neither in [json!({}), json!([]), json!({"Records": []}), json!("GET")] {
            assert!(read(&neither).is_err(), "{neither}");
        }
    }

    #[test]
    fn what_is_no_header_is_left_out_and_the_others_stay() {
        let event = payload_2(
            &json!({"Host": "a.example", "no name": "1", "x-feed": "a\nb", "x-é": "1", "x-name": "é"}),
        );
        let Ok(Event::Payload2(event)) = read(&event) else {
            panic!("not read")
        };
        let mut names: Vec<_> = event.headers.keys().map(HeaderName::as_str).collect();
        names.sort_unstable();
        assert_eq!(names, ["host", "x-name"]);
        assert_eq!(event.headers["x-name"].as_bytes(), "é".as_bytes());
    }

    #[test]
    fn headers_may_be_missing_or_null() {
        let mut event = payload_2(&Value::Null);
        assert!(read(&event).is_ok());
        event.as_object_mut().unwrap().remove("headers");
        assert!(read(&event).is_ok());
    }
}
