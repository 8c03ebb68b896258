//! How a CSV text is written.

use serde::Deserialize;

/// How a CSV text is written: by default, comma-separated with a header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Options {
    /// What stands between two fields.
    pub delimiter: Delimiter,
    /// Whether the first record names the columns. Without a header they are `column-1`, `column-2`, …
    pub header: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            delimiter: Delimiter::default(),
            header: true,
        }
    }
}

/// One ASCII character between fields, other than a quote and an end of line. A comma by default.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Delimiter(u8);

impl Delimiter {
    /// The character, as the byte it is in UTF-8.
    #[must_use]
    pub fn byte(self) -> u8 {
        self.0
    }
}

impl Default for Delimiter {
    fn default() -> Self {
        Self(b',')
    }
}

/// A text that can't stand between fields.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a delimiter is one ASCII character other than a double quote, CR or LF")]
pub struct NotADelimiter;

impl TryFrom<String> for Delimiter {
    type Error = NotADelimiter;

    fn try_from(text: String) -> Result<Self, NotADelimiter> {
        match text.as_bytes() {
            [b'"' | b'\r' | b'\n'] => Err(NotADelimiter),
            [byte] => Ok(Self(*byte)),
            _ => Err(NotADelimiter),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_delimiter_is_one_ascii_character_that_is_no_quote_and_no_line_end() {
        for good in [";", "\t", "|", " "] {
            let delimiter = Delimiter::try_from(good.to_owned()).unwrap();
            assert_eq!(delimiter.byte(), good.as_bytes()[0]);
        }
        for bad in ["", "\"", "\r", "\n", ",,", "é"] {
            assert_eq!(
                Delimiter::try_from(bad.to_owned()),
                Err(NotADelimiter),
                "{bad:?}"
            );
        }
    }
}
