//! Who a job belongs to.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::OnceLock;

use crate::Fingerprint;

/// The caller that a job belongs to, as the authorizer named it: never taken from what a client can write.
///
/// An owner is opaque to the engine. It is part of what an id's tag is computed from, so no job can change hands.
#[derive(Clone, Debug)]
pub struct Owner {
    name: String,
    /// Made when it is asked for first: the message's group and the index's partition both begin with it.
    short_hash: OnceLock<String>,
}

impl PartialEq for Owner {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Eq for Owner {}

impl Hash for Owner {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.name.hash(state);
    }
}

/// A bound that keeps the record near 1 KB, which is one write unit. An IAM user's ARN with a long path is longer.
const MAX_BYTES: usize = 200;

/// A tilde and 64 hexadecimal digits.
const DIGEST_BYTES: usize = 65;

/// Whether a name ends as a cut one does.
fn looks_cut(name: &str) -> bool {
    let end = name.rsplit_once('~').map(|(_, end)| end);
    end.is_some_and(|end| Fingerprint::from_hex(end).is_some())
}

impl Owner {
    /// Everybody, where a deployment runs without an authorizer.
    #[must_use]
    pub fn anonymous() -> Self {
        Self::of("anonymous".to_owned())
    }

    /// An owner by the name that the authorizer gave; `None` when it is empty. Of a name longer than 200 bytes the beginning
    /// is kept, and a SHA-256 in place of the rest; a name that looks as if that had been done to it gets the same, so that no
    /// two names become one owner.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        if name.len() <= MAX_BYTES && !looks_cut(name) {
            return Self::stored(name);
        }
        let digest = Fingerprint::of(name.as_bytes());
        let kept = name.floor_char_boundary(MAX_BYTES - DIGEST_BYTES);
        Some(Self::of(format!("{}~{digest}", &name[..kept])))
    }

    /// An owner as a record has it; `None` when it is empty.
    pub(crate) fn stored(name: &str) -> Option<Self> {
        (!name.is_empty()).then(|| Self::of(name.to_owned()))
    }

    fn of(name: String) -> Self {
        let short_hash = OnceLock::new();
        Self { name, short_hash }
    }

    /// The name, as it stands in the record and in the job document.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.name
    }

    /// 32 hexadecimal digits that stand for the owner where a name may be too long, or have characters that are not taken: the
    /// first half of its SHA-256.
    pub(crate) fn short_hash(&self) -> &str {
        self.short_hash.get_or_init(|| {
            let digest = Fingerprint::of(self.name.as_bytes());
            digest.as_str()[..32].to_owned()
        })
    }
}

impl fmt::Display for Owner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
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
            &Fingerprint::of(arn.as_str().as_bytes()).as_str()[..32]
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
        // Who calls himself as a cut name does is somebody else.
        assert_ne!(Owner::named(long("a").as_str()).unwrap(), long("a"));
        assert_eq!(Owner::stored(long("a").as_str()).unwrap(), long("a"));
    }
}
