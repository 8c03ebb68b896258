//! Examples, written by the code that answers.

use std::time::Duration;

use api::{Incoming, JobDocument, JobMembers, Problem, ProblemKind};
use engine::{
    CreationToken, Fingerprint, JobId, JobRecord, JobState, NewJob, Outcome, Owner, Percent,
    Timestamp,
};
use serde_json::{Value, json};

/// Answers to requests such as this one.
pub(crate) struct Examples<'a> {
    pub(crate) incoming: &'a Incoming,
}

const ID: &str = "20dbda2a-4d14-8221-80b9-9f06dbe15230";
const REQUEST_ID: &str = "UZk2VhdIIAMEJ1g=";
/// 2026-01-01T10:50:45Z.
const ACCEPTED: i64 = 1_767_264_645;

impl Examples<'_> {
    /// A job's document: under way, or canceled.
    pub(crate) fn job(&self, canceled: bool) -> Value {
        let record = if canceled {
            record().map(canceled_record)
        } else {
            record().map(started)
        };
        record.map_or(Value::Null, |record| {
            written(&JobDocument::of(&record, &self.incoming.base_url))
        })
    }

    /// A 202's document.
    pub(crate) fn accepted(&self) -> Value {
        let text = record()
            .and_then(|record| JobDocument::accepted(&record, &self.incoming.base_url).ok());
        text.and_then(|text| serde_json::from_str(&text).ok())
            .unwrap_or_default()
    }

    /// The last page of a list.
    pub(crate) fn page() -> Value {
        let record = record().map(started);
        let jobs: Vec<_> = record
            .iter()
            .map(|record| written(&JobMembers::of(record)))
            .collect();
        json!({ "jobs": jobs, "next": null })
    }

    /// A problem's document.
    pub(crate) fn problem(&self, kind: ProblemKind) -> Value {
        let body = Problem::new(kind).answer(self.incoming).body;
        let mut problem: Value = serde_json::from_str(&body).unwrap_or_default();
        // Not this request's, so that the document is the same each time and a client can keep it.
        problem["request-id"] = REQUEST_ID.into();
        problem
    }
}

fn written(document: &impl serde::Serialize) -> Value {
    serde_json::to_value(document).unwrap_or_default()
}

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
        deadline: Duration::from_secs(86_400),
        write_horizon: engine::WRITE_HORIZON,
        retention: Duration::from_secs(86_400),
        max_attempts: 3,
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

fn canceled_record(record: JobRecord) -> JobRecord {
    JobRecord {
        state: JobState::Completed(Outcome::Canceled),
        ended_at: Some(Timestamp::from_seconds(ACCEPTED + 5)),
        ..record
    }
}
