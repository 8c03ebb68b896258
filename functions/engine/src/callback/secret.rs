//! The secrets with which webhooks are signed.

use std::fmt;

use aws_smithy_types::base64;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use super::WebhookId;
use crate::ids::mac;
use crate::{IdSecrets, Owner, Timestamp};

/// What the derivation of a secret is for. No other use of a deployment's secret begins with this part.
const WEBHOOK: &[u8] = b"webhook";

/// Size of a secret in bytes; Standard Webhooks asks for 24 to 64.
const SECRET_BYTES: usize = 32;

/// Block size of SHA-256 in bytes (FIPS 180-4, figure 1).
const BLOCK_BYTES: usize = 64;

/// The secrets of one owner, newest first: one for each secret of the deployment. While a deployment secret rotates, all of them sign, so a
/// receiver may verify with either.
#[derive(Clone, Debug)]
pub struct SigningSecrets(Vec<SigningSecret>);

/// One secret. Only its owner may see it.
#[derive(Clone)]
pub struct SigningSecret([u8; SECRET_BYTES]);

impl IdSecrets {
    /// The secrets that sign `owner`'s webhooks. They are derived, so nothing is stored, and reveal nothing about the deployment's secrets,
    /// ids or links.
    #[must_use]
    pub fn signing_secrets(&self, owner: &Owner) -> SigningSecrets {
        let derive = |secret| SigningSecret(mac(secret, &[WEBHOOK, owner.as_str().as_bytes()]));
        SigningSecrets(self.all().map(derive).collect())
    }
}

impl SigningSecrets {
    /// The secrets, newest first.
    pub fn iter(&self) -> impl Iterator<Item = &SigningSecret> {
        self.0.iter()
    }

    /// The headers that sign one delivery at `now`, in the names and values of Standard Webhooks 1.0: `webhook-id`, `webhook-timestamp`
    /// (epoch seconds) and `webhook-signature`. `body` is exactly what is sent.
    #[must_use]
    pub fn headers(
        &self,
        id: &WebhookId,
        now: Timestamp,
        body: &[u8],
    ) -> [(&'static str, String); 3] {
        let seconds = (now.ms() / 1_000).to_string();
        let signatures: Vec<_> = self
            .iter()
            .map(|secret| secret.sign(id, &seconds, body))
            .collect();
        [
            ("webhook-id", id.as_str().to_owned()),
            ("webhook-timestamp", seconds),
            ("webhook-signature", signatures.join(" ")),
        ]
    }
}

impl SigningSecret {
    /// The secret as receivers configure it: `whsec_` and base64.
    #[must_use]
    pub fn reveal(&self) -> String {
        format!("whsec_{}", base64::encode(self.0))
    }

    fn sign(&self, id: &WebhookId, seconds: &str, body: &[u8]) -> String {
        // HMAC itself fills a short key with zeros, up to a block (RFC 2104, section 2). A key of a block's size cannot be refused.
        let mut key = [0; BLOCK_BYTES];
        key[..SECRET_BYTES].copy_from_slice(&self.0);
        let mut mac = Hmac::<Sha256>::new(&key.into());
        for part in [id.as_str(), ".", seconds, "."] {
            mac.update(part.as_bytes());
        }
        mac.update(body);
        format!("v1,{}", base64::encode(mac.finalize().into_bytes()))
    }
}

/// Does not show the secret.
impl fmt::Debug for SigningSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SigningSecret").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::CreationToken;
    use std::collections::{HashMap, HashSet};
    use std::time::SystemTime;

    const A: &str = "0123456789abcdef0123456789abcdef";
    const B: &str = "fedcba9876543210fedcba9876543210";
    const BODY: &[u8] = br#"{"type":"job.completed"}"#;

    fn secrets(list: &str, owner: &str) -> SigningSecrets {
        let secrets = IdSecrets::parse("ID_SECRETS", list).unwrap();
        secrets.signing_secrets(&Owner::named(owner).unwrap())
    }

    fn revealed(list: &str, owner: &str) -> Vec<String> {
        secrets(list, owner)
            .iter()
            .map(SigningSecret::reveal)
            .collect()
    }

    fn id() -> WebhookId {
        let job = "00000000-0000-8000-8000-000000000001".parse().unwrap();
        WebhookId::of(&job, &CreationToken::of([7; 16]))
    }

    /// What the crate `standardwebhooks` says about headers and body, with this secret.
    fn verify(secret: &str, headers: &[(&'static str, String)], body: &[u8]) -> bool {
        let headers: HashMap<String, String> = headers
            .iter()
            .map(|(name, value)| ((*name).to_owned(), value.clone()))
            .collect();
        let headers = (&headers).try_into().unwrap();
        let webhook = standardwebhooks::Webhook::new(secret).unwrap();
        webhook.verify(body, &headers).is_ok()
    }

    #[test]
    fn a_receiver_verifies_a_delivery_and_nothing_else() {
        let now = Timestamp::from_clock(SystemTime::now());
        let headers = secrets(A, "alice").headers(&id(), now, BODY);
        let [secret] = &revealed(A, "alice")[..] else {
            panic!("one secret")
        };
        assert!(verify(secret, &headers, BODY));
        assert!(!verify(secret, &headers, b"{}"));
        for position in 0..headers.len() {
            let mut altered = headers.clone();
            altered[position].1.insert(4, '1');
            assert!(!verify(secret, &altered, BODY), "{altered:?}");
        }
        for other in [&revealed(A, "bob")[0], &revealed(B, "alice")[0]] {
            assert!(!verify(other, &headers, BODY));
        }
        // A receiver refuses a delivery that somebody recorded and repeats.
        let old = Timestamp::from_ms(now.ms() - 600_000);
        let old = secrets(A, "alice").headers(&id(), old, BODY);
        assert!(!verify(secret, &old, BODY));
    }

    #[test]
    fn both_secrets_sign_while_a_deployment_secret_rotates() {
        let now = Timestamp::from_clock(SystemTime::now());
        let headers = secrets(&format!("{B},{A}"), "alice").headers(&id(), now, BODY);
        for deployment in [A, B] {
            assert!(verify(&revealed(deployment, "alice")[0], &headers, BODY));
        }
        let both = [revealed(B, "alice"), revealed(A, "alice")].concat();
        assert_eq!(revealed(&format!("{B},{A}"), "alice"), both);
    }

    /// The file is what the libraries for Python and JavaScript verify.
    #[test]
    fn the_recorded_delivery_is_what_is_signed() {
        let file = include_str!("../../../../tests/clients/webhook.json");
        let file: serde_json::Value = serde_json::from_str(file).unwrap();
        let body = file["body"].as_str().unwrap();
        let now = Timestamp::parse_rfc3339("2026-01-01T10:50:45.999Z").unwrap();
        let owner = secrets(&format!("{B},{A}"), "alice");
        let signed = serde_json::json!({
            "secrets": owner.iter().map(SigningSecret::reveal).collect::<Vec<_>>(),
            "headers": HashMap::from(owner.headers(&id(), now, body.as_bytes())),
            "body": body,
        });
        assert_eq!(file, signed, "{signed:#}");
    }

    #[test]
    fn a_secret_is_an_owners_own_and_is_none_of_the_other_codes_of_a_deployment() {
        let deployment = IdSecrets::parse("ID_SECRETS", A).unwrap();
        let key = deployment.newest();
        let mut codes = HashSet::new();
        for owner in ["alice", "bob", "alicewebhook"] {
            assert!(codes.insert(revealed(A, owner)));
            for purpose in [&b"tag"[..], b"key", b"upload", b"monitor", b""] {
                let code = SigningSecret(mac(key, &[purpose, owner.as_bytes()]));
                assert!(codes.insert(vec![code.reveal()]));
            }
        }
        assert!(!codes.contains(&revealed(B, "alice")));
    }

    #[test]
    fn a_secret_has_the_form_that_receivers_expect_and_no_log_shows_it() {
        let secret = &revealed(A, "alice")[0];
        let bytes = base64::decode(secret.strip_prefix("whsec_").unwrap()).unwrap();
        assert_eq!(bytes.len(), 32);
        let shown = format!("{:?}", secrets(A, "alice"));
        assert_eq!(shown, "SigningSecrets([SigningSecret { .. }])");
    }
}
