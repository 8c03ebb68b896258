//! The recorded events of `events/` are what they say, and they tell one story: two owners submit a job each, the worker gets
//! the messages of both, and each asks for the job that is its own.

use std::collections::BTreeSet;
use std::path::Path;

use aws_lambda_events::event::sqs::SqsEvent;
use engine::{Fingerprint, IdSecrets, JobId, JobMessage, Owner};
use lambda_http::request::RequestContext;
use lambda_http::{Body, Request, RequestExt, RequestPayloadExt};
use md5::{Digest as _, Md5};
use serde_json::{Value, json};

use crate::deployment::cloudformation::text;
use crate::deployment::deployed::ID_SECRET;

/// The job of `submit-http-api`, and of the same request through other gateways.
pub(crate) const JOB_OF_ROLE: &str = "f464b758-f84e-8e40-be0b-ed17081a2b15";
/// The job of `submit-scheduled`.
pub(crate) const JOB_OF_SCHEDULE: &str = "d1f316dc-62e7-82b0-a643-f32ef1b870f6";
/// The job of `submit-http-api-jwt`.
pub(crate) const JOB_OF_USER: &str = "e3eeaffc-2a66-8fc0-865e-0df90df092aa";

/// Who the events are from: a role, whatever its session is called, and a user, who is unique within an issuer.
pub(crate) const ROLE: &str =
    "arn:aws:sts::123456789012:assumed-role/reports|AROADBQP57FF2AEXAMPLE";
pub(crate) const USER: &str = "https://login.example.com/|auth0|5f7c8ec7c33c6c004bbafe82";

/// The job and the owner that an event is about.
pub(crate) fn job_and_owner(event: &str) -> (&'static str, &'static str) {
    if event.ends_with("jwt") {
        (JOB_OF_USER, USER)
    } else if event.ends_with("scheduled") {
        (JOB_OF_SCHEDULE, ROLE)
    } else {
        (JOB_OF_ROLE, ROLE)
    }
}

/// What each HTTP event asks for; every path as the gateway sends it, a stage in front included.
fn requests() -> Vec<(&'static str, &'static str, String)> {
    let of_role = format!("/jobs/{JOB_OF_ROLE}");
    let of_user = format!("/jobs/{JOB_OF_USER}");
    vec![
        ("submit-http-api", "POST", "/jobs".to_owned()),
        ("submit-http-api-jwt", "POST", "/jobs".to_owned()),
        ("submit-rest-api", "POST", "/jobs".to_owned()),
        ("submit-function-url", "POST", "/jobs".to_owned()),
        ("submit-scheduled", "POST", "/jobs".to_owned()),
        ("cancel-http-api", "POST", format!("{of_role}/cancel")),
        ("delete-http-api", "DELETE", of_role.clone()),
        ("status-http-api", "GET", of_role.clone()),
        ("status-http-api-jwt", "GET", of_user),
        ("status-http-api-stage", "GET", format!("/v1{of_role}")),
        ("status-rest-api", "GET", of_role.clone()),
        ("status-function-url", "GET", of_role.clone()),
        ("result-http-api", "GET", format!("{of_role}/result")),
        ("upload-http-api", "POST", "/uploads".to_owned()),
    ]
}

/// The submissions, in the order in which the batch has their messages.
const SENT: [&str; 2] = ["submit-http-api", "submit-http-api-jwt"];

pub(crate) const BATCH: &str = "worker-batch";

fn folder() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../events"))
}

pub(crate) fn read(event: &str) -> String {
    let file = folder().join(event).with_extension("json");
    std::fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
}

fn request(event: &str) -> Request {
    lambda_http::request::from_str(&read(event))
        .unwrap_or_else(|error| panic!("{event} is not a request: {error}"))
}

/// Who the gateway says is calling: a JWT's subject or an IAM principal.
fn caller(request: &Request) -> Option<String> {
    match request.request_context() {
        RequestContext::ApiGatewayV1(context) => context.identity.user_arn,
        RequestContext::ApiGatewayV2(context) => {
            let authorizer = context.authorizer?;
            let subject = authorizer
                .jwt
                .and_then(|jwt| jwt.claims.get("sub").cloned());
            subject.or_else(|| authorizer.iam.and_then(|iam| iam.user_arn))
        }
        _ => None,
    }
}

#[test]
fn every_file_is_listed_here() {
    let files = std::fs::read_dir(folder()).expect("the folder of events is there");

    let paths = files.map(|file| file.expect("a file").path());
    let found: BTreeSet<_> = paths
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == "json")
        })
        .map(|path| {
            path.file_stem()
                .expect("a name")
                .to_string_lossy()
                .into_owned()
        })
        .collect();

    let listed = requests()
        .into_iter()
        .map(|(event, ..)| event)
        .chain([BATCH])
        .map(str::to_owned);
    assert_eq!(found, listed.collect());
}

#[test]
fn every_http_event_asks_for_what_its_name_says() {
    for (event, method, path) in requests() {
        let request = request(event);

        assert_eq!(request.method(), method, "{event}");
        assert_eq!(request.raw_http_path(), path, "{event}");
    }
}

#[test]
fn every_http_event_names_its_caller() {
    for (event, ..) in requests() {
        let expected = if event.ends_with("jwt") {
            "auth0|5f7c8ec7c33c6c004bbafe82"
        } else {
            "arn:aws:sts::123456789012:assumed-role/reports/nightly"
        };

        assert_eq!(
            caller(&request(event)).as_deref(),
            Some(expected),
            "{event}"
        );
    }
}

/// The bytes that came with a request.
fn body(request: &Request) -> &[u8] {
    match request.body() {
        Body::Text(text) => text.as_bytes(),
        Body::Binary(bytes) => bytes,
        _ => &[],
    }
}

fn batch() -> SqsEvent {
    serde_json::from_str(&read(BATCH)).expect("the batch is an SQS event")
}

/// The jobs that the batch's records carry.
fn messages() -> Vec<JobMessage> {
    batch()
        .records
        .iter()
        .filter_map(|record| JobMessage::parse(record.body.as_deref()?).ok())
        .collect()
}

#[test]
fn every_submission_of_an_owner_carries_the_same_bytes_encoded_or_not() {
    let expected = request("submit-http-api");
    for event in ["submit-rest-api", "submit-function-url"] {
        assert_eq!(body(&request(event)), body(&expected), "{event}");
    }
    for event in SENT {
        let job: Option<Value> = request(event).payload().expect("the body is JSON");
        assert_eq!(job.expect("a body")["name"], "csv_profile", "{event}");
    }
}

#[test]
fn the_upload_announces_the_text_that_the_submissions_have_inline() {
    let job: Option<Value> = request(SENT[0]).payload().expect("the body is JSON");
    let csv = text(&job.expect("a body")["input"]["csv"]).to_owned();

    let announced: Option<Value> = request("upload-http-api").payload().expect("JSON");

    let digest = Fingerprint::of(csv.as_bytes());
    let expected =
        json!({ "media-type": "text/csv", "bytes": csv.len(), "sha-256": digest.as_str() });
    assert_eq!(announced, Some(expected));
}

#[test]
fn every_http_event_has_the_length_of_its_body() {
    for (event, ..) in requests() {
        let request = request(event);

        if let Some(length) = request.headers().get("content-length") {
            let bytes = body(&request).len().to_string();
            assert_eq!(length, bytes.as_str(), "{event}");
        }
    }
}

#[test]
fn every_job_was_issued_to_the_owner_of_its_event() {
    let secrets = IdSecrets::parse("ID_SECRETS", ID_SECRET).expect("a secret that is long enough");

    for (event, _, path) in requests() {
        let (job, owner) = job_and_owner(event);
        let id: JobId = job.parse().expect("an id");
        let owner = Owner::named(owner).expect("a name");
        let asked_for = path.split("/jobs/").nth(1).map(|rest| &rest[..36]);
        assert!(secrets.issued_to(&id, &owner), "{event}");
        assert!(
            asked_for.is_none_or(|asked_for| asked_for == job),
            "{event}"
        );
    }
}

#[test]
fn every_submission_s_key_stands_for_its_owner_s_job() {
    let secrets = IdSecrets::parse("ID_SECRETS", ID_SECRET).expect("a secret that is long enough");

    for (event, ..) in requests()
        .iter()
        .filter(|(event, ..)| event.starts_with("submit"))
    {
        let (job, owner) = job_and_owner(event);
        let owner = Owner::named(owner).expect("a name");
        let request = request(event);
        let key = request.headers()["idempotency-key"].to_str().expect("text");
        let id = secrets.for_key(&owner, key.trim_matches('"')).next();
        assert_eq!(id.expect("an id").to_string(), job, "{event}");
    }
}

#[test]
fn a_request_without_a_body_has_none() {
    assert!(matches!(request("status-http-api").body(), Body::Empty));
}

#[test]
fn the_batch_has_the_messages_of_both_submissions_and_one_that_is_none() {
    let messages = messages();

    assert_eq!(batch().records.len(), 3);
    assert_eq!(messages.len(), 2);
    for (event, message) in SENT.into_iter().zip(messages) {
        assert_eq!(message.id.to_string(), job_and_owner(event).0, "{event}");
        let fingerprint = Fingerprint::of(body(&request(event)));
        assert_eq!(message.fingerprint, fingerprint, "{event}");
    }
}

#[test]
fn every_record_of_the_batch_has_the_digest_of_its_body() {
    for record in batch().records {
        let body = record.body.expect("a body");
        let digest: Vec<_> = Md5::digest(body.as_bytes())
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        assert_eq!(record.md5_of_body, Some(digest.concat()), "{body}");
    }
}
