//! Cross-origin requests, as an HTTP API with a `CorsConfiguration` answers them.
//!
//! Source: <https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-cors.html>. The gateway answers preflights
//! itself, replaces CORS headers set by a function, and adds the same headers to successes and errors of a function. The
//! page promises nothing for the gateway's own errors, so here they have no CORS headers.

use axum::body::Body;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::response::Response;

/// Methods that a page of another origin may use.
pub const CORS_METHODS: [&str; 4] = ["GET", "HEAD", "POST", "DELETE"];

/// Request headers that such a page may set: those that the service reads, and those of an AWS signature.
pub const CORS_REQUEST_HEADERS: [&str; 10] = [
    "accept",
    "authorization",
    "content-type",
    "idempotency-key",
    "if-none-match",
    "prefer",
    "traceparent",
    "x-amz-content-sha256",
    "x-amz-date",
    "x-amz-security-token",
];

/// Response headers that such a page may read, in addition to those that every page may.
pub const CORS_RESPONSE_HEADERS: [&str; 10] = [
    "allow",
    "content-location",
    "etag",
    "idempotency-replayed",
    "link",
    "location",
    "operation-location",
    "preference-applied",
    "retry-after",
    "sunset",
];

/// How long a browser may cache the answer to a preflight.
pub const CORS_MAX_AGE_SECONDS: u32 = 7_200;

/// The origins allowed to call the API. Without any, CORS is off.
#[derive(Clone, Debug, Default)]
pub(crate) struct Cors {
    allowed_origins: Vec<String>,
}

impl Cors {
    pub(crate) fn new(allowed_origins: Vec<String>) -> Self {
        Self { allowed_origins }
    }

    fn is_on(&self) -> bool {
        !self.allowed_origins.is_empty()
    }

    /// The answer to a preflight. `None` for any other request, or if CORS is off.
    pub(crate) fn preflight(&self, method: &Method, request: &HeaderMap) -> Option<Response> {
        let is_preflight = method == Method::OPTIONS
            && request.contains_key(header::ORIGIN)
            && request.contains_key(header::ACCESS_CONTROL_REQUEST_METHOD);
        if !self.is_on() || !is_preflight {
            return None;
        }
        let mut response = Response::new(Body::empty());
        *response.status_mut() = StatusCode::NO_CONTENT;
        if let Some(origin) = self.allowed(request) {
            let max_age = CORS_MAX_AGE_SECONDS.to_string();
            for (name, value) in [
                (header::ACCESS_CONTROL_ALLOW_ORIGIN, Some(origin)),
                (header::ACCESS_CONTROL_ALLOW_METHODS, list(&CORS_METHODS)),
                (
                    header::ACCESS_CONTROL_ALLOW_HEADERS,
                    list(&CORS_REQUEST_HEADERS),
                ),
                (
                    header::ACCESS_CONTROL_MAX_AGE,
                    HeaderValue::from_str(&max_age).ok(),
                ),
            ] {
                set(response.headers_mut(), name, value);
            }
        }
        Some(response)
    }

    /// Replaces the CORS headers of a function's answer by those of this configuration.
    pub(crate) fn apply(&self, request: &HeaderMap, response: &mut HeaderMap) {
        if !self.is_on() {
            return;
        }
        let own: Vec<_> = response
            .keys()
            .filter(|name| name.as_str().starts_with("access-control-"))
            .cloned()
            .collect();
        for name in own {
            response.remove(name);
        }
        if let Some(origin) = self.allowed(request) {
            set(response, header::ACCESS_CONTROL_ALLOW_ORIGIN, Some(origin));
            let exposed = list(&CORS_RESPONSE_HEADERS);
            set(response, header::ACCESS_CONTROL_EXPOSE_HEADERS, exposed);
        }
    }

    /// The value of `Access-Control-Allow-Origin` for the request's origin. `None` if it is not allowed.
    fn allowed(&self, request: &HeaderMap) -> Option<HeaderValue> {
        let origin = request.get(header::ORIGIN)?;
        if self.allowed_origins.iter().any(|allowed| allowed == "*") {
            return Some(HeaderValue::from_static("*"));
        }
        let is_listed = |allowed: &String| origin == allowed.as_str();
        let is_listed = self.allowed_origins.iter().any(is_listed);
        is_listed.then(|| origin.clone())
    }
}

fn list(words: &[&str]) -> Option<HeaderValue> {
    HeaderValue::from_str(&words.join(",")).ok()
}

fn set(headers: &mut HeaderMap, name: HeaderName, value: Option<HeaderValue>) {
    if let Some(value) = value {
        headers.insert(name, value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const APP: &str = "https://app.example.com";

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        let pairs = pairs.iter();
        pairs
            .map(|(name, value)| {
                (
                    HeaderName::from_static(name),
                    HeaderValue::from_static(value),
                )
            })
            .collect()
    }

    fn cors(origins: &[&str]) -> Cors {
        Cors::new(origins.iter().map(|origin| (*origin).to_owned()).collect())
    }

    #[test]
    fn cors_headers_of_a_function_are_replaced_and_not_doubled() {
        let mut response = headers(&[
            ("access-control-allow-origin", "*"),
            ("access-control-allow-credentials", "true"),
            ("etag", "\"1\""),
        ]);

        cors(&[APP]).apply(&headers(&[("origin", APP)]), &mut response);

        assert_eq!(response["access-control-allow-origin"], APP);
        assert_eq!(
            response
                .get_all("access-control-allow-origin")
                .iter()
                .count(),
            1
        );
        assert!(!response.contains_key("access-control-allow-credentials"));
        assert_eq!(response["etag"], "\"1\"");
    }

    #[test]
    fn another_origin_gets_no_header_and_a_star_allows_all() {
        let of = |origins: &[&str], origin| {
            let mut response = HeaderMap::new();
            cors(origins).apply(&headers(&[("origin", origin)]), &mut response);
            response.get("access-control-allow-origin").cloned()
        };
        assert_eq!(of(&[APP], "https://evil.example.com"), None);
        assert_eq!(of(&[APP], "https://app.example.com.evil.example"), None);
        assert_eq!(of(&[], APP), None);
        assert_eq!(of(&["*"], "https://any.example.com").unwrap(), "*");
        assert_eq!(of(&["https://other.example.com", APP], APP).unwrap(), APP);
    }

    #[test]
    fn only_options_with_an_origin_and_a_requested_method_is_a_preflight() {
        let asked = headers(&[("origin", APP), ("access-control-request-method", "POST")]);
        let cors = cors(&[APP]);
        assert!(cors.preflight(&Method::OPTIONS, &asked).is_some());
        assert!(cors.preflight(&Method::GET, &asked).is_none());
        assert!(
            cors.preflight(&Method::OPTIONS, &headers(&[("origin", APP)]))
                .is_none()
        );
        assert!(
            Cors::default()
                .preflight(&Method::OPTIONS, &asked)
                .is_none()
        );
    }
}
