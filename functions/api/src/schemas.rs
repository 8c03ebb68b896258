//! JSON schemas of strings with a special format.

use engine::{CallbackState, JobState};
use schemars::{Schema, SchemaGenerator, json_schema};

pub(crate) fn job_state(_: &mut SchemaGenerator) -> Schema {
    one_of(JobState::as_str)
}

pub(crate) fn job_status(_: &mut SchemaGenerator) -> Schema {
    one_of(JobState::job_status)
}

pub(crate) fn operation_status(_: &mut SchemaGenerator) -> Schema {
    one_of(JobState::operation_status)
}

pub(crate) fn callback_state(_: &mut SchemaGenerator) -> Schema {
    let states = CallbackState::ALL.map(CallbackState::as_str);
    json_schema!({ "type": "string", "enum": states })
}

/// The distinct words for the states.
fn one_of(word: fn(JobState) -> &'static str) -> Schema {
    let mut words = JobState::ALL.map(word).to_vec();
    words.dedup();
    json_schema!({ "type": "string", "enum": words })
}

pub(crate) fn job_id(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "type": "string", "format": "uuid" })
}

pub(crate) fn time(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "type": "string", "format": "date-time" })
}

pub(crate) fn time_or_null(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "type": ["string", "null"], "format": "date-time" })
}
