//! What stands in `template.yaml` and must agree with the code: a difference would only show in the cloud.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::cloudformation::{Template, text};

// What the code expects.
const ID: &str = "id";
const TTL_ATTRIBUTE: &str = "expires_at";
const OWNER_INDEX: &str = "by-owner";
const OWNER_INDEX_KEYS: [(&str, &str); 2] = [("owner_shard", "HASH"), ("created_at_ms", "RANGE")];
const ENVIRONMENT_OF_ALL: [&str; 6] = [
    "TABLE_NAME",
    "ID_SECRETS",
    "RETENTION_SECONDS",
    "DEADLINE_SECONDS",
    "PUBLIC_BASE_URL",
    "OPT_IN_KINDS",
];
const QUEUE_URL: &str = "QUEUE_URL";
/// A worker drops a message that is older and has no record.
const DROP_UNRECORDED_AFTER_SECONDS: u64 = 60;
/// How far ahead a job may be scheduled.
const MAX_SCHEDULE_AHEAD_SECONDS: u64 = 7 * 24 * 60 * 60;
/// The longest visibility timeout that SQS knows, hence how often a job that waits is delivered.
const MAX_VISIBILITY_SECONDS: u64 = 12 * 60 * 60;
/// What API Gateway waits for an HTTP API's integration at most.
const GATEWAY_TIMEOUT_SECONDS: u64 = 30;

/// Attribute and role of each key in a `KeySchema`.
fn keys(schema: &[Value]) -> Vec<(&str, &str)> {
    schema
        .iter()
        .map(|key| (text(&key["AttributeName"]), text(&key["KeyType"])))
        .collect()
}

#[test]
fn the_table_has_the_key_and_the_ttl_attribute_of_the_record() {
    let template = Template::of_this_repository();

    let key = keys(template.list("/Resources/Jobs/Properties/KeySchema"));
    let ttl = template.at("/Resources/Jobs/Properties/TimeToLiveSpecification");

    assert_eq!(key, [(ID, "HASH")]);
    assert_eq!(
        ttl,
        &json!({ "AttributeName": TTL_ATTRIBUTE, "Enabled": true })
    );
}

#[test]
fn the_table_has_the_index_that_lists_an_owners_jobs() {
    let template = Template::of_this_repository();

    let indexes = template.list("/Resources/Jobs/Properties/GlobalSecondaryIndexes");
    let queried =
        template.at("/Resources/StatusRole/Properties/Policies/0/PolicyDocument/Statement/1");

    assert_eq!(indexes.len(), 1);
    assert_eq!(indexes[0]["IndexName"], OWNER_INDEX);
    assert_eq!(
        keys(
            indexes[0]["KeySchema"]
                .as_array()
                .expect("the index has keys")
        ),
        OWNER_INDEX_KEYS
    );
    assert_eq!(indexes[0]["Projection"]["ProjectionType"], "KEYS_ONLY");
    assert_eq!(
        queried["Resource"]["Fn::Sub"],
        format!("${{Jobs.Arn}}/index/{OWNER_INDEX}")
    );
}

#[test]
fn key_attributes_have_the_types_that_the_store_writes() {
    let template = Template::of_this_repository();

    let definitions = template.list("/Resources/Jobs/Properties/AttributeDefinitions");

    let types: Vec<_> = definitions
        .iter()
        .map(|d| (text(&d["AttributeName"]), text(&d["AttributeType"])))
        .collect();
    assert_eq!(
        types,
        [
            (ID, "S"),
            (OWNER_INDEX_KEYS[0].0, "S"),
            (OWNER_INDEX_KEYS[1].0, "N")
        ]
    );
}

#[test]
fn every_function_gets_the_environment_it_reads_and_no_more() {
    let template = Template::of_this_repository();

    let shared = template.map("/Globals/Function/Environment/Variables");
    let submit = template.map("/Resources/SubmitFunction/Properties/Environment/Variables");
    let worker = template.map("/Resources/WorkerFunction/Properties/Environment/Variables");
    let status = template.map("/Resources/StatusFunction/Properties");

    assert_eq!(
        shared.keys().map(String::as_str).collect::<BTreeSet<_>>(),
        BTreeSet::from(ENVIRONMENT_OF_ALL)
    );
    assert_eq!(submit.keys().collect::<Vec<_>>(), [QUEUE_URL]);
    assert_eq!(worker.keys().collect::<Vec<_>>(), [QUEUE_URL]);
    assert!(!status.contains_key("Environment"));
}

#[test]
fn every_route_leads_to_the_function_that_answers_it() {
    let template = Template::of_this_repository();

    let routes: BTreeSet<_> = template
        .resources("AWS::ApiGatewayV2::Route")
        .map(|(_, route)| (text(&route["RouteKey"]), text(&route["Target"]["Fn::Sub"])))
        .collect();

    let submit = "integrations/${SubmitIntegration}";
    let status = "integrations/${StatusIntegration}";
    assert_eq!(
        routes,
        BTreeSet::from([
            ("POST /jobs", submit),
            ("POST /jobs/{id}/cancel", submit),
            ("DELETE /jobs/{id}", submit),
            ("$default", status),
        ])
    );
    for function in ["Submit", "Status"] {
        let integration = template.at(&format!("/Resources/{function}Integration/Properties"));
        assert_eq!(
            integration["IntegrationUri"]["Fn::GetAtt"],
            format!("{function}Function.Arn")
        );
        assert_eq!(integration["PayloadFormatVersion"], "2.0");
    }
}

#[test]
fn a_failed_record_does_not_fail_its_batch() {
    let template = Template::of_this_repository();

    let source = template.at("/Resources/WorkerFunction/Properties/Events/JobQueue/Properties");

    assert_eq!(
        source["FunctionResponseTypes"],
        json!(["ReportBatchItemFailures"])
    );
}

#[test]
fn submit_has_ended_before_a_worker_drops_its_message() {
    let timeout_seconds =
        Template::of_this_repository().number("/Resources/SubmitFunction/Properties/Timeout");

    assert!(timeout_seconds < DROP_UNRECORDED_AFTER_SECONDS);
}

#[test]
fn status_answers_before_the_gateway_gives_up() {
    let timeout_seconds =
        Template::of_this_repository().number("/Resources/StatusFunction/Properties/Timeout");

    assert!(timeout_seconds < GATEWAY_TIMEOUT_SECONDS);
}

#[test]
fn a_message_stays_hidden_six_times_as_long_as_its_worker_may_run() {
    let template = Template::of_this_repository();

    let timeout = template.at("/Resources/WorkerFunction/Properties/Timeout");
    let visibility = template.at("/Resources/JobQueue/Properties/VisibilityTimeout");
    let offered = template.list("/Parameters/WorkerTimeoutSeconds/AllowedValues");

    let choice = json!({ "Ref": "WorkerTimeoutSeconds" });
    assert_eq!(timeout, &choice);
    assert_eq!(
        visibility,
        &json!({ "Fn::FindInMap": ["WorkerTimeout", choice, "VisibilitySeconds"] })
    );
    for worker_seconds in offered
        .iter()
        .map(|value| value.as_u64().expect("timeouts are numbers"))
    {
        let hidden_seconds = template.number(&format!(
            "/Mappings/WorkerTimeout/{worker_seconds}/VisibilitySeconds"
        ));
        assert_eq!(hidden_seconds, 6 * worker_seconds);
    }
}

#[test]
fn a_message_outlives_the_deadline_of_its_job() {
    let template = Template::of_this_repository();

    let kept_seconds = template.number("/Resources/JobQueue/Properties/MessageRetentionPeriod");
    let longest_deadline_seconds = template.number("/Parameters/DeadlineSeconds/MaxValue");

    assert!(MAX_SCHEDULE_AHEAD_SECONDS + longest_deadline_seconds <= kept_seconds);
}

#[test]
fn a_job_that_waits_is_delivered_far_less_often_than_it_takes_to_dead_letter_it() {
    let template = Template::of_this_repository();

    let deliveries =
        template.number("/Resources/JobQueue/Properties/RedrivePolicy/maxReceiveCount");

    let while_waiting = MAX_SCHEDULE_AHEAD_SECONDS / MAX_VISIBILITY_SECONDS;
    assert!(
        deliveries >= 5 * while_waiting,
        "{deliveries} deliveries, {while_waiting} while waiting"
    );
}
