//! The trace context of a request (W3C Trace Context).

/// A `traceparent` (<https://www.w3.org/TR/trace-context/#traceparent-header>) of version 00. The log lines of the job's attempts contain
/// it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TraceContext(String);

impl TraceContext {
    /// Reads the text of the header; `None` if it is not a `traceparent` of a known version.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        let fields: Vec<_> = text.split('-').collect();
        let [version, trace, parent, flags] = fields[..] else {
            return None;
        };
        let is_hex = |field: &str, length: usize| {
            field.len() == length
                && field
                    .bytes()
                    .all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
        };
        let is_one =
            |field: &str, length| is_hex(field, length) && field.bytes().any(|b| b != b'0');
        let is_context =
            version == "00" && is_one(trace, 32) && is_one(parent, 16) && is_hex(flags, 2);
        is_context.then(|| Self(text.to_owned()))
    }

    /// The text of the header.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

    #[test]
    fn a_traceparent_is_kept_to_the_letter() {
        assert_eq!(TraceContext::read(GOOD).unwrap().as_str(), GOOD);
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
            assert_eq!(TraceContext::read(wrong), None, "{wrong}");
        }
    }
}
