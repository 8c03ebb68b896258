//! Job types by state. The discriminators are `job-status` and, for succeeded jobs, `name`, so generated clients know the members of a
//! job and the type of its result.

use engine::JobState::{self, Completed, Scheduled, Started};
use engine::{Catalog, Outcome};
use serde_json::{Value, json};

use super::Features;
use super::kinds::{one_of, reference};

/// The states, each with the name of its schema.
const STATES: [(JobState, &str); 5] = [
    (Scheduled, "ScheduledJob"),
    (Started, "StartedJob"),
    (Completed(Outcome::Success), "SucceededJob"),
    (Completed(Outcome::Failed), "FailedJob"),
    (Completed(Outcome::Canceled), "CanceledJob"),
];

/// Replaces the types of jobs and of their documents, which have the members of all states, by unions.
pub(super) fn describe(catalog: &Catalog, features: Features, document: &mut Value) {
    let schemas = &mut document["components"]["schemas"];
    let flat = remove(schemas, "Job");
    for (state, name) in STATES {
        schemas[name] = in_state(&flat, state);
    }
    let succeeded = schemas["SucceededJob"].take();
    for kind in catalog.names() {
        let mut job = succeeded.clone();
        job["properties"]["name"] = json!({ "type": "string", "const": kind.as_str() });
        let result = reference(&format!("{kind}_result"));
        job["properties"]["result"] = if features.uploads {
            json!({ "description": "Null if it is in the bucket of large payloads.", "anyOf": [result, { "type": "null" }] })
        } else {
            result
        };
        schemas[format!("succeeded_{kind}_job")] = job;
    }
    let kinds = catalog.names();
    let kinds = kinds.map(|kind| (kind.as_str(), format!("succeeded_{kind}_job")));
    schemas["SucceededJob"] = one_of("A job that has succeeded, with its result.", "name", kinds);

    let unfinished = [STATES[0], STATES[1]].map(|(state, name)| (state.job_status(), name.into()));
    schemas["UnfinishedJob"] = one_of(
        "A job that has not finished.",
        "job-status",
        unfinished.into_iter(),
    );

    describe_list(&flat, schemas);
    if features.webhooks {
        describe_webhook(schemas);
    }
    for name in ["JobDocument", "AcceptedDocument"] {
        describe_document(name, schemas);
    }
}

/// The name of the type of a job in this state without its result.
fn listed(state: JobState, name: &str) -> String {
    let prefix = if state == Completed(Outcome::Success) {
        "Listed"
    } else {
        ""
    };
    format!("{prefix}{name}")
}

/// Replaces the type of a listed job. `flat` has the members of all states.
fn describe_list(flat: &Value, schemas: &mut Value) {
    let mut succeeded = in_state(flat, Completed(Outcome::Success));
    succeeded["description"] = "A job that has succeeded, without its result.".into();
    schemas["ListedSucceededJob"] = succeeded;
    let jobs = STATES.map(|(state, name)| (state.job_status(), listed(state, name)));
    schemas["ListedJob"] = one_of("A job without its result.", "job-status", jobs.into_iter());
    schemas["ListDocument"]["properties"]["jobs"]["items"] = reference("ListedJob");
    schemas["BatchItem"]["properties"]["job"]["$ref"] = reference("ListedJob")["$ref"].take();
}

/// Replaces the type of the document in a webhook by that of a finished job without its result.
fn describe_webhook(schemas: &mut Value) {
    let success = Completed(Outcome::Success);
    schemas["ListedSucceededJobDocument"] =
        with_status(&schemas["JobDocument"], success, "ListedSucceededJob");
    let finished = STATES.iter().filter(|(state, _)| state.is_completed());
    let documents = finished.map(|(state, _)| {
        let status = state.operation_status();
        (status, listed(*state, &format!("{status}JobDocument")))
    });
    let description = "A job that has finished, without its result.";
    schemas["FinishedJobDocument"] = one_of(description, "status", documents);
    schemas["WebhookDocument"]["properties"]["data"]["$ref"] =
        reference("FinishedJobDocument")["$ref"].take();
}

/// Replaces the type of this document by a union.
fn describe_document(name: &str, schemas: &mut Value) {
    let flat = schemas[name].take();
    let mut of_status = Vec::new();
    for (state, job) in STATES {
        let job = if state.is_completed() {
            job
        } else {
            "UnfinishedJob"
        };
        let status = state.operation_status();
        schemas[format!("{status}{name}")] = with_status(&flat, state, job);
        of_status.push((status, format!("{status}{name}")));
    }
    let description = flat["description"].as_str().unwrap_or_default();
    schemas[name] = one_of(description, "status", of_status.into_iter());
}

/// The type of a job in a state, without a result. `flat` has the members of all states.
///
/// A member that is null in this state keeps the type that it has in others: openapi-fetch omits members whose type is null alone.
fn in_state(flat: &Value, state: JobState) -> Value {
    let mut job = flat.clone();
    job["description"] = format!("A job in the state {state}.").into();
    let members = &mut job["properties"];
    members["job-state"] = json!({ "type": "string", "const": state.as_str() });
    members["job-status"] = json!({ "type": "string", "const": state.job_status() });
    members["result"] = json!({
        "description": "Null: only a job that has succeeded has a result, and not in a list.",
        "anyOf": [reference("JobResult"), { "type": "null" }],
    });
    if matches!(state, Completed(Outcome::Failed | Outcome::Canceled)) {
        members["error"] = reference("JobError");
    }
    if state.is_completed() {
        members["end-time"]["type"] = "string".into();
    }
    job
}

/// The type of a document with the `status` of this state, whose job has the schema `job`. `flat` has the members of all states.
fn with_status(flat: &Value, state: JobState, job: &str) -> Value {
    let mut document = flat.clone();
    let members = &mut document["properties"];
    members["status"] = json!({ "type": "string", "const": state.operation_status() });
    members["job"] = reference(job);
    let absent: &[&str] = match state {
        Scheduled | Started => &["error", "resourceLocation"],
        Completed(Outcome::Success) => {
            members["resourceLocation"]["type"] = "string".into();
            &["error"]
        }
        Completed(Outcome::Failed | Outcome::Canceled) => {
            members["error"] = reference("JobError");
            &["resourceLocation"]
        }
    };
    for name in ["error", "resourceLocation"] {
        if absent.contains(&name) {
            remove(&mut document["properties"], name);
        } else if let Some(required) = document["required"].as_array_mut() {
            required.push(name.into());
        }
    }
    document
}

/// Removes a member of an object, and returns it.
pub(super) fn remove(object: &mut Value, name: &str) -> Value {
    let removed = object
        .as_object_mut()
        .and_then(|members| members.remove(name));
    removed.unwrap_or_default()
}
