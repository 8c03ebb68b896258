//! `GET /openapi.json`: the description of the service in OpenAPI 3.1, for people, code generators and checkers.
//!
//! The document is `openapi.json`, beside this file. A request adds what depends on the deployment: the URL, the kinds and who may
//! call; and the examples, which are made by the code that makes the responses. So other requests, and a cold start, do not pay
//! for it. The tests show that the document agrees with the routes, the types and the problems.

mod examples;
mod kinds;
mod responses;
mod security;
mod states;

use api::{Answer, Incoming, JSON, Problem, Representation};
use engine::{Authorization, Catalog};
use serde_json::{Map, Value, json};

use self::examples::Examples;
use crate::App;

/// The parts of the service that a deployment may have.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Features {
    /// Large payloads.
    pub(crate) uploads: bool,
    pub(crate) webhooks: bool,
    /// Whether anyone with a job's monitor link may see its page.
    pub(crate) monitor_links: bool,
}

const DOCUMENT: &str = include_str!("openapi.json");

/// The response with the document.
pub(crate) fn answer(app: &App, incoming: &Incoming) -> Result<Answer, Problem> {
    let form = incoming.choose(Representation::OF_RESULT)?;
    let document = document(&app.catalog, app.authorization, app.features, incoming);
    Ok(crate::pages::page(form, document.to_string()))
}

fn document(
    catalog: &Catalog,
    authorization: Option<Authorization>,
    features: Features,
    incoming: &Incoming,
) -> Value {
    // The tests read it, so it is valid JSON.
    let mut document: Value = serde_json::from_str(DOCUMENT).unwrap_or_default();
    document["info"]["version"] = env!("CARGO_PKG_VERSION").into();
    document["servers"] = json!([{ "url": incoming.base_url }]);
    if !features.uploads {
        forget_uploads(&mut document);
    }
    if !features.webhooks {
        forget_webhooks(&mut document);
    }
    if !features.monitor_links {
        states::remove(&mut document["paths"], "/monitor/{token}");
        states::remove(&mut document["components"]["parameters"], "token");
    }
    kinds::describe(catalog, features, &mut document);
    states::describe(catalog, features, &mut document);
    let examples = Examples { incoming };
    for path in members(&mut document, "paths") {
        for operation in path.as_object_mut().into_iter().flat_map(Map::values_mut) {
            responses::complete(operation, &examples);
        }
    }
    for webhook in members(&mut document, "webhooks") {
        examples.add_to(&mut webhook["post"]["requestBody"]["content"][JSON], false);
    }
    match authorization.map(security::of) {
        Some(Some((scheme, requirement))) => {
            document["components"]["securitySchemes"] = scheme;
            document["security"] = requirement;
        }
        // An empty list means that nobody needs credentials. Without a list, the document does not say.
        Some(None) => document["security"] = json!([]),
        None => {}
    }
    document
}

/// Removes what exists only in a deployment with large payloads.
fn forget_uploads(document: &mut Value) {
    states::remove(&mut document["paths"], "/uploads");
    let result = &mut document["paths"]["/jobs/{id}/result"]["get"]["responses"];
    states::remove(result, "307");
    for name in ["UploadDocument", "Upload", "UploadHeaders", "UploadRequest"] {
        states::remove(&mut document["components"]["schemas"], name);
    }
}

/// Removes what exists only in a deployment that sends webhooks.
fn forget_webhooks(document: &mut Value) {
    states::remove(document, "webhooks");
    states::remove(&mut document["paths"], "/callbacks");
    let schemas = &mut document["components"]["schemas"];
    for name in [
        "Callback",
        "Callbacks",
        "CallbacksDocument",
        "WebhookDocument",
    ] {
        states::remove(schemas, name);
    }
    states::remove(&mut schemas["Job"]["properties"], "callback");
    states::remove(&mut schemas["HomeDocument"]["properties"], "callbacks");
}

/// The values of an object's member that is an object; none if there is no such member.
fn members<'a>(value: &'a mut Value, name: &str) -> impl Iterator<Item = &'a mut Value> {
    let member = value.get_mut(name).and_then(Value::as_object_mut);
    member.into_iter().flat_map(Map::values_mut)
}

#[cfg(test)]
mod agreement;
#[cfg(test)]
mod tests;
