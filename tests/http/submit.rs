//! What a client gets for a job that is accepted.

use aws_sdk_dynamodb::types::AttributeValue;
use serde_json::{Value, json};

use crate::app::{App, time_in};

#[tokio::test]
async fn a_202_says_where_the_job_is_and_when_to_look() {
    let app = App::shared().as_user("where-to-look");

    let job = app.rehearse(json!({"seconds": 0})).await;

    let accepted = &job.accepted;
    assert_eq!(accepted.status, 202);
    assert_eq!(job.uri, format!("{}/jobs/{}", app.service.url, job.id));
    assert_eq!(accepted.header("operation-location"), Some(&*job.uri));
    assert_eq!(accepted.header("cache-control"), Some("no-store"));
    assert_eq!(accepted.header("content-type"), Some("application/json"));
    accepted.retry_after();
    assert_eq!(
        accepted.json()["task"],
        json!({"href": format!("/jobs/{}", job.id), "id": job.id})
    );
}

#[tokio::test]
async fn the_status_uri_answers_right_after_every_202() {
    let app = App::shared().as_user("right-after");

    for _ in 0..50 {
        let job = app.rehearse(json!({"seconds": 0})).await;

        assert_eq!(app.status(&job).await.status, 200);
    }
}

#[tokio::test]
async fn a_job_has_every_member_of_the_contract_from_its_202_on() {
    let app = App::shared().as_user("members");

    let job = app
        .submit(&json!({"name": "rehearsal", "input": {"seconds": 0}, "summary": "a first try"}))
        .await;
    let document = app.status(&job).await.json();

    let accepted = job.accepted.json();
    for document in [&accepted, &document] {
        assert_eq!(members(&document["job"]), EVERY_MEMBER, "{document}");
    }
    assert_eq!(accepted["status"], "InProgress");
    let expected = json!({
        "@uri": format!("/jobs/{}", job.id), "id": job.id, "name": "rehearsal",
        "job-state": "SCHEDULED", "job-status": "UNDETERMINED", "percent-complete": 0,
        "scheduled-start-time": accepted["job"]["scheduled-start-time"],
        "start-time": null, "end-time": null, "estimated-end-time": null,
        "owner": "https://local.invalid|members", "title": "a first try", "summary": "a first try",
        "attempt": 0, "max-attempts": 3, "expires-at": accepted["job"]["expires-at"],
        "result": null, "error": null,
    });
    assert_eq!(accepted["job"], expected);
}

/// In the order of their bytes.
const EVERY_MEMBER: [&str; 18] = [
    "@uri",
    "attempt",
    "end-time",
    "error",
    "estimated-end-time",
    "expires-at",
    "id",
    "job-state",
    "job-status",
    "max-attempts",
    "name",
    "owner",
    "percent-complete",
    "result",
    "scheduled-start-time",
    "start-time",
    "summary",
    "title",
];

fn members(object: &Value) -> Vec<&str> {
    let mut members: Vec<_> = object
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect();
    members.sort_unstable();
    members
}

#[tokio::test]
async fn the_input_is_in_no_record_and_a_new_record_is_below_a_kilobyte() {
    let app = App::shared().as_user("small-records");
    let csv = format!("text\n{}\n", "secret ".repeat(1_000));

    let job = app
        .submit(&json!({"name": "csv_profile", "input": {"csv": csv}, "scheduled-start-time": time_in(600)}))
        .await;

    let record = app.record(&job).await.unwrap();
    let bytes: usize = record
        .iter()
        .map(|(name, value)| name.len() + size(value))
        .sum();
    assert!(bytes < 1_024, "{bytes} bytes: {record:?}");
    assert!(!format!("{record:?}").contains("secret secret"));
}

/// As DynamoDB counts: a text by its bytes, a number by less than 21.
fn size(value: &AttributeValue) -> usize {
    value.as_s().map_or(21, String::len)
}
