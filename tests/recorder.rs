//! Stands between a function and its back ends, and writes down what the function calls.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, Response, StatusCode, header};
use serde_json::Value;

use crate::backends::{Backends, listen};

/// What one function has called so far.
#[derive(Clone)]
pub(crate) struct Recorder(Arc<Inner>);

struct Inner {
    client: reqwest::Client,
    dynamodb_url: String,
    sqs_url: String,
    calls: Mutex<Vec<(String, Value)>>,
    read_units: Mutex<f64>,
}

impl Recorder {
    /// A recorder before these back ends, and where a function reaches them through it.
    pub(crate) async fn before(backends: &Backends) -> (Self, String) {
        let recorder = Self(Arc::new(Inner {
            client: reqwest::Client::new(),
            dynamodb_url: backends.dynamodb_url.clone(),
            sqs_url: backends.sqs_url.clone(),
            calls: Mutex::default(),
            read_units: Mutex::default(),
        }));
        let (listener, url) = listen().await;
        let router = Router::new().fallback(forward).with_state(recorder.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        (recorder, url)
    }

    /// The actions that were called, as IAM names them: `dynamodb:GetItem`.
    pub(crate) fn calls(&self) -> BTreeSet<String> {
        let calls = self.recorded();
        calls.iter().map(|(action, _)| action.clone()).collect()
    }

    /// What was asked with each call of an action, in their order.
    pub(crate) fn requests(&self, action: &str) -> Vec<Value> {
        let calls = self.recorded();
        let of_action = calls.iter().filter(|(called, _)| called == action);
        of_action.map(|(_, request)| request.clone()).collect()
    }

    /// How many read units the table has charged since this was asked last.
    pub(crate) fn read_units(&self) -> f64 {
        let mut units = self
            .0
            .read_units
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        std::mem::take(&mut units)
    }

    fn charge(&self, answer: &Value) {
        let charged = match &answer["ConsumedCapacity"] {
            Value::Array(tables) => tables.iter().filter_map(units).sum(),
            table => units(table).unwrap_or_default(),
        };
        *self
            .0
            .read_units
            .lock()
            .unwrap_or_else(PoisonError::into_inner) += charged;
    }

    fn recorded(&self) -> MutexGuard<'_, Vec<(String, Value)>> {
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
        .expect("an operation");
    let (prefix, url) = match service {
        "AmazonSQS" => ("sqs", &recorder.0.sqs_url),
        _ => ("dynamodb", &recorder.0.dynamodb_url),
    };
    let request: Value = serde_json::from_slice(&body).unwrap_or_default();
    let body = asking_for_the_charge(operation, &request).unwrap_or(body);
    recorder
        .recorded()
        .push((format!("{prefix}:{operation}"), request));
    headers.remove(header::HOST);
    headers.remove(header::CONTENT_LENGTH);
    let request = recorder.0.client.post(url).headers(headers).body(body);
    let answer = request.send().await.expect("the back end answers");
    let (status, headers) = (answer.status(), answer.headers().clone());
    let body = answer.bytes().await.expect("the back end's whole answer");
    recorder.charge(&serde_json::from_slice(&body).unwrap_or_default());
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = StatusCode::from_u16(status.as_u16()).expect("a status");
    *response.headers_mut() = headers;
    response
}

/// The same read, with the wish to be told what it costs; none for what is no read of the table.
fn asking_for_the_charge(operation: &str, request: &Value) -> Option<Bytes> {
    if !matches!(operation, "GetItem" | "BatchGetItem" | "Query") {
        return None;
    }
    let mut request = request.clone();
    request["ReturnConsumedCapacity"] = "TOTAL".into();
    Some(Bytes::from(request.to_string()))
}

fn units(table: &Value) -> Option<f64> {
    table["CapacityUnits"].as_f64()
}
