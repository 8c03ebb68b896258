//! Problem documents (RFC 9457).

use std::fmt;

use reqwest::StatusCode;
use serde::Deserialize;
use serde_json::Value;

use crate::client::Response;
use crate::text::printable;

/// Headers with the request's id: the service's own, then those of API Gateway (HTTP API, REST API).
const REQUEST_ID_HEADERS: [&str; 3] = ["x-request-id", "apigw-requestid", "x-amzn-requestid"];
/// Of a response that is not a problem document, this many characters are shown.
const EXCERPT_CHARS: usize = 300;

/// An error of the service (RFC 9457) or of its store, or as much of one as the response has.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Problem {
    /// The HTTP status of the response.
    pub status: u16,
    /// The problem type, a URI such as `…/problems/job-finished`; `about:blank` if there is none.
    pub kind: String,
    /// The problem type in a few words.
    pub title: String,
    /// What happened this time.
    pub detail: Option<String>,
    /// Which places of the request are wrong, and why.
    pub errors: Vec<PointedError>,
    /// What to tell the operator of the service.
    pub request_id: Option<String>,
}

/// What is wrong at one place of the request.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct PointedError {
    /// A JSON Pointer (RFC 6901) into the request body.
    #[serde(default)]
    pub pointer: String,
    /// What is wrong there.
    #[serde(default)]
    pub detail: String,
}

/// The members of a problem document; API Gateway's own errors have only a `message`.
#[derive(Debug, Default, Deserialize)]
struct Body {
    #[serde(rename = "type")]
    kind: Option<String>,
    title: Option<String>,
    status: Option<u16>,
    detail: Option<String>,
    #[serde(alias = "Message")]
    message: Option<String>,
    #[serde(default)]
    errors: Vec<PointedError>,
    #[serde(rename = "request-id", alias = "request_id", alias = "requestId")]
    request_id: Option<String>,
}

impl Problem {
    /// The problem that a response describes. A response that is not a problem document is quoted.
    pub(crate) fn of(response: &Response) -> Self {
        let body = serde_json::from_str::<Value>(&response.body)
            .and_then(serde_json::from_value::<Body>)
            .unwrap_or_else(|_| Body {
                detail: excerpt(&response.body),
                ..Body::default()
            });
        let from_header = || {
            REQUEST_ID_HEADERS
                .iter()
                .find_map(|name| response.headers.get(*name)?.to_str().ok())
        };
        let mut problem = Self::from_body(body, response.status);
        problem.request_id = problem
            .request_id
            .or_else(|| from_header().map(str::to_owned));
        problem
    }

    /// The problem of one item of a batch, with pointers into that item.
    pub(crate) fn of_item(item: Value, index: usize) -> Self {
        let mut body: Body = serde_json::from_value(item).unwrap_or_default();
        let status = body
            .status
            .and_then(|status| StatusCode::from_u16(status).ok());
        let prefix = format!("/{index}");
        for error in &mut body.errors {
            if let Some(pointer) = error.pointer.strip_prefix(&prefix) {
                error.pointer = pointer.to_owned();
            }
        }
        Self::from_body(body, status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR))
    }

    fn from_body(body: Body, status: StatusCode) -> Self {
        Self {
            status: status.as_u16(),
            kind: body.kind.unwrap_or_else(|| "about:blank".to_owned()),
            title: body.title.unwrap_or_else(|| reason(status)),
            detail: body.detail.or(body.message),
            errors: body.errors,
            request_id: body.request_id,
        }
    }

    /// Whether the same request may succeed in a moment: 429, 503, or a 5xx without a problem type, which is not the service's own.
    pub(crate) fn is_transient(&self) -> bool {
        matches!(self.status, 429 | 503) || (self.status >= 500 && self.kind == "about:blank")
    }
}

/// The beginning of a body that is not a document.
pub(crate) fn excerpt(body: &str) -> Option<String> {
    let text = body.trim();
    (!text.is_empty()).then(|| text.chars().take(EXCERPT_CHARS).collect())
}

/// The name of a status.
pub(crate) fn reason(status: StatusCode) -> String {
    status
        .canonical_reason()
        .unwrap_or("unknown error")
        .to_owned()
}

/// Title and status, then one line for each place (or the detail, if there are none) and one for the request's id. Control
/// characters are left out, because some of this text was submitted by somebody and it goes to a terminal.
impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", printable(&self.title), self.status)?;
        // The service's detail repeats the places.
        if let Some(detail) = self.detail.as_ref().filter(|_| self.errors.is_empty()) {
            write!(f, "\n  {}", printable(detail))?;
        }
        for error in &self.errors {
            let place = if error.pointer.is_empty() {
                "the request"
            } else {
                &error.pointer
            };
            write!(f, "\n  {}: {}", printable(place), printable(&error.detail))?;
        }
        if let Some(id) = &self.request_id {
            write!(f, "\n  request id: {}", printable(id))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use reqwest::header::HeaderMap;
    use serde_json::json;

    use super::*;

    fn response(status: u16, body: &str) -> Response {
        let mut headers = HeaderMap::new();
        headers.insert("apigw-requestid", "req-1".parse().unwrap());
        let url = "http://127.0.0.1/jobs".parse().unwrap();
        Response {
            url,
            status: StatusCode::from_u16(status).unwrap(),
            headers,
            body: body.to_owned(),
        }
    }

    #[test]
    fn a_problem_reads_like_a_message_to_a_person() {
        let body = json!({
            "type": "/problems/invalid-input", "title": "Invalid input", "status": 422, "detail": "Two members are wrong.",
            "errors": [{"pointer": "/input/csv", "detail": "is missing"}, {"pointer": "", "detail": "has a member too many"}]
        });
        let text = Problem::of(&response(422, &body.to_string())).to_string();

        assert_eq!(
            text,
            "Invalid input (422)\n  /input/csv: is missing\n  the request: has a member too many\n  \
             request id: req-1"
        );
    }

    #[test]
    fn the_gateway_s_own_errors_and_plain_text_are_shown_too() {
        assert_eq!(
            Problem::of(&response(403, r#"{"message":"Forbidden, you"}"#)).to_string(),
            "Forbidden (403)\n  Forbidden, you\n  request id: req-1"
        );
        assert_eq!(
            Problem::of(&response(502, "bad gateway\n"))
                .detail
                .as_deref(),
            Some("bad gateway")
        );
        assert_eq!(Problem::of(&response(502, "")).detail, None);
    }

    #[test]
    fn a_problem_can_t_send_commands_to_the_terminal() {
        let body = json!({"title": "a\u{1b}[2Jb", "detail": "c\nd"});
        let text = Problem::of(&response(400, &body.to_string())).to_string();

        assert!(!text.contains('\u{1b}'), "{text:?}");
        assert!(text.contains("c d"), "{text:?}");
    }
}
