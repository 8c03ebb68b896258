//! Which call of which job meets which fault.

use std::collections::HashMap;
use std::sync::Mutex;

use rehearse::faults::{Call, Fault};
use serde_json::Value;

use crate::app::Answer;
use crate::backends::TABLE;

/// What a call does for a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    Send,
    /// The message before the end of a job with a callback.
    Announce,
    /// In place of [`Step::Send`], for a job far ahead.
    Schedule,
    Unschedule,
    Read,
    Create,
    Claim,
    Progress,
    Reschedule,
    AskToStop,
    /// Every end: an attempt's, a cancel's, that of a job which nobody owns.
    End,
    Delete,
    HandBack,
    Nothing,
}

impl Step {
    fn of(call: &Call) -> Self {
        match call.operation.as_str() {
            "SendMessage" if sent(&call.body)["callback"].is_object() => Self::Announce,
            "SendMessage" | "SendMessageBatch" => Self::Send,
            "CreateSchedule" => Self::Schedule,
            "DeleteSchedule" => Self::Unschedule,
            "GetItem" | "BatchGetItem" => Self::Read,
            "PutItem" => Self::Create,
            "ChangeMessageVisibility" => Self::HandBack,
            "UpdateItem" => Self::of_update(&call.body),
            _ => Self::Nothing,
        }
    }

    fn of_update(request: &Value) -> Self {
        let sets = request["UpdateExpression"].as_str().unwrap();
        let mut values = request["ExpressionAttributeValues"]
            .as_object()
            .unwrap()
            .values();
        if sets.contains("#deleted = ") {
            Self::Delete
        } else if values.any(|value| value["S"] == "COMPLETED") {
            Self::End
        } else if sets.contains("#lease_until_ms = ") {
            Self::Claim
        } else if sets.contains("#scheduled_start_ms = ") {
            Self::Reschedule
        } else if sets.contains("#cancel_requested = ") {
            Self::AskToStop
        } else {
            Self::Progress
        }
    }
}

/// A fault that a step of one job meets.
#[derive(Clone, Debug)]
pub(super) struct Case {
    pub(super) step: Step,
    pub(super) fault: Fault,
    /// So often in a row.
    pub(super) times: u32,
    /// Of the job that meets it, once there is one.
    pub(super) key: String,
    left: u32,
}

impl Case {
    /// The same, for another job.
    pub(super) fn anew(&self) -> Self {
        Self::new(self.step, self.fault.clone(), self.times)
    }

    pub(super) fn new(step: Step, fault: Fault, times: u32) -> Self {
        Self {
            step,
            fault,
            times,
            key: String::new(),
            left: times,
        }
    }

    /// Of a call that met it for good (`is_met`) the answer is 503. One that met it once has its answer from the SDK's second
    /// try: one of these. `false` says that it got a 503, since on a busy machine a second try can come to nothing, too.
    #[track_caller]
    #[must_use]
    pub(super) fn expect(&self, answer: &Answer, is_met: bool, statuses: &[u16]) -> bool {
        if is_met && (self.times > 1 || answer.status == 503) {
            answer.problem(503, "unavailable");
            return self.times > 1;
        }
        assert!(statuses.contains(&answer.status), "{self:?}: {answer:?}");
        true
    }

    fn play(&mut self, step: Step) -> Option<Fault> {
        if self.step != step || self.left == 0 {
            return None;
        }
        self.left -= 1;
        Some(self.fault.clone())
    }
}

#[derive(Default)]
pub(super) struct Script {
    by_job: Mutex<HashMap<String, Case>>,
    /// For the calls of whatever job.
    any: Mutex<Vec<Case>>,
}

impl Script {
    pub(super) fn arm(&self, id: &str, case: Case) {
        self.by_job.lock().unwrap().insert(id.to_owned(), case);
    }

    pub(super) fn arm_any(&self, case: Case) {
        self.any.lock().unwrap().push(case);
    }

    pub(super) fn disarm(&self, id: &str) {
        self.by_job.lock().unwrap().remove(id);
    }

    /// Whether a call met the job's present case.
    pub(super) fn has_met(&self, id: &str) -> bool {
        let by_job = self.by_job.lock().unwrap();
        by_job.get(id).is_some_and(|case| case.left < case.times)
    }

    /// How many faults for whatever job nothing has met.
    pub(super) fn any_left(&self) -> u32 {
        self.any.lock().unwrap().iter().map(|case| case.left).sum()
    }

    pub(super) fn fault(&self, call: &Call) -> Option<Fault> {
        let step = Step::of(call);
        let mut by_job = self.by_job.lock().unwrap();
        for id in ids_of(call) {
            let case = by_job.get_mut(&id);
            if let Some(fault) = case.and_then(|case| case.play(step)) {
                return Some(fault);
            }
        }
        let mut any = self.any.lock().unwrap();
        any.iter_mut().find_map(|case| case.play(step))
    }
}

/// The message that is sent.
fn sent(message: &Value) -> Value {
    let body = message["MessageBody"].as_str();
    body.and_then(|body| serde_json::from_str(body).ok())
        .unwrap_or_default()
}

/// The jobs that a call is about: several only for a batch.
fn ids_of(call: &Call) -> Vec<String> {
    if let Some(name) = call.schedule() {
        // The digits of the id come first.
        let parts = [0..8, 8..12, 12..16, 16..20, 20..32].map(|part| name.get(part));
        let parts: Option<Vec<_>> = parts.into_iter().collect();
        return parts.map(|parts| parts.join("-")).into_iter().collect();
    }
    let ids = match call.operation.as_str() {
        "SendMessage" => match sent(&call.body) {
            announced if announced["callback"].is_object() => {
                vec![announced["callback"]["id"].clone()]
            }
            job => vec![job["id"].clone()],
        },
        "SendMessageBatch" => {
            let entries = call.entries().into_iter().flatten();
            entries.map(|entry| sent(entry)["id"].clone()).collect()
        }
        "BatchGetItem" => {
            let keys = call.body["RequestItems"][TABLE]["Keys"].as_array();
            let keys = keys.into_iter().flatten();
            keys.map(|key| key["id"]["S"].clone()).collect()
        }
        "PutItem" => vec![call.body["Item"]["id"]["S"].clone()],
        _ => vec![call.body["Key"]["id"]["S"].clone()],
    };
    let ids = ids.iter().filter_map(Value::as_str);
    ids.map(str::to_owned).collect()
}
