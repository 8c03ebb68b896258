//! Random tokens, and that of a record's first write.

/// Returns a token of 32 lower-case hexadecimal digits for 16 bytes of a cryptographic source: a creation token, or the fencing
/// token of a delivery.
#[must_use]
pub fn token(random: [u8; 16]) -> String {
    hex::encode(random)
}

/// A random token, new for each attempt to create a record. Two submits under one `Idempotency-Key` may write in the same
/// millisecond, with the same request and the same id: by this token, each recognizes its own record, and distinguishes the
/// job that it saw from the next one under the same id.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct CreationToken(String);

impl CreationToken {
    /// The token for 16 bytes of a cryptographic source.
    #[must_use]
    pub fn of(random: [u8; 16]) -> Self {
        Self(token(random))
    }

    /// The token as stored in a record; `None` if it is empty.
    #[must_use]
    pub fn stored(text: &str) -> Option<Self> {
        (!text.is_empty()).then(|| Self(text.to_owned()))
    }

    /// 32 lower-case hexadecimal digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_the_bytes_in_hexadecimal_digits() {
        let token = CreationToken::of([0x0f; 16]);
        assert_eq!(token.as_str(), "0f".repeat(16));
        assert_eq!(CreationToken::stored(token.as_str()), Some(token));
        assert_eq!(CreationToken::stored(""), None);
    }
}
