//! Why a function cannot start.

/// An environment variable that keeps a function from starting.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    /// The variable is not set, or is blank.
    #[error("environment variable {0} is not set")]
    Missing(&'static str),
    /// The value is not usable. The message does not show it, because it may be a secret.
    #[error("environment variable {variable} is malformed: expected {expected}")]
    Malformed {
        /// Name of the variable.
        variable: &'static str,
        /// Description of the values that it accepts.
        expected: String,
    },
}

impl ConfigError {
    pub(crate) fn malformed(variable: &'static str, expected: impl Into<String>) -> Self {
        Self::Malformed {
            variable,
            expected: expected.into(),
        }
    }
}
