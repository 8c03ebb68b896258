//! Who a job belongs to.

use std::fmt;

use crate::Fingerprint;

/// The caller that a job belongs to, as the authorizer named it: never taken from what a client can write.
///
/// An owner is opaque to the engine. It is part of what an id's tag is computed from, so no job can change hands.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Owner(String);

/// A bound that keeps the record below 1 KB, which is one write unit. An IAM user's ARN with a long path is longer.
const MAX_BYTES: usize = 200;

impl Owner {
    /// Everybody, where a deployment runs without an authorizer.
    #[must_use]
    pub fn anonymous() -> Self {
        Self("anonymous".to_owned())
    }

    /// An owner by the name that the authorizer gave; `None` when it is empty. Of a name longer than 200 bytes the beginning
    /// is kept, and a SHA-256 in place of the rest, so that no two owners become one.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        if name.len() <= MAX_BYTES {
            return (!name.is_empty()).then(|| Self(name.to_owned()));
        }
        let digest = Fingerprint::of(name.as_bytes());
        let kept = name.floor_char_boundary(MAX_BYTES - 65);
        Some(Self(format!("{}~{digest}", &name[..kept])))
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
        assert_eq!(Owner::named(long("a").as_str()).unwrap(), long("a"));
    }
}
