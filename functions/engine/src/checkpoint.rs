//! What an attempt saves, so that the next one goes on where it was.

use serde::Serialize;
use serde::de::DeserializeOwned;

/// The largest checkpoint, in bytes of JSON. It stands in the record, and each write of the record costs a unit for each KB:
/// with the largest checkpoint a usual job's write costs two.
pub const MAX_CHECKPOINT_BYTES: usize = 1_024;

/// A checkpoint: JSON text of at most [`MAX_CHECKPOINT_BYTES`].
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Checkpoint(String);

/// A value that cannot be saved. What was saved before still stands.
#[derive(Debug, thiserror::Error)]
pub enum CheckpointError {
    /// It is larger than [`MAX_CHECKPOINT_BYTES`].
    #[error(
        "a checkpoint of {bytes} bytes of JSON, and at most {MAX_CHECKPOINT_BYTES} can be kept"
    )]
    TooLarge {
        /// How large it is.
        bytes: usize,
    },
    /// It cannot be written as JSON: a map whose keys are no strings, for example.
    #[error("a checkpoint that cannot be written as JSON")]
    Unwritable(#[source] serde_json::Error),
}

impl Checkpoint {
    /// The checkpoint that a value makes.
    ///
    /// # Errors
    /// [`CheckpointError`] when it is too large, or no JSON.
    pub fn of(value: &impl Serialize) -> Result<Self, CheckpointError> {
        let text = serde_json::to_string(value).map_err(CheckpointError::Unwritable)?;
        match text.len() {
            0..=MAX_CHECKPOINT_BYTES => Ok(Self(text)),
            bytes => Err(CheckpointError::TooLarge { bytes }),
        }
    }

    /// One that stands in a record.
    pub(crate) fn stored(text: &str) -> Self {
        Self(text.to_owned())
    }

    /// Its value; `None` when it is no `T`: an earlier version of the kind saved it.
    #[must_use]
    pub fn read<T: DeserializeOwned>(&self) -> Option<T> {
        serde_json::from_str(&self.0).ok()
    }

    /// The JSON text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashMap;

    #[test]
    fn a_value_reads_back_and_another_type_does_not() {
        let checkpoint = Checkpoint::of(&("page", 17)).unwrap();
        assert_eq!(checkpoint.read(), Some(("page".to_owned(), 17)));
        assert_eq!(checkpoint.read::<u32>(), None);
    }

    #[test]
    fn the_largest_is_taken_and_one_byte_more_is_not() {
        // With its two quotes.
        let text = "x".repeat(MAX_CHECKPOINT_BYTES - 2);
        assert!(Checkpoint::of(&text).is_ok());
        let refused = Checkpoint::of(&format!("{text}x")).unwrap_err();
        assert_eq!(
            refused.to_string(),
            "a checkpoint of 1025 bytes of JSON, and at most 1024 can be kept"
        );
    }

    #[test]
    fn what_is_no_json_is_refused() {
        let map = HashMap::from([((1, 2), 3)]);
        assert!(matches!(
            Checkpoint::of(&map),
            Err(CheckpointError::Unwritable(_))
        ));
    }
}
