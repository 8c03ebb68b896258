//! `POST /jobs/{id}/cancel` and `DELETE /jobs/{id}`.

use api::{
    Answer, Incoming, Problem, ProblemKind, Representation, job_answer, job_path, retry_after,
};
use engine::{Cancellation, Deletion, JobId, JobRecord, Outcome, Timestamp};
use lambda_http::http::StatusCode;
use lambda_http::tracing::info;

use crate::{App, clock};

/// Cancels a job: 200 if it is canceled, 202 while its attempt stops, 409 if it has finished otherwise. `now` is when the request arrived.
pub(crate) async fn cancel(
    app: &App,
    incoming: &Incoming,
    id: JobId,
    now: Timestamp,
) -> Result<Answer, Problem> {
    let form = incoming.choose(Representation::OF_COMMAND)?;
    let owner = incoming.owner_of(&id, &app.secrets)?;
    let store = app.store.for_owner(owner);
    let (record, status) = match store.cancel(&id, clock, app.retention).await? {
        Cancellation::Canceled(record) => {
            app.metrics.write_end(&record, Outcome::Canceled, clock());
            (record, StatusCode::OK)
        }
        Cancellation::CanceledBefore(record) => (record, StatusCode::OK),
        Cancellation::Requested(record) => (record, StatusCode::ACCEPTED),
        Cancellation::PastDeadline(record) => return Err(past_deadline(&record)),
        Cancellation::Finished(record) => {
            let status = record.judged(clock()).state.job_status();
            let detail = format!("The job ended as {status}. Nothing was canceled.");
            return Err(Problem::new(ProblemKind::JobFinished).detail(detail));
        }
        Cancellation::Gone => return Err(Problem::new(ProblemKind::JobExpired)),
    };
    // Only a job that was never claimed has one.
    app.drop_schedule(record.schedule.as_ref(), now).await;
    let judged = record.judged(clock());
    info!(job.id = %id, job.state = %judged.state, "cancel accepted");
    let answer = job_answer(form, &judged, incoming);
    let answer = Answer { status, ..answer }.with("cache-control", "no-store");
    let uri = incoming.url(&job_path(&judged));
    Ok(if status == StatusCode::ACCEPTED {
        answer.with("location", uri)
    } else {
        answer.with("content-location", uri)
    })
}

/// No attempt may write any more, but a result may still be on its way.
fn past_deadline(record: &JobRecord) -> Problem {
    let (deadline, overdue_at) = (record.deadline, record.overdue_at);
    let detail = format!(
        "The job's deadline was {deadline}. Unless a result is already on its way, the job will be shown as failed at {overdue_at}. Nothing was canceled."
    );
    let seconds = retry_after(&record.judged(clock())).unwrap_or(1);
    Problem::new(ProblemKind::JobOverdue)
        .detail(detail)
        .header("retry-after", seconds.to_string())
}

/// Deletes a finished job: 204, and its status URI is 410. `now` is when the request arrived.
pub(crate) async fn delete(
    app: &App,
    incoming: &Incoming,
    id: JobId,
    now: Timestamp,
) -> Result<Answer, Problem> {
    let owner = incoming.owner_of(&id, &app.secrets)?;
    let store = app.store.for_owner(owner);
    match store.delete(&id, clock, app.write_horizon).await? {
        Deletion::Deleted(schedule) => {
            app.drop_schedule(schedule.as_ref(), now).await;
            info!(job.id = %id, "job deleted");
            Ok(Answer::empty(StatusCode::NO_CONTENT))
        }
        Deletion::Active => Err(Problem::new(ProblemKind::JobActive)),
        Deletion::Gone => Err(Problem::new(ProblemKind::JobExpired)),
    }
}
