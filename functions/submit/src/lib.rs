//! The Lambda function that accepts jobs, and takes what their owners say about them: `POST /jobs`,
//! `POST /jobs/{id}/cancel`, `DELETE /jobs/{id}`.
//!
//! The message is sent before the record is written, and the 202 follows both: no record exists without its message, and a
//! 202 means that both are durable.

mod accept;
mod commands;
mod idempotency;
mod request;

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use api::{Answer, Entrance, Incoming, Problem, ProblemKind, Route, too_late};
use engine::{Environment, IdSecrets, Intake, JobQueue, JobStore, Timestamp};
use lambda_http::Error;

/// What every request needs, built once for each process.
struct App {
    store: JobStore,
    queue: JobQueue,
    secrets: IdSecrets,
    intake: Intake,
    /// How long a status URI lives after its job's end.
    retention: Duration,
    /// How long after its scheduled start a job has to be at its end.
    deadline: Duration,
}

/// Reads the configuration, builds the clients, and serves until the process ends.
///
/// # Errors
/// When the configuration cannot be used (the message names the variable), or the Lambda Runtime API is out of reach.
pub async fn run() -> Result<(), Error> {
    let environment = Environment::of_process();
    let (table, queue) = (environment.table_name()?, environment.queue_url()?);
    let secrets = environment.id_secrets()?;
    let intake = Intake::of(environment.opt_in_kinds(), jobs::register)?;
    let (retention, deadline) = (environment.retention()?, environment.deadline()?);
    let entrance = Entrance::of(&environment)?;
    let aws = engine::load_aws().await;
    let (store, queue) = (
        JobStore::new(aws.dynamodb, table),
        JobQueue::new(aws.sqs, queue),
    );
    let app = Arc::new(App {
        store,
        queue,
        secrets,
        intake,
        retention,
        deadline,
    });
    api::serve(entrance, move |incoming| handle(app.clone(), incoming)).await
}

/// Below the function's time-out of 15 s, after which a client gets no answer of ours.
const ANSWER_WITHIN: Duration = Duration::from_secs(13);

async fn handle(app: Arc<App>, incoming: Incoming) -> Answer {
    let answer = tokio::time::timeout(ANSWER_WITHIN, answer(&app, &incoming)).await;
    // What was under way may have taken effect, as after any answer of ours that got lost.
    let answer = answer.unwrap_or_else(|_| Err(too_late()));
    answer.unwrap_or_else(|problem| problem.answer(&incoming))
}

async fn answer(app: &App, incoming: &Incoming) -> Result<Answer, Problem> {
    let now = Timestamp::from_clock(SystemTime::now());
    match Route::of(incoming) {
        Ok(Route::Submit) => accept::accept(app, incoming, now).await,
        Ok(Route::Cancel(id)) => commands::cancel(app, incoming, id, now).await,
        Ok(Route::Delete(id)) => commands::delete(app, incoming, id, now).await,
        // The gateway sends these to `status`; a deployment that does otherwise has no such resource here.
        Ok(
            Route::List
            | Route::Status(_)
            | Route::JobResult(_)
            | Route::Home
            | Route::ProblemType(_),
        ) => Err(Problem::new(ProblemKind::NotFound)),
        Err(problem) => Err(problem),
    }
}
