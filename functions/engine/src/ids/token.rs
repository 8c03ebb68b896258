//! Random tokens.

/// Returns a token of 32 lower-case hexadecimal digits for 16 bytes of a cryptographic source: a creation token, or the fencing
/// token of a delivery.
#[must_use]
pub fn token(random: [u8; 16]) -> String {
    hex::encode(random)
}
