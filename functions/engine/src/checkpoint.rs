//! Checkpoints, by which an attempt continues where the previous one ended.

use serde::Serialize;
use serde::de::DeserializeOwned;

/// Maximum size of a checkpoint, in bytes of JSON. The record contains it, and each write of the record costs a unit per KB: with the
/// largest checkpoint, a write of a usual job costs two.
pub const MAX_CHECKPOINT_BYTES: usize = 1_024;

/// A checkpoint: JSON text of up to [`MAX_CHECKPOINT_BYTES`].
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Checkpoint(String);

/// A value that cannot be a checkpoint. The previous checkpoint remains.
#[derive(Debug, thiserror::Error)]
pub enum CheckpointError {
    /// The value exceeds [`MAX_CHECKPOINT_BYTES`].
    #[error(
        "the checkpoint has {bytes} bytes of JSON, which exceeds the maximum of {MAX_CHECKPOINT_BYTES}"
    )]
    TooLarge {
        /// Its size.
        bytes: usize,
    },
    /// The value does not serialize to JSON, for example because it is a map whose keys are not strings.
    #[error("the checkpoint does not serialize to JSON")]
    Unwritable(#[source] serde_json::Error),
}

impl CheckpointError {
    /// The code of the job's error.
    pub(crate) fn code(&self) -> &'static str {
        match self {
            Self::TooLarge { .. } => "checkpoint-too-large",
            Self::Unwritable(_) => "unwritable-checkpoint",
        }
    }
}

impl Checkpoint {
    /// The checkpoint with this value.
    ///
    /// # Errors
    /// [`CheckpointError`] if it is too large, or does not serialize to JSON.
    pub fn of(value: &impl Serialize) -> Result<Self, CheckpointError> {
        let text = serde_json::to_string(value).map_err(CheckpointError::Unwritable)?;
        match text.len() {
            0..=MAX_CHECKPOINT_BYTES => Ok(Self(text)),
            bytes => Err(CheckpointError::TooLarge { bytes }),
        }
    }

    /// A checkpoint as stored in a record.
    pub(crate) fn stored(text: &str) -> Self {
        Self(text.to_owned())
    }

    /// The value; `None` if it is not a `T`, because an earlier version of the kind saved it.
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
            "the checkpoint has 1025 bytes of JSON, which exceeds the maximum of 1024"
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
