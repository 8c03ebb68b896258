//! `POST /jobs`.

use api::{
    Answer, Hold, Incoming, Problem, ProblemKind, Representation, accepted_answer, job_answer,
    job_path, queue_problem, store_problem, too_late, unwritable, with_result,
};
use engine::{
    Created, CreationToken, Fingerprint, Happened, JobId, JobMessage, JobRecord, MAX_MESSAGE_BYTES,
    NewJob, Owner, Timestamp, TraceContext,
};
use lambda_http::tracing::{info, warn};

use crate::request::{Submission, parse, too_large};
use crate::{App, clock, idempotency, in_time};

/// A job that stands, and what its submitter is told of it.
struct Accepted {
    record: JobRecord,
    /// Whether it stood before, for the same request under the same `Idempotency-Key`.
    is_replay: bool,
}

/// Accepts a job: 202, or 200 when the client prefers to wait and the job ends in time.
pub(crate) async fn submit(
    app: &App,
    incoming: &Incoming,
    now: Timestamp,
) -> Result<Answer, Problem> {
    let form = incoming.choose(Representation::OF_COMMAND)?;
    let mut accepted = in_time(accept(app, incoming, now)).await?;
    let hold = Hold::of(incoming, app.max_wait, &accepted.record, now);
    let mut now = now;
    let is_pending = hold.is_some() && !accepted.record.state.is_completed();
    let pending = is_pending.then(|| accepted.record.clone());
    if let Some(hold) = hold {
        accepted.record = at_its_end(app, accepted.record, hold).await;
        now = clock();
    }
    if form == Representation::Json {
        accepted.record = whole(app, accepted.record, pending).await?;
    }
    let answer = answer(form, &accepted, hold, incoming, now)?;
    Ok(if app.monitor_links {
        answer.monitor_link(&accepted.record, &app.secrets, incoming)
    } else {
        answer
    })
}

/// The job at its end, if it comes in time. The job was accepted, so nothing that goes wrong here may be the answer.
async fn at_its_end(app: &App, record: JobRecord, hold: Hold) -> JobRecord {
    match hold.until_end(&app.store, record.clone()).await {
        Ok(standing) => standing
            .filter(|standing| !standing.is_deleted)
            .unwrap_or(record),
        Err(error) => {
            warn!(job.id = %record.id, "waited for a job in vain: {error}");
            record
        }
    }
}

/// The job with its result. If that cannot be read, a job that the client waited for is answered as it was `pending`, so that
/// the client polls.
async fn whole(
    app: &App,
    record: JobRecord,
    pending: Option<JobRecord>,
) -> Result<JobRecord, Problem> {
    let problem = match with_result(&app.store, record).await {
        Ok(Some(whole)) => return Ok(whole),
        // The job is gone, and the next submit under its key creates another one.
        Ok(None) => too_late(),
        Err(error) => store_problem(&error),
    };
    pending.ok_or(problem)
}

/// Stores the job and sends it on, or says what is wrong with it. With an `Idempotency-Key` that stands for a live job, finds
/// that one.
async fn accept(app: &App, incoming: &Incoming, now: Timestamp) -> Result<Accepted, Problem> {
    let owner = incoming.owner()?;
    let key = idempotency::key(incoming)?;
    let submission = parse(incoming, &app.intake, app.schedule_ahead(), now)?;
    let fingerprint = Fingerprint::of(&incoming.body);
    let place = match &key {
        None => Place::of(app.secrets.issue(owner, random()?)),
        Some(key) => match look(app, owner, key, now).await? {
            Known::Live(standing) => return replay(*standing, &fingerprint, now),
            Known::Free(place) => place,
        },
    };
    match store(
        app,
        incoming,
        owner,
        submission,
        place,
        fingerprint.clone(),
        now,
    )
    .await?
    {
        Created::New(record) => {
            app.metrics.write(&record.kind, Happened::Accepted, now);
            Ok(accepted(*record, incoming))
        }
        // Another submit under the key was faster, and its job is over and gone. This one's message may be, too.
        Created::Taken(standing) if standing.is_expired(clock()) => Err(too_late()),
        Created::Taken(standing) => replay(*standing, &fingerprint, now),
    }
}

/// Where a new job goes.
struct Place {
    id: JobId,
    /// The expired or deleted record that is there.
    replaced: Option<CreationToken>,
}

impl Place {
    /// Where nothing is.
    fn of(id: JobId) -> Self {
        Self { id, replaced: None }
    }
}

/// What there is of a key.
enum Known {
    /// Its live job.
    Live(Box<JobRecord>),
    /// None: this is where its next one goes.
    Free(Place),
}

/// Looks for the live job of a key: one read for each secret.
async fn look(app: &App, owner: &Owner, key: &str, now: Timestamp) -> Result<Known, Problem> {
    let mut place = None;
    for id in app.secrets.for_key(owner, key) {
        let record = app
            .store
            .get(&id)
            .await
            .map_err(|error| store_problem(&error))?;
        let replaced = match record {
            Some(record) if !record.is_expired(now) => return Ok(Known::Live(record.into())),
            record => record.map(|record| record.creation_token),
        };
        // A key's new job gets the newest secret's id.
        place.get_or_insert(Place { id, replaced });
    }
    // `for_key` has at least one.
    place
        .map(Known::Free)
        .ok_or_else(|| Problem::new(ProblemKind::InternalError))
}

/// The message first, then the record. The other way round, a crash in between would leave a job that nobody ever runs.
async fn store(
    app: &App,
    incoming: &Incoming,
    owner: &Owner,
    submission: Submission,
    Place { id, replaced }: Place,
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
    let creation_token = CreationToken::of(random()?);
    let message = JobMessage {
        id,
        kind: kind.clone(),
        fingerprint: fingerprint.clone(),
        traceparent: traceparent(incoming),
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
    let (deadline, write_horizon, retention) = (app.deadline, app.write_horizon, app.retention);
    let job = NewJob {
        id,
        owner: owner.clone(),
        kind,
        fingerprint,
        creation_token,
        summary,
        scheduled_start,
        deadline,
        write_horizon,
        retention,
        max_attempts,
    };
    app.store
        .create(job, replaced.as_ref(), now)
        .await
        .map_err(|error| store_problem(&error))
}

fn accepted(record: JobRecord, incoming: &Incoming) -> Accepted {
    let context = traceparent(incoming);
    info!(
        job.id = %record.id,
        job.name = %record.kind,
        xray.trace = incoming.trace.as_deref(),
        traceparent = context.as_ref().map(TraceContext::as_str),
        "accepted a job"
    );
    Accepted {
        record,
        is_replay: false,
    }
}

/// What the client says that its request belongs to.
fn traceparent(incoming: &Incoming) -> Option<TraceContext> {
    incoming.header("traceparent")?.parse().ok()
}

/// The job of a key that was used before, as it stands, unless the request was another one.
fn replay(
    standing: JobRecord,
    fingerprint: &Fingerprint,
    now: Timestamp,
) -> Result<Accepted, Problem> {
    if standing.fingerprint != *fingerprint {
        return Err(Problem::new(ProblemKind::IdempotencyKeyReused));
    }
    Ok(Accepted {
        record: standing.judged(now),
        is_replay: true,
    })
}

fn answer(
    form: Representation,
    accepted: &Accepted,
    hold: Option<Hold>,
    incoming: &Incoming,
    now: Timestamp,
) -> Result<Answer, Problem> {
    let record = &accepted.record;
    let uri = incoming.url(&job_path(record));
    let is_waited_for = hold.is_some() && record.state.is_completed();
    let answer = if is_waited_for {
        // The status document itself, so it is at the status URI that it can be had again.
        let answer = job_answer(form, record, incoming, now).map_err(|error| unwritable(&error))?;
        answer.with("content-location", uri.as_str())
    } else {
        let answer = accepted_answer(form, record, incoming, now);
        let answer = answer.map_err(|error| unwritable(&error))?;
        answer.with("location", uri.as_str())
    };
    let mut answer = answer
        .with("operation-location", uri)
        .with("cache-control", "no-store");
    if accepted.is_replay {
        answer = answer.with("idempotency-replayed", "true");
    }
    Ok(match applied(hold, !is_waited_for, incoming) {
        Some(applied) => answer.with("preference-applied", applied),
        None => answer,
    })
}

/// What was made of the client's preferences.
fn applied(hold: Option<Hold>, is_async: bool, incoming: &Incoming) -> Option<String> {
    let is_async = is_async && incoming.preferences.respond_async;
    match (is_async, hold.map(Hold::applied)) {
        (true, Some(wait)) => Some(format!("respond-async, {wait}")),
        (true, None) => Some("respond-async".to_owned()),
        (false, wait) => wait,
    }
}

fn random<const BYTES: usize>() -> Result<[u8; BYTES], Problem> {
    let mut bytes = [0; BYTES];
    getrandom::fill(&mut bytes).map_err(|error| {
        lambda_http::tracing::error!("no random bytes: {error}");
        Problem::new(ProblemKind::InternalError)
    })?;
    Ok(bytes)
}
