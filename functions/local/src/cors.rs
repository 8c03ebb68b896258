//! Cross-origin requests, as an HTTP API with a `CorsConfiguration` answers them.
//!
//! Source: <https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-cors.html>. The gateway answers preflights
//! itself, replaces CORS headers set by a function, and adds the same headers to successes and errors of a function. The
//! page promises nothing for the gateway's own errors, so here they have no CORS headers.

use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse as _, Response};

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

/// The answer to a preflight. `None` for any other request, or if CORS is off.
pub(crate) fn preflight(allowed_origins: &[String], request: &Parts) -> Option<Response> {
    let asked = &request.headers;
    let is_preflight = request.method == Method::OPTIONS
        && asked.contains_key(header::ORIGIN)
        && asked.contains_key(header::ACCESS_CONTROL_REQUEST_METHOD);
    if allowed_origins.is_empty() || !is_preflight {
        return None;
    }
    let headers = allowed(allowed_origins, asked).map(|origin| {
        HeaderMap::from_iter([
            (header::ACCESS_CONTROL_ALLOW_ORIGIN, origin),
            list(header::ACCESS_CONTROL_ALLOW_METHODS, &CORS_METHODS),
            list(header::ACCESS_CONTROL_ALLOW_HEADERS, &CORS_REQUEST_HEADERS),
            (header::ACCESS_CONTROL_MAX_AGE, CORS_MAX_AGE_SECONDS.into()),
        ])
    });
    Some((StatusCode::NO_CONTENT, headers.unwrap_or_default()).into_response())
}

/// Replaces the CORS headers of a function's answer by those of this configuration.
pub(crate) fn replace(allowed_origins: &[String], request: &HeaderMap, response: &mut HeaderMap) {
    if allowed_origins.is_empty() {
        return;
    }
    let own = response.keys().cloned();
    let own = own.filter(|name| name.as_str().starts_with("access-control-"));
    for name in own.collect::<Vec<_>>() {
        response.remove(name);
    }
    if let Some(origin) = allowed(allowed_origins, request) {
        response.extend([
            (header::ACCESS_CONTROL_ALLOW_ORIGIN, origin),
            list(
                header::ACCESS_CONTROL_EXPOSE_HEADERS,
                &CORS_RESPONSE_HEADERS,
            ),
        ]);
    }
}

/// The value of `Access-Control-Allow-Origin` for the request's origin. `None` if it is not one of these, of which `*` stands for every
/// origin, and at the end of one for everything that follows.
pub(crate) fn allowed(origins: &[String], request: &HeaderMap) -> Option<HeaderValue> {
    let origin = request.get(header::ORIGIN)?;
    let is_allowed = |allowed: &&String| match allowed.strip_suffix('*') {
        Some(beginning) => origin.as_bytes().starts_with(beginning.as_bytes()),
        None => origin == allowed.as_str(),
    };
    Some(match origins.iter().find(is_allowed)?.as_str() {
        "*" => HeaderValue::from_static("*"),
        _ => origin.clone(),
    })
}

/// A header with a list of methods or header names.
pub(crate) fn list(name: HeaderName, words: &[&str]) -> (HeaderName, HeaderValue) {
    #[expect(
        clippy::expect_used,
        reason = "methods and header names are ASCII without control characters"
    )]
    let value = HeaderValue::from_str(&words.join(",")).expect("names are valid values");
    (name, value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_origin_is_not_allowed_and_a_star_allows_all() {
        const APP: &str = "https://app.example.com";
        const LOOPBACK: &str = "http://127.0.0.1:*";
        for (origins, origin, answer) in [
            (&[APP][..], "https://evil.example.com", None),
            (&[APP], "https://app.example.com.evil.example", None),
            (&[], APP, None),
            (&["*"], "https://any.example.com", Some("*")),
            (
                &[LOOPBACK],
                "http://127.0.0.1:1",
                Some("http://127.0.0.1:1"),
            ),
            (&[LOOPBACK], "http://127.0.0.10:1", None),
            (&["https://other.example.com", APP], APP, Some(APP)),
        ] {
            let origins: Vec<_> = origins.iter().map(|origin| (*origin).to_owned()).collect();
            let request =
                HeaderMap::from_iter([(header::ORIGIN, HeaderValue::from_static(origin))]);
            let answer = answer.map(HeaderValue::from_static);
            assert_eq!(allowed(&origins, &request), answer, "{origins:?} {origin}");
        }
    }
}
