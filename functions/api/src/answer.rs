//! Responses.

use std::collections::BTreeMap;
use std::fmt::{self, Write as _};

use engine::Judged;
use http::StatusCode;
use serde::Serialize;

/// The media type of job documents.
pub const JSON: &str = "application/json";

/// The media type of pages.
pub(crate) const HTML: &str = "text/html;charset=utf-8";

/// The media type of problems (RFC 9457).
pub const PROBLEM_JSON: &str = "application/problem+json";

/// Returns the document as JSON text. A document of this service consists of strings, numbers, lists and raw JSON, and these
/// always serialize.
#[must_use]
pub fn json(document: &impl Serialize) -> String {
    serde_json::to_string(document).unwrap_or_default()
}

/// A response: status, headers, text. Header names are lower case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The status code.
    pub status: StatusCode,
    /// The headers; each name occurs once.
    pub headers: BTreeMap<&'static str, String>,
    /// The body; empty if there is none.
    pub body: String,
}

impl Answer {
    /// A response without a body.
    #[must_use]
    pub fn empty(status: StatusCode) -> Self {
        Self {
            status,
            headers: BTreeMap::new(),
            body: String::new(),
        }
    }

    /// A response with a body of this media type.
    #[must_use]
    pub fn new(status: StatusCode, media_type: &str, body: String) -> Self {
        Self {
            body,
            ..Self::empty(status)
        }
        .with("content-type", media_type)
    }

    /// Returns this response with one more header. `name` is lower case. Control characters, which a header must not contain, are
    /// removed from the value.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        let mut value = value.into();
        // Nearly all values are plain ASCII, and that check is faster than removing characters one by one.
        if !value.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
            value.retain(|c| !c.is_control());
        }
        self.headers.insert(name, value);
        self
    }

    /// Returns this response with the expiry of the job's URIs (`Sunset`, RFC 8594), if the job has finished. Before that, the
    /// expiry can still change.
    #[must_use]
    pub fn sunset_of(self, judged: &Judged<'_>) -> Self {
        if judged.state.is_completed() {
            self.with("sunset", judged.expires_at.http_date())
        } else {
            self
        }
    }

    /// Returns this response with one more link (RFC 8288). `target` is an absolute URL of this service, `rel` a registered
    /// relation.
    #[must_use]
    pub fn link(self, target: &str, rel: &str) -> Self {
        self.link_value(format_args!("<{target}>; rel=\"{rel}\""))
    }

    /// Returns this response with one more link that names the media type of its target.
    #[must_use]
    pub fn typed_link(self, target: &str, rel: &str, media_type: &str) -> Self {
        self.link_value(format_args!(
            "<{target}>; rel=\"{rel}\"; type=\"{media_type}\""
        ))
    }

    /// Adds a link to the header that has all links, because each name occurs once.
    fn link_value(mut self, link: fmt::Arguments<'_>) -> Self {
        let mut links = self.headers.remove("link").unwrap_or_default();
        let separator = if links.is_empty() { "" } else { ", " };
        // Writing to a `String` cannot fail.
        let _ = write!(links, "{separator}{link}");
        self.with("link", links)
    }
}

/// A response in the format that API Gateway (both payload versions) and function URLs expect.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Response {
    status_code: u16,
    headers: BTreeMap<&'static str, String>,
    body: String,
    is_base64_encoded: bool,
    /// Always empty, or absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    cookies: Option<[String; 0]>,
}

impl Response {
    /// `is_payload_2`: it may have cookies. `cargo lambda watch` requires the member, and a REST API does not know it.
    pub(crate) fn of(answer: Answer, is_head: bool, is_payload_2: bool) -> Self {
        let body = if is_head { String::new() } else { answer.body };
        Self {
            status_code: answer.status.as_u16(),
            headers: answer.headers,
            body,
            is_base64_encoded: false,
            cookies: is_payload_2.then_some([]),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_to_head_has_no_body() {
        let answer = Answer::new(StatusCode::OK, JSON, "{}".to_owned());
        assert_eq!(Response::of(answer.clone(), true, true).body, "");
        assert_eq!(Response::of(answer, false, true).body, "{}");
    }

    #[test]
    fn only_payload_2_hears_of_cookies() {
        let cookies = |is_payload_2| {
            let answer = Answer::empty(StatusCode::NO_CONTENT);
            serde_json::to_value(Response::of(answer, false, is_payload_2)).unwrap()["cookies"]
                .clone()
        };
        assert_eq!(cookies(false), serde_json::Value::Null);
        assert_eq!(cookies(true), serde_json::json!([]));
    }

    #[test]
    fn links_stand_in_one_header() {
        let answer = Answer::empty(StatusCode::OK)
            .link("https://a.example/jobs/1", "self")
            .typed_link("https://a.example/openapi.json", "describedby", JSON);
        assert_eq!(
            answer.headers["link"],
            "<https://a.example/jobs/1>; rel=\"self\", \
             <https://a.example/openapi.json>; rel=\"describedby\"; type=\"application/json\""
        );
    }

    #[test]
    fn no_header_can_begin_another() {
        let answer = Answer::empty(StatusCode::OK).with("location", "a\r\nset-cookie: b");
        assert_eq!(answer.headers["location"], "aset-cookie: b");
    }
}
