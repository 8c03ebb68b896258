//! `GET /jobs/{id}` and `GET /jobs/{id}/result`.

use api::{
    Answer, Incoming, JSON, Problem, ProblemKind, Representation, entity_tag, expired_entry,
    job_answer, job_path, job_tag, matches, retry_after, store_problem, unwritable,
};
use engine::{JobId, JobRecord, JobState, Outcome, Timestamp};
use lambda_http::http::StatusCode;

use crate::App;

/// The job as it stands, or 304 when the client has it already; 410 once its time is over; 404 without a read when the id was
/// not issued to the caller.
pub(crate) async fn status(
    app: &App,
    incoming: &Incoming,
    id: JobId,
    now: Timestamp,
) -> Result<Answer, Problem> {
    let form = incoming.choose(Representation::OF_JOB)?;
    let found = look_up(app, incoming, id).await?;
    if let Some(expired) = found.as_ref().filter(|record| record.is_expired(now))
        && form == Representation::AtomEntry
    {
        let entry = expired_entry(expired, &incoming.base_url);
        return Ok(uncached(Answer::of(form, StatusCode::GONE, entry)));
    }
    let record = live(found, now)?;
    let answer = job_answer(form, &record, incoming, now).map_err(|error| unwritable(&error))?;
    let answer = in_the_words_of_http(form, answer, &record, incoming);
    let tag = job_tag(form, &record, now);
    // A condition is judged only where the answer would be a success (RFC 9110, section 13.2.1).
    if answer.status.is_success() && is_known(incoming, &tag) {
        return Ok(cached(Answer::empty(StatusCode::NOT_MODIFIED), tag));
    }
    Ok(cached(answer, tag))
}

/// Who asks for an Atom entry reads the state from the status: 200 while there is none, 201 and where it is once the result
/// was created, 410 once there will be none. In the other forms a job that has failed is still there, so it is 200.
fn in_the_words_of_http(
    form: Representation,
    answer: Answer,
    record: &JobRecord,
    incoming: &Incoming,
) -> Answer {
    match (form, record.outcome()) {
        (Representation::AtomEntry, Some(Outcome::Success)) => {
            let result = incoming.url(&format!("{}/result", job_path(record)));
            let status = StatusCode::CREATED;
            Answer { status, ..answer }.with("location", result)
        }
        (Representation::AtomEntry, Some(Outcome::Failed | Outcome::Canceled)) => {
            let status = StatusCode::GONE;
            Answer { status, ..answer }
        }
        _ => answer,
    }
}

/// The result: 404 until there is one, 410 when there will be none.
pub(crate) async fn result(
    app: &App,
    incoming: &Incoming,
    id: JobId,
    now: Timestamp,
) -> Result<Answer, Problem> {
    incoming.choose(Representation::OF_RESULT)?;
    let record = live(look_up(app, incoming, id).await?, now)?;
    let tag = entity_tag(&record, "result");
    match record.state {
        JobState::Scheduled | JobState::Started => {
            let seconds = retry_after(&record, now).unwrap_or(1);
            Err(Problem::new(ProblemKind::ResultNotReady)
                .header("retry-after", seconds.to_string()))
        }
        JobState::Completed(Outcome::Failed) => Err(failed(&record)),
        JobState::Completed(Outcome::Canceled) => Err(Problem::new(ProblemKind::JobCanceled)),
        JobState::Completed(Outcome::Success) if is_known(incoming, &tag) => {
            Ok(cached(Answer::empty(StatusCode::NOT_MODIFIED), tag))
        }
        JobState::Completed(Outcome::Success) => {
            let body = record.result.unwrap_or_else(|| "null".to_owned());
            Ok(cached(Answer::new(StatusCode::OK, JSON, body), tag))
        }
    }
}

/// The caller's record, if it is still there.
async fn look_up(app: &App, incoming: &Incoming, id: JobId) -> Result<Option<JobRecord>, Problem> {
    incoming.owner_of(&id, &app.secrets)?;
    let found = app.store.get(&id).await;
    found.map_err(|error| store_problem(&error))
}

/// The record as a reader has to see it, unless its time is over.
fn live(found: Option<JobRecord>, now: Timestamp) -> Result<JobRecord, Problem> {
    match found {
        None => Err(Problem::new(ProblemKind::JobExpired)),
        Some(record) if record.is_expired(now) => {
            Err(Problem::new(ProblemKind::JobExpired).expired_at(record.expires_at))
        }
        Some(record) => Ok(record.judged(now)),
    }
}

fn failed(record: &JobRecord) -> Problem {
    let problem = Problem::new(ProblemKind::JobFailed);
    match &record.error {
        Some(error) => problem.detail(format!("{}: {}", error.code(), error.message())),
        None => problem,
    }
}

fn is_known(incoming: &Incoming, tag: &str) -> bool {
    incoming
        .header("if-none-match")
        .is_some_and(|header| matches(header, tag))
}

fn cached(answer: Answer, tag: String) -> Answer {
    uncached(answer).with("etag", tag)
}

/// Private, since it is its owner's; to be asked about each time, since it moves.
fn uncached(answer: Answer) -> Answer {
    answer
        .with("cache-control", "private, no-cache")
        .with("vary", "accept, authorization")
}
