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
use engine::{
    Environment, IdSecrets, Intake, JobQueue, JobStore, MAX_MESSAGE_AGE, Metrics, Timestamp,
};
use lambda_http::Error;

/// What every request needs, built once for each process.
struct App {
    store: JobStore,
    queue: JobQueue,
    secrets: IdSecrets,
    intake: Intake,
    /// Whether whoever has a job's monitor link may look at its page.
    monitor_links: bool,
    metrics: Metrics,
    /// How long a status URI lives after its job's end.
    retention: Duration,
    /// How long after its scheduled start a job must have finished.
    deadline: Duration,
    /// How far ahead the deployment lets a job start.
    max_schedule_ahead: Duration,
    /// The longest that an answer is held.
    max_wait: Duration,
    /// How long a write can still take effect after its clock was read.
    write_horizon: Duration,
}

impl App {
    /// How far ahead a job may start: no further than the deployment allows, and so that the queue still has its message when
    /// it is overdue.
    fn schedule_ahead(&self) -> Duration {
        let kept = MAX_MESSAGE_AGE.saturating_sub(self.deadline + self.write_horizon);
        self.max_schedule_ahead.min(kept)
    }
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
    let write_horizon = environment.write_horizon()?;
    let monitor_links = environment.monitor_links()?;
    let (max_schedule_ahead, max_wait) =
        (environment.max_schedule_ahead()?, environment.max_wait()?);
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
        monitor_links,
        metrics: Metrics::of(&environment),
        retention,
        deadline,
        max_schedule_ahead,
        max_wait,
        write_horizon,
    });
    api::serve(entrance, move |incoming| handle(app.clone(), incoming)).await
}

/// As long as a submit's calls may take one after another, three as a rule, 4 s each: a client that is left waiting longer
/// than that is told to come again. A client that would rather wait for its job ([`api::Hold`]) waits after that.
const ANSWER_WITHIN: Duration = Duration::from_secs(13);

async fn handle(app: Arc<App>, incoming: Incoming) -> Answer {
    let now = clock();
    let answer = match Route::of(&incoming) {
        Ok(Route::Submit) => accept::submit(&app, &incoming, now).await,
        Ok(Route::Cancel(id)) => in_time(commands::cancel(&app, &incoming, id)).await,
        Ok(Route::Delete(id)) => in_time(commands::delete(&app, &incoming, id)).await,
        Ok(Route::Options(resource)) => Ok(resource.options()),
        // The gateway sends these to `status`; a deployment that does otherwise has no such resource here.
        Ok(
            Route::List
            | Route::Status(_)
            | Route::JobResult(_)
            | Route::Home
            | Route::OpenApi
            | Route::ProblemType(_)
            | Route::Monitor(_),
        ) => Err(Problem::new(ProblemKind::NotFound)),
        Err(problem) => Err(problem),
    };
    answer.unwrap_or_else(|problem| problem.answer(&incoming))
}

/// The clock.
fn clock() -> Timestamp {
    Timestamp::from_clock(SystemTime::now())
}

/// What comes of it within [`ANSWER_WITHIN`]. What was under way then may have taken effect, as after any answer of ours that
/// got lost.
async fn in_time<T>(work: impl Future<Output = Result<T, Problem>>) -> Result<T, Problem> {
    let done = tokio::time::timeout(ANSWER_WITHIN, work).await;
    done.unwrap_or_else(|_| Err(too_late()))
}
