//! The home and problem-type documents, which change only with the deployment.

use api::{
    Answer, CALLBACKS_PATH, Incoming, JSON, OPENAPI_PATH, Problem, ProblemKind, Representation,
    home_page, json, problem_type_page,
};
use lambda_http::http::StatusCode;
use schemars::JsonSchema;
use serde::Serialize;

/// Links to the jobs, the OpenAPI document and the problem types.
#[derive(JsonSchema, Serialize)]
pub(crate) struct HomeDocument {
    title: &'static str,
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
pub(crate) fn home(incoming: &Incoming, has_webhooks: bool) -> Result<Answer, Problem> {
    let form = incoming.choose(Representation::OF_DOCUMENT)?;
    let openapi = incoming.url(OPENAPI_PATH);
    let page = if form == Representation::Html {
        page(form, home_page(&incoming.base_url, has_webhooks))
    } else {
        let page_of = |kind: ProblemKind| incoming.url(&format!("/problems/{}", kind.slug()));
        let document = HomeDocument {
            title: "Asynchronous jobs over HTTP",
            jobs: incoming.url("/jobs"),
            openapi: openapi.clone(),
            callbacks: has_webhooks.then(|| incoming.url(CALLBACKS_PATH)),
            problems: ProblemKind::ALL.map(page_of).to_vec(),
        };
        page(form, json(&document))
    };
    Ok(page.typed_link(&openapi, "service-desc", JSON))
}

/// `GET /problems/{slug}`: what a problem type means.
pub(crate) fn problem_type(kind: ProblemKind, incoming: &Incoming) -> Result<Answer, Problem> {
    let form = incoming.choose(Representation::OF_DOCUMENT)?;
    if form == Representation::Html {
        return Ok(page(form, problem_type_page(kind)));
    }
    let document = ProblemTypeDocument {
        kind: incoming.url(&format!("/problems/{}", kind.slug())),
        title: kind.title(),
        status: kind.status().as_u16(),
        explanation: kind.explanation(),
    };
    Ok(page(form, json(&document)))
}

/// A response with a document that a cache must revalidate: it changes when the deployment gets a kind. It varies by origin, because
/// the gateway adds other headers for other origins (CORS).
pub(crate) fn page(form: Representation, body: String) -> Answer {
    Answer::of(form, StatusCode::OK, body)
        .with("cache-control", "no-cache")
        .with("vary", "accept, origin")
}
