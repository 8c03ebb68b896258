//! The poller of the `azure_core` crate drives a job to its end, unmodified. What stands around it here is what the generator of
//! that SDK's clients writes for an operation with `Operation-Location`.

use ::azure_core::http::headers::{HeaderName, RETRY_AFTER};
use ::azure_core::http::poller::{
    Poller, PollerContinuation, PollerOptions, PollerResult, PollerState, PollerStatus,
    StatusMonitor, get_retry_after,
};
use ::azure_core::http::{
    ClientOptions, Context, JsonFormat, Method, Pipeline, RawResponse, Request, Response, Url,
};
use futures_util::TryStreamExt as _;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::app::{App, PATIENCE};

/// The status document, as far as the poller's user needs it.
#[derive(Debug, Deserialize)]
struct Operation {
    job: Job,
    status: PollerStatus,
    #[serde(rename = "resourceLocation")]
    resource_location: Option<String>,
    error: Option<Value>,
}

#[derive(Debug, Deserialize)]
struct Job {
    #[serde(rename = "@uri")]
    uri: String,
}

impl StatusMonitor for Operation {
    type Output = Value;
    type Format = JsonFormat;

    fn status(&self) -> PollerStatus {
        self.status.clone()
    }
}

/// Submits a rehearsal, and follows it.
fn begin(app: &App, input: &Value) -> Poller<Operation> {
    let url = format!("{}/jobs", app.service.url).parse().unwrap();
    let mut submit = Request::new(url, Method::Post);
    submit.insert_header("content-type", "application/json");
    submit.set_body(json!({"name": "rehearsal", "input": input}).to_string());
    let options = ClientOptions::default();
    let pipeline = Pipeline::new(Some("jobs"), None, options, vec![], vec![], None);
    Poller::new(
        move |state, options| {
            let request = match state {
                PollerState::More(PollerContinuation::Links { next_link, .. }) => {
                    Request::new(next_link, Method::Get)
                }
                _ => submit.clone(),
            };
            Box::pin(look(pipeline.clone(), request, options))
        },
        None,
    )
}

async fn look(
    pipeline: Pipeline,
    mut request: Request,
    options: PollerOptions<'static>,
) -> ::azure_core::Result<PollerResult<Operation>> {
    let answer = pipeline.send(&options.context, &mut request, None).await?;
    let (status, headers, body) = answer.deconstruct();
    let operation: Operation = ::azure_core::json::from_json(&body)?;
    let retry_after = get_retry_after(&headers, &[RETRY_AFTER], &options);
    let location = headers.get_optional_string(&HeaderName::from_static("operation-location"));
    let next_link: Url = location.map_or_else(|| Ok(request.url().clone()), |url| url.parse())?;
    let response: Response<Operation> = RawResponse::from_bytes(status, headers, body).into();
    Ok(match (operation.status(), operation.resource_location) {
        (PollerStatus::InProgress, _) => PollerResult::InProgress {
            response,
            retry_after,
            continuation: PollerContinuation::Links {
                next_link,
                final_link: None,
            },
        },
        (PollerStatus::Succeeded, Some(result)) => PollerResult::Succeeded {
            response,
            target: Box::new(move || Box::pin(get(pipeline, result))),
        },
        _ => PollerResult::Done { response },
    })
}

async fn get(pipeline: Pipeline, url: String) -> ::azure_core::Result<Response<Value>> {
    let mut request = Request::new(url.parse()?, Method::Get);
    let answer = pipeline.send(&Context::new(), &mut request, None).await?;
    let (status, headers, body) = answer.deconstruct();
    Ok(RawResponse::from_bytes(status, headers, body).into())
}

/// What the poller sees last.
async fn last(poller: &mut Poller<Operation>) -> Operation {
    let follow = async {
        let mut last = None;
        while let Some(seen) = poller.try_next().await.unwrap() {
            last = Some(seen.into_model().unwrap());
        }
        last.unwrap()
    };
    let followed = tokio::time::timeout(PATIENCE, follow).await;
    followed.expect("the poller comes to an end")
}

#[tokio::test]
async fn its_poller_follows_a_job_to_its_result() {
    let app = App::shared();

    let result = begin(&app, &json!({"seconds": 2, "steps": 4})).await;

    let result = result.unwrap().into_model().unwrap();
    assert_eq!(result["outcome"], "success", "{result}");
}

#[tokio::test]
async fn its_poller_ends_with_the_error_of_a_job_that_failed() {
    let app = App::shared();
    let mut poller = begin(&app, &json!({"outcome": "failure"}));

    let last = last(&mut poller).await;

    assert_eq!(last.status, PollerStatus::Failed, "{last:?}");
    assert_eq!(last.error.unwrap()["code"], "rehearsed-failure");
}

#[tokio::test]
async fn its_poller_ends_when_the_job_is_canceled() {
    let app = App::shared();
    let mut poller = begin(&app, &json!({"seconds": 60}));

    let first = poller.try_next().await.unwrap().unwrap();
    let uri = first.into_model().unwrap().job.uri;
    let canceled = app
        .send(reqwest::Method::POST, &format!("{uri}/cancel"), &[], "")
        .await;
    assert_eq!(canceled.status, 202, "{canceled:?}");
    let last = last(&mut poller).await;

    assert_eq!(last.status, PollerStatus::Canceled);
}
