//! Names of schedules.

use std::fmt;

use crate::{CreationToken, JobId};

/// The name of a job's schedule: the digits of the job's id and of its creation token, 64 together, which is the maximum of Scheduler. So no
/// other job ever gets it, even under the same `Idempotency-Key`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ScheduleName(String);

impl ScheduleName {
    /// The name for the job that a write with this token creates.
    #[must_use]
    pub fn of(id: &JobId, token: &CreationToken) -> Self {
        let id = hex::encode(id.as_bytes());
        Self(format!("{id}{}", token.as_str()))
    }

    /// The name as stored in a record.
    #[must_use]
    pub fn stored(text: &str) -> Self {
        Self(text.to_owned())
    }

    /// 64 lower-case hexadecimal digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ScheduleName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_the_id_and_the_token_and_as_long_as_scheduler_allows() {
        let id = "01234567-89ab-8cde-8f01-23456789abcd".parse().unwrap();
        let name = ScheduleName::of(&id, &CreationToken::of([0x5a; 16]));
        let digits = "0123456789ab8cde8f0123456789abcd";
        assert_eq!(name.as_str(), format!("{digits}{}", "5a".repeat(16)));
        assert_eq!(name.as_str().len(), 64);
        assert_eq!(ScheduleName::stored(name.as_str()), name);
    }
}
