//! The owner of a job.

use std::fmt;

use crate::Fingerprint;

/// The caller that a job belongs to, as the authorizer identified it; never taken from data that a client can write.
///
/// An owner is opaque to the engine. The tag of an id depends on it, so a job cannot change its owner.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Owner(String);

/// A limit that keeps the record near 1 KB, which is one write unit. The ARN of an IAM user with a long path is longer.
const MAX_BYTES: usize = 200;

/// A tilde and 64 hexadecimal digits.
const DIGEST_BYTES: usize = 65;

/// Whether a name ends as a cut one does.
fn looks_cut(name: &str) -> bool {
    let end = name.rsplit_once('~').map(|(_, end)| end);
    end.is_some_and(|end| Fingerprint::from_hex(end).is_some())
}

impl Owner {
    /// The owner of all jobs in a deployment without an authorizer.
    #[must_use]
    pub fn anonymous() -> Self {
        Self("anonymous".to_owned())
    }

    /// The owner with the name that the authorizer gave; `None` if it is empty. A name longer than 200 bytes is cut, and its SHA-256
    /// replaces the rest. The same is done to a name that looks like a cut one, so that no two names become one owner.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        if name.len() <= MAX_BYTES && !looks_cut(name) {
            return Self::stored(name);
        }
        let digest = Fingerprint::of(name.as_bytes());
        let kept = name.floor_char_boundary(MAX_BYTES - DIGEST_BYTES);
        Some(Self(format!("{}~{}", &name[..kept], digest.as_str())))
    }

    /// The owner as stored in a record; `None` if it is empty.
    pub(crate) fn stored(name: &str) -> Option<Self> {
        (!name.is_empty()).then(|| Self(name.to_owned()))
    }

    /// The name, as in the record and in the job document.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The first half of the name's SHA-256 in 32 hexadecimal digits, for places where a name may be too long or have invalid
    /// characters.
    pub(crate) fn short_hash(&self) -> String {
        Fingerprint::of(self.0.as_bytes()).as_str()[..32].to_owned()
    }
}

impl fmt::Display for Owner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_owner_has_a_name() {
        assert_eq!(Owner::named(""), None);
        assert_eq!(Owner::named("alice").unwrap().as_str(), "alice");
    }

    #[test]
    fn an_owners_hash_is_short_and_its_own() {
        let owner = |name: &str| Owner::named(name).unwrap();
        let arn = owner("arn:aws:iam::123456789012:user/é");
        assert_eq!(
            arn.short_hash(),
            Fingerprint::of(arn.as_str().as_bytes()).as_str()[..32]
        );
        assert_ne!(arn.short_hash(), owner("bob").short_hash());
        assert_eq!(arn, arn.clone());
        assert_ne!(arn, owner("bob"));
    }

    #[test]
    fn long_names_are_cut_and_stay_distinct() {
        let long = |end: &str| Owner::named(&format!("{}{end}", "é".repeat(300))).unwrap();
        assert!(long("a").as_str().len() <= MAX_BYTES);
        assert_ne!(long("a"), long("b"));
        assert_eq!(long("a"), long("a"));
        // A caller whose whole name equals a cut name is another owner.
        assert_ne!(Owner::named(long("a").as_str()).unwrap(), long("a"));
        assert_eq!(Owner::stored(long("a").as_str()).unwrap(), long("a"));
    }
}
