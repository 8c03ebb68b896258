//! The Lambda function that shows jobs: `GET /jobs/{id}`, `GET /jobs/{id}/result`, `GET /jobs`, `GET /callbacks`, the OpenAPI document
//! and the pages of the kinds and the problem types. It never writes.
//!
//! A record is judged when it is read: a job that did not finish by its deadline has failed, and after `expires-at` its URI is 410.
//! So no process has to sweep the table.

mod callbacks;
mod job;
mod list;
mod monitor;
mod openapi;
mod pages;

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use api::{Answer, GatewayConfig, Incoming, Problem, ProblemKind, Route};
use engine::{Authorization, Bucket, Catalog, Environment, IdSecrets, JobStore, Timestamp};
use lambda_http::Error;

use crate::openapi::Features;

/// What every request needs, built once per process.
struct App {
    store: JobStore,
    secrets: IdSecrets,
    /// The maximum time that a response is delayed.
    max_wait: Duration,
    /// The kinds, as the OpenAPI document describes them.
    catalog: Catalog,
    /// Who may call, for the OpenAPI document.
    authorization: Option<Authorization>,
    /// The parts of the service that are optional.
    features: Features,
    /// The origin of the bucket, to which the page of a kind may send files.
    upload_origin: Option<String>,
}

/// Reads the configuration, builds the clients, and serves until the process ends.
///
/// # Errors
/// If the configuration is invalid (the message names the variable), or the Lambda Runtime API is not reachable.
pub async fn run(environment: &Environment) -> Result<(), Error> {
    let (table, secrets) = (environment.table_name()?, environment.id_secrets()?);
    let catalog = Catalog::of(environment.opt_in_kinds(), jobs::register)?;
    let authorization = environment.authorization()?;
    let gateway = GatewayConfig::of(environment)?;
    let monitor_links = environment.monitor_links()?;
    let webhooks = environment.webhooks()?;
    let max_wait = environment.max_wait()?;
    let aws = engine::load_aws(environment)?;
    let bucket = Bucket::of(environment, &aws)?;
    let features = Features {
        uploads: bucket.is_some(),
        webhooks,
        monitor_links,
    };
    let upload_origin = bucket.as_ref().map(|bucket| bucket.origin().to_owned());
    let app = Arc::new(App {
        store: JobStore::new(aws.dynamodb, table).with_bucket(bucket),
        secrets,
        max_wait,
        catalog,
        authorization,
        features,
        upload_origin,
    });
    api::serve(gateway, move |incoming| handle(app.clone(), incoming)).await
}

async fn handle(app: Arc<App>, incoming: Incoming) -> Answer {
    let now = Timestamp::from_clock(SystemTime::now());
    let answer = match Route::of(&incoming) {
        Ok(Route::Status(id)) => job::status(&app, &incoming, id, now).await,
        Ok(Route::JobResult(id)) => job::result(&app, &incoming, id, now).await,
        Ok(Route::List) => list::list(&app, &incoming, now).await,
        Ok(Route::Home) => pages::home(&app, &incoming),
        Ok(Route::Kind(name)) => pages::kind(&app, &incoming, &name),
        Ok(Route::Monitor(token)) => monitor::page(&app, &incoming, &token, now).await,
        Ok(Route::OpenApi) => openapi::answer(&app, &incoming),
        Ok(Route::Callbacks) => callbacks::secrets(&app, &incoming),
        Ok(Route::ProblemType(kind)) => pages::problem_type(kind, &incoming),
        Ok(Route::Options(resource)) => Ok(resource.options()),
        // The gateway routes these to `submit`. In a deployment with other routes, there is no such resource here.
        Ok(Route::Submit | Route::Upload | Route::Cancel(_) | Route::Delete(_)) => {
            Err(Problem::new(ProblemKind::NotFound))
        }
        Err(problem) => Err(problem),
    };
    let answer = answer.unwrap_or_else(|problem| problem.answer(&incoming));
    answer.unless_known(&incoming)
}
