//! The OpenAPI document, as the service serves it. What it says is tried by a checker of its own: see `tests/clients`.

use serde_json::{Value, json};

use crate::app::App;
use crate::deployment::deployed::{Deployed, http_api_event};

async fn document() -> Value {
    App::shared().get("/openapi.json").await.json()
}

#[tokio::test]
async fn every_kind_of_this_service_can_be_submitted_as_the_document_says() {
    let app = App::shared().as_user("examples");
    let document = document().await;

    let body = &document["paths"]["/jobs"]["post"]["requestBody"]["content"]["application/json"];
    let examples = body["examples"].as_object().unwrap();

    for kind in ["csv_profile", "rehearsal"] {
        assert!(examples.contains_key(kind), "{kind}");
    }
    for example in examples.values() {
        let job = app.submit(&example["value"]).await;
        assert_eq!(job.accepted.json()["job"]["name"], example["value"]["name"]);
    }
}

#[tokio::test]
async fn no_cache_hides_a_new_kind() {
    let answer = App::shared().get("/openapi.json").await;

    assert_eq!(answer.header("cache-control"), Some("no-cache"));
}

#[tokio::test]
async fn an_input_has_the_schema_of_its_type() {
    let document = document().await;

    let schemas = &document["components"]["schemas"];
    let input = &schemas["csv_profile_submission"]["properties"]["input"];

    assert_eq!(input["$ref"], "#/components/schemas/CsvProfileInput");
    let profile = &schemas["CsvProfileInput"];
    assert_eq!(profile["required"], json!(["csv"]));
    assert_eq!(profile["additionalProperties"], false);
    let header = &profile["properties"]["header"];
    assert!(
        header["description"]
            .as_str()
            .unwrap()
            .ends_with("Default: `true`.")
    );
}

#[tokio::test]
async fn the_policy_of_keys_is_published() {
    let document = document().await;

    let key = &document["components"]["parameters"]["Idempotency-Key"];

    let described = key["description"].as_str().unwrap();
    assert!(
        described.contains("A key is valid until its job expires"),
        "{described}"
    );
}

#[tokio::test]
async fn a_deployment_says_what_it_has_and_who_may_call_it() {
    let plain = Deployed::new().await;
    let open =
        Deployed::with_parameters(&[("OptInKinds", "rehearsal"), ("Authorization", "NONE")]).await;
    let has = |document: &Value, kind: &str| {
        let submission = &document["components"]["schemas"]["Submission"];
        submission["discriminator"]["mapping"][kind].is_string()
    };
    let event = http_api_event("GET", "/openapi.json", &Value::Null);

    let signed = plain.status.answer(&event).await.body;
    let everybody = open.status.answer(&event).await.body;

    assert!(has(&signed, "csv_profile") && !has(&signed, "rehearsal"));
    assert_eq!(signed["security"], json!([{ "awsSignature": [] }]));
    assert!(has(&everybody, "csv_profile") && has(&everybody, "rehearsal"));
    assert_eq!(everybody["security"], json!([]));
    assert!(plain.status.recorder.actions().is_empty());
}
