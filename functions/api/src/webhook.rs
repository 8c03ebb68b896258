//! The body of a webhook.

use engine::Judged;
use schemars::JsonSchema;
use serde::Serialize;

use crate::{JobDocument, schemas};

/// The type of the webhook that reports the end of a job.
const JOB_COMPLETED: &str = "job.completed";

/// The webhook of a job that has finished.
#[derive(JsonSchema, Serialize)]
pub struct WebhookDocument<'a> {
    #[serde(rename = "type")]
    #[schemars(extend("const" = JOB_COMPLETED))]
    kind: &'static str,
    /// When the job ended.
    #[schemars(schema_with = "schemas::time")]
    timestamp: String,
    /// The job's document, without its result.
    data: JobDocument<'a>,
}

impl<'a> WebhookDocument<'a> {
    /// The document of a job that has finished; `None` for any other. `base_url` is the beginning of the absolute links.
    #[must_use]
    pub fn of(judged: &'a Judged<'_>, base_url: &str) -> Option<Self> {
        let ended_at = judged.ended_at.filter(|_| judged.state.is_completed())?;
        Some(Self {
            kind: JOB_COMPLETED,
            timestamp: ended_at.to_string(),
            data: JobDocument::of(judged, base_url).without_result(),
        })
    }
}
