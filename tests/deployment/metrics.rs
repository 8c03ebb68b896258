//! What an operator sees of the functions: metrics in their logs, and what request a line belongs to.
//!
//! Over 300 lines: one short test for each metric.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::app::eventually;
use crate::backends::{TABLE, dynamodb_client};
use crate::deployment::answers::{a_job, record};
use crate::deployment::cloudformation::{Template, text};
use crate::deployment::deployed::{
    Deployed, Function, NAMESPACE, http_api_event, http_api_event_with, sqs_event,
};

const TRACEPARENT: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
const XRAY: &str = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1";

/// The values of a metric, once there are as many as that. Each line that has one says where it goes.
async fn values(function: &Function, metric: &str, count: usize) -> Vec<u64> {
    eventually(metric, async || {
        let mut lines = function.lines();
        lines.retain(|line| line[metric].is_u64());
        for line in &lines {
            let directive = &line["_aws"]["CloudWatchMetrics"][0];
            assert_eq!(directive["Namespace"], NAMESPACE);
            assert_eq!(directive["Dimensions"], json!([[], ["kind"]]));
            let metrics = directive["Metrics"].as_array().expect("metrics");
            assert!(metrics.iter().any(|one| one["Name"] == metric), "{line}");
            assert!(line["kind"].is_string() && line["_aws"]["Timestamp"].is_u64());
        }
        let values: Vec<_> = lines
            .iter()
            .filter_map(|line| line[metric].as_u64())
            .collect();
        (values.len() >= count).then_some(values)
    })
    .await
}

/// Submits, and lets the worker have the job's message so often. It comes with a trace, as after a traced submit.
async fn run(deployed: &Deployed, job: &Value, deliveries: usize) {
    let headers = [("traceparent", TRACEPARENT)];
    let submit = http_api_event_with(&headers, "POST", "/jobs", job);
    assert_eq!(deployed.submit.answer(&submit).await.status, 202);
    let messages = deployed.backends.messages().await;
    let mut records: Vec<_> = messages.iter().map(record).collect();
    records[0]["attributes"]["AWSTraceHeader"] = json!(XRAY);
    for _ in 0..deliveries {
        let event = json!({ "Records": records }).to_string();
        deployed.worker.invoke(&event).await;
    }
}

#[tokio::test]
async fn a_job_s_life_is_counted_once_however_often_its_message_comes() {
    let deployed = Deployed::new().await;

    run(&deployed, &a_job(), 2).await;

    assert_eq!(values(&deployed.submit, "JobAccepted", 1).await, [1]);
    let worker = &deployed.worker;
    assert_eq!(values(worker, "DuplicateDelivery", 1).await, [1]);
    assert_eq!(values(worker, "QueueDelay", 1).await.len(), 1);
    assert_eq!(values(worker, "RunTime", 1).await.len(), 1);
    assert_eq!(values(worker, "JobSucceeded", 1).await, [1]);
    assert_eq!(values(worker, "JobFailed", 1).await, [0]);
    assert_eq!(values(worker, "JobCanceled", 1).await, [0]);
    assert_eq!(values(worker, "Attempts", 1).await, [1]);
}

#[tokio::test]
async fn the_slices_of_a_job_are_one_attempt_which_waited_once() {
    let deployed = Deployed::with_parameters(&[("OptInKinds", "rehearsal")]).await;
    let input = json!({ "seconds": 2.2, "steps": 2, "outcome": "slices" });

    run(
        &deployed,
        &json!({ "name": "rehearsal", "input": input }),
        2,
    )
    .await;

    let worker = &deployed.worker;
    assert_eq!(values(worker, "Attempts", 1).await, [1]);
    assert_eq!(values(worker, "RunTime", 2).await.len(), 2);
    assert_eq!(values(worker, "QueueDelay", 1).await.len(), 1);
    assert_eq!(handed_back(worker, 1).await, ["slice"]);
}

#[tokio::test]
async fn the_average_of_failures_is_their_share() {
    let deployed = Deployed::with_parameters(&[("OptInKinds", "rehearsal")]).await;

    for outcome in ["success", "failure"] {
        let job = json!({ "name": "rehearsal", "input": { "outcome": outcome } });
        run(&deployed, &job, 1).await;
    }

    assert_eq!(values(&deployed.worker, "JobFailed", 2).await, [0, 1]);
    assert_eq!(values(&deployed.worker, "JobSucceeded", 2).await, [1, 0]);
}

#[tokio::test]
async fn a_job_that_never_started_is_counted_where_it_was_canceled() {
    let deployed = Deployed::new().await;
    let submit = http_api_event("POST", "/jobs", &a_job());
    let accepted = deployed.submit.answer(&submit).await;
    let path = format!("/jobs/{}/cancel", text(&accepted.body["task"]["id"]));

    for _ in 0..2 {
        let cancel = http_api_event("POST", &path, &Value::Null);
        assert_eq!(deployed.submit.answer(&cancel).await.status, 200);
    }

    assert_eq!(values(&deployed.submit, "JobCanceled", 1).await, [1]);
}

#[tokio::test]
async fn the_lines_of_an_attempt_name_the_request_that_it_comes_from() {
    let deployed = Deployed::new().await;

    run(&deployed, &a_job(), 1).await;

    for message in ["job finished", "attempt ended"] {
        let line = eventually(message, async || {
            let lines = deployed.worker.lines();
            lines
                .into_iter()
                .find(|line| line["fields"]["message"] == message)
        })
        .await;
        let spans = line["spans"].as_array().expect("spans");
        let delivery = spans.iter().find(|span| span["name"] == "delivery");
        let delivery = delivery.expect("the line is a delivery's");
        assert_eq!(delivery["traceparent"], TRACEPARENT);
        assert_eq!(delivery["xray.trace"], XRAY);
    }
    let accepted = eventually("the submit's line", async || {
        let lines = deployed.submit.lines();
        lines
            .into_iter()
            .find(|line| line["fields"]["message"] == "job accepted")
    });
    assert_eq!(accepted.await["fields"]["traceparent"], TRACEPARENT);
}

/// The reasons of the messages that the worker has returned, in their order, once there are as many; `!` marks the faults.
async fn handed_back(worker: &Function, count: usize) -> Vec<String> {
    eventually("HandedBack", async || {
        let mut lines = worker.lines();
        lines.retain(|line| line["HandedBack"] == 1);
        let reasons = lines.iter().map(|line| {
            let reason = text(&line["reason"]);
            let directives = line["_aws"]["CloudWatchMetrics"]
                .as_array()
                .expect("metrics");
            let written: BTreeSet<_> = directives
                .iter()
                .inspect(|one| assert_eq!(one["Namespace"], NAMESPACE))
                .map(|one| {
                    (
                        one["Metrics"][0]["Name"].to_string(),
                        one["Dimensions"].to_string(),
                    )
                })
                .collect();
            let counted = ("\"HandedBack\"".to_owned(), "[[\"reason\"]]".to_owned());
            let fault = ("\"HandBackFault\"".to_owned(), "[[]]".to_owned());
            assert!(written.contains(&counted), "{line}");
            let is_fault = line["HandBackFault"] == 1;
            assert_eq!(written.contains(&fault), is_fault, "{line}");
            format!("{}{reason}", if is_fault { "!" } else { "" })
        });
        let reasons: Vec<_> = reasons.collect();
        (reasons.len() >= count).then_some(reasons)
    })
    .await
}

#[tokio::test]
async fn a_message_that_goes_back_is_counted_with_its_reason_and_a_fault_apart() {
    let deployed = Deployed::with_parameters(&[("OptInKinds", "rehearsal")]).await;
    let snooze = json!({ "name": "rehearsal", "input": { "outcome": "snooze-then-success" } });

    run(&deployed, &snooze, 1).await;
    deployed.backends.send_without_group("not a message").await;
    let unreadable = sqs_event(&deployed.backends.messages().await);
    deployed.worker.invoke(&unreadable).await;

    assert_eq!(
        handed_back(&deployed.worker, 2).await,
        ["snooze", "!unreadable"]
    );
}

#[tokio::test]
async fn a_kind_that_a_worker_does_not_have_and_a_table_that_it_cannot_reach_are_faults() {
    let deployed = Deployed::with_parameters(&[("OptInKinds", "rehearsal")]).await;
    deployed.rehearse(json!({ "seconds": 0 })).await;
    let unknown = sqs_event(&deployed.backends.messages().await);
    let deployed = deployed.updated(&[]).await;

    deployed.worker.invoke(&unknown).await;

    assert_eq!(handed_back(&deployed.worker, 1).await, ["!unknown-kind"]);

    let submit = http_api_event("POST", "/jobs", &a_job());
    assert_eq!(deployed.submit.answer(&submit).await.status, 202);
    let unclaimable = sqs_event(&deployed.backends.messages().await);
    let tables = dynamodb_client(&deployed.backends.dynamodb_url);
    let deleted = tables.delete_table().table_name(TABLE).send().await;
    deleted.expect("the table is deleted");

    deployed.worker.invoke(&unclaimable).await;

    assert_eq!(
        handed_back(&deployed.worker, 2).await,
        ["!unknown-kind", "!table"]
    );
}

#[test]
fn the_list_index_is_watched_for_throttles_like_the_table() {
    let template = Template::of_this_repository();
    let table = json!({ "Name": "TableName", "Value": { "Ref": "Jobs" } });
    let index = json!({ "Name": "GlobalSecondaryIndexName", "Value": engine::INDEX_NAME });

    let watched: Vec<_> = template
        .resources("AWS::CloudWatch::Alarm")
        .filter(|(_, alarm)| alarm["Namespace"] == "AWS/DynamoDB")
        .map(|(_, alarm)| (text(&alarm["MetricName"]), alarm["Dimensions"].clone()))
        .collect();

    for metric in ["ReadThrottleEvents", "WriteThrottleEvents"] {
        for dimensions in [json!([table]), json!([table, index])] {
            assert!(
                watched.contains(&(metric, dimensions.clone())),
                "{metric} {dimensions}"
            );
        }
    }
}

/// The dashboard of a stack with these parameters.
fn dashboard(parameters: &[(&str, &str)]) -> Value {
    let template = Template::with(parameters);
    let body = template.list("/Resources/Dashboard/Properties/DashboardBody/Fn::Sub");
    let optional = &body[1]["Optional"];
    let optional = optional["Fn::Sub"].as_str().or(optional.as_str());
    let body = text(&body[0]).replace("${Optional}", optional.expect("text"));
    serde_json::from_str(&body).unwrap_or_else(|error| panic!("{body}: {error}"))
}

#[test]
fn the_dashboard_shows_webhooks_where_there_are_some() {
    let widgets = |parameters: &[_]| dashboard(parameters)["widgets"].as_array().map(Vec::len);

    let without = widgets(&[]).expect("widgets");

    assert_eq!(widgets(&[("Webhooks", "true")]), Some(without + 2));
}

#[test]
fn the_dashboard_and_the_alarms_look_at_metrics_that_there_are() {
    let template = Template::of_this_repository();
    let written = BTreeSet::from([
        "JobAccepted",
        "QueueDelay",
        "RunTime",
        "JobSucceeded",
        "JobFailed",
        "JobCanceled",
        "Attempts",
        "DuplicateDelivery",
        "HandedBack",
        "HandBackFault",
        "WebhookAttempts",
        "WebhookDelivered",
        "WebhookFailed",
    ]);

    let dashboard = dashboard(&[("Webhooks", "true")]);
    let widgets = dashboard["widgets"].as_array().expect("widgets");
    let shown = widgets
        .iter()
        .map(|widget| &widget["properties"]["metrics"]);
    let shown: BTreeSet<_> = shown.map(Value::to_string).collect();
    let shown: String = shown.into_iter().collect();

    for metric in &written {
        assert!(
            shown.contains(&format!("\"{metric}\""))
                || shown.contains(&format!("\\\"{metric}\\\"")),
            "{metric}"
        );
    }
    let alarms: Vec<_> = template.resources("AWS::CloudWatch::Alarm").collect();
    for (name, alarm) in &alarms {
        let topic = json!({ "Fn::If": ["HasAlarmEmail", [{ "Ref": "AlarmTopic" }], { "Ref": "AWS::NoValue" }] });
        assert_eq!(alarm["AlarmActions"], topic, "{name}");
        // Symptom, likely cause, first step.
        let sentences = text(&alarm["AlarmDescription"]).matches(". ").count() + 1;
        assert!(sentences >= 3, "{name}");
        if alarm["Namespace"]["Fn::Sub"].is_string() {
            assert_eq!(alarm["Namespace"]["Fn::Sub"], "Accepted/${AWS::StackName}");
            assert!(written.contains(text(&alarm["MetricName"])), "{name}");
        }
    }
}

#[test]
fn the_readme_says_what_to_do_about_every_alarm() {
    let readme = include_str!("../../functions/README.md");

    for (name, _) in Template::of_this_repository().resources("AWS::CloudWatch::Alarm") {
        assert!(readme.contains(&format!("`{name}`")), "{name}");
    }
}
