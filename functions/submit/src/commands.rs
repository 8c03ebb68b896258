//! `POST /jobs/{id}/cancel` and `DELETE /jobs/{id}`.

use api::{
    Answer, Incoming, Problem, ProblemKind, Representation, job_answer, job_path, retry_after,
    store_problem, unwritable,
};
use engine::{Cancellation, Deletion, JobId, JobRecord, Outcome};
use lambda_http::http::StatusCode;
use lambda_http::tracing::info;

use crate::{App, clock};

/// Calls a job off: 200 when it is canceled, 202 while its attempt winds down, 409 when it has ended otherwise.
pub(crate) async fn cancel(app: &App, incoming: &Incoming, id: JobId) -> Result<Answer, Problem> {
    let form = incoming.choose(Representation::OF_COMMAND)?;
    let owner = incoming.owner_of(&id, &app.secrets)?;
    let canceled = app
        .store
        .for_owner(owner)
        .cancel(&id, clock, app.retention)
        .await
        .map_err(|error| store_problem(&error))?;
    let (record, status) = match canceled {
        Cancellation::Canceled(record) => {
            app.metrics.write_end(&record, Outcome::Canceled, clock());
            (record, StatusCode::OK)
        }
        Cancellation::CanceledBefore(record) => (record, StatusCode::OK),
        Cancellation::Requested(record) => (record, StatusCode::ACCEPTED),
        Cancellation::PastDeadline(record) => return Err(past_deadline(&record)),
        Cancellation::Finished(record) => {
            let detail = format!("The job ended as {}.", record.state.job_status());
            return Err(Problem::new(ProblemKind::JobFinished).detail(detail));
        }
        Cancellation::Gone => return Err(Problem::new(ProblemKind::JobExpired)),
    };
    info!(job.id = %id, job.state = %record.state, "took a cancel");
    let answer =
        job_answer(form, &record, incoming, clock()).map_err(|error| unwritable(&error))?;
    let uri = incoming.url(&job_path(&record));
    let answer = Answer { status, ..answer }.with("cache-control", "no-store");
    Ok(if status == StatusCode::ACCEPTED {
        answer.with("location", uri)
    } else {
        answer.with("content-location", uri)
    })
}

/// Its run, if there was one, has lost it, and it is not yet certain that no result was on its way.
fn past_deadline(record: &JobRecord) -> Problem {
    let (deadline, overdue_at) = (record.deadline, record.overdue_at);
    let detail = format!(
        "The job's deadline was {deadline}. Unless a result is already on its way, the job will be shown as failed at {overdue_at}. Nothing was canceled."
    );
    let seconds = retry_after(record, clock()).unwrap_or(1);
    Problem::new(ProblemKind::JobOverdue)
        .detail(detail)
        .header("retry-after", seconds.to_string())
}

/// Deletes a job that has ended: 204, and its status URI is 410.
pub(crate) async fn delete(app: &App, incoming: &Incoming, id: JobId) -> Result<Answer, Problem> {
    let owner = incoming.owner_of(&id, &app.secrets)?;
    match app
        .store
        .for_owner(owner)
        .delete(&id, clock, app.write_horizon)
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
