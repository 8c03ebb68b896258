//! The id of a webhook.

use sha2::{Digest, Sha256};

use crate::{CreationToken, JobId};

/// The `webhook-id` of a job's end: the same in every delivery, from whichever message, so that a receiver recognizes duplicates. It is that
/// of one acceptance: a later job with the same id has another one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WebhookId(String);

/// Number of bytes of the digest in the id: no two jobs share them by chance.
const DIGEST_BYTES: usize = 16;

impl WebhookId {
    /// The id for the end of the job that was accepted with this token.
    #[must_use]
    pub fn of(job: &JobId, acceptance: &CreationToken) -> Self {
        // The id has a fixed length, so no two pairs give the same bytes. The digest does not reveal the token.
        let digest = Sha256::new()
            .chain_update(job.as_bytes())
            .chain_update(acceptance.as_str());
        let digest = hex::encode(&digest.finalize()[..DIGEST_BYTES]);
        Self(format!("msg_{digest}"))
    }

    /// `msg_` and 32 lower-case hexadecimal digits. It has no dot, which separates the parts of the signed text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_belongs_to_one_acceptance_of_one_job() {
        let job = |last: u8| {
            format!("00000000-0000-8000-8000-00000000000{last}")
                .parse()
                .unwrap()
        };
        let (job, other): (JobId, JobId) = (job(1), job(2));
        let (first, later) = (CreationToken::of([1; 16]), CreationToken::of([2; 16]));
        let id = WebhookId::of(&job, &first);
        assert_eq!(id, WebhookId::of(&job, &first));
        assert_ne!(id, WebhookId::of(&job, &later));
        assert_ne!(id, WebhookId::of(&other, &first));
        let digits = id.as_str().strip_prefix("msg_").unwrap();
        assert_eq!(digits.len(), 32);
        assert!(!digits.contains('.') && hex::decode(digits).is_ok());
    }
}
