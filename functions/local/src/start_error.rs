//! Why the service does not start.

use std::fmt::Display;
use std::path::Path;

/// Why the service does not start, in words for the person who starts it.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct StartError(pub(crate) String);

impl StartError {
    /// An embedded back end does not start.
    pub fn back_end(error: impl Display) -> Self {
        Self(format!("an embedded back end does not start: {error}"))
    }

    /// The data folder, or a file in it, cannot be used.
    pub(crate) fn data(path: &Path, error: impl Display) -> Self {
        Self(format!("{} cannot be used: {error}", path.display()))
    }
}
