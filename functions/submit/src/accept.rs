//! `POST /jobs`.

use api::{
    Answer, Hold, Incoming, Problem, ProblemKind, Representation, accepted_answer, job_answer,
    job_path, too_late, with_result,
};
use engine::{Created, Fingerprint, Happened, JobRecord, Judged, Timestamp, TraceContext};
use lambda_http::tracing::{info, warn};

use crate::body::Members;
use crate::place::{Known, Place, look, random};
use crate::request::parse;
use crate::submission::Submission;
use crate::uploads::JobUploads;
use crate::{App, clock, idempotency};

/// A job that is stored, and how the response shows it.
pub(crate) struct Accepted {
    form: Representation,
    stored: Stored,
}

/// The job of a submit.
pub(crate) struct Stored {
    pub(crate) record: JobRecord,
    /// Whether the job was stored before, for the same request under the same `Idempotency-Key`.
    pub(crate) is_replay: bool,
}

/// Stores the job and sends its message, or reports what is wrong with it. If the `Idempotency-Key` belongs to a live job, finds
/// that job instead.
pub(crate) async fn accept(
    app: &App,
    incoming: &Incoming,
    now: Timestamp,
) -> Result<Accepted, Problem> {
    let form = incoming.choose(Representation::OF_COMMAND)?;
    let owner = incoming.owner()?;
    let key = idempotency::key_of_submit(incoming)?;
    let members = Members::of(incoming, ProblemKind::InvalidJob)?;
    let mut job = parse(members, Fingerprint::of(&incoming.body), app, now)?;
    let place = match &key {
        None => Place::new(app.secrets.issue(owner, random()?)),
        Some(key) => {
            let read = |id| async move { app.store.get(&id).await };
            match look(app.secrets.for_key(owner, key), read, now).await? {
                Known::Live(record) => {
                    let stored = replay(*record, &job.fingerprint)?;
                    return Ok(Accepted { form, stored });
                }
                Known::Free(place) => place,
            }
        }
    };
    let latest = app.deadline_of(job.scheduled_start);
    let named = JobUploads::of(app, owner, std::mem::take(&mut job.uploads))?;
    let uploads = named.find(app, latest).await?;
    let mut submission = Submission::of(job, place, uploads, incoming)?;
    let trace = incoming.trace.as_deref();
    // The message (or its schedule) comes first. In the other order, a crash in between would leave a job that never runs.
    submission.send(app, now, trace).await?;
    let stored = store(app, submission, trace, now).await?;
    if !stored.is_replay {
        let accepted = Happened::Accepted { jobs: 1 };
        app.metrics.write(&stored.record.kind, accepted, now);
    }
    Ok(Accepted { form, stored })
}

/// Writes the record of a job whose message or schedule has been sent.
pub(crate) async fn store(
    app: &App,
    mut submission: Submission,
    trace: Option<&str>,
    now: Timestamp,
) -> Result<Stored, Problem> {
    let message = &submission.message;
    let (traceparent, fingerprint) = (message.traceparent.clone(), message.fingerprint.clone());
    let replaced = submission.replaced.take();
    let job = submission.into_job(app);
    let schedule = job.schedule.clone();
    let created = app.store.create(job, replaced.as_ref(), now).await?;
    if matches!(created, Created::Taken(_)) {
        // No record names the schedule, and none will: the id remains taken for longer than any try of this write can take effect.
        app.drop_schedule(schedule.as_ref(), now).await;
    }
    match created {
        Created::New(record) => {
            info!(
                job.id = %record.id,
                job.name = %record.kind,
                xray.trace = trace,
                traceparent = traceparent.as_ref().map(TraceContext::as_str),
                "job accepted"
            );
            Ok(Stored {
                record: *record,
                is_replay: false,
            })
        }
        // Another submit under the key was faster, and its job has already expired. The message of this one may be gone, too.
        Created::Taken(stored) if stored.is_expired(clock()) => Err(too_late()),
        Created::Taken(stored) => replay(*stored, &fingerprint),
    }
}

/// The current job of a key that was used before, unless the request was a different one.
pub(crate) fn replay(record: JobRecord, fingerprint: &Fingerprint) -> Result<Stored, Problem> {
    if record.fingerprint != *fingerprint {
        return Err(Problem::new(ProblemKind::IdempotencyKeyReused));
    }
    Ok(Stored {
        record,
        is_replay: true,
    })
}

/// The response about an accepted job: 202, or 200 if the client prefers to wait and the job finishes in time. `now` is when the
/// request arrived.
pub(crate) async fn answer(
    app: &App,
    incoming: &Incoming,
    accepted: Accepted,
    now: Timestamp,
) -> Result<Answer, Problem> {
    let Accepted { form, stored } = accepted;
    let Stored { record, is_replay } = stored;
    let judged = record.judged(now);
    let hold = Hold::of(incoming, app.max_wait, &judged);
    let is_pending = hold.is_some() && !judged.state.is_completed();
    let pending = is_pending.then(|| record.clone());
    let mut judged = match hold {
        None => record.into_judged(now),
        Some(hold) => finished(app, record, hold).await.into_judged(clock()),
    };
    if form == Representation::Json {
        judged = whole(app, judged, pending).await?;
    }
    let answer = document(form, &judged, hold, incoming);
    let answer = if is_replay {
        answer.with("idempotency-replayed", "true")
    } else {
        answer
    };
    Ok(if app.monitor_links {
        answer.monitor_link(&judged, &app.secrets, incoming)
    } else {
        answer
    })
}

/// The finished job, if it finishes in time. The job was accepted, so an error here must not become the response.
async fn finished(app: &App, record: JobRecord, hold: Hold) -> JobRecord {
    match hold.until_end(&app.store, record.clone()).await {
        Ok(current) => current
            .filter(|current| !current.is_deleted)
            .unwrap_or(record),
        Err(error) => {
            warn!(job.id = %record.id, "waiting for the job failed: {error}");
            record
        }
    }
}

/// The job with its result. If the result cannot be read, the response shows a job that the client waited for as it was while
/// `pending`, so that the client polls.
async fn whole(
    app: &App,
    judged: Judged<'static>,
    pending: Option<JobRecord>,
) -> Result<Judged<'static>, Problem> {
    let problem = match with_result(&app.store, judged).await {
        Ok(Some(whole)) => return Ok(whole),
        // The job is gone, and the next submit under its key creates another one.
        Ok(None) => too_late(),
        Err(error) => error.into(),
    };
    pending
        .map(|record| record.into_judged(clock()))
        .ok_or(problem)
}

fn document(
    form: Representation,
    judged: &Judged<'_>,
    hold: Option<Hold>,
    incoming: &Incoming,
) -> Answer {
    let uri = incoming.url(&job_path(judged));
    let is_finished = hold.is_some() && judged.state.is_completed();
    let answer = if is_finished {
        // This is the status document, so it is also available at the status URI.
        job_answer(form, judged, incoming).with("content-location", uri.as_str())
    } else {
        accepted_answer(form, judged, incoming).with("location", uri.as_str())
    };
    let answer = answer
        .with("operation-location", uri)
        .with("cache-control", "no-store");
    match applied(hold, !is_finished, incoming) {
        Some(applied) => answer.with("preference-applied", applied),
        None => answer,
    }
}

/// The applied preferences of the client.
fn applied(hold: Option<Hold>, is_async: bool, incoming: &Incoming) -> Option<String> {
    let is_async = is_async && incoming.preferences.respond_async;
    match (is_async, hold.map(Hold::applied)) {
        (true, Some(wait)) => Some(format!("respond-async, {wait}")),
        (true, None) => Some("respond-async".to_owned()),
        (false, wait) => wait,
    }
}
