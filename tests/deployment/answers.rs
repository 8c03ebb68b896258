//! What the functions answer to the recorded events, as processes with the environment that the template gives them.

use std::collections::BTreeSet;

use aws_sdk_sqs::types::{Message, MessageSystemAttributeName};
use serde_json::{Value, json};

use crate::deployment::deployed::{Deployed, http_api_event};
use crate::deployment::events::{BATCH, JOB_OF_ROLE, JOB_OF_USER, job_and_owner, read};

const HTTP_API: &str = "https://a1b2c3d4e5.execute-api.us-east-1.amazonaws.com";
const FUNCTION_URL: &str = "https://abcdefghijklmnopqrstuvwxyz012345.lambda-url.us-east-1.on.aws";

/// Where each submission's answer sends its client: to the gateway that it came through, its stage included.
fn submissions() -> [(&'static str, String); 4] {
    [
        ("submit-http-api", HTTP_API.to_owned()),
        ("submit-http-api-jwt", HTTP_API.to_owned()),
        ("submit-rest-api", format!("{HTTP_API}/prod")),
        ("submit-function-url", FUNCTION_URL.to_owned()),
    ]
}

const STATUS_EVENTS: [&str; 5] = [
    "status-http-api",
    "status-http-api-jwt",
    "status-http-api-stage",
    "status-rest-api",
    "status-function-url",
];

impl Deployed {
    /// The jobs that the batch has the messages of.
    async fn submit_both(&self) {
        for event in ["submit-http-api", "submit-http-api-jwt"] {
            assert_eq!(
                self.submit.answer(&read(event)).await.status,
                202,
                "{event}"
            );
        }
    }
}

/// A job for a caller whom no authorizer named.
pub(crate) fn a_job() -> Value {
    json!({ "name": "csv_profile", "input": { "csv": "a,b\n1,2\n" } })
}

/// Passes the waiting message to the worker. Returns its job, finished.
pub(crate) async fn finished(deployed: &Deployed) -> Value {
    let messages = deployed.backends.messages().await;
    assert_eq!(messages.len(), 1);
    let records: Vec<_> = messages.iter().map(record).collect();
    let id = records[0]["body"].as_str().and_then(|body| {
        let body: Value = serde_json::from_str(body).ok()?;
        Some(body["id"].as_str()?.to_owned())
    });
    let answer = deployed
        .worker
        .invoke(&json!({ "Records": records }).to_string())
        .await;
    assert_eq!(answer, json!({ "batchItemFailures": [] }));
    let path = format!("/jobs/{}", id.expect("an id"));
    let status = deployed
        .status
        .answer(&http_api_event("GET", &path, &Value::Null))
        .await;
    status.body["job"].clone()
}

/// A message as the event source writes it into the worker's event.
pub(crate) fn record(message: &Message) -> Value {
    json!({
        "messageId": message.message_id(),
        "receiptHandle": message.receipt_handle(),
        "body": message.body(),
        "attributes": {},
        "messageAttributes": {},
        "eventSource": "aws:sqs",
    })
}

#[tokio::test]
async fn every_submission_is_accepted_and_sent_on_to_its_own_gateway() {
    let deployed = Deployed::new().await;

    for (event, base) in submissions() {
        let (job, owner) = job_and_owner(event);
        let answer = deployed.submit.answer(&read(event)).await;

        assert_eq!(answer.status, 202, "{event}: {}", answer.body);
        assert_eq!(
            answer.header("location"),
            format!("{base}/jobs/{job}"),
            "{event}"
        );
        assert_eq!(
            answer.header("operation-location"),
            answer.header("location")
        );
        assert_eq!(answer.body["task"]["id"], job, "{event}");
        assert_eq!(answer.body["job"]["owner"], owner, "{event}");
    }
}

#[tokio::test]
async fn a_public_base_url_goes_before_what_the_gateway_says() {
    let deployed =
        Deployed::with_parameters(&[("PublicBaseUrl", "https://jobs.example.com")]).await;

    let answer = deployed.submit.answer(&read("submit-rest-api")).await;

    let expected = format!("https://jobs.example.com/jobs/{JOB_OF_ROLE}");
    assert_eq!(answer.header("location"), expected);
}

#[tokio::test]
async fn a_kind_to_opt_into_is_unknown_until_the_deployment_names_it() {
    let rehearsal = json!({ "name": "rehearsal", "input": {} });
    let event = http_api_event("POST", "/jobs", &rehearsal);

    let without = Deployed::new().await.submit.answer(&event).await;
    let with = Deployed::with_parameters(&[("OptInKinds", "rehearsal")]).await;
    let with = with.submit.answer(&event).await;

    assert_eq!(
        (without.status, with.status),
        (422, 202),
        "{}",
        without.body
    );
}

#[tokio::test]
async fn a_replay_through_another_gateway_is_the_same_job() {
    let deployed = Deployed::new().await;

    let first = deployed.submit.answer(&read("submit-http-api")).await;
    let again = deployed.submit.answer(&read("submit-rest-api")).await;

    assert!(!first.headers.contains_key("idempotency-replayed"));
    assert_eq!(again.header("idempotency-replayed"), "true");
    assert_eq!(again.body["task"], first.body["task"]);
    assert_eq!(deployed.backends.messages().await.len(), 1);
}

#[tokio::test]
async fn a_status_is_200_at_every_gateway_while_the_job_lives() {
    let deployed = Deployed::new().await;
    deployed.submit_both().await;

    for event in STATUS_EVENTS {
        let (job, owner) = job_and_owner(event);
        let answer = deployed.status.answer(&read(event)).await;

        assert_eq!(answer.status, 200, "{event}: {}", answer.body);
        assert_eq!(answer.body["job"]["id"], job, "{event}");
        assert_eq!(answer.body["job"]["owner"], owner, "{event}");
        assert_eq!(answer.body["job"]["job-state"], "SCHEDULED", "{event}");
    }
}

#[tokio::test]
async fn a_status_is_410_where_a_job_was_issued_and_no_record_is_left() {
    let deployed = Deployed::new().await;

    for event in STATUS_EVENTS {
        let answer = deployed.status.answer(&read(event)).await;

        assert_eq!(answer.status, 410, "{event}: {}", answer.body);
        assert_eq!(
            answer.header("content-type"),
            "application/problem+json",
            "{event}"
        );
    }
}

#[tokio::test]
async fn another_owner_s_job_is_404_and_nothing_is_read() {
    let deployed = Deployed::new().await;
    deployed.submit_both().await;
    let of_others = read("status-http-api-jwt").replace(JOB_OF_USER, JOB_OF_ROLE);

    let answer = deployed.status.answer(&of_others).await;

    assert_eq!(answer.status, 404, "{}", answer.body);
    assert_eq!(deployed.status.recorder.actions(), BTreeSet::new());
}

#[tokio::test]
async fn the_batch_holds_the_very_messages_that_submit_sends() {
    let deployed = Deployed::new().await;

    deployed.submit_both().await;

    let batch: Value = serde_json::from_str(&read(BATCH)).expect("JSON");
    let recorded = [&batch["Records"][0], &batch["Records"][2]].map(|record| {
        let group = &record["attributes"]["MessageGroupId"];
        (record["body"].as_str(), group.as_str())
    });
    let messages = deployed.backends.messages().await;
    let sent: BTreeSet<_> = messages
        .iter()
        .map(|message| (message.body(), group(message)))
        .collect();
    assert_eq!(sent, BTreeSet::from(recorded));
}

fn group(message: &Message) -> Option<&str> {
    let name = MessageSystemAttributeName::MessageGroupId;
    message.attributes()?.get(&name).map(String::as_str)
}

#[tokio::test]
async fn a_batch_runs_its_jobs_and_hands_back_only_what_is_none() {
    let deployed = Deployed::new().await;
    deployed.submit_both().await;

    let answer = deployed.worker.invoke(&read(BATCH)).await;

    let no_job = json!({ "itemIdentifier": "2e1424d4-f796-459a-8184-9c92662be6da" });
    assert_eq!(answer, json!({ "batchItemFailures": [no_job] }));
    for (event, rows) in [("status-http-api", 1), ("status-http-api-jwt", 2)] {
        let status = deployed.status.answer(&read(event)).await;
        let job = &status.body["job"];
        assert_eq!(job["job-status"], "SUCCESS", "{event}: {}", status.body);
        assert_eq!(job["percent-complete"], 100, "{event}");
        assert_eq!(job["result"]["rows"], rows, "{event}");
    }
}

#[tokio::test]
async fn a_result_is_404_until_there_is_one() {
    let deployed = Deployed::new().await;
    deployed.submit_both().await;

    let early = deployed.status.answer(&read("result-http-api")).await;
    deployed.worker.invoke(&read(BATCH)).await;
    let result = deployed.status.answer(&read("result-http-api")).await;

    assert_eq!(early.status, 404);
    assert!(early.header("retry-after").parse::<u8>().expect("seconds") >= 1);
    assert_eq!((result.status, &result.body["rows"]), (200, &json!(1)));
}

#[tokio::test]
async fn a_job_that_was_canceled_never_starts() {
    let deployed = Deployed::new().await;
    deployed.submit_both().await;

    let canceled = deployed.submit.answer(&read("cancel-http-api")).await;
    deployed.worker.invoke(&read(BATCH)).await;
    let status = deployed.status.answer(&read("status-http-api")).await;

    assert_eq!(canceled.status, 200, "{}", canceled.body);
    assert_eq!(status.body["job"]["job-status"], "CANCELED");
    assert_eq!(status.body["job"]["attempt"], 0);
}

#[tokio::test]
async fn a_job_can_be_deleted_once_it_has_ended() {
    let deployed = Deployed::new().await;
    deployed.submit_both().await;

    let early = deployed.submit.answer(&read("delete-http-api")).await;
    deployed.worker.invoke(&read(BATCH)).await;
    let deleted = deployed.submit.answer(&read("delete-http-api")).await;
    let status = deployed.status.answer(&read("status-http-api")).await;

    assert_eq!(
        (early.status, deleted.status, status.status),
        (409, 204, 410)
    );
}
