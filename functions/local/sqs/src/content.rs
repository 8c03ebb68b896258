//! A message: what was sent, and what the queue remembers of it.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// What a sender gave; it never changes, so deliveries share it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Content {
    pub(super) body: String,
    pub(super) body_md5: String,
    /// The system attribute `AWSTraceHeader`.
    pub(super) trace_header: Option<String>,
    pub(super) group: Option<String>,
}

/// A message in some queue; it keeps its identity when it is dead-lettered.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Message {
    pub(super) id: String,
    #[serde(with = "shared")]
    pub(super) content: Arc<Content>,
    /// Retention counts from here, also in a dead-letter queue.
    pub(super) sent_at_ms: u64,
    pub(super) receive_count: u32,
    pub(super) first_received_at_ms: Option<u64>,
    /// The queue that gave this message up.
    pub(super) dead_letter_source_arn: Option<String>,
}

impl Message {
    pub(super) fn new(id: String, content: Arc<Content>, sent_at_ms: u64) -> Self {
        Self {
            id,
            content,
            sent_at_ms,
            receive_count: 0,
            first_received_at_ms: None,
            dead_letter_source_arn: None,
        }
    }
}

/// Serde for the shared content, by value.
mod shared {
    use std::sync::Arc;

    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    use super::Content;

    pub(super) fn serialize<S: Serializer>(
        content: &Arc<Content>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        content.as_ref().serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Arc<Content>, D::Error> {
        Content::deserialize(deserializer).map(Arc::new)
    }
}
