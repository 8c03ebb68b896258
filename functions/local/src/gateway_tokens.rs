//! Tokens of a local issuer, for an API that authorizes with JWT.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation, decode, encode};
use serde_json::{Map, Value, json};
use uuid::Uuid;

/// The issuer of every name. `.invalid` is never a real host (RFC 2606), so no record made here looks like one of an
/// authenticated caller.
pub(crate) const ISSUER: &str = "https://local.invalid";

/// The audience of the tokens.
const AUDIENCE: &str = "accepted";

/// How long a token is valid.
const LIFETIME: Duration = Duration::from_secs(30 * 24 * 3_600);

/// An issuer with a secret of this run. (An HTTP API takes tokens with RSA signatures only; a client sees no difference.)
#[derive(Clone, Debug)]
pub struct TokenIssuer {
    secret: [u8; 32],
}

impl TokenIssuer {
    /// An issuer with a new secret.
    #[must_use]
    pub fn random() -> Self {
        let mut secret = [0; 32];
        secret[..16].copy_from_slice(Uuid::new_v4().as_bytes());
        secret[16..].copy_from_slice(Uuid::new_v4().as_bytes());
        Self { secret }
    }

    /// A token for this subject.
    #[must_use]
    pub fn token(&self, subject: &str) -> String {
        let now = SystemTime::now().duration_since(UNIX_EPOCH);
        let now = now.unwrap_or_default();
        let claims = json!({"iss": ISSUER, "aud": AUDIENCE, "sub": subject, "iat": now.as_secs(), "exp": (now + LIFETIME).as_secs()});
        let key = EncodingKey::from_secret(&self.secret);
        let token = key.and_then(|key| encode(&Header::new(Algorithm::HS256), &claims, &key));
        // JSON values always serialize, and the secret is long enough.
        token.unwrap_or_default()
    }

    /// The claims of a token, each as text. `None` if this issuer did not issue it, or it has expired.
    pub(crate) fn claims(&self, token: &str) -> Option<Map<String, Value>> {
        let mut validation = Validation::new(Algorithm::HS256);
        validation.set_issuer(&[ISSUER]);
        validation.set_audience(&[AUDIENCE]);
        let key = DecodingKey::from_secret(&self.secret).ok()?;
        let decoded = decode::<Map<String, Value>>(token, &key, &validation).ok()?;
        let text = |value: Value| match value {
            Value::String(text) => text,
            other => other.to_string(),
        };
        let claims = decoded.claims.into_iter();
        Some(
            claims
                .map(|(name, value)| (name, text(value).into()))
                .collect(),
        )
    }
}
