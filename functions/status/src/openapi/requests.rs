//! What requests have: parameters and the body.

use api::{JSON, ProblemKind};
use engine::{JobState, LONGEST_HOLD, MAX_PAGE};
use serde_json::{Map, Value, json};

use super::operation::Operation;
use super::schemas::{Kind, reference};

/// A `UUIDv8` in canonical form.
const ID: &str = "[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}";

/// A structured-field string of 1 to 255 characters, or the same without quotes.
const KEY: &str = r#"^("([!#-\[\]-~]|\\["\\]){1,255}"|[!#-\[\]-~]{1,255})$"#;

/// The parameters, by the names that operations refer to.
pub(crate) fn parameters() -> Value {
    let statuses = JobState::ALL.map(JobState::job_status);
    let slugs = ProblemKind::ALL.map(ProblemKind::slug);
    json!({
        "id": in_path("id", "The job's id, as its 202 says it.", &json!({ "type": "string", "format": "uuid", "pattern": format!("^{ID}$") })),
        "slug": in_path("slug", "The last part of a problem's type.", &json!({ "type": "string", "enum": slugs })),
        "limit": optional("query", "limit", "How many jobs a page has at most.",
            &json!({ "type": "integer", "minimum": 1, "maximum": MAX_PAGE, "default": crate::list::DEFAULT_LIMIT })),
        "cursor": optional("query", "cursor", "Where a page begins. Opaque: follow the `next` of the page before.",
            &json!({ "type": "string", "pattern": format!("^[0-9]{{15}}-{ID}$") })),
        "job-status": optional("query", "job-status", "Only jobs of this status. A page can have fewer of them than there are to come: follow `next` to its end.",
            &json!({ "type": "string", "enum": statuses })),
        "Idempotency-Key": optional("header", "Idempotency-Key",
            "The same key and the same body are the same job, however often they are sent. A key lives as long as its job's status URI.",
            &json!({ "type": "string", "pattern": KEY })),
        "Prefer": optional("header", "Prefer",
            &format!("`wait=n`: wait up to n seconds (maximum {}) for the job to finish before responding (RFC 7240). A job that is scheduled to start later than that is not waited for.", LONGEST_HOLD.as_secs()),
            &json!({ "type": "string" })),
        "If-None-Match": optional("header", "If-None-Match", "The ETag of what the client has: 304 if it is still that.",
            &json!({ "type": "string" })),
    })
}

/// References to the parameters of an operation.
pub(crate) fn parameters_of(operation: Operation) -> Vec<Value> {
    let names: &[&str] = match operation {
        Operation::Home | Operation::OpenApi => &["If-None-Match"],
        Operation::List => &["limit", "cursor", "job-status", "If-None-Match"],
        Operation::Submit => &["Idempotency-Key", "Prefer"],
        Operation::Status | Operation::JobResult => &["id", "If-None-Match", "Prefer"],
        Operation::Delete | Operation::Cancel => &["id"],
        Operation::ProblemType => &["slug", "If-None-Match"],
    };
    names
        .iter()
        .map(|name| json!({ "$ref": format!("#/components/parameters/{name}") }))
        .collect()
}

/// The body of `POST /jobs`, with an example for each kind that has one.
pub(crate) fn submission(kinds: &[Kind]) -> Value {
    let examples: Map<_, _> = kinds
        .iter()
        .filter_map(|kind| Some((kind, kind.example.as_ref()?)))
        .map(|(kind, input)| {
            let example = json!({ "value": { "name": kind.name, "input": input } });
            (kind.name.clone(), example)
        })
        .collect();
    json!({
        "required": true,
        "content": { JSON: { "schema": reference("Submission"), "examples": examples } },
    })
}

fn in_path(name: &str, description: &str, schema: &Value) -> Value {
    json!({ "in": "path", "name": name, "required": true, "description": description, "schema": schema })
}

fn optional(place: &str, name: &str, description: &str, schema: &Value) -> Value {
    json!({ "in": place, "name": name, "description": description, "schema": schema })
}
