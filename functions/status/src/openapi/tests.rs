//! The document of a deployment.
//!
//! Over 300 lines: a test for each part of it that depends on the deployment.

use api::ProblemKind;
use http::Method;
use std::collections::BTreeSet;

use super::*;

pub(super) const ID: &str = "20dbda2a-4d14-8221-80b9-9f06dbe15230";

pub(super) fn incoming(method: Method, path: &str) -> Incoming {
    Incoming {
        method,
        path: path.to_owned(),
        base_url: "https://jobs.example.com".to_owned(),
        request_id: "r1".to_owned(),
        ..Incoming::default()
    }
}

pub(super) fn document_of(opt_in: &[&str], authorization: Option<Authorization>) -> Value {
    document_with(opt_in, authorization, EVERYTHING)
}

const EVERYTHING: Features = Features {
    uploads: true,
    webhooks: true,
    monitor_links: true,
};

fn document_with(
    opt_in: &[&str],
    authorization: Option<Authorization>,
    features: Features,
) -> Value {
    let opt_in = opt_in.iter().map(|kind| (*kind).to_owned()).collect();
    let catalog = Catalog::of(opt_in, jobs::register).unwrap();
    document(
        &catalog,
        authorization,
        features,
        &incoming(Method::GET, "/openapi.json"),
    )
}

/// What an operation documents of its problems, by their slugs.
fn problem_examples(document: &Value) -> Vec<(String, Value)> {
    let paths = document["paths"].as_object().unwrap();
    let operations = paths
        .values()
        .flat_map(|path| path.as_object().unwrap().values());
    let responses =
        operations.flat_map(|operation| operation["responses"].as_object().unwrap().values());
    let examples = responses.filter_map(|response| {
        response["content"]["application/problem+json"]["examples"].as_object()
    });
    examples
        .flatten()
        .map(|(slug, example)| (slug.clone(), example["value"].clone()))
        .collect()
}

#[test]
fn every_problem_has_its_response_and_its_example() {
    let examples = problem_examples(&document_of(&[], None));
    for kind in ProblemKind::ALL {
        let of_kind = examples.iter().filter(|(slug, _)| slug == kind.slug());
        let mut statuses: Vec<_> = of_kind.map(|(_, example)| &example["status"]).collect();
        statuses.dedup();
        // No operation of the document has a method that its path lacks.
        if kind == ProblemKind::MethodNotAllowed {
            assert_eq!(statuses, [] as [&Value; 0]);
        } else {
            assert_eq!(statuses, [&json!(kind.status().as_u16())], "{kind:?}");
        }
    }
}

/// Code generators cannot read a schema that is `true`, openapi-fetch omits members that are always null, and linters find what nothing uses.
#[test]
fn no_schema_is_true_or_null_every_reference_leads_somewhere_and_every_component_is_used() {
    fn walk(value: &Value, path: &str, references: &mut BTreeSet<String>) {
        match value {
            Value::Object(members) => {
                for (name, member) in members {
                    let is_schema = name == "schema" || path.ends_with("/properties");
                    let is_read = *member != true && member["type"] != "null";
                    assert!(!is_schema || is_read, "{path}/{name}");
                    if let ("$ref", Value::String(reference)) = (name.as_str(), member) {
                        references.insert(reference.clone());
                    }
                    walk(member, &format!("{path}/{name}"), references);
                }
            }
            Value::Array(items) => {
                for item in items {
                    walk(item, path, references);
                }
            }
            _ => {}
        }
    }
    let document = document_of(&["rehearsal"], Some(Authorization::Iam));
    let mut references = BTreeSet::new();
    walk(&document, "", &mut references);
    assert!(references.len() > 50, "{references:?}");
    for reference in &references {
        let pointer = reference.strip_prefix('#').unwrap();
        assert!(document.pointer(pointer).is_some(), "{reference}");
    }
    let components = document["components"].as_object().unwrap();
    let mut unused = Vec::new();
    for (group, members) in components
        .iter()
        .filter(|(group, _)| *group != "securitySchemes")
    {
        for name in members.as_object().unwrap().keys() {
            let reference = format!("#/components/{group}/{name}");
            if !references.contains(&reference) {
                unused.push(reference);
            }
        }
    }
    assert_eq!(unused, [] as [String; 0]);
    assert_eq!(
        document["info"]["license"]["identifier"],
        "MIT OR Apache-2.0"
    );
}

#[test]
fn a_kind_is_in_the_document_where_the_deployment_has_it() {
    let of = |document: &Value| {
        let submission = &document["components"]["schemas"]["Submission"];
        submission["discriminator"]["mapping"]
            .as_object()
            .unwrap()
            .keys()
            .cloned()
            .collect::<Vec<_>>()
    };
    // A deployment can have further kinds.
    let plain = of(&document_of(&[], None));
    assert!(plain.contains(&"csv_profile".to_owned()), "{plain:?}");
    assert!(!plain.contains(&"rehearsal".to_owned()), "{plain:?}");
    let document = document_of(&["rehearsal"], None);
    let mut with_rehearsal = of(&document);
    let kind = &document["components"]["parameters"]["kind"]["schema"];
    assert_eq!(kind["enum"], json!(with_rehearsal));
    with_rehearsal.retain(|kind| kind != "rehearsal");
    assert_eq!(with_rehearsal, plain);
    let schemas = &document["components"]["schemas"];
    assert_eq!(
        schemas["rehearsal_submission"]["properties"]["name"]["const"],
        "rehearsal"
    );
    assert_eq!(
        schemas["RehearsalInput"]["properties"]["seconds"]["maximum"],
        1_209_000.0
    );
}

#[test]
fn a_job_has_a_type_for_each_state_and_the_result_type_of_its_kind() {
    let document = document_of(&["rehearsal"], None);
    let schemas = &document["components"]["schemas"];
    let uri = |schema: &str| json!(format!("#/components/schemas/{schema}"));
    let leads_to = |union: &str, value: &str| &schemas[union]["discriminator"]["mapping"][value];
    assert_eq!(leads_to("UnfinishedJob", "INPROGRESS"), &uri("StartedJob"));
    assert_eq!(
        schemas["StartedJob"]["properties"]["job-state"]["const"],
        "STARTED"
    );
    let ends = |job: &str| &schemas[job]["properties"]["end-time"]["type"];
    assert_eq!(*ends("StartedJob"), json!(["string", "null"]));
    assert_eq!(*ends("FailedJob"), "string");

    // A team's own kind may have types of the same names, so only references lead to a type.
    let target = |reference: &Value| {
        let pointer = reference["$ref"].as_str().unwrap();
        document.pointer(&pointer[1..]).unwrap()
    };
    for (kind, member) in [("csv_profile", "columns"), ("rehearsal", "outcome")] {
        let job = format!("succeeded_{kind}_job");
        assert_eq!(leads_to("SucceededJob", kind), &uri(&job));
        let members = &schemas[&job]["properties"];
        assert_eq!(members["name"]["const"], kind);
        let output = target(target(&members["result"]["anyOf"][0]));
        assert!(output["properties"].get(member).is_some(), "{output}");
    }
    let profile = target(&schemas["csv_profile_result"]);
    let column = target(&profile["properties"]["columns"]["items"]);
    assert_eq!(column["properties"]["name"]["type"], "string");

    for document in ["JobDocument", "AcceptedDocument"] {
        let of = |status: &str| {
            let name = leads_to(document, status).as_str().unwrap();
            &schemas[name.rsplit('/').next().unwrap()]
        };
        assert_eq!(of("InProgress")["properties"].get("error"), None);
        assert_eq!(of("Failed")["properties"]["error"]["$ref"], uri("JobError"));
        assert_eq!(
            of("Succeeded")["properties"]["job"]["$ref"],
            uri("SucceededJob")
        );
        let required = of("Succeeded")["required"].as_array().unwrap();
        assert!(
            required.contains(&json!("resourceLocation")),
            "{required:?}"
        );
    }
}

#[test]
fn a_deployment_without_large_payloads_has_nothing_of_them() {
    let features = Features {
        uploads: false,
        ..EVERYTHING
    };
    let document = document_with(&[], None, features);
    assert_eq!(document["paths"].get("/uploads"), None);
    let result = &document["paths"]["/jobs/{id}/result"]["get"]["responses"];
    assert_eq!(result.get("307"), None);
    let schemas = &document["components"]["schemas"];
    let uri = "#/components/schemas/csv_profile_result";
    assert_eq!(
        schemas["succeeded_csv_profile_job"]["properties"]["result"],
        json!({ "$ref": uri })
    );
    assert!(!document.to_string().contains("Upload"));
    assert_eq!(schemas["AttachmentInput"], json!({ "type": "string" }));
    let with_bucket = &document_of(&[], None)["components"]["schemas"]["AttachmentInput"];
    let upload = &with_bucket["anyOf"][1];
    assert_eq!(upload["required"], json!(["upload"]));
    assert_eq!(upload.get(engine::UPLOAD_MARK), None);
}

#[test]
fn a_deployment_without_monitor_links_has_nothing_of_them() {
    let features = Features {
        monitor_links: false,
        ..EVERYTHING
    };
    for (features, expected) in [(EVERYTHING, true), (features, false)] {
        let document = document_with(&[], None, features);
        let paths = document["paths"].as_object().unwrap();
        assert_eq!(paths.contains_key("/monitor/{token}"), expected);
        assert_eq!(
            document["components"]["parameters"].get("token").is_some(),
            expected
        );
    }
}

#[test]
fn a_deployment_without_webhooks_has_nothing_of_them() {
    let words = |document: Value| {
        let text = document.to_string().to_lowercase();
        ["callback", "webhook"].map(|word| text.contains(word))
    };
    let features = Features {
        webhooks: false,
        ..EVERYTHING
    };
    assert_eq!(words(document_with(&[], None, features)), [false; 2]);
    assert_eq!(words(document_with(&[], None, EVERYTHING)), [true; 2]);
}

#[test]
fn a_webhook_has_the_document_of_a_finished_job_without_its_result() {
    let document = document_of(&["rehearsal"], None);
    let schemas = &document["components"]["schemas"];
    let target = |reference: &Value| {
        let pointer = reference["$ref"].as_str().unwrap();
        document.pointer(&pointer[1..]).unwrap()
    };
    let submission = target(&schemas["rehearsal_submission"]["properties"]["callback"]);
    assert_eq!(
        submission["properties"]["url"]["maxLength"],
        engine::MAX_CALLBACK_URL_BYTES
    );
    let data = target(&schemas["WebhookDocument"]["properties"]["data"]);
    let documents = data["discriminator"]["mapping"].as_object().unwrap();
    let statuses: Vec<_> = documents.keys().collect();
    assert_eq!(statuses, ["Canceled", "Failed", "Succeeded"]);
    let succeeded = target(&json!({ "$ref": documents["Succeeded"] }));
    let job = target(&succeeded["properties"]["job"]);
    assert_eq!(
        job["properties"]["result"]["anyOf"][1],
        json!({ "type": "null" })
    );
    let callback = target(&job["properties"]["callback"]);
    assert_eq!(callback["properties"]["url"]["format"], "uri");
}

#[test]
fn who_may_call_is_what_the_deployment_says() {
    let open = document_of(&[], Some(Authorization::Open));
    assert_eq!(open["security"], json!([]));
    assert!(document_of(&[], None).get("security").is_none());
    let iam = document_of(&[], Some(Authorization::Iam));
    assert_eq!(iam["security"], json!([{ "awsSignature": [] }]));
    assert_eq!(
        iam["components"]["securitySchemes"]["awsSignature"]["in"],
        "header"
    );
    let jwt = document_of(&[], Some(Authorization::Jwt));
    assert_eq!(
        jwt["components"]["securitySchemes"]["bearerToken"]["scheme"],
        "bearer"
    );
}
