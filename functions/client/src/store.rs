//! Requests to the store of large payloads.
//!
//! The store is another origin. The signature in a URL is the whole authority for one request, so no credentials of the API go
//! there: each request is made by an HTTP client that does not know them.

use std::time::Duration;

use reqwest::{RequestBuilder, StatusCode, Url};

use crate::client::{RESPONSE_TIMEOUT, http_for};
use crate::problem::{excerpt, reason};
use crate::{ClientError, Problem};

/// A result that does not continue for this long is lost.
const STALL_TIMEOUT: Duration = RESPONSE_TIMEOUT;
/// Bytes per second of a connection that is slow, but not dead (128 kbit/s). A dead one is noticed sooner, by TCP.
const SLOWEST_UPLOAD: u64 = 16 * 1024;
/// Maximum number of bytes to read of an error document, which is below 1 KiB.
const MAX_DOCUMENT_BYTES: usize = 16 * 1024;

/// Resolves the reference to the store in a response of the service. The URL must be http or https, and https if the service
/// is: its signature is a credential. The error says what is wrong.
pub(crate) fn signed_url(from: &Url, reference: &str) -> Result<Url, &'static str> {
    let url = from.join(reference);
    let url = url.map_err(|_| "the URL of the store is not a URI reference")?;
    match (url.scheme(), from.scheme()) {
        ("https", _) | ("http", "http") => Ok(url),
        ("http", _) => Err("the URL of the store is not encrypted (http)"),
        _ => Err("the URL of the store is neither http nor https"),
    }
}

/// Opens a result. Fails with [`ClientError::Store`] if the store refuses it.
pub(crate) async fn get(url: &Url) -> Result<reqwest::Response, ClientError> {
    let http = http_for(url).read_timeout(STALL_TIMEOUT).build();
    let http = http.map_err(ClientError::Setup)?;
    let response = http.get(url.clone()).send().await;
    let response = response.map_err(|source| ClientError::store_unreachable(url, source))?;
    if response.status().is_success() {
        return Ok(response);
    }
    Err(refusal(response).await)
}

/// A PUT of this many bytes, without headers and body.
pub(crate) fn put(url: &Url, bytes: u64) -> Result<RequestBuilder, ClientError> {
    let http = http_for(url).build().map_err(ClientError::Setup)?;
    let limit = RESPONSE_TIMEOUT + Duration::from_secs(bytes / SLOWEST_UPLOAD);
    Ok(http.put(url.clone()).timeout(limit))
}

/// The error that a response describes. A body that cannot be read counts as empty: the status is known.
pub(crate) async fn refusal(mut response: reqwest::Response) -> ClientError {
    let mut document = Vec::new();
    while let Ok(Some(chunk)) = response.chunk().await {
        document.extend_from_slice(&chunk);
        if document.len() > MAX_DOCUMENT_BYTES {
            document.truncate(MAX_DOCUMENT_BYTES);
            break;
        }
    }
    let problem = problem(response.status(), &String::from_utf8_lossy(&document));
    ClientError::Store(Box::new(problem))
}

fn problem(status: StatusCode, document: &str) -> Problem {
    let code = element(document, "Code");
    Problem {
        status: status.as_u16(),
        kind: "about:blank".to_owned(),
        detail: match code {
            Some(_) => element(document, "Message"),
            None => excerpt(document),
        },
        title: code.unwrap_or_else(|| reason(status)),
        ..Problem::default()
    }
}

/// The text of the first element of a name, in a document without attributes or nested elements of that name.
fn element(document: &str, name: &str) -> Option<String> {
    let (_, rest) = document.split_once(&format!("<{name}>"))?;
    let (text, _) = rest.split_once(&format!("</{name}>"))?;
    let text = text.replace("&lt;", "<").replace("&gt;", ">");
    let text = text.replace("&quot;", "\"").replace("&apos;", "'");
    // The ampersand last: `&amp;lt;` is the text `&lt;`.
    Some(text.replace("&amp;", "&"))
}

/// Whether the same request may succeed in a moment. `RequestTimeout` means that the connection was too slow; 409 means
/// that another PUT of the same object is still in progress (S3 error codes).
pub(crate) fn is_transient(problem: &Problem) -> bool {
    problem.status >= 500
        || matches!(problem.status, 409 | 429)
        || problem.title == "RequestTimeout"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_of_the_store_is_as_encrypted_as_the_service() {
        let from = |service: &str, reference| signed_url(&service.parse().unwrap(), reference);

        assert!(from("https://example.org", "https://b.s3.amazonaws.com/a?b").is_ok());
        assert!(from("http://127.0.0.1:3000", "http://127.0.0.1:4000/a").is_ok());
        assert!(from("http://127.0.0.1:3000", "https://b.s3.amazonaws.com/a").is_ok());
        assert!(from("https://example.org", "http://b.s3.amazonaws.com/a").is_err());
        assert!(from("https://example.org", "file:///etc/passwd").is_err());
        assert!(from("https://example.org", "https://").is_err());
    }

    #[test]
    fn an_error_document_gives_its_code_and_its_message_and_anything_else_is_quoted() {
        let document = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>AccessDenied</Code>\
                        <Message>Request &lt;has&gt; expired &amp;amp; ended</Message><RequestId>1</RequestId></Error>";
        let denied = problem(StatusCode::FORBIDDEN, document).to_string();
        let quoted = problem(StatusCode::BAD_GATEWAY, "no\u{1b}[2J route\n").to_string();

        assert_eq!(
            denied,
            "AccessDenied (403)\n  Request <has> expired &amp; ended"
        );
        assert_eq!(quoted, "Bad Gateway (502)\n  no [2J route");
    }

    #[test]
    fn a_connection_that_was_too_slow_is_worth_a_retry() {
        let timeout = "<Error><Code>RequestTimeout</Code></Error>";
        assert!(is_transient(&problem(StatusCode::BAD_REQUEST, timeout)));
        assert!(!is_transient(&problem(StatusCode::BAD_REQUEST, "")));
    }
}
