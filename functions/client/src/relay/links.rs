//! Links to the service become links to the relay.

use std::borrow::Cow;
use std::str;

use bytes::Bytes;
use hyper::header::{CONTENT_LOCATION, HeaderMap, HeaderName, HeaderValue, LINK, LOCATION};
use serde::Deserialize;
use serde_json::value::RawValue;

/// The headers with links.
const HEADERS: [HeaderName; 4] = [
    CONTENT_LOCATION,
    LINK,
    LOCATION,
    HeaderName::from_static("operation-location"),
];

/// What kind of text a body is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Text {
    Html,
    Json,
}

/// Replaces the base URL of the service by that of the relay. Neither ends with a slash.
pub(super) struct Links {
    from: String,
    /// As it appears in HTML.
    escaped: String,
    to: String,
}

/// A document that may have the result of a job in it.
#[derive(Deserialize)]
struct Document<'a> {
    #[serde(borrow)]
    job: Job<'a>,
}

#[derive(Deserialize)]
struct Job<'a> {
    #[serde(borrow)]
    result: &'a RawValue,
}

impl Text {
    /// The kind of this media type; `None` if it has no links.
    pub(super) fn of(media_type: &str) -> Option<Self> {
        match media_type.split(';').next()?.trim() {
            "text/html" => Some(Self::Html),
            "application/json" | "application/problem+json" => Some(Self::Json),
            _ => None,
        }
    }
}

/// Whether the path is that of a result, which is passed on as it is.
pub(super) fn is_result(path: &str) -> bool {
    path.split('?')
        .next()
        .is_some_and(|path| path.ends_with("/result"))
}

impl Links {
    pub(super) fn new(from: &str, to: &str) -> Self {
        let escaped = from.replace('&', "&amp;").replace('\'', "&#39;");
        Self {
            from: from.to_owned(),
            escaped,
            to: to.to_owned(),
        }
    }

    /// The body with links to the relay. A text that is not UTF-8 has none of ours.
    pub(super) fn in_body(&self, text: Text, body: &Bytes) -> Bytes {
        let Ok(whole) = str::from_utf8(body) else {
            return body.clone();
        };
        let rewritten = match text {
            Text::Html => {
                let rewritten = self.replaced(whole, &self.from);
                self.replaced(&rewritten, &self.escaped).into_owned()
            }
            Text::Json => match around_result(whole) {
                None => self.replaced(whole, &self.from).into_owned(),
                Some((before, result, behind)) => {
                    let [before, behind] =
                        [before, behind].map(|part| self.replaced(part, &self.from));
                    [&*before, result, &*behind].concat()
                }
            },
        };
        rewritten.into()
    }

    pub(super) fn in_headers(&self, headers: &mut HeaderMap) {
        for name in HEADERS {
            let Some(value) = headers.get_mut(name) else {
                continue;
            };
            let rewritten = value
                .to_str()
                .ok()
                .map(|text| self.replaced(text, &self.from));
            if let Some(Ok(rewritten)) = rewritten.map(|text| HeaderValue::from_str(&text)) {
                *value = rewritten;
            }
        }
    }

    /// The text with `from` replaced wherever a URL begins with it.
    fn replaced<'a>(&self, text: &'a str, from: &str) -> Cow<'a, str> {
        let mut parts = text.split(from);
        let Some(first) = parts.next().filter(|first| first.len() < text.len()) else {
            return Cow::Borrowed(text);
        };
        let mut rewritten = first.to_owned();
        for part in parts {
            // A longer name, or another port, is another host.
            let is_whole = part
                .chars()
                .next()
                .is_none_or(|next| "/?#\"'<>&\\,; \t\r\n)".contains(next));
            rewritten.push_str(if is_whole { &self.to } else { from });
            rewritten.push_str(part);
        }
        Cow::Owned(rewritten)
    }
}

/// The parts of a document before its job's result, the result, and the rest.
fn around_result(text: &str) -> Option<(&str, &str, &str)> {
    let document: Document<'_> = serde_json::from_str(text).ok()?;
    let result = document.job.result.get();
    // It borrows from the text.
    let start = result.as_ptr().addr().checked_sub(text.as_ptr().addr())?;
    let (before, rest) = text.split_at_checked(start)?;
    let (result, behind) = rest.split_at_checked(result.len())?;
    Some((before, result, behind))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn links() -> Links {
        Links::new("https://a.example/v&1", "http://127.0.0.1:4000/t")
    }

    fn rewritten(text: Text, body: &str) -> String {
        let body = links().in_body(text, &Bytes::copy_from_slice(body.as_bytes()));
        String::from_utf8(body.to_vec()).unwrap()
    }

    #[test]
    fn the_links_of_a_page_lead_to_the_relay() {
        let page = "<a href=\"https://a.example/v&amp;1/jobs?a=1&amp;b\">https://a.example/v&1</a> https://a.example/v&amp;1";
        let expected = "<a href=\"http://127.0.0.1:4000/t/jobs?a=1&amp;b\">http://127.0.0.1:4000/t</a> http://127.0.0.1:4000/t";

        assert_eq!(rewritten(Text::Html, page), expected);
    }

    #[test]
    fn what_only_begins_like_the_service_is_something_else() {
        for other in [
            "https://a.example/v&10/jobs",
            "https://a.example/v",
            "http://a.example/v&1/jobs",
        ] {
            assert_eq!(
                rewritten(Text::Json, &format!("\"{other}\"")),
                format!("\"{other}\"")
            );
        }
        let port = Links::new("http://127.0.0.1:300", "http://127.0.0.1:4000/t");
        let body = Bytes::from_static(b"\"http://127.0.0.1:3000/bucket\"");
        assert_eq!(port.in_body(Text::Json, &body), body);
    }

    #[test]
    fn a_result_in_a_document_is_left_as_it_is() {
        let document = r#"{"job": {"a": "https://a.example/v&1/1", "result": {"job": "https://a.example/v&1/2"}, "b": "https://a.example/v&1/3"}}"#;
        let expected = r#"{"job": {"a": "http://127.0.0.1:4000/t/1", "result": {"job": "https://a.example/v&1/2"}, "b": "http://127.0.0.1:4000/t/3"}}"#;

        assert_eq!(rewritten(Text::Json, document), expected);
        let list = r#"{"next": "https://a.example/v&1/jobs", "jobs": []}"#;
        assert!(rewritten(Text::Json, list).contains("4000/t/jobs"));
    }

    #[test]
    fn the_links_of_headers_lead_to_the_relay_and_those_to_a_bucket_do_not() {
        let mut headers = HeaderMap::new();
        let link =
            "<https://a.example/v&1/jobs/1>; rel=\"self\", <https://a.example/v&1>; rel=\"up\"";
        headers.insert("link", link.parse().unwrap());
        headers.insert(
            "location",
            "https://b.s3.amazonaws.com/1?x".parse().unwrap(),
        );
        headers.insert("etag", "\"https://a.example/v&1/\"".parse().unwrap());
        links().in_headers(&mut headers);

        let link =
            "<http://127.0.0.1:4000/t/jobs/1>; rel=\"self\", <http://127.0.0.1:4000/t>; rel=\"up\"";
        assert_eq!(headers["link"], link);
        assert_eq!(headers["location"], "https://b.s3.amazonaws.com/1?x");
        assert_eq!(headers["etag"], "\"https://a.example/v&1/\"");
    }

    #[test]
    fn only_pages_and_documents_are_rewritten() {
        assert_eq!(Text::of("text/html;charset=utf-8"), Some(Text::Html));
        assert_eq!(Text::of("application/problem+json"), Some(Text::Json));
        assert_eq!(Text::of("application/octet-stream"), None);
        assert!(
            is_result("/jobs/1/result?a") && !is_result("/jobs/1") && !is_result("/jobs?a=/result")
        );
    }
}
