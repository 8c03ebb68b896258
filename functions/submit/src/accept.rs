//! `POST /jobs`.

use api::{
    Answer, Incoming, JSON, JobDocument, Problem, ProblemKind, job_path, queue_problem,
    retry_after, store_problem, unwritable,
};
use engine::{
    Created, Fingerprint, JobId, JobMessage, JobRecord, MAX_MESSAGE_BYTES, NewJob, Owner, Timestamp,
};
use lambda_http::http::StatusCode;
use lambda_http::tracing::info;

use crate::request::{Submission, parse, too_large};
use crate::{App, idempotency};

/// Accepts a job, or says what is wrong with it. With an `Idempotency-Key` that stands for a live job, answers with that one.
pub(crate) async fn accept(
    app: &App,
    incoming: &Incoming,
    now: Timestamp,
) -> Result<Answer, Problem> {
    let owner = incoming.owner()?;
    let key = idempotency::key(incoming)?;
    let submission = parse(incoming, &app.intake, app.deadline, now)?;
    let fingerprint = Fingerprint::of(&incoming.body);
    let id = match &key {
        None => app.secrets.issue(owner, random_seed()?),
        Some(key) => {
            if let Some(standing) = standing(app, owner, key, now).await? {
                return replay(&standing, &fingerprint, incoming, now);
            }
            // A key's new job gets the newest secret's id; `for_key` has at least that one.
            app.secrets
                .for_key(owner, key)
                .next()
                .ok_or_else(|| Problem::new(ProblemKind::InternalError))?
        }
    };
    match store(
        app,
        incoming,
        owner,
        submission,
        id,
        fingerprint.clone(),
        now,
    )
    .await?
    {
        Created::New(record) => accepted(&record, incoming, now),
        Created::Taken(standing) => replay(&standing, &fingerprint, incoming, now),
    }
}

/// The live job of a key, if there is one: one read for each secret.
async fn standing(
    app: &App,
    owner: &Owner,
    key: &str,
    now: Timestamp,
) -> Result<Option<JobRecord>, Problem> {
    for id in app.secrets.for_key(owner, key) {
        let record = app
            .store
            .get(&id)
            .await
            .map_err(|error| store_problem(&error))?;
        if let Some(record) = record.filter(|record| !record.is_expired(now)) {
            return Ok(Some(record));
        }
    }
    Ok(None)
}

/// The message first, then the record. The other way round, a crash in between would leave a job that nobody ever runs.
async fn store(
    app: &App,
    incoming: &Incoming,
    owner: &Owner,
    submission: Submission,
    id: JobId,
    fingerprint: Fingerprint,
    now: Timestamp,
) -> Result<Created, Problem> {
    let Submission {
        kind,
        max_attempts,
        input,
        summary,
        scheduled_start,
    } = submission;
    let message = JobMessage {
        id,
        kind: kind.clone(),
        fingerprint: fingerprint.clone(),
        keyed: incoming.headers.contains_key("idempotency-key"),
        input,
    };
    let message = message.to_body().map_err(|error| unwritable(&error))?;
    // Escapes can make a message longer than the body was.
    if message.len() > MAX_MESSAGE_BYTES {
        return Err(too_large());
    }
    let delay = scheduled_start.since(now);
    let sent = app
        .queue
        .send(message, owner, delay, incoming.trace.as_deref())
        .await;
    sent.map_err(|error| queue_problem(&error))?;
    let (owner, deadline, retention) = (owner.clone(), app.deadline, app.retention);
    let job = NewJob {
        id,
        owner,
        kind,
        fingerprint,
        summary,
        scheduled_start,
        deadline,
        retention,
        max_attempts,
    };
    app.store
        .create(job, now)
        .await
        .map_err(|error| store_problem(&error))
}

fn accepted(record: &JobRecord, incoming: &Incoming, now: Timestamp) -> Result<Answer, Problem> {
    info!(job.id = %record.id, job.name = %record.kind, "accepted a job");
    answer(record, incoming, now)
}

/// The answer to a key that was used before: its job as it stands, unless the request was another one.
fn replay(
    standing: &JobRecord,
    fingerprint: &Fingerprint,
    incoming: &Incoming,
    now: Timestamp,
) -> Result<Answer, Problem> {
    if standing.fingerprint != *fingerprint {
        return Err(Problem::new(ProblemKind::IdempotencyKeyReused));
    }
    Ok(answer(&standing.clone().judged(now), incoming, now)?.with("idempotency-replayed", "true"))
}

fn answer(record: &JobRecord, incoming: &Incoming, now: Timestamp) -> Result<Answer, Problem> {
    let body =
        JobDocument::accepted(record, &incoming.base_url).map_err(|error| unwritable(&error))?;
    let uri = incoming.url(&job_path(record));
    let answer = Answer::new(StatusCode::ACCEPTED, JSON, body)
        .with("location", uri.as_str())
        .with("operation-location", uri)
        .with("cache-control", "no-store")
        .job_links(&record.id, incoming);
    Ok(match retry_after(record, now) {
        Some(seconds) => answer.with("retry-after", seconds.to_string()),
        None => answer,
    })
}

fn random_seed() -> Result<[u8; 10], Problem> {
    let mut seed = [0; 10];
    getrandom::fill(&mut seed).map_err(|error| {
        lambda_http::tracing::error!("no random bytes: {error}");
        Problem::new(ProblemKind::InternalError)
    })?;
    Ok(seed)
}
