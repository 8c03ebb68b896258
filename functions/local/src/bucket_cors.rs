//! Cross-origin requests to the embedded S3, as a bucket with the template's `CorsConfiguration` answers them.
//!
//! Source: <https://docs.aws.amazon.com/AmazonS3/latest/userguide/cors.html>.

use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse as _, Response};

use crate::cors::{CORS_MAX_AGE_SECONDS, allowed, list};

/// Methods that a page of any origin may use: the signature of the URL is the authority.
pub const BUCKET_READ_METHODS: [&str; 2] = ["GET", "HEAD"];

/// The pages of the service itself, also behind `accepted open`, may upload. Here, as there, the port is any.
pub const BUCKET_PAGE_ORIGIN: &str = "http://127.0.0.1:*";

/// Headers of an upload, which a page of the deployment's origins may send.
pub const BUCKET_UPLOAD_HEADERS: [&str; 3] =
    ["content-type", "if-none-match", "x-amz-checksum-sha256"];

/// Response headers that a page may read, in addition to those that every page may.
pub const BUCKET_RESPONSE_HEADERS: [&str; 4] =
    ["accept-ranges", "content-length", "content-range", "etag"];

/// A rule of the configuration. `*` stands for every header, and in origins for what [`allowed`] says.
struct Rule {
    origins: Vec<String>,
    methods: &'static [&'static str],
    request_headers: &'static [&'static str],
}

/// The rules.
pub(crate) struct BucketCors([Rule; 2]);

impl BucketCors {
    /// Allows reads from every origin, and uploads from these and the pages of the service.
    pub(crate) fn new(mut upload_origins: Vec<String>) -> Self {
        upload_origins.push(BUCKET_PAGE_ORIGIN.to_owned());
        let reads = Rule {
            origins: vec!["*".to_owned()],
            methods: &BUCKET_READ_METHODS,
            // A request that the API redirects has the headers that the page sent to the API.
            request_headers: &["*"],
        };
        let uploads = Rule {
            origins: upload_origins,
            methods: &["PUT"],
            request_headers: &BUCKET_UPLOAD_HEADERS,
        };
        Self([reads, uploads])
    }

    /// The response to a preflight.
    pub(crate) fn preflight(&self, request: &HeaderMap) -> Response {
        let method = request.get(header::ACCESS_CONTROL_REQUEST_METHOD);
        let method = method.and_then(|method| method.to_str().ok());
        let wanted = request.get(header::ACCESS_CONTROL_REQUEST_HEADERS);
        let wanted = wanted.map_or(Some(""), |names| names.to_str().ok());
        let allowed = method.zip(wanted).and_then(|(method, wanted)| {
            let (rule, origin) = self.rule(request, method)?;
            let names = wanted.split(',').map(str::trim);
            let mut names = names.filter(|name| !name.is_empty());
            names
                .all(|name| rule.allows(name))
                .then(|| rule.headers(origin))
        });
        let Some(mut headers) = allowed else {
            let message = "CORSResponse: This CORS request is not allowed.";
            return (StatusCode::FORBIDDEN, message).into_response();
        };
        if let Some(names) = request.get(header::ACCESS_CONTROL_REQUEST_HEADERS) {
            headers.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, names.clone());
        }
        headers.insert(header::ACCESS_CONTROL_MAX_AGE, CORS_MAX_AGE_SECONDS.into());
        (headers, Body::empty()).into_response()
    }

    /// The CORS headers of any other response. There are none without a header `Origin`, or if no rule allows the request.
    pub(crate) fn headers(&self, method: &Method, request: &HeaderMap) -> HeaderMap {
        let rule = self.rule(request, method.as_str());
        rule.map(|(rule, origin)| rule.headers(origin))
            .unwrap_or_default()
    }

    /// The rule that allows the method, and the origin that it allows.
    fn rule(&self, request: &HeaderMap, method: &str) -> Option<(&Rule, HeaderValue)> {
        let mut rules = self.0.iter().filter(|rule| rule.methods.contains(&method));
        rules.find_map(|rule| Some((rule, allowed(&rule.origins, request)?)))
    }
}

impl Rule {
    fn allows(&self, header: &str) -> bool {
        let mut allowed = self.request_headers.iter();
        allowed.any(|allowed| *allowed == "*" || header.eq_ignore_ascii_case(allowed))
    }

    fn headers(&self, origin: HeaderValue) -> HeaderMap {
        HeaderMap::from_iter([
            (header::ACCESS_CONTROL_ALLOW_ORIGIN, origin),
            list(header::ACCESS_CONTROL_ALLOW_METHODS, self.methods),
            list(
                header::ACCESS_CONTROL_EXPOSE_HEADERS,
                &BUCKET_RESPONSE_HEADERS,
            ),
            (header::VARY, HeaderValue::from_static("Origin")),
        ])
    }
}
