use std::fmt;

use reqwest::StatusCode;
use serde::Deserialize;
use serde_json::Value;

use super::connection::Answer;
use super::text::printable;

/// Where a request's id stands: our own header, then those of API Gateway (HTTP API, REST API).
const REQUEST_ID_HEADERS: [&str; 3] = ["x-request-id", "apigw-requestid", "x-amzn-requestid"];
/// Of an answer that is no problem document, this many characters are shown.
const EXCERPT_CHARS: usize = 300;

/// An error of the service (RFC 9457), or as much of one as an answer has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The HTTP status of the answer.
    pub status: u16,
    /// The kind of problem in a few words.
    pub title: String,
    /// What it was this time.
    pub detail: Option<String>,
    /// Which places of the request are wrong, and why.
    pub errors: Vec<PointedError>,
    /// What to tell whoever runs the service.
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

/// The members of a problem document that are for a person; API Gateway's own errors have just a `message`.
#[derive(Debug, Default, Deserialize)]
struct Body {
    title: Option<String>,
    detail: Option<String>,
    #[serde(alias = "Message")]
    message: Option<String>,
    #[serde(default)]
    errors: Vec<PointedError>,
    #[serde(rename = "request-id", alias = "request_id", alias = "requestId")]
    request_id: Option<String>,
}

impl Problem {
    /// The problem that an answer tells of. An answer that isn't a problem document is quoted.
    pub(super) fn of(answer: &Answer) -> Self {
        let body = serde_json::from_str::<Value>(&answer.body)
            .and_then(serde_json::from_value::<Body>)
            .unwrap_or_else(|_| Body {
                detail: excerpt(&answer.body),
                ..Body::default()
            });
        let from_header = || {
            REQUEST_ID_HEADERS
                .iter()
                .find_map(|name| answer.headers.get(*name)?.to_str().ok())
        };
        Self {
            status: answer.status.as_u16(),
            title: body.title.unwrap_or_else(|| reason(answer.status)),
            detail: body.detail.or(body.message),
            errors: body.errors,
            request_id: body.request_id.or_else(|| from_header().map(str::to_owned)),
        }
    }
}

fn excerpt(body: &str) -> Option<String> {
    let text = body.trim();
    (!text.is_empty()).then(|| text.chars().take(EXCERPT_CHARS).collect())
}

fn reason(status: StatusCode) -> String {
    status
        .canonical_reason()
        .unwrap_or("an error without a name")
        .to_owned()
}

/// Title and status, then a line each for the places (or the detail, where there are none) and the request's id. Control characters are left out,
/// because some of this text comes from what somebody submitted and it goes to a terminal.
impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", printable(&self.title), self.status)?;
        // The service's detail says the same as the places together.
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

    fn answer(status: u16, body: &str) -> Answer {
        let mut headers = HeaderMap::new();
        headers.insert("apigw-requestid", "req-1".parse().unwrap());
        let url = "http://127.0.0.1/jobs".parse().unwrap();
        Answer {
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
        let text = Problem::of(&answer(422, &body.to_string())).to_string();

        assert_eq!(
            text,
            "Invalid input (422)\n  /input/csv: is missing\n  the request: has a member too many\n  \
             request id: req-1"
        );
    }

    #[test]
    fn the_gateway_s_own_errors_and_plain_text_are_shown_too() {
        assert_eq!(
            Problem::of(&answer(403, r#"{"message":"Forbidden, you"}"#)).to_string(),
            "Forbidden (403)\n  Forbidden, you\n  request id: req-1"
        );
        assert_eq!(
            Problem::of(&answer(502, "bad gateway\n")).detail.as_deref(),
            Some("bad gateway")
        );
        assert_eq!(Problem::of(&answer(502, "")).detail, None);
    }

    #[test]
    fn a_problem_can_t_send_commands_to_the_terminal() {
        let body = json!({"title": "a\u{1b}[2Jb", "detail": "c\nd"});
        let text = Problem::of(&answer(400, &body.to_string())).to_string();

        assert!(!text.contains('\u{1b}'), "{text:?}");
        assert!(text.contains("c d"), "{text:?}");
    }
}
