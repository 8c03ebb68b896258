//! `GET /jobs/{id}` and `GET /jobs/{id}/result`.

use std::time::SystemTime;

use api::{
    Answer, Hold, Incoming, JSON, Problem, ProblemKind, Representation, entity_tag, job_answer,
    job_path, job_tag, retry_after, store_problem, unwritable, with_result,
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
    let form = incoming.choose(Representation::OF_JOB)?;
    let of_job = |problem: Problem| match problem.kind() {
        ProblemKind::JobExpired => problem.of_job(id),
        _ => problem,
    };
    let mut found = find(app, incoming, id, now).await.map_err(of_job)?;
    let tag = job_tag(form, &found.record, found.now);
    if form == Representation::Json && incoming.takes_body(&tag) {
        found.record = whole(app, found.record).await.map_err(of_job)?;
    }
    let answer = job_answer(form, &found.record, incoming, found.now);
    let answer = answer.map_err(|error| unwritable(&error))?;
    let answer = answer.sunset_of(&found.record);
    let mut answer = in_the_words_of_http(form, answer, &found.record, incoming);
    if app.monitor_links {
        answer = answer.monitor_link(&found.record, &app.secrets, incoming);
    }
    Ok(found.held(cached(answer, tag)))
}

/// The record with its result in it.
async fn whole(app: &App, record: JobRecord) -> Result<JobRecord, Problem> {
    let whole = with_result(&app.store, record).await;
    whole
        .map_err(|error| store_problem(&error))?
        .ok_or_else(|| Problem::new(ProblemKind::JobExpired))
}

/// Who asks for an Atom entry reads the state from the status: 200 while there is no result, 201 and where it is once it was
/// created, 410 once there will be none. In the other forms a job that has failed is still there, so it is 200.
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
    let found = find(app, incoming, id, now).await?;
    let answer = result_of(app, incoming, &found.record, found.now).await;
    Ok(found.held(answer.unwrap_or_else(|problem| problem.answer(incoming))))
}

async fn result_of(
    app: &App,
    incoming: &Incoming,
    record: &JobRecord,
    now: Timestamp,
) -> Result<Answer, Problem> {
    match record.state {
        JobState::Scheduled | JobState::Started => {
            let seconds = retry_after(record, now).unwrap_or(1);
            Err(Problem::new(ProblemKind::ResultNotReady)
                .header("retry-after", seconds.to_string()))
        }
        JobState::Completed(Outcome::Failed) => Err(failed(record)),
        JobState::Completed(Outcome::Canceled) => Err(Problem::new(ProblemKind::JobCanceled)),
        JobState::Completed(Outcome::Success) => {
            let tag = entity_tag(record, "result");
            let body = if incoming.takes_body(&tag) {
                let whole = whole(app, record.clone()).await?;
                whole.result.unwrap_or_else(|| "null".to_owned())
            } else {
                String::new()
            };
            let answer = Answer::new(StatusCode::OK, JSON, body);
            Ok(cached(answer.sunset_of(record), tag))
        }
    }
}

/// A job, as it was judged at `now`.
struct Found {
    record: JobRecord,
    now: Timestamp,
    hold: Option<Hold>,
}

impl Found {
    /// The answer, with how long it was held at most.
    fn held(&self, answer: Answer) -> Answer {
        match self.hold {
            Some(hold) => answer.with("preference-applied", hold.applied()),
            None => answer,
        }
    }
}

/// The job, at its end if the client prefers to wait for that and it comes in time.
async fn find(app: &App, incoming: &Incoming, id: JobId, now: Timestamp) -> Result<Found, Problem> {
    let store = app.store.for_owner(incoming.owner_of(&id, &app.secrets)?);
    let record = store.get(&id).await;
    let record = live(record.map_err(|error| store_problem(&error))?, now)?;
    let Some(hold) = Hold::of(incoming, app.max_wait, &record, now) else {
        return Ok(Found {
            record,
            now,
            hold: None,
        });
    };
    let record = hold.until_end(&store, record).await;
    let now = Timestamp::from_clock(SystemTime::now());
    let record = live(record.map_err(|error| store_problem(&error))?, now)?;
    Ok(Found {
        record,
        now,
        hold: Some(hold),
    })
}

/// The record as a reader has to see it, unless its time is over.
fn live(record: Option<JobRecord>, now: Timestamp) -> Result<JobRecord, Problem> {
    match record {
        None => Err(Problem::new(ProblemKind::JobExpired)),
        Some(record) if record.is_deleted => Err(Problem::new(ProblemKind::JobExpired)),
        Some(record) if record.is_expired(now) => {
            Err(Problem::new(ProblemKind::JobExpired).expired(record))
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

/// Private, since it is its owner's; to be asked about each time, since it moves.
fn cached(answer: Answer, tag: String) -> Answer {
    answer
        .with("etag", tag)
        .with("cache-control", "private, no-cache")
        .with("vary", "accept, authorization")
}
