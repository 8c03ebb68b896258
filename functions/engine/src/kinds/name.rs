//! Names of job kinds.

use std::fmt;
use std::str::FromStr;

/// The name of a job kind: 1 to 64 of `a-z`, `0-9`, `_` and `-`, beginning with a letter.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct KindName(String);

impl KindName {
    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for KindName {
    type Err = ParseKindNameError;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        let starts_well = name.starts_with(|c: char| c.is_ascii_lowercase());
        let allowed =
            |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_' || c == '-';
        if starts_well && name.len() <= 64 && name.chars().all(allowed) {
            Ok(Self(name.to_owned()))
        } else {
            Err(ParseKindNameError)
        }
    }
}

impl fmt::Display for KindName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The text is not a valid name of a kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a kind's name is 1 to 64 of a-z, 0-9, _ and -, beginning with a letter")]
pub struct ParseKindNameError;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_kinds_are_short_lower_case_words() {
        for name in ["csv_profile", "a", "thumbnail-2"] {
            assert_eq!(name.parse::<KindName>().unwrap().as_str(), name);
        }
        for name in ["", "1st", "_x", "Profile", "a b", "é", &"a".repeat(65)] {
            assert!(name.parse::<KindName>().is_err(), "{name}");
        }
    }
}
