//! `GET /openapi.json`: the service described in OpenAPI 3.1, for people, code generators and checkers.
//!
//! The schemas are derived from the types that are read and written, the examples are written by the code that answers. The
//! document is made when it is asked for: the other requests, and a cold start, pay nothing for it.

mod examples;
mod operation;
mod requests;
mod responses;
mod schemas;
mod security;

use api::{Answer, Incoming, Problem, Representation};
use engine::{Authorization, Catalog};
use serde_json::{Map, Value, json};

use self::examples::Examples;
use self::operation::Operation;
use self::schemas::Schemas;

/// The document.
pub(crate) fn answer(
    catalog: &Catalog,
    authorization: Option<Authorization>,
    incoming: &Incoming,
) -> Result<Answer, Problem> {
    let form = incoming.choose(Representation::OF_RESULT)?;
    let document = document(catalog, authorization, incoming);
    Ok(crate::pages::page(form, document.to_string()))
}

fn document(catalog: &Catalog, authorization: Option<Authorization>, incoming: &Incoming) -> Value {
    let Schemas { schemas, kinds } = Schemas::of(catalog);
    let examples = Examples { incoming };
    let mut document = json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Asynchronous jobs over HTTP",
            "version": env!("CARGO_PKG_VERSION"),
            "license": { "name": env!("CARGO_PKG_LICENSE"), "identifier": env!("CARGO_PKG_LICENSE") },
            "summary": "Submit work that takes long, look at its status URI, fetch its result.",
            "description": "`POST /jobs` answers 202 with a status URI at once. The status URI is 200 until the job \
                            expires, however the job ends, and 410 from then on. \
                            `HEAD` works wherever `GET` does; `OPTIONS` lists a resource's methods. \
                            `Accept` chooses between JSON, Atom and HTML where a response has several. \
                            Every error of the service is a problem document (RFC 9457); errors of the gateway before it \
                            have only a `message`.",
        },
        "servers": [{ "url": incoming.base_url }],
        "paths": paths(&kinds, &examples),
        "components": {
            "schemas": schemas,
            "parameters": requests::parameters(),
            "headers": responses::headers(),
        },
    });
    match authorization.map(security::of) {
        Some(Some((scheme, requirement))) => {
            document["components"]["securitySchemes"] = scheme;
            document["security"] = requirement;
        }
        // An empty list says that nobody needs credentials; without one, the document would leave it open.
        Some(None) => document["security"] = json!([]),
        None => {}
    }
    document
}

fn paths(kinds: &[schemas::Kind], examples: &Examples<'_>) -> Value {
    let mut paths = Map::new();
    for operation in Operation::ALL {
        let (method, path) = operation.method_and_path();
        let path = paths.entry(path).or_insert_with(|| json!({}));
        path[method] = described(operation, kinds, examples);
    }
    Value::Object(paths)
}

fn described(operation: Operation, kinds: &[schemas::Kind], examples: &Examples<'_>) -> Value {
    let (id, summary) = operation.id_and_summary();
    let mut described = json!({
        "operationId": id,
        "summary": summary,
        "responses": responses::of(operation, examples),
    });
    let parameters = requests::parameters_of(operation);
    if !parameters.is_empty() {
        described["parameters"] = parameters.into();
    }
    if operation == Operation::Submit {
        described["requestBody"] = requests::submission(kinds);
    }
    described
}

#[cfg(test)]
mod tests;
