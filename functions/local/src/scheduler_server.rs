//! The stand-in for EventBridge Scheduler on loopback: three operations of its REST protocol, and the calls of schedules that are due.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Bytes;
use axum::extract::{Path as InPath, Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::json;
use sqs::Clock;

use crate::identifiers::invocation_id;
use crate::kept::{SCHEDULES_FILE, read};
use crate::schedule::{Refusal, Schedule};
use crate::schedules::Schedules;
use crate::start_error::StartError;

/// How often the clock is read, which can jump.
const LOOK_EVERY: Duration = Duration::from_secs(1);

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Parameters {
    group_name: Option<String>,
    #[serde(rename = "clientToken")]
    _client_token: Option<String>,
}

type Answer = Result<Json<serde_json::Value>, Refusal>;

impl Schedules {
    /// With the schedules of the folder.
    pub(crate) fn open(clock: Clock, folder: &Path) -> Result<Self, StartError> {
        let snapshot = read(&folder.join(SCHEDULES_FILE))?;
        Ok(Self::new(clock, snapshot.unwrap_or_default()))
    }
}

/// The operations on the schedules.
pub(crate) fn scheduler_routes(schedules: Arc<Schedules>) -> Router {
    let operations = get(read_one).post(create).delete(delete);
    Router::new()
        .route("/schedules/{name}", operations)
        .layer(axum::middleware::from_fn(check_scope))
        .with_state(schedules)
}

/// Signatures are not verified, only that they are made for this service.
async fn check_scope(
    headers: HeaderMap,
    request: axum::extract::Request,
    next: axum::middleware::Next,
) -> Response {
    let authorization = headers.get(header::AUTHORIZATION);
    let authorization = authorization.and_then(|value| value.to_str().ok());
    if authorization.is_some_and(|value| value.contains("/scheduler/aws4_request")) {
        return next.run(request).await;
    }
    let message = "Credential should be scoped to correct service: 'scheduler'.";
    error(StatusCode::FORBIDDEN, "InvalidSignatureException", message)
}

async fn create(
    State(schedules): State<Arc<Schedules>>,
    InPath(name): InPath<String>,
    body: Bytes,
) -> Answer {
    let definition = serde_json::from_slice(&body);
    let definition = definition.map_err(|error| Refusal::Validation(error.to_string()))?;
    let arn = schedules.create(name, definition)?;
    Ok(Json(json!({"ScheduleArn": arn})))
}

async fn read_one(
    State(schedules): State<Arc<Schedules>>,
    InPath(name): InPath<String>,
    Query(parameters): Query<Parameters>,
) -> Answer {
    let schedule = schedules.get(parameters.group_name.as_deref(), &name)?;
    Ok(Json(schedule.document(&name)))
}

async fn delete(
    State(schedules): State<Arc<Schedules>>,
    InPath(name): InPath<String>,
    Query(parameters): Query<Parameters>,
) -> Answer {
    schedules.delete(parameters.group_name.as_deref(), &name)?;
    Ok(Json(json!({})))
}

impl axum::response::IntoResponse for Refusal {
    fn into_response(self) -> Response {
        match self {
            Self::Validation(message) => {
                error(StatusCode::BAD_REQUEST, "ValidationException", &message)
            }
            Self::Conflict => error(
                StatusCode::CONFLICT,
                "ConflictException",
                "A schedule of this name already exists.",
            ),
            Self::NotFound => error(
                StatusCode::NOT_FOUND,
                "ResourceNotFoundException",
                "The schedule or its group does not exist.",
            ),
        }
    }
}

fn error(status: StatusCode, code: &str, message: &str) -> Response {
    let body = Json(json!({"Message": message}));
    (status, [("x-amzn-errortype", code)], body).into_response()
}

/// Makes the calls of all schedules that are due, one after another, until the service stops.
pub(crate) async fn fire(
    schedules: Arc<Schedules>,
    sqs_url: String,
    stopped: impl Future<Output = ()>,
) {
    let http = reqwest::Client::builder().no_proxy().build();
    let Ok(http) = http.inspect_err(|error| tracing::error!("no schedule can fire: {error}"))
    else {
        return;
    };
    tokio::pin!(stopped);
    loop {
        tokio::select! {
            biased;
            () = &mut stopped => return,
            () = schedules.until_due() => {}
            () = tokio::time::sleep(LOOK_EVERY) => {}
        }
        if let Some((name, schedule)) = schedules.due() {
            deliver(&http, &sqs_url, &name, &schedule).await;
            schedules.complete(&name, &schedule);
        }
    }
}

/// Sends the message. What the queue refuses it would refuse again, so it goes to the dead-letter queue at once.
async fn deliver(http: &reqwest::Client, sqs_url: &str, name: &str, schedule: &Schedule) {
    let input = schedule.input(name, &invocation_id());
    let Err(error) = send(http, sqs_url, input.clone()).await else {
        return;
    };
    tracing::warn!("the schedule {name} could not be delivered: {error}");
    let Some(queue) = schedule.dead_letter_queue() else {
        return;
    };
    let dead = json!({"QueueUrl": sqs::queue_url(sqs_url, queue), "MessageBody": input});
    if let Err(error) = send(http, sqs_url, dead.to_string()).await {
        tracing::warn!("{queue} refused it, too: {error}");
    }
}

async fn send(http: &reqwest::Client, url: &str, input: String) -> Result<(), reqwest::Error> {
    let request = http
        .post(url)
        .header("x-amz-target", "AmazonSQS.SendMessage")
        .header("content-type", "application/x-amz-json-1.0");
    let answer = request.body(input).send().await?;
    answer.error_for_status().map(drop)
}
