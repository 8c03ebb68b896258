//! The trace context of a request (W3C Trace Context).

use std::fmt;
use std::str::FromStr;

/// A `traceparent` (<https://www.w3.org/TR/trace-context/#traceparent-header>) of version 00. The log lines of the job's attempts contain
/// it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TraceContext(String);

/// The text is not a `traceparent` of a known version.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a traceparent")]
pub struct ParseTraceContextError;

impl FromStr for TraceContext {
    type Err = ParseTraceContextError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let fields: Vec<_> = text.split('-').collect();
        let [version, trace, parent, flags] = fields[..] else {
            return Err(ParseTraceContextError);
        };
        let is_hex = |field: &str, length: usize| {
            field.len() == length
                && field
                    .bytes()
                    .all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
        };
        let is_one =
            |field: &str, length| is_hex(field, length) && field.bytes().any(|b| b != b'0');
        if version == "00" && is_one(trace, 32) && is_one(parent, 16) && is_hex(flags, 2) {
            Ok(Self(text.to_owned()))
        } else {
            Err(ParseTraceContextError)
        }
    }
}

impl TraceContext {
    /// The text of the header.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for TraceContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

    #[test]
    fn a_traceparent_is_kept_to_the_letter() {
        assert_eq!(GOOD.parse::<TraceContext>().unwrap().as_str(), GOOD);
    }

    #[test]
    fn what_is_none_is_not_passed_on() {
        let zeros = "0".repeat(32);
        for wrong in [
            "",
            "00",
            &GOOD.to_uppercase(),
            &GOOD.replacen("00", "01", 1),
            &GOOD[..GOOD.len() - 1],
            &format!("{GOOD}-more"),
            &GOOD.replace("4bf92f3577b34da6a3ce929d0e0e4736", &zeros),
            &GOOD.replace("00f067aa0ba902b7", "0000000000000000"),
            &GOOD.replace("01", "\n1"),
        ] {
            assert!(wrong.parse::<TraceContext>().is_err(), "{wrong}");
        }
    }
}
