//! Records what a function calls at its back ends, and what AWS charges for it.

mod charge;
mod units;

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::body::Bytes;
use axum::http::StatusCode;
use rehearse::faults::{self, BackEnd, Fault, Front, Intercept, ObjectFault, ObjectFront};
use serde_json::{Value, json};

use crate::backends::Backends;

pub(crate) use units::Units;

/// What one function has called so far. Clones share it; the front goes with the last one.
#[derive(Clone)]
pub(crate) struct Recorder {
    record: Record,
    _front: Arc<Front>,
    objects: Option<Arc<ObjectFront>>,
}

#[derive(Clone, Default)]
struct Record(Arc<Inner>);

/// One call.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    /// As IAM names it: `dynamodb:GetItem`.
    pub(crate) action: String,
    pub(crate) request: Value,
    pub(crate) answer: Value,
    pub(crate) units: Units,
}

#[derive(Default)]
struct Inner {
    calls: Mutex<Vec<Call>>,
    /// What eventually consistent reads of an item are answered with, in place of the item.
    stale: Mutex<Option<Value>>,
    /// Whether the connection of the next read of an upload breaks in the middle.
    cuts: AtomicBool,
    /// Whether a permission to write objects is missing.
    denies_writes: AtomicBool,
}

impl Recorder {
    /// A recorder before these back ends, and where a function reaches them through it.
    pub(crate) async fn before(backends: &Backends) -> (Self, String) {
        let record = Record::default();
        let front = Front::start(backends.endpoints(), record.clone()).await;
        let front = Arc::new(front.expect("a free port"));
        let url = front.url.clone();
        let recorder = Self {
            record,
            _front: front,
            objects: None,
        };
        (recorder, url)
    }

    /// Records the calls to S3, too. Returns where a function reaches it.
    pub(crate) async fn before_objects(&mut self, backends: &Backends) -> String {
        let record = self.record.clone();
        let front = ObjectFront::start(&backends.s3_url, move |call| {
            record.calls().push(Call {
                action: call.action.to_owned(),
                request: json!({"path": call.path, "range": call.range}),
                answer: Value::Null,
                units: Units::NONE,
            });
            if call.action == "s3:PutObject" && record.0.denies_writes.load(Ordering::Relaxed) {
                return Some(ObjectFault::Denied);
            }
            let cuts = &record.0.cuts;
            let is_read = call.range.is_some();
            let is_cut = is_read && cuts.swap(false, Ordering::Relaxed);
            is_cut.then_some(ObjectFault::AnswerCut)
        });
        let front = front.await.expect("a free port");
        let url = front.url.clone();
        self.objects = Some(Arc::new(front));
        url
    }

    /// The actions that were called. To IAM, a batch of messages is what each of them is.
    pub(crate) fn actions(&self) -> BTreeSet<String> {
        let calls = self.record.calls();
        let actions = calls.iter().map(|call| call.action.as_str());
        actions
            .map(|action| match action.strip_prefix("sqs:") {
                Some(_) => action.trim_end_matches("Batch").to_owned(),
                None => action.to_owned(),
            })
            .collect()
    }

    /// What was asked with each call of an action, in their order.
    pub(crate) fn requests(&self, action: &str) -> Vec<Value> {
        let calls = self.record.calls();
        let of_action = calls.iter().filter(|call| call.action == action);
        of_action.map(|call| call.request.clone()).collect()
    }

    /// The calls since this was asked last, in their order. An SDK's second try of a call is one of its own.
    pub(crate) fn take(&self) -> Vec<Call> {
        std::mem::take(&mut self.record.calls())
    }

    /// Breaks the connection of the next read of an upload in the middle.
    pub(crate) fn cut_next_read(&self) {
        self.record.0.cuts.store(true, Ordering::Relaxed);
    }

    /// Denies all writes of objects from now on, as if a permission were missing.
    pub(crate) fn deny_writes(&self) {
        self.record.0.denies_writes.store(true, Ordering::Relaxed);
    }

    /// Answers every eventually consistent read of an item like this from now on. The embedded table is always strongly
    /// consistent; DynamoDB may answer such a read with what was there before.
    pub(crate) fn serve_stale(&self, answer: Value) {
        *self.record.stale() = Some(answer);
    }
}

impl Record {
    fn calls(&self) -> MutexGuard<'_, Vec<Call>> {
        self.0.calls.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn stale(&self) -> MutexGuard<'_, Option<Value>> {
        self.0.stale.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn push(&self, call: &faults::Call, answer: Value) {
        let (operation, mut request) = (&call.operation, call.body.clone());
        let (service, units) = match call.back_end {
            BackEnd::Sqs => ("sqs", charge::of_sqs(&request, &answer)),
            BackEnd::DynamoDb => ("dynamodb", charge::of_dynamodb(operation, &answer)),
            // It charges for the schedule when it fires.
            BackEnd::Scheduler => ("scheduler", Units::NONE),
        };
        if let Some(request) = request.as_object_mut() {
            request.remove(CHARGE);
        }
        self.calls().push(Call {
            action: format!("{service}:{operation}"),
            request,
            answer,
            units,
        });
    }
}

/// The wish to be told what a call costs.
const CHARGE: &str = "ReturnConsumedCapacity";

impl Intercept for Record {
    fn rewrite(&self, call: &mut faults::Call) {
        if call.back_end == BackEnd::DynamoDb {
            let mut request = call.body.clone();
            request[CHARGE] = "INDEXES".into();
            call.set_body(request);
        }
    }

    fn fault(&self, call: &faults::Call) -> Option<Fault> {
        let is_eventual = call.operation == "GetItem" && call.body["ConsistentRead"] != true;
        let answer = self.stale().clone().filter(|_| is_eventual)?;
        self.push(call, answer.clone());
        Some(Fault::Stale(answer))
    }

    fn answered(&self, call: &faults::Call, _status: StatusCode, answer: &Bytes) {
        self.push(call, serde_json::from_slice(answer).unwrap_or_default());
    }
}
