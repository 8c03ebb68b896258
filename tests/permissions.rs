//! Who may do what once `template.yaml` is deployed, and what it refuses to be deployed with.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::answers::{a_job, finished};
use crate::cloudformation::{Template, text};
use crate::deployed::{Deployed, Function, http_api_event};
use crate::events::{BATCH, read};

/// The actions that a role's policy allows on table and queue.
fn actions(role: &str) -> BTreeSet<String> {
    let template = Template::of_this_repository();
    let statements = template.list(&format!(
        "/Resources/{role}/Properties/Policies/0/PolicyDocument/Statement"
    ));
    let listed = statements
        .iter()
        .flat_map(|statement| match &statement["Action"] {
            Value::Array(actions) => actions.iter().map(text).collect(),
            action => vec![text(action)],
        });
    listed
        .filter(|action| action.starts_with("dynamodb:") || action.starts_with("sqs:"))
        .map(str::to_owned)
        .collect()
}

/// What Lambda does with the queue in the worker's name; the worker itself never calls it.
const BY_THE_EVENT_SOURCE: [&str; 3] = [
    "sqs:ReceiveMessage",
    "sqs:DeleteMessage",
    "sqs:GetQueueAttributes",
];

#[test]
fn no_route_is_open_unless_the_deployer_says_so() {
    let template = Template::of_this_repository();

    let default = template.at("/Parameters/Authorization/Default");
    let routes: Vec<_> = template.resources("AWS::ApiGatewayV2::Route").collect();

    assert_eq!(default, "AWS_IAM");
    for (name, route) in routes {
        // Open here and there (`the_open_routes_are_those_of_monitor_links`), and in no stack that did not ask for them.
        if template.map("/Resources")[name]["Condition"] == "HasMonitorLinks" {
            continue;
        }
        // A preflight has no credentials; the route is there for pages of the origins that the deployer named.
        if name == "PreflightRoute" {
            assert_eq!(route["RouteKey"], "OPTIONS /{proxy+}");
            let condition = template.at("/Resources/PreflightRoute/Condition");
            assert_eq!(condition, "HasAllowedOrigins");
            continue;
        }
        assert_eq!(
            route["AuthorizationType"],
            json!({ "Ref": "Authorization" }),
            "{name}"
        );
    }
}

#[test]
fn the_open_routes_are_those_of_monitor_links() {
    let template = Template::of_this_repository();

    let of_the_template: BTreeSet<_> = template
        .resources("AWS::ApiGatewayV2::Route")
        .filter(|(name, _)| template.map("/Resources")[*name]["Condition"] == "HasMonitorLinks")
        .inspect(|(name, route)| assert_eq!(route["AuthorizationType"], "NONE", "{name}"))
        .map(|(_, route)| text(&route["RouteKey"]).to_owned())
        .collect();

    let open = local::ROUTES.into_iter().filter(|route| route.is_open);
    let of_the_code = open.map(|route| format!("{} {}", route.method, route.path_template));
    assert_eq!(of_the_template, of_the_code.collect());
    let condition = template.at("/Conditions/HasMonitorLinks");
    assert_eq!(
        condition,
        &json!({ "Fn::Equals": [{ "Ref": "MonitorLinks" }, "true"] })
    );
}

#[tokio::test]
async fn submit_may_do_what_it_does_and_no_more() {
    let Deployed {
        submit,
        backends: _backends,
        ..
    } = Deployed::new().await;

    for event in ["submit-http-api", "cancel-http-api", "delete-http-api"] {
        submit.answer(&read(event)).await;
    }

    assert_eq!(actions("SubmitRole"), submit.recorder.actions());
}

#[tokio::test]
async fn status_may_do_what_it_does_and_no_more() {
    let Deployed {
        submit,
        status,
        backends: _backends,
        ..
    } = Deployed::new().await;
    submit
        .answer(&http_api_event("POST", "/jobs", &a_job()))
        .await;

    status.answer(&read("status-http-api")).await;
    let list = status
        .answer(&http_api_event("GET", "/jobs", &Value::Null))
        .await;

    assert_eq!(list.body["jobs"].as_array().map(Vec::len), Some(1));
    assert_eq!(actions("StatusRole"), status.recorder.actions());
}

#[tokio::test]
async fn the_worker_may_do_what_it_does_and_no_more() {
    let deployed = Deployed::with_parameters(&[("OptInKinds", "rehearsal")]).await;
    // The profile of so many columns is too large for its job's record.
    let csv = [["a"; 60].join(","), ["1"; 60].join(",")].join("\n");
    let wide = json!({ "name": "csv_profile", "input": { "csv": csv } });
    deployed
        .submit
        .answer(&http_api_event("POST", "/jobs", &wide))
        .await;
    assert_eq!(finished(&deployed).await["job-status"], "SUCCESS");
    // So long without a word that the worker looks whether the job was canceled.
    let silent = json!({ "name": "rehearsal", "input": { "seconds": 5, "steps": 1 } });
    deployed
        .submit
        .answer(&http_api_event("POST", "/jobs", &silent))
        .await;

    assert_eq!(finished(&deployed).await["job-status"], "SUCCESS");
    deployed.worker.invoke(&read(BATCH)).await;

    let called = called_with_event_source(&deployed.worker);
    assert_eq!(actions("WorkerRole"), called);
}

fn called_with_event_source(worker: &Function) -> BTreeSet<String> {
    let by_the_event_source = BY_THE_EVENT_SOURCE.map(str::to_owned);
    worker
        .recorder
        .actions()
        .into_iter()
        .chain(by_the_event_source)
        .collect()
}

#[test]
fn the_index_is_queried_and_the_table_is_read() {
    let template = Template::of_this_repository();

    let statements =
        template.list("/Resources/StatusRole/Properties/Policies/0/PolicyDocument/Statement");

    for statement in statements {
        let on_index = statement["Resource"]["Fn::Sub"].is_string();
        assert_eq!(
            on_index,
            statement["Action"] == "dynamodb:Query",
            "{statement}"
        );
    }
}

#[test]
fn two_stacks_can_live_in_one_account() {
    let template = Template::of_this_repository();
    let fixed = [
        "TableName",
        "QueueName",
        "FunctionName",
        "RoleName",
        "LogGroupName",
    ];

    for (name, resource) in template.map("/Resources") {
        let named = fixed
            .iter()
            .find(|property| resource["Properties"][**property].is_string());
        assert_eq!(named, None, "{name} has a fixed name");
    }
}

#[test]
fn every_parameter_says_what_it_is_and_what_it_takes() {
    let template = Template::of_this_repository();

    for (name, parameter) in template.map("/Parameters") {
        assert!(
            parameter["Description"].is_string(),
            "{name} has no description"
        );
        let refusal = parameter["ConstraintDescription"]
            .as_str()
            .unwrap_or_default();
        assert!(
            refusal.contains(name.as_str()) && refusal.ends_with('.'),
            "{name} refuses without a sentence"
        );
    }
}
