//! The token of a record's first write.

use super::fingerprint::hex;

/// Random, and new for each attempt to create a record. Two submits under one `Idempotency-Key` may write at the same
/// millisecond, with the same request and the same id: by this token each recognizes its own record, and tells the job that
/// it saw from the next one under the same id.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct CreationToken(String);

impl CreationToken {
    /// Makes a token from 16 bytes of a cryptographic source.
    #[must_use]
    pub fn of(random: [u8; 16]) -> Self {
        Self(hex(&random))
    }

    /// The token as a record has it.
    #[must_use]
    pub fn stored(token: &str) -> Option<Self> {
        (!token.is_empty()).then(|| Self(token.to_owned()))
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
