//! The document agrees with the routes, the types and the problems.

use std::collections::BTreeSet;

use api::{
    AcceptedDocument, BatchDocument, JobDocument, ProblemDocument, ProblemKind, Resource, Route,
    UploadDocument, WebhookDocument,
};
use engine::{
    CreationToken, IdSecrets, JobState, LONGEST_HOLD, MAX_PAGE, Owner, Timestamp, WebhookId,
};

use super::tests::{ID, document_of, incoming};
use super::*;
use crate::callbacks::CallbacksDocument;
use crate::list::{DEFAULT_LIMIT, ListDocument, PARAMETERS};
use crate::pages::{HomeDocument, KindDocument, ProblemTypeDocument};

/// The `operationId` of a route. None for `OPTIONS`, which every path has.
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
        Route::Kind(_) => Some("getKind"),
        Route::ProblemType(_) => Some("getProblemType"),
        Route::Monitor(_) => Some("getMonitorPage"),
        Route::Options(_) => None,
    }
}

/// The representations of an operation's successful responses.
fn forms(operation_id: &str) -> &'static [Representation] {
    match operation_id {
        "getHome" | "getKind" | "getProblemType" => Representation::OF_DOCUMENT,
        "getOpenApi" | "getJobResult" | "getCallbacks" | "requestUpload" => {
            Representation::OF_RESULT
        }
        "getMonitorPage" => Representation::OF_MONITOR,
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

/// A path of a resource, for a path of the document.
fn concrete(path: &str) -> String {
    path.replace("{id}", ID)
        .replace("{slug}", "not-found")
        .replace("{name}", "csv_profile")
        .replace("{token}", "t")
}

#[test]
fn every_route_is_in_the_document_and_nothing_else() {
    let document = document_of(&[], None);

    let mut seen = BTreeSet::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        let concrete = concrete(path);
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
        "getKind",
        "listJobs",
        "submitJob",
        "getJob",
        "deleteJob",
        "getJobResult",
        "cancelJob",
        "getProblemType",
        "requestUpload",
        "getCallbacks",
        "getMonitorPage",
    ];
    assert_eq!(seen, BTreeSet::from(all));
    assert_eq!(operations(&document).count(), all.len());
}

#[test]
fn a_response_has_the_representations_of_its_resource() {
    let document = document_of(&[], None);
    for (path, method, operation) in operations(&document) {
        let forms = forms(operation["operationId"].as_str().unwrap());
        let expected: Vec<_> = forms.iter().map(|form| form.content_type()).collect();
        for (status, response) in operation["responses"].as_object().unwrap() {
            let content = response["content"].as_object().into_iter();
            let types: Vec<_> = content.flat_map(Map::keys).map(String::as_str).collect();
            let also = response["x-also-as"].as_array().into_iter().flatten();
            let also: Vec<_> = also.filter_map(Value::as_str).collect();
            for form in &also {
                assert!(response["description"].as_str().unwrap().contains(form));
            }
            match status.as_str() {
                // A generated client knows one type: the first of the representations.
                "200" | "201" | "202" => {
                    assert_eq!(types, expected[..1], "{method} {path} {status}");
                    let also: BTreeSet<_> = also.into_iter().collect();
                    let others = expected[1..].iter().copied().collect();
                    assert_eq!(also, others, "{method} {path} {status}");
                }
                "204" | "304" | "307" => {
                    assert!(types.is_empty(), "{method} {path} {status}");
                }
                // Atom has an entry for an expired job.
                _ => {
                    let is_expired_job =
                        (path, method, status.as_str()) == ("/jobs/{id}", "get", "410");
                    let entry = Representation::AtomEntry.content_type();
                    let expected = if is_expired_job { &[entry][..] } else { &[] };
                    assert_eq!(also, expected, "{method} {path} {status}");
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
    generator.subschema_for::<BatchDocument<'_>>();
    generator.subschema_for::<ListDocument<'_>>();
    generator.subschema_for::<UploadDocument<'_>>();
    generator.subschema_for::<WebhookDocument<'_>>();
    generator.subschema_for::<CallbacksDocument>();
    generator.subschema_for::<ProblemDocument<'_>>();
    generator.subschema_for::<HomeDocument<'_>>();
    generator.subschema_for::<KindDocument<'_>>();
    generator.subschema_for::<ProblemTypeDocument>();
    let written: Value = serde_json::from_str(DOCUMENT).unwrap();
    let mut written = written["components"]["schemas"]
        .as_object()
        .unwrap()
        .clone();
    for no_type_of_a_response in ["GatewayError", "ProblemOrGatewayError", "UploadRequest"] {
        assert!(written.remove(no_type_of_a_response).is_some());
    }
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
    let listed = document["paths"]["/jobs"]["get"]["parameters"].as_array();
    let listed = listed
        .unwrap()
        .iter()
        .filter_map(|one| one["$ref"].as_str());
    let listed = listed.filter_map(|one| one.rsplit('/').next());
    let in_query = listed.filter(|name| parameters[name]["in"] == "query");
    assert_eq!(in_query.collect::<Vec<_>>(), PARAMETERS);
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
        let concrete = concrete(path);
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
    let mut seen = 0;
    for (path, method, operation) in operations(&document) {
        for (status, response) in operation["responses"].as_object().unwrap() {
            let Some(slugs) = response["x-problems"].as_array() else {
                continue;
            };
            let examples = &response["content"]["application/problem+json"]["examples"];
            assert_eq!(examples.as_object().unwrap().len(), slugs.len());
            for slug in slugs {
                let slug = slug.as_str().unwrap();
                let kind = ProblemKind::of_slug(slug).unwrap();
                assert_eq!(kind.status().as_str(), status, "{method} {path} {kind:?}");
                assert_eq!(examples[slug]["value"]["status"], kind.status().as_u16());
                let description = response["description"].as_str().unwrap();
                assert!(description.contains(kind.title()), "{description}");
                seen += 1;
            }
        }
    }
    assert!(seen > ProblemKind::ALL.len(), "{seen}");
}
