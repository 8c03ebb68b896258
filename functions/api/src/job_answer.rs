//! A job as the body of a response.

use engine::{IdSecrets, JobRecord, JobStore, Judged, StoreError};
use http::StatusCode;

use crate::html::job_page;
use crate::{Answer, Incoming, JobDocument, Representation, atom, job_tag, json, retry_after};

/// The job in this representation, as a 200 with its links and, until it has finished, `Retry-After`.
#[must_use]
pub fn job_answer(form: Representation, judged: &Judged<'_>, incoming: &Incoming) -> Answer {
    let base_url = &incoming.base_url;
    let body = match form {
        Representation::Json => json(&JobDocument::of(judged, base_url)),
        Representation::AtomEntry | Representation::AtomFeed => atom::entry(judged, base_url),
        Representation::Html => page(judged, base_url, false),
    };
    answer(form, body, judged).job_links(&judged.id, incoming)
}

/// The 202 in this representation: the job, and in JSON the `task`.
#[must_use]
pub fn accepted_answer(form: Representation, judged: &Judged<'_>, incoming: &Incoming) -> Answer {
    let accepted = match form {
        Representation::Json => {
            let body = JobDocument::accepted(judged, &incoming.base_url);
            answer(form, body, judged).job_links(&judged.id, incoming)
        }
        Representation::AtomEntry | Representation::AtomFeed | Representation::Html => {
            job_answer(form, judged, incoming)
        }
    };
    let status = StatusCode::ACCEPTED;
    Answer { status, ..accepted }
}

/// The page of a job for anyone who has its monitor link. It links to nothing else, and no cache may store it.
#[must_use]
pub fn monitor_answer(judged: &Judged<'_>, incoming: &Incoming) -> Answer {
    let body = page(judged, &incoming.base_url, true);
    answer(Representation::Html, body, judged)
        .with("etag", job_tag(Representation::Html, judged))
        .with("cache-control", "private, no-store")
}

/// Returns the job with its result, which takes another read if the result is in an item of its own. `None` if the job has expired
/// or was deleted since its record was read. A result in the bucket is not read: only the URL of the result leads there.
///
/// # Errors
/// [`StoreError`] if the table does not answer, or has no such item.
pub async fn with_result(
    store: &JobStore,
    judged: Judged<'static>,
) -> Result<Option<Judged<'static>>, StoreError> {
    if judged.result_token.is_none() || judged.result_days.is_some() {
        return Ok(Some(judged));
    }
    let result = store.result(&judged).await?;
    Ok(result.map(|result| judged.with_result(result)))
}

impl Answer {
    /// Returns this response with the monitor link of a job (the relation is from RFC 5989): anyone with the link may see the job's
    /// page.
    #[must_use]
    pub fn monitor_link(
        self,
        record: &JobRecord,
        secrets: &IdSecrets,
        incoming: &Incoming,
    ) -> Self {
        let page = incoming.url(&format!("/monitor/{}", secrets.monitor_token(record)));
        self.typed_link(&page, "monitor", "text/html")
    }
}

fn page(judged: &Judged<'_>, base_url: &str, is_guest: bool) -> String {
    let tag = job_tag(Representation::Html, judged);
    job_page(judged, base_url, &tag, is_guest)
}

fn answer(form: Representation, body: String, judged: &Judged<'_>) -> Answer {
    let answer = Answer::of(form, StatusCode::OK, body).with("vary", "accept, authorization");
    match retry_after(judged) {
        Some(seconds) => answer.with("retry-after", seconds.to_string()),
        None => answer,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use engine::{NewJob, Timestamp, test_kit};
    use std::collections::HashMap;
    use std::time::Duration;

    #[test]
    fn a_page_has_one_body_for_each_entity_tag_whatever_the_time_is() {
        let job = NewJob {
            deadline: Duration::from_secs(3_600),
            retention: Duration::from_secs(3_600),
            ..test_kit::new_job()
        };
        let start = job.scheduled_start;
        let record = JobRecord::begin(job, Timestamp::from_ms(start.ms() - 60_000));
        let mut bodies = HashMap::new();
        for ms in (-60_000..4_000_000).step_by(500) {
            let judged = record.judged(Timestamp::from_ms(start.ms() + ms));
            let body = page(&judged, "https://api.example.com", false);
            let first = bodies
                .entry(job_tag(Representation::Html, &judged))
                .or_insert_with(|| body.clone());
            assert_eq!(*first, body, "{ms} ms after the start");
        }
        assert!(bodies.len() > 30, "{}", bodies.len());
    }
}
