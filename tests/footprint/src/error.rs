//! Why nothing was measured.

/// A measurement that did not come about.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A program could not be started or talked to.
    #[error("{0}")]
    Io(#[from] std::io::Error),
    /// A text that is not JSON where JSON was expected.
    #[error("no JSON: {0}")]
    Json(#[from] serde_json::Error),
    /// The table refused what was asked.
    #[error("the table: {0}")]
    Table(#[from] dynoxide::DynoxideError),
    /// The function said nothing for a minute.
    #[error("the function did not answer within a minute")]
    Silent,
    /// The function or a tool said what nobody waited for.
    #[error("unexpected: {0}")]
    Unexpected(String),
}

impl Error {
    pub(crate) fn unexpected(said: &[u8]) -> Self {
        Self::Unexpected(String::from_utf8_lossy(said).into_owned())
    }
}
