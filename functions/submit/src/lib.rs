//! The Lambda function that accepts jobs and their owners' commands: `POST /jobs`, `POST /jobs/{id}/cancel`,
//! `DELETE /jobs/{id}`, `POST /uploads`.
//!
//! The message is sent before the record is written, and the 202 follows both: no record exists without its message, and a
//! 202 means that both are durable. In a batch, this holds for each item. If a job starts later than a message can be delayed, its schedule is created instead.

mod accept;
mod batch;
mod body;
mod commands;
mod idempotency;
mod place;
mod request;
mod submission;
mod uploads;

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use api::{Answer, GatewayConfig, Incoming, Problem, ProblemKind, Route, too_late};
use engine::{
    Bucket, CallbackPolicy, CallbackQueue, Environment, IdSecrets, Intake, JobQueue, JobStore,
    Metrics, ScheduleName, Schedules, Timestamp,
};
use lambda_http::Error;
use lambda_http::tracing::warn;
use uploads::Uploads;

/// What every request needs, built once per process.
struct App {
    store: JobStore,
    queue: JobQueue,
    schedules: Schedules,
    secrets: IdSecrets,
    intake: Intake,
    /// Whether anyone with a job's monitor link may see its page.
    monitor_links: bool,
    metrics: Metrics,
    /// How long a finished job stays readable.
    retention: Duration,
    /// How long after its scheduled start a job must have finished.
    deadline: Duration,
    /// The deployment's limit for how far in the future a job may start.
    max_schedule_ahead: Duration,
    /// The maximum time that a response is delayed.
    max_wait: Duration,
    /// How long a write can still take effect after its clock was read.
    write_horizon: Duration,
    uploads: Option<Uploads>,
    /// The URLs that the deployment calls at the end of a job; `None` if it sends no webhooks.
    callbacks: Option<CallbackPolicy>,
}

impl App {
    /// The latest time at which a job with this start may run.
    fn deadline_of(&self, scheduled_start: Timestamp) -> Timestamp {
        scheduled_start.plus(self.deadline)
    }

    /// Deletes the schedule of a job that will not run, if the command that arrived at `now` still has time for that. It has taken effect, so
    /// nothing here may turn its answer into an error: a schedule that is left fires at its time, and runs nothing.
    async fn drop_schedule(&self, schedule: Option<&ScheduleName>, now: Timestamp) {
        let Some(name) = schedule else { return };
        let time = time_to_drop(clock().since(now));
        match tokio::time::timeout(time, self.schedules.delete(name)).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => {
                let source = std::error::Error::source(&error);
                warn!(schedule = %name, error.source = ?source, "schedule not deleted: {error}");
            }
            Err(_) => warn!(schedule = %name, "schedule not deleted in time"),
        }
    }
}

/// Reads the configuration, builds the clients, and serves until the process ends.
///
/// # Errors
/// If the configuration is invalid (the message names the variable), or the Lambda Runtime API is not reachable.
pub async fn run(environment: &Environment) -> Result<(), Error> {
    let (table, queue) = (environment.table_name()?, environment.queue_url()?);
    let secrets = environment.id_secrets()?;
    let intake = Intake::of(environment.opt_in_kinds(), jobs::register)?;
    let (retention, deadline) = (environment.retention()?, environment.deadline()?);
    let write_horizon = environment.write_horizon()?;
    let monitor_links = environment.monitor_links()?;
    let has_webhooks = environment.webhooks()?;
    let callbacks = has_webhooks.then(|| environment.callback_policy());
    let callbacks = callbacks.transpose()?;
    let (max_schedule_ahead, max_wait) =
        (environment.max_schedule_ahead()?, environment.max_wait()?);
    let gateway = GatewayConfig::of(environment)?;
    let aws = engine::load_aws(environment)?;
    let schedules = Schedules::of(environment, &aws)?;
    let bucket = Bucket::of(environment, &aws)?;
    let uploads = bucket
        .clone()
        .map(|bucket| Uploads::of(bucket, environment));
    let uploads = uploads.transpose()?;
    let callback_queue = CallbackQueue::of(environment, &aws)?;
    let store = JobStore::new(aws.dynamodb, table)
        .with_bucket(bucket)
        .with_callbacks(callback_queue, write_horizon);
    let queue = JobQueue::new(aws.sqs, queue);
    let app = Arc::new(App {
        store,
        queue,
        schedules,
        secrets,
        intake,
        monitor_links,
        metrics: Metrics::of(environment),
        retention,
        deadline,
        max_schedule_ahead,
        max_wait,
        write_horizon,
        uploads,
        callbacks,
    });
    api::serve(gateway, move |incoming| handle(app.clone(), incoming)).await
}

/// Maximum time of a command: that of a submit's calls to the table and to the queue or Scheduler (usually three) one after another, 4 s each.
/// With uploads, a call to the bucket is one more; it usually takes milliseconds. After that, the client is told to try again. A client that prefers to wait for its job ([`api::Hold`]) waits after the command.
const COMMAND_TIMEOUT: Duration = Duration::from_secs(13);

/// The time for the calls of a command, `elapsed` after it began, that leaves some to respond.
fn time_left(elapsed: Duration) -> Duration {
    const RESERVE: Duration = Duration::from_millis(500);
    COMMAND_TIMEOUT
        .saturating_sub(elapsed)
        .saturating_sub(RESERVE)
}

/// The time for the delete of a schedule, `elapsed` after a command began: a few short tries, which end before the command times out.
fn time_to_drop(elapsed: Duration) -> Duration {
    const LONGEST: Duration = Duration::from_secs(2);
    time_left(elapsed).min(LONGEST)
}

/// Outcome of a command.
enum Command {
    /// A job was accepted. The response may have to wait for it.
    Accepted(Box<accept::Accepted>),
    /// The response is complete.
    Answered(Answer),
}

async fn handle(app: Arc<App>, incoming: Incoming) -> Answer {
    let now = clock();
    // A command that times out may have taken effect, as after any response that is lost.
    let command = tokio::time::timeout(COMMAND_TIMEOUT, command(&app, &incoming, now)).await;
    let answer = match command.unwrap_or_else(|_| Err(too_late())) {
        Ok(Command::Accepted(accepted)) => accept::answer(&app, &incoming, *accepted, now).await,
        Ok(Command::Answered(answer)) => Ok(answer),
        Err(problem) => Err(problem),
    };
    answer.unwrap_or_else(|problem| problem.answer(&incoming))
}

async fn command(app: &Arc<App>, incoming: &Incoming, now: Timestamp) -> Result<Command, Problem> {
    let route = Route::of(incoming)?;
    body::check_site(incoming)?;
    let answer = match route {
        Route::Submit if batch::is_batch(incoming) => batch::accept(app, incoming, now).await?,
        Route::Submit => {
            let accepted = accept::accept(app, incoming, now).await?;
            return Ok(Command::Accepted(accepted.into()));
        }
        Route::Cancel(id) => commands::cancel(app, incoming, id, now).await?,
        Route::Delete(id) => commands::delete(app, incoming, id, now).await?,
        Route::Upload => uploads::ticket(app, incoming, now).await?,
        Route::Options(resource) => resource.options(),
        // The gateway routes these to `status`. In a deployment with other routes, there is no such resource here.
        Route::List
        | Route::Status(_)
        | Route::JobResult(_)
        | Route::Home
        | Route::OpenApi
        | Route::Kind(_)
        | Route::Callbacks
        | Route::ProblemType(_)
        | Route::Monitor(_) => return Err(Problem::new(ProblemKind::NotFound)),
    };
    Ok(Command::Answered(answer))
}

fn clock() -> Timestamp {
    Timestamp::from_clock(SystemTime::now())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_delete_of_a_schedule_ends_before_its_command_times_out() {
        for elapsed_ms in (0..20_000).step_by(100) {
            let elapsed = Duration::from_millis(elapsed_ms);
            let time = time_to_drop(elapsed);
            assert!(
                time.is_zero() || elapsed + time < COMMAND_TIMEOUT,
                "{elapsed_ms}"
            );
        }
        let usual = time_to_drop(Duration::from_millis(50));
        assert_eq!(usual, Duration::from_secs(2));
    }
}
