//! Who may do what once `template.yaml` is deployed, and what it refuses to be deployed with.
//!
//! Over 300 lines: one short check for each permission.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::app::time_in;
use crate::deployment::answers::{a_job, finished};
use crate::deployment::cloudformation::{Template, text};
use crate::deployment::deployed::{Deployed, Function, http_api_event, http_api_event_with};
use crate::deployment::events::{BATCH, read};

/// The actions that a role's policy allows on table, queue and schedules.
fn actions(role: &str) -> BTreeSet<String> {
    let template = Template::of_this_repository();
    let statements = template.list(&format!(
        "/Resources/{role}/Properties/Policies/0/PolicyDocument/Statement"
    ));
    let listed = statements
        .iter()
        // What is there with a key of the customer's only: `the_functions_may_decrypt_with_the_customers_key_only`.
        .filter(|statement| statement["Fn::If"].is_null())
        .flat_map(|statement| match &statement["Action"] {
            Value::Array(actions) => actions.iter().map(text).collect(),
            action => vec![text(action)],
        });
    listed
        .filter(|action| {
            let services = ["dynamodb:", "sqs:", "scheduler:"];
            services.iter().any(|service| action.starts_with(service))
        })
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
        if name.starts_with("Preflight") {
            let key = text(&route["RouteKey"]);
            assert!(["OPTIONS /", "OPTIONS /{proxy+}"].contains(&key), "{key}");
            let condition = template.at(&format!("/Resources/{name}/Condition"));
            assert_eq!(condition, "HasAllowedOrigins");
            continue;
        }
        assert_eq!(
            route["AuthorizationType"],
            json!({ "Ref": "Authorization" }),
            "{name}"
        );
        let scopes = json!({ "Fn::Split": [",", { "Ref": "JwtScopes" }] });
        let no_value = json!({ "Ref": "AWS::NoValue" });
        let scopes = json!({ "Fn::If": ["HasJwtScopes", scopes, no_value] });
        assert_eq!(route["AuthorizationScopes"], scopes, "{name}");
        let authorizer = json!({ "Fn::If": ["UsesJwt", { "Ref": "JwtAuthorizer" }, no_value] });
        assert_eq!(route["AuthorizerId"], authorizer, "{name}");
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

    let open = local::ROUTES.iter().filter(|route| route.is_open);
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
    let deployed = Deployed::new().await;
    let submit = &deployed.submit;

    // A result in an item of its own is deleted with its job.
    submit
        .answer(&http_api_event("POST", "/jobs", &wide_job()))
        .await;
    let job = finished(&deployed).await;
    let uri = job["@uri"].as_str().unwrap();
    let deleted = http_api_event("DELETE", uri, &Value::Null);
    assert_eq!(submit.answer(&deleted).await.status, 204);
    for event in ["submit-http-api", "cancel-http-api", "delete-http-api"] {
        submit.answer(&read(event)).await;
    }
    let key = [("idempotency-key", "\"batch\"")];
    let batch = http_api_event_with(&key, "POST", "/jobs", &json!([a_job()]));
    assert_eq!(submit.answer(&batch).await.status, 202);
    let mut far = a_job();
    far["scheduled-start-time"] = json!(time_in(3_600));
    let accepted = submit.answer(&http_api_event("POST", "/jobs", &far)).await;
    let cancel = format!("{}/cancel", text(&accepted.body["task"]["href"]));
    let canceled = submit
        .answer(&http_api_event("POST", &cancel, &Value::Null))
        .await;
    assert_eq!(canceled.status, 200, "{}", canceled.body);

    assert_eq!(actions("SubmitRole"), submit.recorder.actions());
}

/// The first policy's statements of a role.
fn statements_of<'a>(template: &'a Template, role: &str) -> &'a [Value] {
    let pointer = format!("/Resources/{role}/Properties/Policies/0/PolicyDocument/Statement");
    template.list(&pointer)
}

#[test]
fn submit_makes_schedules_of_this_stack_only_and_passes_its_role_to_scheduler_only() {
    let template = Template::of_this_repository();

    let statements = statements_of(&template, "SubmitRole").iter();
    let about: Vec<_> = statements
        .filter(|one| one.to_string().contains("scheduler"))
        .collect();

    let schedules =
        "arn:${AWS::Partition}:scheduler:${AWS::Region}:${AWS::AccountId}:schedule/${Schedules}/*";
    let makes = json!({
        "Effect": "Allow",
        "Action": ["scheduler:CreateSchedule", "scheduler:DeleteSchedule"],
        "Resource": { "Fn::Sub": schedules },
    });
    let passes = json!({
        "Effect": "Allow",
        "Action": "iam:PassRole",
        "Resource": { "Fn::GetAtt": "ScheduleRole.Arn" },
        "Condition": { "StringEquals": { "iam:PassedToService": "scheduler.amazonaws.com" } },
    });
    assert_eq!(about, [&makes, &passes]);
}

/// Scheduler states the group of the schedule for which it assumes the role:
/// <https://docs.aws.amazon.com/scheduler/latest/UserGuide/cross-service-confused-deputy-prevention.html>
#[test]
fn scheduler_sends_for_this_stack_s_schedules_only_to_the_job_queue_and_that_of_what_failed() {
    let template = Template::of_this_repository();

    let trust = template
        .list("/Resources/ScheduleRole/Properties/AssumeRolePolicyDocument/Statement")
        .to_vec();
    let allowed = statements_of(&template, "ScheduleRole").to_vec();

    let trusted = json!([{
        "Effect": "Allow",
        "Principal": { "Service": "scheduler.amazonaws.com" },
        "Action": "sts:AssumeRole",
        "Condition": { "StringEquals": {
            "aws:SourceAccount": { "Ref": "AWS::AccountId" },
            "aws:SourceArn": { "Fn::GetAtt": "Schedules.Arn" },
        } },
    }]);
    assert_eq!(Value::from(trust), trusted);
    let queues = ["JobQueue.Arn", "UndeliveredSchedules.Arn"];
    let sends = json!([{
        "Effect": "Allow",
        "Action": "sqs:SendMessage",
        "Resource": queues.map(|queue| json!({ "Fn::GetAtt": queue })),
    }]);
    assert_eq!(Value::from(allowed), sends);
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
    deployed
        .submit
        .answer(&http_api_event("POST", "/jobs", &wide_job()))
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

/// A job whose result is too large for its record: the profile of many columns.
fn wide_job() -> Value {
    let csv = [["a"; 60].join(","), ["1"; 60].join(",")].join("\n");
    json!({ "name": "csv_profile", "input": { "csv": csv } })
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

    for statement in statements
        .iter()
        .filter(|statement| statement["Fn::If"].is_null())
    {
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
        "BucketName",
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
            refusal.starts_with(&format!("{name} must ")) && refusal.ends_with('.'),
            "{name} refuses without a sentence: {refusal}"
        );
    }
}

/// What a policy of this kind says about this resource.
fn statements_about<'a>(
    template: &'a Template,
    kind: &str,
    list: &str,
    resource: &str,
) -> &'a [Value] {
    let policies = template.map("/Resources");
    let about = json!([{ "Ref": resource }]);
    let (name, _) = policies
        .iter()
        .find(|(_, one)| one["Type"] == kind && one["Properties"][list] == about)
        .unwrap_or_else(|| panic!("no policy is about {resource}"));
    template.list(&format!(
        "/Resources/{name}/Properties/PolicyDocument/Statement"
    ))
}

fn is_denied_without_tls(statement: &Value, action: &str, resource: &Value) -> bool {
    statement["Effect"] == "Deny"
        && statement["Principal"] == "*"
        && statement["Action"] == action
        && statement["Resource"] == *resource
        && statement["Condition"] == json!({ "Bool": { "aws:SecureTransport": "false" } })
}

#[test]
fn nobody_reaches_a_queue_the_topic_or_the_bucket_without_tls() {
    let template = Template::of_this_repository();

    for (queue, _) in template.resources("AWS::SQS::Queue") {
        let said = statements_about(&template, "AWS::SQS::QueuePolicy", "Queues", queue);
        let arn = json!({ "Fn::GetAtt": format!("{queue}.Arn") });
        // It allows nothing: each role's own policy does.
        assert_eq!(said.len(), 1, "{queue}");
        assert!(is_denied_without_tls(&said[0], "sqs:*", &arn), "{queue}");
    }
    for (topic, _) in template.resources("AWS::SNS::Topic") {
        let said = statements_about(&template, "AWS::SNS::TopicPolicy", "Topics", topic);
        let arn = json!({ "Ref": topic });
        let denied = |one: &Value| is_denied_without_tls(one, "sns:Publish", &arn);
        assert!(said.iter().any(denied), "{topic}");
    }
    for (bucket, _) in template.resources("AWS::S3::Bucket") {
        let of_bucket = template.resources("AWS::S3::BucketPolicy");
        let mut of_bucket = of_bucket.filter(|(_, one)| one["Bucket"]["Ref"] == bucket);
        let (_, policy) = of_bucket.next().expect("a policy of the bucket");
        let said = policy["PolicyDocument"]["Statement"].as_array();
        let said = said.expect("statements");
        let arn = json!({ "Fn::GetAtt": format!("{bucket}.Arn") });
        let objects = json!({ "Fn::Sub": format!("${{{bucket}.Arn}}/*") });
        assert_eq!(said.len(), 1, "{bucket}");
        assert!(is_denied_without_tls(
            &said[0],
            "s3:*",
            &json!([arn, objects])
        ));
    }
}

#[test]
fn the_alarms_of_this_account_may_publish_and_nobody_else_is_let_in() {
    let template = Template::of_this_repository();

    let said = statements_about(&template, "AWS::SNS::TopicPolicy", "Topics", "AlarmTopic");
    let allowed: Vec<_> = said.iter().filter(|one| one["Effect"] == "Allow").collect();

    assert_eq!(allowed.len(), 1);
    assert_eq!(
        allowed[0]["Principal"],
        json!({ "Service": "cloudwatch.amazonaws.com" })
    );
    assert_eq!(allowed[0]["Action"], "sns:Publish");
    let alarms = "arn:${AWS::Partition}:cloudwatch:${AWS::Region}:${AWS::AccountId}:alarm:*";
    assert_eq!(
        allowed[0]["Condition"],
        json!({ "ArnLike": { "aws:SourceArn": { "Fn::Sub": alarms } } })
    );
    for resource in ["AlarmTopic", "AlarmTopicPolicy", "AlarmSubscription"] {
        let condition = template.at(&format!("/Resources/{resource}/Condition"));
        assert_eq!(condition, "HasAlarmEmail", "{resource}");
    }
}

#[test]
fn the_functions_may_decrypt_with_the_customers_key_only() {
    let template = Template::of_this_repository();
    let key = json!({ "Ref": "KmsKeyArn" });
    let no_value = json!({ "Ref": "AWS::NoValue" });

    let used = template.at("/Globals/Function/KmsKeyArn");

    assert_eq!(used, &json!({ "Fn::If": ["HasKmsKey", key, no_value] }));
    let decrypts = json!({ "Effect": "Allow", "Action": "kms:Decrypt", "Resource": key });
    let decrypts = json!({ "Fn::If": ["HasKmsKey", decrypts, no_value] });
    for role in ["SubmitRole", "StatusRole", "WorkerRole"] {
        let statements = template.list(&format!(
            "/Resources/{role}/Properties/Policies/0/PolicyDocument/Statement"
        ));
        assert!(statements.contains(&decrypts), "{role}");
    }
}

#[test]
fn the_caller_s_policy_allows_this_api_and_no_other() {
    let template = Template::of_this_repository();

    let output = template.at("/Outputs/CallerPolicy");
    let policy: Value = serde_json::from_str(text(&output["Value"]["Fn::Sub"])).expect("JSON");

    let api = "arn:${AWS::Partition}:execute-api:${AWS::Region}:${AWS::AccountId}:${HttpApi}/*";
    let allowed = json!([{ "Effect": "Allow", "Action": "execute-api:Invoke", "Resource": api }]);
    assert_eq!(policy["Statement"], allowed);
    assert_eq!(output["Condition"], "UsesIam");
}

#[test]
fn the_gateway_s_own_domain_can_be_closed() {
    let template = Template::of_this_repository();

    let disabled = template.at("/Resources/HttpApi/Properties/DisableExecuteApiEndpoint");

    let chosen = json!({ "Fn::If": ["DisablesExecuteApiEndpoint", true, false] });
    assert_eq!(disabled, &chosen);
    let condition = template.at("/Conditions/DisablesExecuteApiEndpoint/Fn::Equals");
    let switch = json!([{ "Ref": "DisableExecuteApiEndpoint" }, "true"]);
    assert_eq!(condition, &switch);
    assert_eq!(
        template.at("/Parameters/DisableExecuteApiEndpoint/Default"),
        "false"
    );
}
