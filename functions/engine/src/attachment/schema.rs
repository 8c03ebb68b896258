//! The JSON Schema of an attachment.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

use super::Attachment;

/// The keyword that marks the object that names an upload.
pub const UPLOAD_MARK: &str = "x-upload";

impl JsonSchema for Attachment {
    fn schema_name() -> Cow<'static, str> {
        "Attachment".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "A text, or the id of a completed upload, which may be larger.",
            "anyOf": [
                {"type": "string"},
                {
                    "type": "object",
                    "properties": {"upload": {"type": "string", "format": "uuid", "description": "The upload's id."}},
                    "required": ["upload"],
                    "additionalProperties": false,
                    UPLOAD_MARK: true,
                },
            ],
        })
    }
}
