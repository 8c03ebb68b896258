//! The JSON Schema of an attachment.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde_json::Value;

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

/// Removes [`UPLOAD_MARK`] from the schema of an [`crate::Attachment`]; without a bucket, also the alternative itself. Changes no other schema.
pub fn describe_uploads(schema: &mut Value, has_bucket: bool) {
    if let Some(Value::Array(forms)) = schema.get_mut("anyOf") {
        forms.retain(|form| has_bucket || form.get(UPLOAD_MARK).is_none());
        for form in forms.iter_mut().filter_map(Value::as_object_mut) {
            form.remove(UPLOAD_MARK);
        }
    }
    if let Some([text]) = schema["anyOf"].as_array().map(Vec::as_slice) {
        *schema = text.clone();
    }
}
