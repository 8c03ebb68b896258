//! The identity of a request.

use sha2::{Digest, Sha256};

/// The SHA-256 of a request's body. The record and the message of a job contain it. A claim compares them, so that a message whose
/// record lost the race for an id never runs as the winner; and a submit detects an `Idempotency-Key` that is reused for another
/// request.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Fingerprint(String);

impl Fingerprint {
    /// The fingerprint of a request's body.
    #[must_use]
    pub fn of(body: &[u8]) -> Self {
        Self(hex::encode(Sha256::digest(body)))
    }

    /// The fingerprint as stored in a record or a message; `None` unless it is 64 lower-case hexadecimal digits.
    #[must_use]
    pub fn from_hex(hex: &str) -> Option<Self> {
        let digit = |b: u8| b.is_ascii_digit() || (b'a'..=b'f').contains(&b);
        (hex.len() == 64 && hex.bytes().all(digit)).then(|| Self(hex.to_owned()))
    }

    /// 64 lower-case hexadecimal digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fingerprint_is_the_sha_256_of_the_body() {
        // The digest of the empty text, from FIPS 180-4's published examples.
        let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        assert_eq!(Fingerprint::of(b"").as_str(), empty);
        assert_eq!(Fingerprint::from_hex(empty), Some(Fingerprint::of(b"")));
        assert_eq!(Fingerprint::from_hex("E3"), None);
    }
}
