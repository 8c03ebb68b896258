//! Ids that identify their owner.
//!
//! An id is a UUIDv8 (RFC 9562, section 5.8), so 122 bits are ours: a 74-bit *seed*, random or derived from owner and
//! `Idempotency-Key` (in a batch, the item's index, too), and a 48-bit *tag*, an HMAC of the seed and the owner under a secret of the deployment. So a reader
//! can tell without a read of the table whether an id was issued to this caller: a wrong tag is a guess, or belongs to someone else
//! (404); a right tag without a record belongs to an expired job (410).
//!
//! ```text
//! ssssssss-ssss-8sss-ssss-tttttttttttt    s: seed, t: tag (8 is the version; the next group's first two bits the variant)
//! ```

use std::fmt;
use std::str::FromStr;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use uuid::{Builder, Uuid};

use crate::{ConfigError, Owner};

/// Minimum length of a secret, in characters: 32 letters and digits carry more than 128 bits.
pub const SECRET_MIN_CHARS: usize = 32;

/// Bytes of the id before the tag.
pub(super) const SEED_BYTES: usize = 10;

/// What an id is for. Its tag covers that, so no id of one purpose is one of another.
pub(super) type Purpose = &'static [u8];

const JOB: Purpose = b"tag";

/// A job's id: a UUIDv8 in its canonical lower-case form. An id that parses may never have been issued: see [`IdSecrets::issued_to`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct JobId(Uuid);

impl JobId {
    /// The 16 bytes of the UUID.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 16] {
        self.0.as_bytes()
    }
}

impl fmt::Display for JobId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.as_hyphenated().fmt(f)
    }
}

/// Accepts only the canonical form, so that a job has one URI: upper case, braces and missing hyphens are refused.
impl FromStr for JobId {
    type Err = ParseIdError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let uuid = Uuid::try_parse(text).map_err(|_| ParseIdError)?;
        let canonical = uuid.get_version_num() == 8 && Self(uuid).to_string() == text;
        if canonical {
            Ok(Self(uuid))
        } else {
            Err(ParseIdError)
        }
    }
}

/// The text is not a UUIDv8 in canonical form.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a UUIDv8 in canonical form")]
pub struct ParseIdError;

/// The deployment's secrets for ids. The first makes new ids, and all of them recognize old ones, so that a rotation does not break
/// URIs.
#[derive(Clone)]
pub struct IdSecrets {
    newest: Hmac<Sha256>,
    older: Vec<Hmac<Sha256>>,
}

impl IdSecrets {
    /// From a comma-separated list, newest first, each of at least [`SECRET_MIN_CHARS`] characters.
    ///
    /// # Errors
    /// [`ConfigError::Malformed`], naming `variable`, if the list is empty or a secret is too short. The message does not contain secrets.
    pub fn parse(variable: &'static str, list: &str) -> Result<Self, ConfigError> {
        let mut keys = list
            .split(',')
            .map(str::trim)
            .map(|secret| Self::key(variable, secret));
        let newest = keys.next().unwrap_or_else(|| Self::key(variable, ""))?;
        Ok(Self {
            newest,
            older: keys.collect::<Result<_, _>>()?,
        })
    }

    fn key(variable: &'static str, secret: &str) -> Result<Hmac<Sha256>, ConfigError> {
        let malformed = || {
            let expected =
                format!("secrets of at least {SECRET_MIN_CHARS} characters, comma-separated");
            ConfigError::malformed(variable, expected)
        };
        if secret.chars().count() < SECRET_MIN_CHARS {
            return Err(malformed());
        }
        Hmac::new_from_slice(secret.as_bytes()).map_err(|_| malformed())
    }

    /// A new id for `owner`. `random` is 10 bytes from a cryptographic source.
    #[must_use]
    pub fn issue(&self, owner: &Owner, random: [u8; SEED_BYTES]) -> JobId {
        seal(&self.newest, JOB, owner, random)
    }

    /// The ids of `owner`'s `Idempotency-Key`: always the same for the same key, and unrelated to those of other owners.
    ///
    /// There is one id for each secret, newest first: the job of a key that was used before a rotation has the id of an older secret.
    pub fn for_key<'a>(
        &'a self,
        owner: &'a Owner,
        key: &'a str,
    ) -> impl Iterator<Item = JobId> + 'a {
        self.all()
            .map(move |secret| derived(secret, owner, b"key", &[key.as_bytes()]))
    }

    /// The ids of the item with this index in `owner`'s batch under an `Idempotency-Key`: one for each secret, as with [`Self::for_key`], and
    /// none of them is an id of a single submit under the key, or of another index.
    pub fn for_item<'a>(
        &'a self,
        owner: &'a Owner,
        key: &'a str,
        index: usize,
    ) -> impl Iterator<Item = JobId> + 'a {
        self.all().map(move |secret| {
            let index = (index as u64).to_be_bytes();
            derived(secret, owner, b"item", &[key.as_bytes(), &index])
        })
    }

    /// Whether `id` was issued to `owner` under one of the secrets. Takes constant time.
    #[must_use]
    pub fn issued_to(&self, id: &JobId, owner: &Owner) -> bool {
        self.has_tag(id, JOB, owner)
    }

    pub(super) fn has_tag(&self, id: &JobId, purpose: Purpose, owner: &Owner) -> bool {
        let (seed, tag) = id.as_bytes().split_at(SEED_BYTES);
        self.all().any(|secret| {
            tag_mac(secret, purpose, owner, seed)
                .verify_truncated_left(tag)
                .is_ok()
        })
    }

    /// The secret for new codes.
    pub(crate) fn newest(&self) -> &Hmac<Sha256> {
        &self.newest
    }

    /// Whether the code belongs to these parts under one of the secrets. Takes constant time. Compares only as many bytes as the code
    /// has, so the caller must check its length.
    pub(crate) fn made(&self, parts: &[&[u8]], code: &[u8]) -> bool {
        self.all()
            .any(|secret| keyed(secret, parts).verify_truncated_left(code).is_ok())
    }

    /// All secrets, newest first.
    pub(crate) fn all(&self) -> impl Iterator<Item = &Hmac<Sha256>> {
        std::iter::once(&self.newest).chain(&self.older)
    }
}

/// Does not show the secrets.
impl fmt::Debug for IdSecrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IdSecrets")
            .field("older", &self.older.len())
            .finish_non_exhaustive()
    }
}

/// The id of `owner` whose seed is derived from these parts.
fn derived(secret: &Hmac<Sha256>, owner: &Owner, label: &[u8], parts: &[&[u8]]) -> JobId {
    let digest = mac(
        secret,
        &[&[label, owner.as_str().as_bytes()], parts].concat(),
    );
    let mut seed = [0; SEED_BYTES];
    seed.copy_from_slice(&digest[..SEED_BYTES]);
    seal(secret, JOB, owner, seed)
}

/// Joins seed and tag. Sets version and variant first, because the tag covers the seed as it is in the id.
pub(super) fn seal(
    secret: &Hmac<Sha256>,
    purpose: Purpose,
    owner: &Owner,
    seed: [u8; SEED_BYTES],
) -> JobId {
    let mut bytes = [0; 16];
    bytes[..SEED_BYTES].copy_from_slice(&seed);
    bytes = *Builder::from_custom_bytes(bytes).into_uuid().as_bytes();
    let tag = tag_mac(secret, purpose, owner, &bytes[..SEED_BYTES])
        .finalize()
        .into_bytes();
    bytes[SEED_BYTES..].copy_from_slice(&tag[..16 - SEED_BYTES]);
    JobId(Uuid::from_bytes(bytes))
}

fn tag_mac(secret: &Hmac<Sha256>, purpose: Purpose, owner: &Owner, seed: &[u8]) -> Hmac<Sha256> {
    keyed(secret, &[purpose, owner.as_str().as_bytes(), seed])
}

pub(crate) fn mac(secret: &Hmac<Sha256>, parts: &[&[u8]]) -> [u8; 32] {
    keyed(secret, parts).finalize().into_bytes().into()
}

/// Each part is preceded by its length, so that no two lists of parts give the same bytes.
fn keyed(secret: &Hmac<Sha256>, parts: &[&[u8]]) -> Hmac<Sha256> {
    let mut mac = secret.clone();
    for part in parts {
        mac.update(&(part.len() as u64).to_be_bytes());
        mac.update(part);
    }
    mac
}

#[cfg(test)]
mod tests;
