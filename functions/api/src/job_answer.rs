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

#[cfg(test)]
mod tests {
    use super::*;
    use engine::{CreationToken, Fingerprint, IdSecrets, NewJob, Owner};
    use std::collections::HashMap;
    use std::time::Duration;

    #[test]
    fn a_page_has_one_body_for_each_entity_tag_whatever_the_time_is() {
        let owner = Owner::named("admin").unwrap();
        let secrets = IdSecrets::parse("ID_SECRETS", "0123456789abcdef0123456789abcdef").unwrap();
        let start = Timestamp::from_seconds(1_767_264_645);
        let job = NewJob {
            id: secrets.issue(&owner, [1; 10]),
            owner,
            kind: "csv_profile".parse().unwrap(),
            fingerprint: Fingerprint::of(b""),
            creation_token: CreationToken::of([1; 16]),
            summary: String::new(),
            scheduled_start: start,
            deadline: Duration::from_secs(3_600),
            write_horizon: engine::WRITE_HORIZON,
            retention: Duration::from_secs(3_600),
            max_attempts: 3,
        };
        let record = JobRecord::begin(job, Timestamp::from_ms(start.ms() - 60_000));
        let mut bodies = HashMap::new();
        for ms in (-60_000..4_000_000).step_by(500) {
            let now = Timestamp::from_ms(start.ms() + ms);
            let judged = record.clone().judged(now);
            let body = page(&judged, "https://api.example.com", now, false);
            let first = bodies
                .entry(job_tag(Representation::Html, &judged, now))
                .or_insert_with(|| body.clone());
            assert_eq!(*first, body, "{ms} ms after the start");
        }
        assert!(bodies.len() > 30, "{}", bodies.len());
    }
}
