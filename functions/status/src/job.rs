//! `GET /jobs/{id}` and `GET /jobs/{id}/result`.

use std::time::SystemTime;

use api::{
    Answer, Hold, Incoming, JSON, Problem, ProblemKind, Representation, entity_tag, job_answer,
    job_path, job_tag, retry_after, with_result,
};
use engine::{JobId, JobRecord, JobState, Judged, Outcome, Timestamp};
use lambda_http::http::StatusCode;

use crate::App;

/// The job: 200, or 304 if the client has the current version; 410 if it has expired; 404, without a read, if the id was not
/// issued to the caller.
pub(crate) async fn status(
    app: &App,
    incoming: &Incoming,
    id: JobId,
    now: Timestamp,
) -> Result<Answer, Problem> {
    let form = incoming.choose(Representation::OF_JOB)?;
    let of_job = |problem: Problem| match problem.kind() {
        ProblemKind::JobExpired => problem.of_job(id),
        _ => problem,
    };
    let (mut judged, hold) = find(app, incoming, id, now).await.map_err(of_job)?;
    let tag = job_tag(form, &judged);
    if form == Representation::Json && incoming.takes_body(&tag) {
        judged = whole(app, judged).await.map_err(of_job)?;
    }
    let answer = job_answer(form, &judged, incoming).sunset_of(&judged);
    let mut answer = with_status(form, answer, &judged, incoming);
    if app.features.monitor_links {
        answer = answer.monitor_link(&judged, &app.secrets, incoming);
    }
    Ok(held(hold, cached(answer, tag)))
}

/// The job with its result.
async fn whole(app: &App, judged: Judged<'static>) -> Result<Judged<'static>, Problem> {
    let whole = with_result(&app.store, judged).await?;
    whole.ok_or_else(|| Problem::new(ProblemKind::JobExpired))
}

/// Sets the status code. For an Atom entry, it carries the state: 200 while there is no result, 201 with the place of the result
/// once there is one, 410 if there will never be one. In the other representations, a failed job is a 200 like any other.
fn with_status(
    form: Representation,
    answer: Answer,
    judged: &Judged<'_>,
    incoming: &Incoming,
) -> Answer {
    match (form, judged.outcome()) {
        (Representation::AtomEntry, Some(Outcome::Success)) => {
            let result = incoming.url(&format!("{}/result", job_path(judged)));
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

/// The result: 404 until there is one, 410 if there will never be one, 307 to the bucket if it is there.
pub(crate) async fn result(
    app: &App,
    incoming: &Incoming,
    id: JobId,
    now: Timestamp,
) -> Result<Answer, Problem> {
    incoming.choose(Representation::OF_RESULT)?;
    let (judged, hold) = find(app, incoming, id, now).await?;
    let answer = result_of(app, incoming, judged).await;
    Ok(held(
        hold,
        answer.unwrap_or_else(|problem| problem.answer(incoming)),
    ))
}

async fn result_of(
    app: &App,
    incoming: &Incoming,
    judged: Judged<'static>,
) -> Result<Answer, Problem> {
    match judged.state {
        JobState::Scheduled | JobState::Started => {
            let seconds = retry_after(&judged).unwrap_or(1);
            Err(Problem::new(ProblemKind::ResultNotReady)
                .header("retry-after", seconds.to_string()))
        }
        JobState::Completed(Outcome::Failed) => Err(failed(&judged)),
        JobState::Completed(Outcome::Canceled) => Err(Problem::new(ProblemKind::JobCanceled)),
        JobState::Completed(Outcome::Success) => {
            let (method, now) = (incoming.method.as_str(), judged.at());
            if let Some(url) = app.store.result_url(&judged, method, now).await? {
                return Ok(elsewhere(url).sunset_of(&judged));
            }
            let tag = entity_tag(&judged, "result");
            let empty = Answer::new(StatusCode::OK, JSON, String::new()).sunset_of(&judged);
            let body = if incoming.takes_body(&tag) {
                let whole = whole(app, judged).await?;
                whole.result.clone().unwrap_or_else(|| "null".to_owned())
            } else {
                String::new()
            };
            Ok(cached(Answer { body, ..empty }, tag))
        }
    }
}

/// The redirection to a result in the bucket. The URL gives access to whoever has it, so no cache may store it.
fn elsewhere(url: String) -> Answer {
    Answer::empty(StatusCode::TEMPORARY_REDIRECT)
        .with("location", url)
        .with("cache-control", "private, no-store")
}

/// Returns this response with the applied delay.
fn held(hold: Option<Hold>, answer: Answer) -> Answer {
    match hold {
        Some(hold) => answer.with("preference-applied", hold.applied()),
        None => answer,
    }
}

/// The job. If the client prefers to wait, the response is delayed until the job has finished or the time has passed.
async fn find(
    app: &App,
    incoming: &Incoming,
    id: JobId,
    now: Timestamp,
) -> Result<(Judged<'static>, Option<Hold>), Problem> {
    let store = app.store.for_owner(incoming.owner_of(&id, &app.secrets)?);
    let record = live(store.get(&id).await?, now)?;
    let Some(hold) = Hold::of(incoming, app.max_wait, &record.judged(now)) else {
        return Ok((record.into_judged(now), None));
    };
    let record = hold.until_end(&store, record).await?;
    let now = Timestamp::from_clock(SystemTime::now());
    Ok((live(record, now)?.into_judged(now), Some(hold)))
}

/// The record, unless it has expired.
fn live(record: Option<JobRecord>, now: Timestamp) -> Result<JobRecord, Problem> {
    match record {
        None => Err(Problem::new(ProblemKind::JobExpired)),
        Some(record) if record.is_deleted => Err(Problem::new(ProblemKind::JobExpired)),
        Some(record) if record.is_expired(now) => {
            Err(Problem::new(ProblemKind::JobExpired).expired(record.into_judged(now)))
        }
        Some(record) => Ok(record),
    }
}

fn failed(judged: &Judged<'_>) -> Problem {
    let problem = Problem::new(ProblemKind::JobFailed);
    match &judged.error {
        Some(error) => problem.detail(format!("{}: {}", error.code(), error.message())),
        None => problem,
    }
}

/// Returns this response with its cache headers: a job belongs to its owner, and may change at any time.
fn cached(answer: Answer, tag: String) -> Answer {
    answer
        .with("etag", tag)
        .with("cache-control", "private, no-cache")
        .with("vary", "accept, authorization")
}
