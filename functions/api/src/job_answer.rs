//! A job as the body of an answer.

use engine::{JobRecord, Timestamp};
use http::StatusCode;

use crate::html::{JobView, job_page};
use crate::{Answer, Incoming, JobDocument, Representation, atom, job_tag, retry_after};

/// The job in this form, as a 200 with its links; how long to wait before looking again is in `Retry-After` until it is at its end.
///
/// # Errors
/// None in practice: every member is a string or a number.
pub fn job_answer(
    form: Representation,
    judged: &JobRecord,
    incoming: &Incoming,
    now: Timestamp,
) -> Result<Answer, serde_json::Error> {
    let base_url = &incoming.base_url;
    let body = match form {
        Representation::Json => serde_json::to_string(&JobDocument::of(judged, base_url))?,
        Representation::AtomEntry | Representation::AtomFeed => atom::entry(judged, base_url),
        Representation::Html => page(judged, base_url, now, false),
    };
    Ok(answer(form, body, judged, now).job_links(&judged.id, incoming))
}

/// The 202's body in this form: the job, and in JSON the `task` before it.
///
/// # Errors
/// None in practice: every member is a string or a number.
pub fn accepted_answer(
    form: Representation,
    judged: &JobRecord,
    incoming: &Incoming,
    now: Timestamp,
) -> Result<Answer, serde_json::Error> {
    let accepted = match form {
        Representation::Json => {
            let body = JobDocument::accepted(judged, &incoming.base_url)?;
            answer(form, body, judged, now).job_links(&judged.id, incoming)
        }
        Representation::AtomEntry | Representation::AtomFeed | Representation::Html => {
            job_answer(form, judged, incoming, now)?
        }
    };
    let status = StatusCode::ACCEPTED;
    Ok(Answer { status, ..accepted })
}

/// The page of a job for whoever has its monitor link: nothing in it leads anywhere else, and no cache keeps it.
#[must_use]
pub fn monitor_answer(judged: &JobRecord, incoming: &Incoming, now: Timestamp) -> Answer {
    let body = page(judged, &incoming.base_url, now, true);
    answer(Representation::Html, body, judged, now)
        .with("etag", job_tag(Representation::Html, judged, now))
        .with("cache-control", "private, no-store")
}

fn page(judged: &JobRecord, base_url: &str, now: Timestamp, is_guest: bool) -> String {
    let view = JobView {
        base_url,
        wait: retry_after(judged, now),
        tag: &job_tag(Representation::Html, judged, now),
        is_guest,
        now,
    };
    job_page(judged, &view)
}

fn answer(form: Representation, body: String, judged: &JobRecord, now: Timestamp) -> Answer {
    let answer = Answer::of(form, StatusCode::OK, body).with("vary", "accept, authorization");
    match retry_after(judged, now) {
        Some(seconds) => answer.with("retry-after", seconds.to_string()),
        None => answer,
    }
}
