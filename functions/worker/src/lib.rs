//! The Lambda function that runs jobs: it consumes the queue, and writes progress and the end into the record.
//!
//! The jobs of a batch run concurrently, each on a thread and a runtime of its own, so that neither a panic nor a blocking handler
//! harms another job. A message that is not done returns to the queue: `ReportBatchItemFailures` names it, and its visibility timeout
//! is set to the time at which its job may continue.

#[cfg(panic = "abort")]
compile_error!(
    "the worker catches its handlers' panics and must be built with `panic = \"unwind\"` in [profile.release]"
);

mod attempt;
mod batch;
mod callback;
mod delivery;
mod disposition;
mod failures;
mod hearing;
mod invocation;
mod large_result;
mod persist;
mod retry;
mod suspect;
mod tasks;
mod watch;
mod webhook;
mod work;

pub use delivery::ending;
pub use invocation::Limit;
pub use retry::{After, Circumstances};

use std::sync::Arc;
use std::time::Duration;

use aws_lambda_events::event::sqs::SqsEvent;
use callback::Callbacks;
use engine::{Bucket, Environment, JobQueue, JobStore, Metrics, ProcessState, Runners};
use lambda_runtime::layers::TracingLayer;
use lambda_runtime::tower::util::MapFutureLayer;
use lambda_runtime::{Error, LambdaEvent, Runtime, service_fn};
use work::Threads;

/// What every job needs, built once per process.
struct App {
    store: JobStore,
    queue: JobQueue,
    runners: Runners,
    metrics: Metrics,
    /// The state that the jobs of this process share.
    process: ProcessState,
    /// How long a finished job stays readable.
    retention: Duration,
    /// How long a write can still take effect after its clock was read.
    write_horizon: Duration,
    /// The threads of this process's handlers.
    threads: Threads,
    /// The deliveries of webhooks, if the deployment has them.
    callbacks: Option<Callbacks>,
}

/// Reads the configuration, builds the clients, and consumes the queue until the process ends.
///
/// # Errors
/// If the configuration is invalid (the message names the variable), or the Lambda Runtime API is not reachable.
pub async fn run(environment: &Environment) -> Result<(), Error> {
    let (table, queue) = (environment.table_name()?, environment.queue_url()?);
    let runners = Runners::of(environment.opt_in_kinds(), jobs::register)?;
    let (retention, write_horizon) = (environment.retention()?, environment.write_horizon()?);
    let aws = engine::load_aws(environment)?;
    let bucket = Bucket::of(environment, &aws)?;
    let callbacks = Callbacks::of(environment, &aws)?;
    let announced = callbacks.as_ref().map(|callbacks| callbacks.queue.clone());
    let store = JobStore::new(aws.dynamodb, table)
        .with_bucket(bucket.clone())
        .with_callbacks(announced, write_horizon);
    let queue = JobQueue::new(aws.sqs, queue);
    let app = &Arc::new(App {
        store,
        queue,
        runners,
        metrics: Metrics::of(environment),
        process: ProcessState::new(aws.config, bucket),
        retention,
        write_horizon,
        threads: Threads::default(),
        callbacks,
    });
    let handler = service_fn(move |event: LambdaEvent<SqsEvent>| async move {
        Ok::<_, Error>(batch::consume(app, event.payload, &event.context).await)
    });
    // The outermost layer sees the end of an invocation after its response has reached the Runtime API.
    Runtime::new(handler)
        .layer(TracingLayer::new())
        .layer(MapFutureLayer::new(|answered| {
            work::end_with_runaways(answered, app.threads.clone())
        }))
        .run()
        .await
}
