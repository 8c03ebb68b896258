//! `GET /jobs/{id}` and `GET /jobs/{id}/result`.

use api::{
    Answer, Incoming, JSON, Problem, ProblemKind, entity_tag, job_answer, matches, retry_after,
    store_problem, unwritable,
};
use engine::{JobId, JobRecord, JobState, Outcome, Timestamp};
use lambda_http::http::StatusCode;

use crate::App;

/// The job as it stands: 200, or 304 when the client has it already; 410 once its time is over; 404 without a read when the id
/// was not issued to the caller.
pub(crate) async fn status(
    app: &App,
    incoming: &Incoming,
    id: JobId,
    now: Timestamp,
) -> Result<Answer, Problem> {
    let record = read(app, incoming, id, now)
        .await
        .map_err(|problem| match problem.kind() {
            ProblemKind::JobExpired => problem.of_job(id),
            _ => problem,
        })?;
    let tag = entity_tag(&record, "json");
    if is_known(incoming, &tag) {
        return Ok(cached(Answer::empty(StatusCode::NOT_MODIFIED), tag));
    }
    Ok(cached(
        job_answer(&record, incoming, now).map_err(|error| unwritable(&error))?,
        tag,
    ))
}

/// The result: 404 until there is one, 410 when there will be none.
pub(crate) async fn result(
    app: &App,
    incoming: &Incoming,
    id: JobId,
    now: Timestamp,
) -> Result<Answer, Problem> {
    let record = read(app, incoming, id, now).await?;
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

async fn read(
    app: &App,
    incoming: &Incoming,
    id: JobId,
    now: Timestamp,
) -> Result<JobRecord, Problem> {
    incoming.owner_of(&id, &app.secrets)?;
    let record = app
        .store
        .get(&id)
        .await
        .map_err(|error| store_problem(&error))?;
    match record {
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

/// Private, since it is its owner's; to be asked about each time, since it moves.
fn cached(answer: Answer, tag: String) -> Answer {
    answer
        .with("etag", tag)
        .with("cache-control", "private, no-cache")
        .with("vary", "accept, authorization")
}
