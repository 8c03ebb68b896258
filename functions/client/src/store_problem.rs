//! Errors of the store of large payloads.

use std::fmt;

use reqwest::StatusCode;

use crate::text::printable;

/// Maximum number of bytes to read. An error document is below 1 KiB.
const MAX_DOCUMENT_BYTES: usize = 16 * 1024;
/// Of a response that is not an error document, this many characters are shown.
const EXCERPT_CHARS: usize = 300;

/// An error of the store of large payloads (Amazon S3), or as much of one as the response has.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct StoreProblem {
    /// The HTTP status of the response. The same request may succeed later after 409, 429 and 5xx.
    pub status: u16,
    /// The store's word for programs, such as `AccessDenied`; if there is none, the name of the status.
    pub code: String,
    /// The store's sentence for people.
    pub message: Option<String>,
}

impl StoreProblem {
    /// Reads the problem that a response describes. A body that cannot be read counts as empty: the status is known.
    pub(crate) async fn read(mut response: reqwest::Response) -> Self {
        let mut document = Vec::new();
        while let Ok(Some(chunk)) = response.chunk().await {
            document.extend_from_slice(&chunk);
            if document.len() > MAX_DOCUMENT_BYTES {
                document.truncate(MAX_DOCUMENT_BYTES);
                break;
            }
        }
        Self::of(response.status(), &String::from_utf8_lossy(&document))
    }

    fn of(status: StatusCode, document: &str) -> Self {
        let code = element(document, "Code");
        let reason = || status.canonical_reason().unwrap_or("unknown error");
        Self {
            status: status.as_u16(),
            message: match code {
                Some(_) => element(document, "Message"),
                None => excerpt(document),
            },
            code: code.unwrap_or_else(|| reason().to_owned()),
        }
    }

    /// Whether the same request may succeed in a moment. `RequestTimeout` means that the connection was too slow; 409 means
    /// that another PUT of the same object is still in progress (S3 error codes).
    pub(crate) fn is_transient(&self) -> bool {
        self.status >= 500 || matches!(self.status, 409 | 429) || self.code == "RequestTimeout"
    }

    /// Whether an object is stored already, so that a PUT with `If-None-Match: *` changes nothing.
    pub(crate) fn is_stored_already(&self) -> bool {
        self.status == StatusCode::PRECONDITION_FAILED.as_u16()
    }

    /// Whether the content is not that of the ticket.
    pub(crate) fn is_other_content(&self) -> bool {
        const CODES: [&str; 3] = [
            "BadDigest",
            "XAmzContentChecksumMismatch",
            "XAmzContentSHA256Mismatch",
        ];
        CODES.contains(&self.code.as_str())
    }
}

/// The text of the first element of a name, in a document without attributes or nested elements of that name.
fn element(document: &str, name: &str) -> Option<String> {
    let (_, rest) = document.split_once(&format!("<{name}>"))?;
    let (text, _) = rest.split_once(&format!("</{name}>"))?;
    // The ampersand last: `&amp;lt;` is the text `&lt;`.
    let entities = [
        ("lt", "<"),
        ("gt", ">"),
        ("quot", "\""),
        ("apos", "'"),
        ("amp", "&"),
    ];
    Some(
        entities
            .iter()
            .fold(text.to_owned(), |text, (name, character)| {
                text.replace(&format!("&{name};"), character)
            }),
    )
}

fn excerpt(document: &str) -> Option<String> {
    let text = document.trim();
    (!text.is_empty()).then(|| text.chars().take(EXCERPT_CHARS).collect())
}

/// Code and status, then a line with the message. Control characters are left out, because it goes to a terminal.
impl fmt::Display for StoreProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", printable(&self.code), self.status)?;
        if let Some(message) = &self.message {
            write!(f, "\n  {}", printable(message))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_document_gives_its_code_and_its_message() {
        let document = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>AccessDenied</Code>\
                        <Message>Request &lt;has&gt; expired &amp;amp; ended</Message><RequestId>1</RequestId></Error>";

        let problem = StoreProblem::of(StatusCode::FORBIDDEN, document);

        assert_eq!(
            problem.to_string(),
            "AccessDenied (403)\n  Request <has> expired &amp; ended"
        );
    }

    #[test]
    fn what_is_not_an_error_document_is_quoted() {
        let quoted = |document| StoreProblem::of(StatusCode::BAD_GATEWAY, document).to_string();

        assert_eq!(
            quoted("no\u{1b}[2J route\n"),
            "Bad Gateway (502)\n  no [2J route"
        );
        assert_eq!(quoted(""), "Bad Gateway (502)");
    }

    #[test]
    fn a_slow_connection_and_a_concurrent_put_pass_and_other_refusals_do_not() {
        let transient = |status, code: &str| {
            let problem = StoreProblem {
                status,
                code: code.to_owned(),
                message: None,
            };
            problem.is_transient()
        };

        assert!(transient(503, "SlowDown"));
        assert!(transient(409, "ConditionalRequestConflict"));
        assert!(transient(400, "RequestTimeout"));
        assert!(!transient(400, "BadDigest"));
        assert!(!transient(403, "AccessDenied"));
        assert!(!transient(412, "PreconditionFailed"));
    }
}
