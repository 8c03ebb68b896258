//! The document agrees with the routes, the types and the problems.

use std::collections::BTreeSet;

use api::{
    AcceptedDocument, JobDocument, ProblemDocument, ProblemKind, Resource, Route, UploadDocument,
    WebhookDocument,
};
use engine::{
    CreationToken, IdSecrets, JobState, LONGEST_HOLD, MAX_PAGE, Owner, Timestamp, WebhookId,
};

use super::tests::{ID, document_of, incoming};
use super::*;
use crate::callbacks::CallbacksDocument;
use crate::list::{DEFAULT_LIMIT, ListDocument};
use crate::pages::{HomeDocument, ProblemTypeDocument};

/// The `operationId` of a route. None for `OPTIONS`, which every path has, and for a monitor link: a response contains it, and what
/// it leads to is a page for people.
fn operation_id(route: &Route) -> Option<&'static str> {
    match route {
        Route::Home => Some("getHome"),
        Route::OpenApi => Some("getOpenApi"),
        Route::List => Some("listJobs"),
        Route::Submit => Some("submitJob"),
        Route::Status(_) => Some("getJob"),
        Route::Delete(_) => Some("deleteJob"),
        Route::JobResult(_) => Some("getJobResult"),
        Route::Cancel(_) => Some("cancelJob"),
        Route::Upload => Some("requestUpload"),
        Route::Callbacks => Some("getCallbacks"),
        Route::ProblemType(_) => Some("getProblemType"),
        Route::Monitor(_) | Route::Options(_) => None,
    }
}

/// The representations of an operation's successful responses.
fn forms(operation_id: &str) -> &'static [Representation] {
    match operation_id {
        "getHome" | "getProblemType" => Representation::OF_DOCUMENT,
        "getOpenApi" | "getJobResult" | "getCallbacks" | "requestUpload" => {
            Representation::OF_RESULT
        }
        "listJobs" => Representation::OF_LIST,
        "getJob" => Representation::OF_JOB,
        "submitJob" | "cancelJob" => Representation::OF_COMMAND,
        _ => &[],
    }
}

fn operations(document: &Value) -> impl Iterator<Item = (&str, &str, &Value)> {
    let paths = document["paths"].as_object().unwrap();
    paths.iter().flat_map(|(path, methods)| {
        let methods = methods.as_object().unwrap().iter();
        methods.map(move |(method, operation)| (path.as_str(), method.as_str(), operation))
    })
}

#[test]
fn every_route_is_in_the_document_and_nothing_else() {
    let document = document_of(&[], None);

    let mut seen = BTreeSet::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        let concrete = path.replace("{id}", ID).replace("{slug}", "not-found");
        for method in ["get", "post", "put", "patch", "delete"] {
            let incoming = incoming(method.to_uppercase().parse().unwrap(), &concrete);
            let route = Route::of(&incoming).ok();
            let routed = route.as_ref().and_then(operation_id);
            assert_eq!(
                methods[method]["operationId"].as_str(),
                routed,
                "{method} {path}"
            );
            seen.extend(routed);
        }
    }
    let all = [
        "getHome",
        "getOpenApi",
        "listJobs",
        "submitJob",
        "getJob",
        "deleteJob",
        "getJobResult",
        "cancelJob",
        "getProblemType",
        "requestUpload",
        "getCallbacks",
    ];
    assert_eq!(seen, BTreeSet::from(all));
    assert_eq!(operations(&document).count(), all.len());
}

#[test]
fn a_response_has_the_representations_of_its_resource() {
    let document = document_of(&[], None);
    for (path, method, operation) in operations(&document) {
        let forms = forms(operation["operationId"].as_str().unwrap());
        let expected: BTreeSet<_> = forms.iter().map(|form| form.content_type()).collect();
        for (status, response) in operation["responses"].as_object().unwrap() {
            let content = response["content"].as_object().into_iter();
            let types: BTreeSet<_> = content.flat_map(Map::keys).map(String::as_str).collect();
            match status.as_str() {
                "200" | "202" => assert_eq!(types, expected, "{method} {path}"),
                "201" if path == "/uploads" => assert_eq!(types, expected),
                "201" => assert_eq!(types, [Representation::AtomEntry.content_type()].into()),
                "204" | "304" | "307" => assert!(types.is_empty(), "{method} {path} {status}"),
                // A browser that reads gets a page about the problem, and Atom has an entry for an expired job.
                _ => {
                    let html = Representation::Html.content_type();
                    let is_problem = types.contains("application/problem+json");
                    assert_eq!(
                        types.contains(html),
                        is_problem && method == "get",
                        "{path} {status}"
                    );
                    let is_entry = types.contains(Representation::AtomEntry.content_type());
                    let is_expired_job =
                        (path, method, status.as_str()) == ("/jobs/{id}", "get", "410");
                    assert_eq!(is_entry, is_expired_job, "{method} {path} {status}");
                }
            }
        }
    }
}

#[test]
fn the_schemas_are_those_of_the_types() {
    let mut generator = kinds::settings().for_serialize().into_generator();
    generator.subschema_for::<AcceptedDocument<'_>>();
    generator.subschema_for::<JobDocument<'_>>();
    generator.subschema_for::<ListDocument<'_>>();
    generator.subschema_for::<UploadDocument<'_>>();
    generator.subschema_for::<WebhookDocument<'_>>();
    generator.subschema_for::<CallbacksDocument>();
    generator.subschema_for::<ProblemDocument<'_>>();
    generator.subschema_for::<HomeDocument>();
    generator.subschema_for::<ProblemTypeDocument>();
    let written: Value = serde_json::from_str(DOCUMENT).unwrap();
    let mut written = written["components"]["schemas"]
        .as_object()
        .unwrap()
        .clone();
    assert!(written.remove("GatewayError").is_some());
    for (name, schema) in generator.take_definitions(true) {
        let text = serde_json::to_string_pretty(&schema).unwrap();
        assert_eq!(written.remove(&name), Some(schema), "{name} must be {text}");
    }
    assert_eq!(written, Map::new());
}

#[test]
fn the_parameters_have_the_limits_of_the_code() {
    let document: Value = serde_json::from_str(DOCUMENT).unwrap();
    let parameters = &document["components"]["parameters"];
    let limit = &parameters["limit"]["schema"];
    assert_eq!(limit["maximum"], MAX_PAGE);
    assert_eq!(limit["default"], DEFAULT_LIMIT);
    let slugs = ProblemKind::ALL.map(ProblemKind::slug);
    assert_eq!(parameters["slug"]["schema"]["enum"], json!(slugs));
    let statuses = JobState::ALL.map(JobState::job_status);
    assert_eq!(parameters["job-status"]["schema"]["enum"], json!(statuses));
    let wait = format!("maximum {}", LONGEST_HOLD.as_secs());
    let prefer = parameters["Prefer"]["description"].as_str().unwrap();
    assert!(prefer.contains(&wait), "{prefer}");
}

#[test]
fn the_webhook_has_the_headers_that_are_sent_and_needs_none_of_our_credentials() {
    let document = document_of(&[], Some(Authorization::Iam));
    let secrets = IdSecrets::parse("ID_SECRETS", &"s".repeat(32)).unwrap();
    let secrets = secrets.signing_secrets(&Owner::named("alice").unwrap());
    let id = WebhookId::of(&ID.parse().unwrap(), &CreationToken::of([1; 16]));
    let sent = secrets.headers(&id, Timestamp::from_seconds(1), b"{}");

    let webhook = &document["webhooks"]["job.completed"]["post"];

    let parameters = webhook["parameters"].as_array().unwrap();
    let names: Vec<_> = parameters.iter().map(|header| &header["name"]).collect();
    assert_eq!(names, sent.map(|(name, _)| name));
    assert_eq!(webhook["security"], json!([]));
    let body = &webhook["requestBody"]["content"]["application/json"];
    let example = &body["examples"]["example"]["value"];
    let kind = &document["components"]["schemas"]["WebhookDocument"]["properties"]["type"];
    assert_eq!(example["type"], kind["const"]);
    assert_eq!(example["timestamp"], example["data"]["job"]["end-time"]);
}

#[test]
fn allow_names_the_methods_of_the_document() {
    let document = document_of(&[], None);
    for (path, methods) in document["paths"].as_object().unwrap() {
        let concrete = path.replace("{id}", ID).replace("{slug}", "not-found");
        let allow = Resource::at(&concrete).unwrap().options().headers["allow"].to_lowercase();
        let mut allowed: BTreeSet<_> = allow.split(", ").collect();
        assert!(allowed.remove("options"), "{path}");
        assert_eq!(allowed.remove("head"), allowed.contains("get"), "{path}");
        let documented = methods.as_object().unwrap().keys().map(String::as_str);
        assert_eq!(allowed, documented.collect(), "{path}");
    }
}

#[test]
fn a_problem_response_names_its_problems_and_their_status() {
    let document = document_of(&[], None);
    for (path, method, operation) in operations(&document) {
        for (status, response) in operation["responses"].as_object().unwrap() {
            let content = &response["content"]["application/problem+json"];
            let Some(examples) = content["examples"].as_object() else {
                continue;
            };
            let properties = &content["schema"]["allOf"][1]["properties"];
            let codes = properties["error"]["allOf"][1]["properties"]["code"]["enum"].as_array();
            let kinds: Vec<_> = codes
                .unwrap()
                .iter()
                .map(|slug| ProblemKind::of_slug(slug.as_str().unwrap()).unwrap())
                .collect();
            assert_eq!(examples.len(), kinds.len(), "{method} {path} {status}");
            let titles: Vec<_> = kinds.iter().map(|kind| kind.title()).collect();
            assert_eq!(
                response["description"],
                titles.join(". "),
                "{method} {path}"
            );
            for kind in kinds {
                assert_eq!(kind.status().as_str(), status, "{method} {path} {kind:?}");
                assert_eq!(properties["status"]["const"], kind.status().as_u16());
            }
        }
    }
}
