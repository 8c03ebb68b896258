//! Who a job belongs to.

use std::fmt;

use crate::Fingerprint;

/// The caller that a job belongs to, as the authorizer named it: never taken from what a client can write.
///
/// An owner is opaque to the engine. It is part of what an id's tag is computed from, so no job can change hands.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Owner(String);

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
        Self("anonymous".to_owned())
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
        Some(Self(format!("{}~{digest}", &name[..kept])))
    }

    /// An owner as a record has it; `None` when it is empty.
    pub(crate) fn stored(name: &str) -> Option<Self> {
        (!name.is_empty()).then(|| Self(name.to_owned()))
    }

    /// The name, as it stands in the record and in the job document.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
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
