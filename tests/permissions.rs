//! Who may do what once `template.yaml` is deployed, and what it refuses to be deployed with.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::cloudformation::{Template, text};

/// The actions that a role's policy allows on the service, such as `dynamodb`.
fn actions<'a>(template: &'a Template, role: &str, service: &str) -> BTreeSet<&'a str> {
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
        .filter_map(|action| action.strip_prefix(service)?.strip_prefix(':'))
        .collect()
}

#[test]
fn no_route_is_open_unless_the_deployer_says_so() {
    let template = Template::of_this_repository();

    let default = template.at("/Parameters/Authorization/Default");
    let routes: Vec<_> = template.resources("AWS::ApiGatewayV2::Route").collect();

    assert_eq!(default, "AWS_IAM");
    for (name, route) in routes {
        assert_eq!(
            route["AuthorizationType"],
            json!({ "Ref": "Authorization" }),
            "{name}"
        );
    }
}

#[test]
fn status_may_only_read_and_the_worker_may_not_send() {
    let template = Template::of_this_repository();

    let read = actions(&template, "StatusRole", "dynamodb");
    let status_on_queue = actions(&template, "StatusRole", "sqs");
    let worker_on_queue = actions(&template, "WorkerRole", "sqs");

    assert_eq!(read, BTreeSet::from(["GetItem", "Query"]));
    assert!(status_on_queue.is_empty());
    assert!(!worker_on_queue.contains("SendMessage"));
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
