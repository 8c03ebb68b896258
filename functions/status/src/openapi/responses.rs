//! What answers have.

use std::collections::BTreeMap;

use api::{JSON, PROBLEM_JSON, ProblemKind, Representation};
use serde_json::{Map, Value, json};

use super::examples::Examples;
use super::operation::Operation;
use super::schemas::reference;

/// What the gateway answers by itself, whatever is asked.
const OF_THE_GATEWAY: [(&str, &str); 6] = [
    ("401", "No valid token, where tokens are demanded."),
    ("403", "Not allowed."),
    ("413", "Larger than the gateway takes."),
    ("429", "Too many requests: try again later."),
    ("500", "Something is wrong with the service."),
    ("503", "The service cannot answer now."),
];

/// The responses of an operation, by their status codes.
pub(crate) fn of(operation: Operation, examples: &Examples<'_>) -> Value {
    let mut responses = of_success(operation, examples);
    let mut problems = BTreeMap::<String, Vec<ProblemKind>>::new();
    for kind in operation.problems() {
        let status = kind.status().as_u16().to_string();
        problems.entry(status).or_default().push(*kind);
    }
    for (status, kinds) in problems {
        responses.insert(status, of_problems(operation, &kinds, examples));
    }
    for (status, description) in OF_THE_GATEWAY {
        let response = responses
            .entry(status)
            .or_insert_with(|| json!({ "description": description, "content": {} }));
        response["content"][JSON] = json!({ "schema": reference("GatewayError") });
    }
    Value::Object(responses)
}

fn of_success(operation: Operation, examples: &Examples<'_>) -> Map<String, Value> {
    let body = |schema: &str, example: Option<&Value>| {
        let schema = reference(schema);
        content(operation.forms(), &schema, example)
    };
    let job = || {
        let example = examples.job(operation == Operation::Cancel);
        body("JobDocument", Some(&example))
    };
    let read = ["ETag", "Cache-Control", "Vary"];
    let unchanged = ("304", response("It is what the client has.", &read, None));
    let found = |description: &str, more: &[&str], content: Value| {
        let headers = [&read[..], more].concat();
        let response = response(description, &headers, Some(content));
        vec![("200", response), unchanged.clone()]
    };
    let list = match operation {
        Operation::Submit => submitted(job(), body("AcceptedDocument", Some(&examples.accepted()))),
        Operation::Status => {
            let text = "The job, be it under way, done, failed or canceled; as an Atom entry, a job without a result.";
            let headers = ["Link", "Retry-After", "Preference-Applied", "Sunset"];
            let mut responses = found(text, &headers, job());
            responses.push(("201", created(&read)));
            responses
        }
        Operation::JobResult => {
            // Any value. `true` means the same, and code generators cannot read it.
            let result = json!({ JSON: { "schema": {} } });
            let text = "The result, as the job's kind made it.";
            found(text, &["Preference-Applied", "Sunset"], result)
        }
        Operation::List => {
            let page = body("ListDocument", Some(&Examples::page()));
            found("A page of jobs.", &["Link"], page)
        }
        Operation::Cancel => canceled(&job()),
        Operation::Delete => vec![("204", response("Its status URI is 410 now.", &[], None))],
        Operation::Home => found("What there is.", &["Link"], body("HomeDocument", None)),
        Operation::ProblemType => {
            let page = body("ProblemTypeDocument", None);
            found("What it means.", &[], page)
        }
        Operation::OpenApi => {
            let content = json!({ JSON: { "schema": { "type": "object" } } });
            found("This document.", &[], content)
        }
    };
    list.into_iter()
        .map(|(status, response)| (status.to_owned(), response))
        .collect()
}

/// A job that has succeeded, for who asks for an Atom entry.
fn created(read: &[&str]) -> Value {
    let text = "Only as an Atom entry: the job's result was created, and Location is where it is.";
    let headers = [read, &["Location", "Link", "Sunset"]].concat();
    response(text, &headers, Some(as_text(Representation::AtomEntry)))
}

fn submitted(job: Value, accepted: Value) -> Vec<(&'static str, Value)> {
    let common = [
        "Operation-Location",
        "Cache-Control",
        "Link",
        "Idempotency-Replayed",
        "Preference-Applied",
    ];
    let headers = [&common[..], &["Location", "Retry-After"]].concat();
    let text = "Accepted: the job is durable, and its status URI is there at once.";
    let accepted = with_links(response(text, &headers, Some(accepted)));
    let headers = [&common[..], &["Content-Location"]].concat();
    let text = "It was waited for (`Prefer: wait`), and the job is at its end.";
    vec![
        ("200", response(text, &headers, Some(job))),
        ("202", accepted),
    ]
}

fn canceled(job: &Value) -> Vec<(&'static str, Value)> {
    let headers = ["Cache-Control", "Content-Location", "Link"];
    let done = response("Canceled, now or before.", &headers, Some(job.clone()));
    let headers = ["Cache-Control", "Location", "Link", "Retry-After"];
    let text = "The job runs, and is told to stop: its status URI says when it has.";
    vec![
        ("200", done),
        ("202", response(text, &headers, Some(job.clone()))),
    ]
}

/// The body in each form that there is: JSON with a schema and an example, the others as text.
fn content(forms: &[Representation], schema: &Value, example: Option<&Value>) -> Value {
    let mut content = json!({});
    for &form in forms {
        content[form.content_type()] = match (form, example) {
            (Representation::Json, Some(example)) => {
                json!({ "schema": schema, "examples": { "example": { "value": example } } })
            }
            (Representation::Json, None) => json!({ "schema": schema }),
            _ => json!({ "schema": { "type": "string" } }),
        };
    }
    content
}

fn as_text(form: Representation) -> Value {
    json!({ form.content_type(): { "schema": { "type": "string" } } })
}

fn response(description: &str, headers: &[&str], content: Option<Value>) -> Value {
    let headers: Map<_, _> = headers
        .iter()
        .map(|name| {
            let header = json!({ "$ref": format!("#/components/headers/{name}") });
            ((*name).to_owned(), header)
        })
        .collect();
    let mut response = json!({ "description": description });
    if !headers.is_empty() {
        response["headers"] = headers.into();
    }
    if let Some(content) = content {
        response["content"] = content;
    }
    response
}

/// What a client can do with the job that was accepted.
fn with_links(mut response: Value) -> Value {
    let link = |operation: Operation, description: &str| {
        json!({
            "operationId": operation.id_and_summary().0,
            "parameters": { "id": "$response.body#/task/id" },
            "description": description,
        })
    };
    response["links"] = json!({
        "status": link(Operation::Status, "How it goes."),
        "result": link(Operation::JobResult, "What came out."),
        "cancel": link(Operation::Cancel, "Call it off."),
        "delete": link(Operation::Delete, "Delete it, once it has ended."),
    });
    response
}

/// A response for all problems of one status that an operation can have.
fn of_problems(operation: Operation, kinds: &[ProblemKind], examples: &Examples<'_>) -> Value {
    let titles: Vec<_> = kinds.iter().map(|kind| kind.title()).collect();
    let headers: &[&str] = match kinds {
        [ProblemKind::Unavailable] => &["Retry-After"],
        [ProblemKind::JobExpired] if operation == Operation::Status => &["Link"],
        _ if kinds.contains(&ProblemKind::JobOverdue) => &["Retry-After"],
        _ => &[],
    };
    let mut response = response(&titles.join(". "), headers, None);
    response["content"] = problem_content(kinds, examples);
    let is_gone = operation == Operation::Status && kinds == [ProblemKind::JobExpired];
    let entry = is_gone.then_some(Representation::AtomEntry);
    let page = operation.is_read().then_some(Representation::Html);
    for form in entry.into_iter().chain(page) {
        response["content"][form.content_type()] = json!({ "schema": { "type": "string" } });
    }
    response
}

fn problem_content(kinds: &[ProblemKind], examples: &Examples<'_>) -> Value {
    let slugs: Vec<_> = kinds.iter().map(|kind| kind.slug()).collect();
    let statuses: Vec<_> = kinds.iter().map(|kind| kind.status().as_u16()).collect();
    let named: Map<_, _> = kinds
        .iter()
        .map(|kind| {
            let example = json!({ "summary": kind.title(), "value": examples.problem(*kind) });
            (kind.slug().to_owned(), example)
        })
        .collect();
    json!({ PROBLEM_JSON: {
        "schema": {
            "allOf": [
                reference("Problem"),
                { "properties": {
                    "status": { "const": statuses.first() },
                    "error": {
                        "allOf": [reference("ProblemError"), { "properties": { "code": { "enum": slugs } } }],
                    },
                } },
            ],
        },
        "examples": named,
    } })
}

/// The headers, by the names that responses refer to.
pub(crate) fn headers() -> Value {
    let url = json!({ "type": "string", "format": "uri" });
    let text = json!({ "type": "string" });
    json!({
        "Location": header("The job's status URI.", &url, true),
        "Operation-Location": header("The same, for clients of long-running operations.", &url, true),
        "Content-Location": header("The job's status URI: the answer is what it says.", &url, true),
        "Retry-After": header("In how many seconds it is worth looking again. Not there once the job is at its end.",
            &json!({ "type": "integer", "minimum": 1 }), false),
        "ETag": header("Changes with the job.", &json!({ "type": "string", "pattern": "^\"[^\"]+\"$" }), true),
        "Cache-Control": header("Whether the answer may be kept.", &text, true),
        "Vary": header("What the answer depends on besides its address.", &text, true),
        "Link": header("Where the answer leads (RFC 8288): `self`, `collection`, `describedby`; in a list `next`.", &text, true),
        "Idempotency-Replayed": header("There when the key was used before: this is that job.",
            &json!({ "const": "true" }), false),
        "Sunset": header("When the job expires and this URI turns into 410 (RFC 8594), as an HTTP date. Present once the job has finished.", &text, false),
        "Preference-Applied": header("What was made of a preference (RFC 7240).", &text, false),
    })
}

fn header(description: &str, schema: &Value, required: bool) -> Value {
    json!({ "description": description, "required": required, "schema": schema })
}
