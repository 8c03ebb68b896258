//! Links to the service become links to the relay.

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

/// What kind of text a body is. Atom has its links in attributes, too.
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
            "text/html" | "application/atom+xml" => Some(Self::Html),
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

    /// The body with links to the relay. A text that is not UTF-8 contains no link of the service.
    pub(super) fn in_body(&self, text: Text, body: &Bytes) -> Bytes {
        let Ok(whole) = str::from_utf8(body) else {
            return body.clone();
        };
        let rewritten = match text {
            // Escaped or not: an attribute is written with double quotes, and a text has none.
            Text::Html => {
                let is_start = |before: &str| before.ends_with("=\"");
                let rewritten = self.replaced(whole, &self.from, is_start);
                self.replaced(&rewritten, &self.escaped, is_start)
            }
            Text::Json => match around_result(whole) {
                None => self.in_json(whole),
                Some((before, result, behind)) => {
                    [&*self.in_json(before), result, &*self.in_json(behind)].concat()
                }
            },
        };
        rewritten.into()
    }

    /// Only strings that begin with the base: a title that mentions it is somebody's text.
    fn in_json(&self, text: &str) -> String {
        self.replaced(text, &self.from, |before| {
            before.ends_with('"') && !before.ends_with("\\\"")
        })
    }

    pub(super) fn in_headers(&self, headers: &mut HeaderMap) {
        for (name, value) in headers
            .iter_mut()
            .filter(|(name, _)| HEADERS.contains(name))
        {
            let Ok(text) = value.to_str() else {
                continue;
            };
            let rewritten = if *name == LINK {
                // A monitor link is meant for others, who have no relay.
                let links = text.split('<').map(|link| {
                    if link.contains("rel=\"monitor\"") {
                        link.to_owned()
                    } else {
                        self.replaced(link, &self.from, str::is_empty)
                    }
                });
                links.collect::<Vec<_>>().join("<")
            } else {
                self.replaced(text, &self.from, str::is_empty)
            };
            if let Ok(rewritten) = HeaderValue::from_str(&rewritten) {
                *value = rewritten;
            }
        }
    }

    /// The text with `from` replaced wherever a URL begins with it, and `is_start` says of the text before that a URL begins there.
    fn replaced(&self, text: &str, from: &str, is_start: fn(&str) -> bool) -> String {
        let mut rewritten = String::with_capacity(text.len());
        let mut end = 0;
        for (start, _) in text.match_indices(from) {
            let rest = &text[start + from.len()..];
            // A longer name, or another port, is another host.
            let is_whole = rest.is_empty() || rest.starts_with(['/', '?', '#', '"', '>']);
            if is_whole && is_start(&text[..start]) {
                rewritten.push_str(&text[end..start]);
                rewritten.push_str(&self.to);
                end = start + from.len();
            }
        }
        rewritten.push_str(&text[end..]);
        rewritten
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
        let text = "title=\"see https://a.example/v&amp;1/x\">https://a.example/v&1</a> &quot;https://a.example/v&amp;1";
        let page = format!("<a href=\"https://a.example/v&amp;1/jobs?a=1&amp;b\" {text}");
        let expected = format!("<a href=\"http://127.0.0.1:4000/t/jobs?a=1&amp;b\" {text}");

        assert_eq!(rewritten(Text::Html, &page), expected);
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
        let said =
            r#"{"title": "see https://a.example/v&1/x", "summary": "\"https://a.example/v&1/\""}"#;
        assert_eq!(rewritten(Text::Json, said), said);
    }

    #[test]
    fn the_links_of_headers_lead_to_the_relay_and_those_to_a_bucket_do_not() {
        let mut headers = HeaderMap::new();
        let link = "<https://a.example/v&1/jobs/1>; rel=\"self\", <https://a.example/v&1/m>; rel=\"monitor\", <https://a.example/v&1>; rel=\"up\"";
        headers.insert("link", link.parse().unwrap());
        headers.insert(
            "location",
            "https://b.s3.amazonaws.com/1?x".parse().unwrap(),
        );
        headers.insert("etag", "\"https://a.example/v&1/\"".parse().unwrap());
        links().in_headers(&mut headers);

        let link = "<http://127.0.0.1:4000/t/jobs/1>; rel=\"self\", <https://a.example/v&1/m>; rel=\"monitor\", <http://127.0.0.1:4000/t>; rel=\"up\"";
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
