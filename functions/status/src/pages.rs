//! The home document, the kinds and the problem types, which change only with the deployment.

use api::{
    Answer, CALLBACKS_PATH, Incoming, JSON, KindForm, OPENAPI_PATH, Problem, ProblemKind,
    Representation, form_answer, home_page, json, kind_path, problem_type_page,
};
use engine::{Catalog, KindName, describe_uploads};
use lambda_http::http::StatusCode;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value};

use crate::App;

/// Links to the kinds, the jobs, the OpenAPI document and the problem types.
#[derive(JsonSchema, Serialize)]
pub(crate) struct HomeDocument<'a> {
    title: &'static str,
    /// The kinds of this deployment.
    kinds: Vec<KindLink<'a>>,
    /// The URL of the caller's jobs, to which jobs are submitted.
    #[schemars(url)]
    jobs: String,
    /// The OpenAPI document.
    #[schemars(url)]
    openapi: String,
    /// The secrets that sign the caller's webhooks. Absent if the deployment sends none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String", url)]
    callbacks: Option<String>,
    /// A page for each problem type.
    problems: Vec<String>,
}

/// A kind, and where it is described.
#[derive(JsonSchema, Serialize)]
struct KindLink<'a> {
    name: &'a str,
    /// The URL of its description. In a browser, it is a form.
    #[schemars(url)]
    href: String,
}

/// A kind of job.
#[derive(JsonSchema, Serialize)]
#[serde(rename_all = "kebab-case")]
#[schemars(rename = "Kind")]
pub(crate) struct KindDocument<'a> {
    name: &'a str,
    /// What it does. Absent if its code does not say.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    description: Option<&'a str>,
    /// The JSON Schema of its input (2020-12).
    #[schemars(with = "serde_json::Map<String, Value>")]
    input: &'a Value,
    /// The maximum number of attempts of a job of this kind.
    max_attempts: u32,
}

/// The meaning of a problem type.
#[derive(JsonSchema, Serialize)]
pub(crate) struct ProblemTypeDocument {
    #[serde(rename = "type")]
    #[schemars(url)]
    kind: String,
    title: &'static str,
    status: u16,
    explanation: &'static str,
}

/// `GET /`: the entry point.
pub(crate) fn home(app: &App, incoming: &Incoming) -> Result<Answer, Problem> {
    let form = incoming.choose(Representation::OF_DOCUMENT)?;
    let openapi = incoming.url(OPENAPI_PATH);
    let (catalog, has_webhooks) = (&app.catalog, app.features.webhooks);
    let page = if form == Representation::Html {
        let kinds: Vec<_> = catalog
            .names()
            .map(|name| (name, description_of(catalog, name)))
            .collect();
        page(form, home_page(&incoming.base_url, &kinds, has_webhooks))
    } else {
        let page_of = |kind: ProblemKind| incoming.url(&format!("/problems/{}", kind.slug()));
        let document = HomeDocument {
            title: "Asynchronous jobs over HTTP",
            kinds: catalog
                .names()
                .map(|name| KindLink {
                    name: name.as_str(),
                    href: incoming.url(&kind_path(name)),
                })
                .collect(),
            jobs: incoming.url("/jobs"),
            openapi: openapi.clone(),
            callbacks: has_webhooks.then(|| incoming.url(CALLBACKS_PATH)),
            problems: ProblemKind::ALL.map(page_of).to_vec(),
        };
        page(form, json(&document))
    };
    Ok(page.typed_link(&openapi, "service-desc", JSON))
}

fn description_of(catalog: &Catalog, name: &KindName) -> String {
    let input = catalog.input(name);
    let description = input.as_ref().and_then(|input| input.get("description"));
    description
        .and_then(Value::as_str)
        .unwrap_or_default()
        .to_owned()
}

/// `GET /kinds/{name}`: what a job of this kind takes; in a browser, a form that submits one.
pub(crate) fn kind(app: &App, incoming: &Incoming, name: &KindName) -> Result<Answer, Problem> {
    let missing =
        || Problem::new(ProblemKind::NotFound).detail("This deployment has no such kind of job.");
    let schema = app.catalog.input(name).ok_or_else(missing)?;
    let max_attempts = app.catalog.max_attempts(name).ok_or_else(missing)?;
    let form = incoming.choose(Representation::OF_DOCUMENT)?;
    let mut input = schema.to_value();
    if form == Representation::Html {
        let kind = KindForm {
            name,
            input: &input,
            max_attempts,
            has_webhooks: app.features.webhooks,
            uploads: app.upload_origin.as_deref(),
        };
        let answer = form_answer(&kind, &incoming.base_url);
        return Ok(revalidated(answer).described(incoming));
    }
    for definition in input["$defs"]
        .as_object_mut()
        .into_iter()
        .flat_map(Map::values_mut)
    {
        describe_uploads(definition, app.features.uploads);
    }
    let document = KindDocument {
        name: name.as_str(),
        description: input["description"].as_str(),
        input: &input,
        max_attempts,
    };
    Ok(page(form, json(&document)).described(incoming))
}

/// `GET /problems/{slug}`: what a problem type means.
pub(crate) fn problem_type(kind: ProblemKind, incoming: &Incoming) -> Result<Answer, Problem> {
    let form = incoming.choose(Representation::OF_DOCUMENT)?;
    if form == Representation::Html {
        return Ok(page(form, problem_type_page(kind, &incoming.base_url)));
    }
    let document = ProblemTypeDocument {
        kind: incoming.url(&format!("/problems/{}", kind.slug())),
        title: kind.title(),
        status: kind.status().as_u16(),
        explanation: kind.explanation(),
    };
    Ok(page(form, json(&document)))
}

/// A response with a document of the deployment.
pub(crate) fn page(form: Representation, body: String) -> Answer {
    revalidated(Answer::of(form, StatusCode::OK, body))
}

/// Returns this response with a document that a cache must revalidate: it changes when the deployment gets a kind. It varies by origin,
/// because the gateway adds other headers for other origins (CORS).
fn revalidated(answer: Answer) -> Answer {
    answer
        .with("cache-control", "no-cache")
        .with("vary", "accept, origin")
}
