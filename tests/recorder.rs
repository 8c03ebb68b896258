//! Stands between a function and its back ends, and writes down what the function calls and what AWS charges for it.

mod charge;
mod units;

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, Response, StatusCode, header};
use serde_json::Value;

use crate::backends::{Backends, listen};

pub(crate) use units::Units;

/// What one function has called so far.
#[derive(Clone)]
pub(crate) struct Recorder(Arc<Inner>);

/// One call.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    /// As IAM names it: `dynamodb:GetItem`.
    pub(crate) action: String,
    pub(crate) request: Value,
    pub(crate) answer: Value,
    pub(crate) units: Units,
}

struct Inner {
    client: reqwest::Client,
    dynamodb_url: String,
    sqs_url: String,
    calls: Mutex<Vec<Call>>,
    /// What eventually consistent reads of an item are answered with, in place of the item.
    stale: Mutex<Option<Value>>,
}

impl Recorder {
    /// A recorder before these back ends, and where a function reaches them through it.
    pub(crate) async fn before(backends: &Backends) -> (Self, String) {
        let recorder = Self(Arc::new(Inner {
            client: reqwest::Client::new(),
            dynamodb_url: backends.dynamodb_url.clone(),
            sqs_url: backends.sqs_url.clone(),
            calls: Mutex::default(),
            stale: Mutex::default(),
        }));
        let (listener, url) = listen().await;
        let router = Router::new().fallback(forward).with_state(recorder.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        (recorder, url)
    }

    /// The actions that were called.
    pub(crate) fn actions(&self) -> BTreeSet<String> {
        let calls = self.recorded();
        calls.iter().map(|call| call.action.clone()).collect()
    }

    /// What was asked with each call of an action, in their order.
    pub(crate) fn requests(&self, action: &str) -> Vec<Value> {
        let calls = self.recorded();
        let of_action = calls.iter().filter(|call| call.action == action);
        of_action.map(|call| call.request.clone()).collect()
    }

    /// The calls since this was asked last, in their order. An SDK's second try of a call is one of its own.
    pub(crate) fn take(&self) -> Vec<Call> {
        std::mem::take(&mut self.recorded())
    }

    /// Answers every eventually consistent read of an item like this from now on. The embedded table is always strongly
    /// consistent; DynamoDB may answer such a read with what was there before.
    pub(crate) fn serve_stale(&self, answer: Value) {
        *self.stale() = Some(answer);
    }

    fn stale(&self) -> MutexGuard<'_, Option<Value>> {
        self.0.stale.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn recorded(&self) -> MutexGuard<'_, Vec<Call>> {
        self.0.calls.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn forward(
    State(recorder): State<Recorder>,
    mut headers: HeaderMap,
    body: Bytes,
) -> Response<Body> {
    // Both services name the operation so: `DynamoDB_20120810.GetItem`, `AmazonSQS.SendMessage`.
    let target = headers
        .get("x-amz-target")
        .and_then(|target| target.to_str().ok());
    let (service, operation) = target
        .and_then(|target| target.split_once('.'))
        .map(|(service, operation)| (service.to_owned(), operation.to_owned()))
        .expect("an operation");
    let is_sqs = service == "AmazonSQS";
    let request: Value = serde_json::from_slice(&body).unwrap_or_default();
    let (url, body) = if is_sqs {
        (&recorder.0.sqs_url, body)
    } else {
        (&recorder.0.dynamodb_url, asking_for_the_charge(&request))
    };
    let is_eventual = operation == "GetItem" && request["ConsistentRead"] != true;
    if let Some(answer) = recorder.stale().clone().filter(|_| is_eventual) {
        let body = Body::from(answer.to_string());
        recorder.recorded().push(Call {
            action: format!("dynamodb:{operation}"),
            request,
            units: charge::of_dynamodb(&operation, &answer),
            answer,
        });
        return Response::new(body);
    }
    headers.remove(header::HOST);
    headers.remove(header::CONTENT_LENGTH);
    let forwarded = recorder.0.client.post(url).headers(headers).body(body);
    let got = forwarded.send().await.expect("the back end answers");
    let (status, headers) = (got.status(), got.headers().clone());
    let body = got.bytes().await.expect("the back end's whole answer");
    let answer: Value = serde_json::from_slice(&body).unwrap_or_default();
    let (prefix, units) = if is_sqs {
        ("sqs", charge::of_sqs(&request, &answer))
    } else {
        ("dynamodb", charge::of_dynamodb(&operation, &answer))
    };
    recorder.recorded().push(Call {
        action: format!("{prefix}:{operation}"),
        request,
        answer,
        units,
    });
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = StatusCode::from_u16(status.as_u16()).expect("a status");
    *response.headers_mut() = headers;
    response
}

/// The same call, with the wish to be told what it costs.
fn asking_for_the_charge(request: &Value) -> Bytes {
    let mut request = request.clone();
    request["ReturnConsumedCapacity"] = "INDEXES".into();
    Bytes::from(request.to_string())
}
