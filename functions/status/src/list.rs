//! `GET /jobs`.

use api::{
    Answer, Feed, Incoming, JobList, JobMembers, ListQuery, Problem, ProblemKind, Representation,
    json, list_page,
};
use engine::{Cursor, JobState, KindName, MAX_PAGE, Timestamp};
use lambda_http::http::StatusCode;
use schemars::JsonSchema;
use serde::Serialize;

use crate::App;

/// The number of jobs on a page if the client does not set a limit: about a screenful.
pub(crate) const DEFAULT_LIMIT: usize = 20;

/// The parameters of a query.
pub(crate) const PARAMETERS: [&str; 4] = ["limit", "cursor", "job-status", "name"];

/// A page of jobs, newest first.
#[derive(JsonSchema, Serialize)]
pub(crate) struct ListDocument<'a> {
    jobs: Vec<JobMembers<'a>>,
    /// The next page's URL, if there may be one. Its cursor is opaque.
    #[schemars(url)]
    next: Option<String>,
    /// The `cursor` of the next page; null exactly if `next` is. Opaque.
    #[serde(rename = "next-cursor")]
    next_cursor: Option<String>,
}

/// A page of the caller's jobs, newest first.
pub(crate) async fn list(
    app: &App,
    incoming: &Incoming,
    now: Timestamp,
) -> Result<Answer, Problem> {
    let form = incoming.choose(Representation::OF_LIST)?;
    let owner = incoming.owner()?;
    check_names(incoming)?;
    let limit = limit(incoming.query.first("limit"))?;
    let cursor = cursor(incoming.query.first("cursor"))?;
    let status = incoming.query.first("job-status");
    let name = kind(incoming.query.first("name"))?;
    let mut page = app
        .store
        .list(owner, limit, cursor.as_ref(), state(status)?, now)
        .await?;
    if let Some(name) = &name {
        page.jobs.retain(|job| job.kind == *name);
    }
    // Formatted again, because the client may have sent it with leading zeros.
    let given_limit = incoming.query.first("limit").map(|_| limit);
    let query = ListQuery {
        limit: given_limit,
        cursor: incoming.query.first("cursor"),
        status,
        name: name.as_ref().map(KindName::as_str),
    };
    let here = incoming.url(&query.path());
    let next_cursor = page.next.map(|cursor| cursor.to_string());
    let next = next_cursor.as_deref().map(|cursor| {
        let next = ListQuery {
            limit: Some(limit),
            cursor: Some(cursor),
            ..query
        };
        incoming.url(&next.path())
    });
    let body = match form {
        Representation::Json => json(&ListDocument {
            jobs: page.jobs.iter().map(JobMembers::of).collect(),
            next: next.clone(),
            next_cursor,
        }),
        Representation::AtomEntry | Representation::AtomFeed => {
            let feed = Feed {
                owner,
                jobs: &page.jobs,
                uri: &here,
                next: next.as_deref(),
            };
            feed.document(&incoming.base_url)
        }
        Representation::Html => {
            let list = JobList {
                jobs: &page.jobs,
                next: next.as_deref(),
                query,
                kinds: &app.catalog.names().collect::<Vec<_>>(),
            };
            list_page(&list, &incoming.base_url)
        }
    };
    let answer = Answer::of(form, StatusCode::OK, body).link(&here, "self");
    let answer = match &next {
        Some(next) => answer.link(next, "next"),
        None => answer,
    };
    Ok(answer
        .described(incoming)
        .with("cache-control", "private, no-cache")
        .with("vary", "accept, authorization"))
}

/// Refuses a parameter that is unknown or repeated: the list without its filter would not be the one that the client means. A request can be
/// signed in its query, in parameters of AWS.
fn check_names(incoming: &Incoming) -> Result<(), Problem> {
    for (name, _) in incoming.query.iter() {
        let is_known = PARAMETERS.contains(&name) || name.starts_with("X-Amz-");
        let values = incoming.query.all(name).unwrap_or_default();
        if !is_known || values.len() > 1 {
            let names = PARAMETERS.join(", ");
            let detail = format!("The list takes these parameters, each once: {names}.");
            return Err(invalid(&detail));
        }
    }
    Ok(())
}

fn limit(text: Option<&str>) -> Result<usize, Problem> {
    let Some(text) = text else {
        return Ok(DEFAULT_LIMIT);
    };
    let limit = text
        .parse()
        .ok()
        .filter(|limit| (1..=MAX_PAGE).contains(limit));
    limit.ok_or_else(|| {
        invalid(&format!(
            "'limit' must be a whole number from 1 to {MAX_PAGE}."
        ))
    })
}

fn cursor(text: Option<&str>) -> Result<Option<Cursor>, Problem> {
    text.map(str::parse)
        .transpose()
        .map_err(|error: engine::ParseCursorError| invalid(&format!("'cursor' is {error}.")))
}

/// The kind of the filter. It may be one that the deployment no longer has: its jobs remain readable until they expire.
fn kind(text: Option<&str>) -> Result<Option<KindName>, Problem> {
    text.map(str::parse)
        .transpose()
        .map_err(|error: engine::ParseKindNameError| {
            invalid(&format!("'name' is not valid: {error}."))
        })
}

fn state(text: Option<&str>) -> Result<Option<JobState>, Problem> {
    let Some(text) = text else { return Ok(None) };
    let known = JobState::of_job_status(text);
    known.map(Some).ok_or_else(|| {
        let statuses = JobState::ALL.map(JobState::job_status).join(", ");
        invalid(&format!("'job-status' must be one of {statuses}."))
    })
}

fn invalid(detail: &str) -> Problem {
    Problem::new(ProblemKind::InvalidQuery).detail(detail)
}
