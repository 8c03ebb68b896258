//! What there is, and what went wrong: documents that never change while a deployment stands.

use api::{Answer, Incoming, JSON, ProblemKind};
use lambda_http::http::StatusCode;
use serde_json::json;

/// `GET /`: where to begin.
pub(crate) fn home(incoming: &Incoming) -> Answer {
    let problems: Vec<_> = ProblemKind::ALL
        .iter()
        .map(|kind| incoming.url(&format!("/problems/{}", kind.slug())))
        .collect();
    let document = json!({
        "title": "Asynchronous jobs over HTTP",
        "jobs": incoming.url("/jobs"),
        "problems": problems,
    });
    page(document.to_string())
}

/// `GET /problems/{slug}`: what a problem type means.
pub(crate) fn problem_type(kind: ProblemKind, incoming: &Incoming) -> Answer {
    let document = json!({
        "type": incoming.url(&format!("/problems/{}", kind.slug())),
        "title": kind.title(),
        "status": kind.status().as_u16(),
        "explanation": kind.explanation(),
    });
    page(document.to_string())
}

fn page(body: String) -> Answer {
    Answer::new(StatusCode::OK, JSON, body).with("cache-control", "max-age=3600")
}
