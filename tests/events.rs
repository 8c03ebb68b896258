//! The recorded events of `events/` are what they say: the types that the functions receive can read them.

use std::collections::BTreeSet;
use std::path::Path;

use aws_lambda_events::event::sqs::SqsEvent;
use lambda_http::request::RequestContext;
use lambda_http::{Body, Request, RequestExt, RequestPayloadExt};
use serde_json::Value;

const JOB: &str = "/jobs/6f1d2c3b-4a59-8e07-9b1c-2d3e4f506172";

/// What each HTTP event asks for; every path as the gateway sends it, a stage in front included.
fn requests() -> Vec<(&'static str, &'static str, String)> {
    vec![
        ("submit-http-api", "POST", "/jobs".to_owned()),
        ("submit-http-api-jwt", "POST", "/jobs".to_owned()),
        ("submit-rest-api", "POST", "/jobs".to_owned()),
        ("submit-function-url", "POST", "/jobs".to_owned()),
        ("cancel-http-api", "POST", format!("{JOB}/cancel")),
        ("delete-http-api", "DELETE", JOB.to_owned()),
        ("status-http-api", "GET", JOB.to_owned()),
        ("status-http-api-jwt", "GET", JOB.to_owned()),
        ("status-http-api-stage", "GET", format!("/v1{JOB}")),
        ("status-rest-api", "GET", JOB.to_owned()),
        ("status-function-url", "GET", JOB.to_owned()),
        ("result-http-api", "GET", format!("{JOB}/result")),
    ]
}

const BATCH: &str = "worker-batch";

fn folder() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../events"))
}

fn read(event: &str) -> String {
    let file = folder().join(event).with_extension("json");
    std::fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
}

fn request(event: &str) -> Request {
    lambda_http::request::from_str(&read(event))
        .unwrap_or_else(|error| panic!("{event} is no request: {error}"))
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

    let found: BTreeSet<_> = files
        .map(|file| {
            file.expect("a file")
                .path()
                .file_stem()
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

#[test]
fn every_submission_carries_the_same_job_encoded_or_not() {
    let submissions = requests()
        .into_iter()
        .filter(|(event, ..)| event.starts_with("submit"));

    for (event, ..) in submissions {
        let request = request(event);
        let job: Option<Value> = request.payload().expect("the body is JSON");

        assert_eq!(
            job.expect("there is a body")["name"],
            "csv_profile",
            "{event}"
        );
    }
}

#[test]
fn a_request_without_a_body_has_none() {
    assert!(matches!(request("status-http-api").body(), Body::Empty));
}

#[test]
fn the_batch_has_several_records_and_one_of_them_is_no_job() {
    let batch: SqsEvent = serde_json::from_str(&read(BATCH)).expect("the batch is an SQS event");

    let bodies: Vec<_> = batch
        .records
        .iter()
        .map(|record| record.body.as_deref().expect("a body"))
        .collect();
    let jobs: Vec<Value> = bodies
        .iter()
        .filter_map(|body| serde_json::from_str(body).ok())
        .collect();

    assert_eq!(batch.records.len(), 3);
    assert_eq!(jobs.len(), 2);
    for job in jobs {
        let members: BTreeSet<_> = job
            .as_object()
            .expect("a job is an object")
            .keys()
            .map(String::as_str)
            .collect();
        assert_eq!(
            members,
            BTreeSet::from(["fingerprint", "id", "input", "name"])
        );
    }
}
