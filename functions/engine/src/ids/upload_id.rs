//! Ids of uploads.

use std::fmt;
use std::str::FromStr;

use super::id::{Purpose, SEED_BYTES, seal};
use crate::{IdSecrets, JobId, Owner, ParseIdError};

/// What the tags of these ids are for.
const UPLOAD: Purpose = b"upload";

/// An upload's id. It identifies its owner as a [`JobId`] does, and is never the id of a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct UploadId(JobId);

impl fmt::Display for UploadId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Accepts only the canonical form.
impl FromStr for UploadId {
    type Err = ParseIdError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse().map(Self)
    }
}

impl IdSecrets {
    /// A new id for an upload of `owner`. `random` is 10 bytes from a cryptographic source.
    #[must_use]
    pub fn issue_upload(&self, owner: &Owner, random: [u8; SEED_BYTES]) -> UploadId {
        UploadId(seal(self.newest(), UPLOAD, owner, random))
    }

    /// Whether `id` was issued to `owner` for an upload, under one of the secrets. Takes constant time.
    #[must_use]
    pub fn issued_upload_to(&self, id: &UploadId, owner: &Owner) -> bool {
        self.has_tag(&id.0, UPLOAD, owner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_upload_belongs_to_its_owner_and_is_no_job() {
        let secrets = IdSecrets::parse("ID_SECRETS", "0123456789abcdef0123456789abcdef").unwrap();
        let (alice, bob) = (Owner::named("alice").unwrap(), Owner::named("bob").unwrap());
        let upload = secrets.issue_upload(&alice, [7; SEED_BYTES]);
        assert_eq!(upload.to_string().parse(), Ok(upload));
        assert!(secrets.issued_upload_to(&upload, &alice));
        assert!(!secrets.issued_upload_to(&upload, &bob));
        let job = secrets.issue(&alice, [7; SEED_BYTES]);
        assert!(!secrets.issued_to(&upload.0, &alice));
        assert!(!secrets.issued_upload_to(&UploadId(job), &alice));
    }
}
