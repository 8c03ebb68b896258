//! Who a job belongs to.

use std::fmt;

/// The caller that a job belongs to, as the authorizer named it: never taken from what a client can write.
///
/// An owner is opaque to the engine. It is part of what an id's tag is computed from, so no job can change hands.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Owner(String);

/// A bound that keeps the record below 1 KB, which is one write unit.
/// IAM ARNs are at most 2,048 characters on paper, and below 200 in practice.
const MAX_BYTES: usize = 256;

impl Owner {
    /// Everybody, where a deployment runs without an authorizer.
    #[must_use]
    pub fn anonymous() -> Self {
        Self("anonymous".to_owned())
    }

    /// An owner by the name that the authorizer gave; `None` when it is empty or longer than 256 bytes.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        (!name.is_empty() && name.len() <= MAX_BYTES).then(|| Self(name.to_owned()))
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
    fn an_owner_has_a_name_of_bounded_length() {
        assert_eq!(Owner::named(""), None);
        assert_eq!(Owner::named(&"x".repeat(257)), None);
        assert_eq!(Owner::named("alice").unwrap().as_str(), "alice");
    }
}
