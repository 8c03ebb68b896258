//! Cross-origin requests, as an HTTP API with a `CorsConfiguration` answers them.
//!
//! Source: <https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-cors.html>. The gateway answers preflights
//! itself, replaces what a function says of CORS, and gives the functions' errors the same headers as their other answers.
//! The page promises nothing for the gateway's own errors, so here they have none.

use axum::body::Body;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::response::Response;

/// What a page of another origin may ask with.
pub const CORS_METHODS: [&str; 4] = ["GET", "HEAD", "POST", "DELETE"];

/// The request headers that it may set: those that the service reads, and those of a signature.
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

/// The response headers that it may read, besides the few that every page may.
pub const CORS_RESPONSE_HEADERS: [&str; 9] = [
    "allow",
    "content-location",
    "etag",
    "idempotency-replayed",
    "link",
    "location",
    "operation-location",
    "preference-applied",
    "retry-after",
];

/// How long a browser may keep the answer to a preflight.
pub const CORS_MAX_AGE_SECONDS: u32 = 7_200;

/// The origins whose pages may call the API; none turns CORS off.
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

    /// The answer to a preflight; none to any other request, and where CORS is off.
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

    /// Gives a function's answer the headers of the configuration, and takes those away that it brought.
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

    /// What `Access-Control-Allow-Origin` says to the request's origin.
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
    fn what_a_function_says_of_cors_is_replaced_and_not_doubled() {
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
    fn another_origin_gets_nothing_and_a_star_is_for_all() {
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
    fn only_options_with_an_origin_and_a_method_to_come_is_a_preflight() {
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
