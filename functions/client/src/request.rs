use std::str::FromStr;

use serde::Serialize;
use serde_json::value::RawValue;

/// A job to submit.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Request {
    /// The job kind.
    pub name: String,
    /// Its input. Raw, so that a number keeps every digit and members keep their order.
    pub input: Box<RawValue>,
    /// What a person calls this job.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub summary: Option<String>,
    /// When it may start at the earliest, RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scheduled_start_time: Option<String>,
    /// Makes submitting it again harmless.
    #[serde(skip)]
    pub idempotency_key: Option<IdempotencyKey>,
}

impl Request {
    /// A job of a kind with its input, to start at once.
    #[must_use]
    pub fn new(name: impl Into<String>, input: Box<RawValue>) -> Self {
        Self {
            name: name.into(),
            input,
            summary: None,
            scheduled_start_time: None,
            idempotency_key: None,
        }
    }
}

/// A key under which a request is accepted once: 1 to 255 visible ASCII characters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdempotencyKey(String);

impl IdempotencyKey {
    /// The header's value: a structured-field string (RFC 9651, section 3.3.3), quoted and escaped.
    #[must_use]
    pub fn to_field_value(&self) -> String {
        format!("\"{}\"", self.0.replace('\\', "\\\\").replace('"', "\\\""))
    }
}

impl FromStr for IdempotencyKey {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if (1..=255).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Ok(Self(text.to_owned()));
        }
        Err("a key is 1 to 255 visible ASCII characters, without spaces")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_not_said_is_not_sent() {
        let input = RawValue::from_string(r#"{"b":1.0,"a":2}"#.to_owned()).unwrap();
        let body = serde_json::to_string(&Request::new("add", input)).unwrap();

        assert_eq!(body, r#"{"name":"add","input":{"b":1.0,"a":2}}"#);
    }

    #[test]
    fn a_key_is_sent_as_a_quoted_string() {
        let key: IdempotencyKey = r#"a"b\c"#.parse().unwrap();

        assert_eq!(key.to_field_value(), r#""a\"b\\c""#);
    }

    #[test]
    fn a_key_that_no_service_takes_is_refused_here() {
        for key in ["", "two words", "ümlaut", &"k".repeat(256)] {
            assert!(key.parse::<IdempotencyKey>().is_err(), "{key}");
        }
    }
}
