//! The request, independent of the kind of gateway.

use engine::{IdSecrets, JobId, Owner};
use http::{HeaderMap, Method};
use lambda_http::Context;
use lambda_http::aws_lambda_events::apigw::ApiGatewayProxyRequest;
use lambda_http::aws_lambda_events::encodings::Body;
use lambda_http::aws_lambda_events::query_map::QueryMap;

use crate::authorizer;
use crate::base_url::{base_url, stage_prefix_of_payload_1, stage_prefix_of_payload_2, strip};
use crate::event::{Event, Payload2};
use crate::{GatewayConfig, Preferences, Problem, ProblemKind};

/// A request.
///
/// It is read from the event here, not by `lambda_http`, whose conversion builds a URL and panics if the Host header or the path
/// is not valid in one. No request may cause a panic.
#[derive(Debug, Default)]
pub struct Incoming {
    /// The method.
    pub method: Method,
    /// The path without stage or mapping, as the gateway wrote it: it may be percent-encoded.
    pub path: String,
    /// The query, decoded.
    pub query: QueryMap,
    /// The headers.
    pub headers: HeaderMap,
    /// The client's preferences.
    pub preferences: Preferences,
    /// The body, decoded.
    pub body: Vec<u8>,
    /// The caller; `None` if the authorizer did not identify one.
    pub owner: Option<Owner>,
    /// The beginning of links, without a trailing slash.
    pub base_url: String,
    /// The gateway's id of the request, for problems and logs.
    pub request_id: String,
    /// Whether a schedule sent the event. Its deliveries are repeated, and nobody reads the answer.
    pub is_scheduled: bool,
    /// The X-Ray trace header, for the job's message.
    pub trace: Option<String>,
    /// The deadline of the invocation, as the Runtime API states it: see [`engine::Timestamp::of_deadline`].
    pub deadline_ms: u64,
}

impl Incoming {
    pub(crate) fn read(event: Event, context: &Context, gateway: &GatewayConfig) -> Self {
        let public_base_url = gateway.public_base_url.as_deref();
        let is_scheduled = event.is_scheduled();
        let mut incoming = match event {
            Event::Payload1(event) => Self::of_payload_1(*event, public_base_url),
            Event::Payload2(event) => Self::of_payload_2(*event, public_base_url),
        };
        if incoming.request_id.is_empty() {
            incoming.request_id.clone_from(&context.request_id);
        }
        if gateway.demands_caller {
            incoming.owner = incoming.owner.filter(|owner| *owner != Owner::anonymous());
        }
        incoming.is_scheduled = is_scheduled;
        incoming.trace.clone_from(&context.xray_trace_id);
        incoming.preferences = Preferences::of(&incoming.headers);
        incoming.deadline_ms = context.deadline;
        incoming
    }

    fn of_payload_2(event: Payload2, public_base_url: Option<&str>) -> Self {
        let context = event.request_context;
        let raw_path = event.raw_path.unwrap_or_default();
        let prefix = stage_prefix_of_payload_2(context.stage.as_deref(), &raw_path);
        let query = event.raw_query_string.and_then(|query| query.parse().ok());
        Self {
            owner: authorizer::of_payload_2(&context),
            path: strip(&raw_path, &prefix, public_base_url).to_owned(),
            query: query.unwrap_or(event.query_string_parameters),
            base_url: base_url(
                public_base_url,
                &event.headers,
                context.domain_name.as_deref(),
                &prefix,
            ),
            body: decoded(event.body.as_deref(), event.is_base64_encoded),
            method: context.http.method,
            headers: event.headers,
            request_id: context.request_id.unwrap_or_default(),
            ..Self::default()
        }
    }

    fn of_payload_1(event: ApiGatewayProxyRequest, public_base_url: Option<&str>) -> Self {
        let context = event.request_context;
        let path = event.path.unwrap_or_default();
        let prefix = stage_prefix_of_payload_1(context.path.as_deref(), &path);
        let several = event.multi_value_query_string_parameters;
        let mut headers = event.multi_value_headers;
        for (name, value) in &event.headers {
            if !headers.contains_key(name) {
                headers.append(name, value.clone());
            }
        }
        Self {
            owner: authorizer::of_payload_1(&context),
            path: strip(&path, "", public_base_url).to_owned(),
            query: if several.is_empty() {
                event.query_string_parameters
            } else {
                several
            },
            base_url: base_url(
                public_base_url,
                &headers,
                context.domain_name.as_deref(),
                &prefix,
            ),
            body: decoded(event.body.as_deref(), event.is_base64_encoded),
            method: event.http_method,
            headers,
            request_id: context.request_id.unwrap_or_default(),
            ..Self::default()
        }
    }

    /// The first value of a header, if it is visible ASCII.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// The caller.
    ///
    /// # Errors
    /// 403 if the authorizer let the request through but identified nobody.
    pub fn owner(&self) -> Result<&Owner, Problem> {
        self.owner
            .as_ref()
            .ok_or_else(|| Problem::new(ProblemKind::NoOwner))
    }

    /// The caller, if the id was issued to them. Needs no read: the id identifies its owner.
    ///
    /// # Errors
    /// 404 if it was not, whether it is a guess or belongs to someone else; 403 if the authorizer identified nobody.
    pub fn owner_of(&self, id: &JobId, secrets: &IdSecrets) -> Result<&Owner, Problem> {
        let owner = self.owner()?;
        if secrets.issued_to(id, owner) {
            Ok(owner)
        } else {
            Err(Problem::new(ProblemKind::JobNotFound))
        }
    }

    /// An absolute URL of this service; `path` begins with a slash.
    #[must_use]
    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.base_url)
    }
}

/// The bytes of the body. A body that should be Base64 but is not is taken literally; `Body::from_maybe_encoded` would panic.
fn decoded(body: Option<&str>, is_base64: bool) -> Vec<u8> {
    let text = body.unwrap_or_default();
    if !is_base64 {
        return text.as_bytes().to_vec();
    }
    let decoded = serde_json::from_value::<lambda_http::aws_lambda_events::encodings::Base64Data>(
        text.into(),
    );
    decoded.map_or_else(|_| Body::from(text).to_vec(), |data| data.0)
}

#[cfg(test)]
#[expect(
    clippy::needless_pass_by_value,
    reason = "a test gives a value as it stands in the event"
)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn read(event: Value) -> Incoming {
        Incoming::read(
            serde_json::from_str(&event.to_string()).unwrap(),
            &Context::default(),
            &GatewayConfig::default(),
        )
    }

    fn payload_2(path: &str, more: Value) -> Value {
        let mut event = json!({
            "version": "2.0", "routeKey": "$default", "rawPath": path, "rawQueryString": "", "headers": {},
            "requestContext": {"http": {"method": "POST", "path": path}, "stage": "$default", "requestId": "r1"},
        });
        for (name, value) in more.as_object().unwrap() {
            event[name] = value.clone();
        }
        event
    }

    #[test]
    fn a_body_in_base64_is_decoded_and_what_is_none_panics_nobody() {
        let body = |text: &str| {
            read(payload_2(
                "/jobs",
                json!({"body": text, "isBase64Encoded": true}),
            ))
            .body
        };
        assert_eq!(body("eyJhIjoxfQ=="), b"{\"a\":1}");
        assert_eq!(body("not base64!"), b"not base64!");
        assert_eq!(read(payload_2("/jobs", json!({}))).body, b"");
    }

    #[test]
    fn no_host_and_no_path_panics() {
        for (path, host) in [
            ("jobs", "a b"),
            ("/jobs/%zz?", ".."),
            ("//", "[::1"),
            ("", "xn--"),
        ] {
            let incoming = read(payload_2(
                path,
                json!({"headers": {"host": host, "x-forwarded-proto": "::"}}),
            ));
            assert_eq!(incoming.path, if path.is_empty() { "/" } else { path });
        }
    }

    #[test]
    fn without_a_caller_nothing_has_an_owner_where_the_gateway_demands_one() {
        let closed = GatewayConfig {
            demands_caller: true,
            ..GatewayConfig::default()
        };
        let owner = |gateway: &GatewayConfig, authorizer: Value| {
            let mut event = payload_2("/jobs", json!({}));
            event["requestContext"]["authorizer"] = authorizer;
            let event = serde_json::from_str(&event.to_string()).unwrap();
            Incoming::read(event, &Context::default(), gateway).owner
        };
        let alice = json!({"iam": {"userArn": "arn:aws:iam::123456789012:user/alice"}});

        assert_eq!(owner(&closed, Value::Null), None);
        assert!(owner(&closed, alice).is_some());
        assert_eq!(
            owner(&GatewayConfig::default(), Value::Null),
            Some(Owner::anonymous())
        );
    }

    #[test]
    fn headers_of_any_bytes_are_taken() {
        let incoming = read(payload_2(
            "/jobs",
            json!({"headers": {"x-name": "é"}, "rawQueryString": "a=%ff&%zz&é"}),
        ));
        assert_eq!(incoming.header("x-name"), None);
        assert_eq!(incoming.request_id, "r1");
    }

    #[test]
    fn a_rest_event_has_its_stage_in_links_and_not_in_its_path() {
        let incoming = read(json!({
            "resource": "/jobs", "path": "/jobs", "httpMethod": "POST",
            "headers": {"Host": "abc.example.com"}, "multiValueHeaders": {"Host": ["abc.example.com"]},
            "queryStringParameters": {"limit": "3"}, "multiValueQueryStringParameters": {"limit": ["3"]},
            "requestContext": {"path": "/Prod/jobs", "stage": "Prod", "httpMethod": "POST", "requestId": "r2", "identity": {}},
            "body": "{}", "isBase64Encoded": false,
        }));
        assert_eq!(incoming.path, "/jobs");
        assert_eq!(
            incoming.url("/jobs/1"),
            "https://abc.example.com/Prod/jobs/1"
        );
        assert_eq!(incoming.query.first("limit"), Some("3"));
        assert_eq!(incoming.headers.get_all("host").iter().count(), 1);
    }
}
