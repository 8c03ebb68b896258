//! What there is, and what went wrong: documents that never change while a deployment stands.

use api::{Answer, Incoming, Problem, ProblemKind, Representation, home_page, problem_type_page};
use lambda_http::http::StatusCode;
use serde_json::json;

/// `GET /`: where to begin.
pub(crate) fn home(incoming: &Incoming) -> Result<Answer, Problem> {
    let form = incoming.choose(Representation::OF_DOCUMENT)?;
    if form == Representation::Html {
        return Ok(page(form, home_page(&incoming.base_url)));
    }
    let problems: Vec<_> = ProblemKind::ALL
        .iter()
        .map(|kind| incoming.url(&format!("/problems/{}", kind.slug())))
        .collect();
    let document = json!({
        "title": "Asynchronous jobs over HTTP",
        "jobs": incoming.url("/jobs"),
        "problems": problems,
    });
    Ok(page(form, document.to_string()))
}

/// `GET /problems/{slug}`: what a problem type means.
pub(crate) fn problem_type(kind: ProblemKind, incoming: &Incoming) -> Result<Answer, Problem> {
    let form = incoming.choose(Representation::OF_DOCUMENT)?;
    if form == Representation::Html {
        return Ok(page(form, problem_type_page(kind)));
    }
    let document = json!({
        "type": incoming.url(&format!("/problems/{}", kind.slug())),
        "title": kind.title(),
        "status": kind.status().as_u16(),
        "explanation": kind.explanation(),
    });
    Ok(page(form, document.to_string()))
}

fn page(form: Representation, body: String) -> Answer {
    Answer::of(form, StatusCode::OK, body)
        .with("cache-control", "max-age=3600")
        .with("vary", "accept")
}
