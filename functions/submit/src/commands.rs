//! `POST /jobs/{id}/cancel` and `DELETE /jobs/{id}`.

use api::{
    Answer, Incoming, Problem, ProblemKind, Representation, job_answer, job_path, store_problem,
    unwritable,
};
use engine::{Cancellation, Deletion, JobId, Outcome, Timestamp};
use lambda_http::http::StatusCode;
use lambda_http::tracing::info;

use crate::App;

/// Calls a job off: 200 when it is canceled, 202 while its attempt winds down, 409 when it has ended otherwise.
pub(crate) async fn cancel(
    app: &App,
    incoming: &Incoming,
    id: JobId,
    now: Timestamp,
) -> Result<Answer, Problem> {
    let form = incoming.choose(Representation::OF_COMMAND)?;
    let owner = incoming.owner_of(&id, &app.secrets)?;
    let canceled = app
        .store
        .for_owner(owner)
        .cancel(&id, now, app.retention)
        .await
        .map_err(|error| store_problem(&error))?;
    let (record, status) = match canceled {
        Cancellation::Canceled(record) => {
            // Not that of an earlier cancel, which has been counted.
            if record.ended_at == Some(now) {
                app.metrics.write_end(&record, Outcome::Canceled, now);
            }
            (record, StatusCode::OK)
        }
        Cancellation::Requested(record) => (record, StatusCode::ACCEPTED),
        Cancellation::Finished(record) => {
            let detail = format!("The job ended as {}.", record.state.job_status());
            return Err(Problem::new(ProblemKind::JobFinished).detail(detail));
        }
        Cancellation::Gone => return Err(Problem::new(ProblemKind::JobExpired)),
    };
    info!(job.id = %id, job.state = %record.state, "took a cancel");
    let answer = job_answer(form, &record, incoming, now).map_err(|error| unwritable(&error))?;
    let uri = incoming.url(&job_path(&record));
    let answer = Answer { status, ..answer }.with("cache-control", "no-store");
    Ok(if status == StatusCode::ACCEPTED {
        answer.with("location", uri)
    } else {
        answer.with("content-location", uri)
    })
}

/// Deletes a job that has ended: 204, and its status URI is 410.
pub(crate) async fn delete(
    app: &App,
    incoming: &Incoming,
    id: JobId,
    now: Timestamp,
) -> Result<Answer, Problem> {
    let owner = incoming.owner_of(&id, &app.secrets)?;
    match app
        .store
        .for_owner(owner)
        .delete(&id, now)
        .await
        .map_err(|error| store_problem(&error))?
    {
        Deletion::Deleted => {
            info!(job.id = %id, "deleted a job");
            Ok(Answer::empty(StatusCode::NO_CONTENT))
        }
        Deletion::Active => Err(Problem::new(ProblemKind::JobActive)),
        Deletion::Gone => Err(Problem::new(ProblemKind::JobExpired)),
    }
}
