//! Documents as JSON text.

use serde::Serialize;

/// Returns the document as JSON text. A document of this service consists of strings, numbers, lists and raw JSON, and these
/// always serialize.
#[must_use]
pub fn json(document: &impl Serialize) -> String {
    serde_json::to_string(document).unwrap_or_default()
}
