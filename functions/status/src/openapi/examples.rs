//! Examples, made by the code that makes the responses.

use std::time::Duration;

use api::{Incoming, JobDocument, JobMembers, Problem, ProblemKind, WebhookDocument};
use engine::{
    Callback, CreationToken, Fingerprint, JobId, JobRecord, JobState, Judged, NewJob, Outcome,
    Owner, Percent, Timestamp,
};
use serde_json::{Value, json};

/// Examples with the URLs of this request.
pub(crate) struct Examples<'a> {
    pub(crate) incoming: &'a Incoming,
}

const ID: &str = "20dbda2a-4d14-8221-80b9-9f06dbe15230";
const REQUEST_ID: &str = "UZk2VhdIIAMEJ1g=";
/// 2026-01-01T10:50:45Z.
const ACCEPTED: i64 = 1_767_264_645;

impl Examples<'_> {
    /// Adds an example to the content of a response, if it is a document of jobs.
    pub(crate) fn add_to(&self, content: &mut Value, is_cancel: bool) {
        let schema = content.pointer("/schema/$ref").and_then(Value::as_str);
        let name = schema.and_then(|schema| schema.rsplit('/').next());
        if let Some(document) = name.and_then(|name| self.document(name, is_cancel)) {
            content["examples"] = json!({ "example": { "value": document } });
        }
    }

    /// The document of this schema: of a job that is running or was canceled, of a 202, of the last page of a list, or of a webhook.
    fn document(&self, schema: &str, is_canceled: bool) -> Option<Value> {
        let (record, base_url) = (record()?, &self.incoming.base_url);
        match schema {
            "JobDocument" if is_canceled => {
                written(&JobDocument::of(&judged(canceled(record)), base_url))
            }
            "JobDocument" => written(&JobDocument::of(&judged(started(record)), base_url)),
            "AcceptedDocument" => {
                let text = JobDocument::accepted(&judged(record), base_url);
                serde_json::from_str(&text).ok()
            }
            "ListDocument" => {
                let job = written(&JobMembers::of(&judged(started(record))))?;
                Some(json!({ "jobs": [job], "next": null, "next-cursor": null }))
            }
            "WebhookDocument" => {
                let job = judged(with_callback(canceled(record)));
                written(&WebhookDocument::of(&job, base_url)?)
            }
            _ => None,
        }
    }

    /// The slug of a kind of problem, and an example of it.
    pub(crate) fn problem(&self, kind: ProblemKind) -> (String, Value) {
        let body = Problem::new(kind).answer(self.incoming).body;
        let mut problem: Value = serde_json::from_str(&body).unwrap_or_default();
        // Not the id of this request, so that the document stays the same and a client can cache it.
        problem["request-id"] = REQUEST_ID.into();
        let example = json!({ "summary": kind.title(), "value": problem });
        (kind.slug().to_owned(), example)
    }
}

fn written(document: &impl serde::Serialize) -> Option<Value> {
    serde_json::to_value(document).ok()
}

/// The job a minute after it was accepted.
fn judged(record: JobRecord) -> Judged<'static> {
    record.into_judged(Timestamp::from_seconds(ACCEPTED + 60))
}

/// The example job.
fn record() -> Option<JobRecord> {
    let at = Timestamp::from_seconds(ACCEPTED);
    let job = NewJob {
        id: ID.parse::<JobId>().ok()?,
        owner: Owner::named("admin")?,
        kind: "csv_profile".parse().ok()?,
        fingerprint: Fingerprint::of(b""),
        creation_token: CreationToken::of([1; 16]),
        summary: "cities".to_owned(),
        scheduled_start: at,
        schedule: None,
        deadline: Duration::from_secs(86_400),
        write_horizon: engine::WRITE_HORIZON,
        retention: Duration::from_secs(86_400),
        max_attempts: 3,
        callback: None,
    };
    Some(JobRecord::begin(job, at))
}

fn started(record: JobRecord) -> JobRecord {
    JobRecord {
        state: JobState::Started,
        started_at: Some(Timestamp::from_seconds(ACCEPTED + 10)),
        updated_at: Timestamp::from_seconds(ACCEPTED + 38),
        percent: Percent::new(30),
        summary: "profiled 1012 rows".to_owned(),
        attempt: 1,
        ..record
    }
}

fn canceled(record: JobRecord) -> JobRecord {
    JobRecord {
        state: JobState::Completed(Outcome::Canceled),
        ended_at: Some(Timestamp::from_seconds(ACCEPTED + 5)),
        ..record
    }
}

fn with_callback(record: JobRecord) -> JobRecord {
    JobRecord {
        callback: Some(Callback::pending(
            "https://hooks.example.com/jobs".to_owned(),
        )),
        ..record
    }
}
