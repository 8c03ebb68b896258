//! What `Webhooks` adds to a stack: a queue and an event source mapping of their own, and to each function the variables and permissions
//! for its part.

use std::collections::BTreeSet;

use engine::{CallbackPolicy, GIVE_UP_AFTER};
use regex::Regex;
use serde_json::{Value, json};

use crate::deployment::cloudformation::{Template, text};
use crate::deployment::deployed::{Deployed, http_api_event, sqs_event};

const ON: (&str, &str) = ("Webhooks", "true");
const DOMAIN: (&str, &str) = ("PublicBaseUrl", "https://jobs.example.com");

const FUNCTIONS: [&str; 3] = ["Submit", "Status", "Worker"];

/// The resource that has this property of a stack with webhooks.
fn properties(resource: &str) -> Value {
    let template = Template::with(&[ON]);
    template
        .at(&format!("/Resources/{resource}/Properties"))
        .clone()
}

/// What a function's role may do with the queue of webhooks.
fn permissions(function: &str) -> Vec<Value> {
    let template = Template::with(&[ON]);
    let pointer =
        format!("/Resources/{function}Role/Properties/Policies/0/PolicyDocument/Statement");
    let statements = template.list(&pointer).iter();
    let about_it = statements.filter(|one| one["Resource"].to_string().contains("Callback"));
    about_it.cloned().collect()
}

fn allowed(actions: &Value) -> Value {
    let queue = json!({ "Fn::GetAtt": "CallbackQueue.Arn" });
    json!({ "Effect": "Allow", "Action": actions, "Resource": queue })
}

#[test]
fn a_stack_that_did_not_ask_for_webhooks_has_nothing_of_them() {
    let hosts = ("CallbackHosts", "hooks.example.com");
    for parameters in [&[][..], &[DOMAIN, hosts], &[("Webhooks", "false")]] {
        let template = Template::with(parameters);

        for section in ["/Globals", "/Resources", "/Outputs"] {
            let text = template.at(section).to_string();
            for trace in ["Callback", "Webhook", "WEBHOOK", "CALLBACK", "API_BASE_URL"] {
                assert!(!text.contains(trace), "{section} has {trace}");
            }
        }
        let worker = template.environment("WorkerFunction");
        assert_eq!(worker.get("ID_SECRETS"), None);
    }
}

#[test]
fn the_queue_keeps_a_message_for_longer_than_its_webhook_is_tried() {
    let queue = properties("CallbackQueue");

    let kept_seconds = queue["MessageRetentionPeriod"].as_u64();
    assert!(kept_seconds.is_some_and(|seconds| seconds > GIVE_UP_AFTER.as_secs()));
    assert_eq!(queue["SqsManagedSseEnabled"], true);
    // It has the same function behind it.
    let of_jobs = properties("JobQueue");
    assert_eq!(queue["VisibilityTimeout"], of_jobs["VisibilityTimeout"]);
    // A webhook that is tried often is not a dead letter.
    assert_eq!(queue.get("RedrivePolicy"), None);
}

#[test]
fn webhooks_have_an_event_source_mapping_and_workers_of_their_own() {
    let mapping = properties("CallbackMapping");

    let expected = json!({
        "FunctionName": { "Ref": "WorkerFunction" },
        "EventSourceArn": { "Fn::GetAtt": "CallbackQueue.Arn" },
        "BatchSize": 10,
        "FunctionResponseTypes": ["ReportBatchItemFailures"],
        "ScalingConfig": { "MaximumConcurrency": { "Ref": "CallbackConcurrency" } },
    });
    assert_eq!(mapping, expected);
}

#[test]
fn as_many_workers_deliver_as_on_a_developers_machine_and_a_new_account_can_run_them_too() {
    /// Concurrent executions of a new account.
    const OF_A_NEW_ACCOUNT: u64 = 10;
    let template = Template::of_this_repository();
    let number = |parameter| template.number(&format!("/Parameters/{parameter}/Default"));

    let deliver = number("CallbackConcurrency");

    assert_eq!(deliver, local::CALLBACK_CONCURRENCY as u64);
    let workers = number("MaximumConcurrency") + deliver;
    assert!(workers < OF_A_NEW_ACCOUNT, "the API needs some, too");
}

#[test]
fn submit_may_send_and_the_worker_may_take_out_and_status_knows_no_queue() {
    assert_eq!(permissions("Submit"), [allowed(&json!("sqs:SendMessage"))]);
    assert_eq!(permissions("Status"), Vec::<Value>::new());
    let actions = [
        "sqs:SendMessage",
        "sqs:ReceiveMessage",
        "sqs:DeleteMessage",
        "sqs:GetQueueAttributes",
        "sqs:ChangeMessageVisibility",
    ];
    assert_eq!(permissions("Worker"), [allowed(&json!(actions))]);
}

#[test]
fn the_functions_know_that_there_are_webhooks_and_two_of_them_the_queue() {
    let template = Template::with(&[ON]);

    for function in FUNCTIONS {
        let environment = template.environment(&format!("{function}Function"));
        assert_eq!(environment["WEBHOOKS"], "true", "{function}");
        let own = ["CALLBACK_QUEUE_URL", "CALLBACK_HOSTS"].map(|name| environment.get(name));
        let queue = json!({ "Ref": "CallbackQueue" });
        let hosts = json!({ "Ref": "CallbackHosts" });
        let expected = match function {
            "Status" => [None, None],
            _ => [Some(&&queue), Some(&&hosts)],
        };
        assert_eq!(own, expected, "{function}");
        // Never in a deployment: the services on the loopback are those of Lambda.
        assert_eq!(environment.get("CALLBACKS_TO_LOOPBACK"), None, "{function}");
    }
    let named = template.at("/Outputs/CallbackQueueUrl/Value");
    assert_eq!(named, &json!({ "Ref": "CallbackQueue" }));
}

#[test]
fn the_worker_signs_with_the_secret_of_the_ids_and_links_to_the_entrance() {
    for version in ["", "1a2b3c4d-1a2b-3c4d-5e6f-1a2b3c4d5e6f"] {
        let template = Template::with(&[ON, ("IdSecretVersion", version)]);
        let secrets = |function| template.environment(function)["ID_SECRETS"].clone();
        assert_eq!(secrets("WorkerFunction"), secrets("StatusFunction"));
    }
    let base = |parameters: &[_]| {
        Template::with(parameters).environment("WorkerFunction")["API_BASE_URL"].clone()
    };
    let of_the_api = json!({ "Fn::GetAtt": "HttpApi.ApiEndpoint" });
    assert_eq!(base(&[ON]), of_the_api);
    assert_eq!(base(&[ON, DOMAIN]), json!({ "Ref": "PublicBaseUrl" }));
}

/// The resources whose names a value mentions.
fn mentioned<'a>(value: &Value, resources: &'a BTreeSet<String>) -> BTreeSet<&'a str> {
    let names = Regex::new(r"\w+").expect("a regular expression");
    let text = value.to_string();
    let words = names.find_iter(&text).map(|word| word.as_str());
    words
        .filter_map(|word| resources.get(word).map(String::as_str))
        .collect()
}

/// CloudFormation refuses a circle.
#[test]
fn nothing_that_the_worker_needs_needs_the_worker() {
    let template = Template::with(&[ON]);
    let resources = template.map("/Resources");
    let names: BTreeSet<_> = resources.keys().cloned().collect();
    let mut needed = BTreeSet::new();
    let mut open = vec!["WorkerFunction"];

    while let Some(name) = open.pop() {
        let needs = mentioned(&resources[name]["Properties"], &names);
        open.extend(needs.into_iter().filter(|&one| needed.insert(one)));
    }

    assert!(needed.contains("CallbackQueue") && needed.contains("HttpApi"));
    assert!(!needed.contains("WorkerFunction"), "{needed:?}");
}

#[test]
fn every_list_of_hosts_that_the_template_takes_is_one_that_the_functions_take() {
    let template = Template::of_this_repository();
    let pattern = text(template.at("/Parameters/CallbackHosts/AllowedPattern"));
    let pattern = Regex::new(&format!("^(?:{pattern})$")).expect("a regular expression");

    for (list, is_taken) in [
        ("", true),
        ("hooks.example.com", true),
        ("*.example.com,a-1.example.org", true),
        ("xn--bcher-kva.example", true),
        ("*", false),
        ("example", false),
        ("*.8.8.8.8", false),
        ("hooks-.example.com", false),
        ("-hooks.example.com", false),
        ("hooks..example.com", false),
        ("hooks.example.com.", false),
        ("hooks.*.com", false),
    ] {
        assert_eq!(pattern.is_match(list), is_taken, "{list}");
        let read = CallbackPolicy::parse("CALLBACK_HOSTS", list);
        assert_eq!(read.is_ok(), is_taken, "{list}: {read:?}");
    }
}

#[test]
fn what_is_given_up_and_what_waits_for_long_raises_an_alarm() {
    let failed = properties("WebhookFailedAlarm");
    let delayed = properties("CallbackDelayAlarm");

    assert_eq!(failed["MetricName"], "WebhookFailed");
    assert_eq!(failed["Statistic"], "Sum");
    assert_eq!(failed["Threshold"], 0);
    let queue = json!({ "Fn::GetAtt": "CallbackQueue.QueueName" });
    let queue = json!([{ "Name": "QueueName", "Value": queue }]);
    assert_eq!(delayed["Dimensions"], queue);
    assert_eq!(delayed["MetricName"], "ApproximateNumberOfMessagesVisible");
    // Never below it in half an hour.
    assert_eq!(delayed["Statistic"], "Minimum");
}

/// A name that never has an address (RFC 6761, section 6.4), so that nothing is sent.
const NOWHERE: &str = "https://hooks.example.invalid/";

/// The actions of SQS that a function's role has with webhooks.
fn sqs_actions(function: &str) -> BTreeSet<String> {
    let template = Template::with(&[ON]);
    let pointer =
        format!("/Resources/{function}Role/Properties/Policies/0/PolicyDocument/Statement");
    let actions = template
        .list(&pointer)
        .iter()
        .flat_map(|one| match &one["Action"] {
            Value::Array(actions) => actions.clone(),
            action => vec![action.clone()],
        });
    let actions = actions.map(|action| text(&action).to_owned());
    actions
        .filter(|action| action.starts_with("sqs:"))
        .collect()
}

#[tokio::test]
async fn the_worker_of_a_stack_with_webhooks_may_do_what_it_does_and_no_more() {
    let deployed = Deployed::with_parameters(&[ON]).await;
    let job = json!({
        "name": "csv_profile",
        "input": { "csv": "a\n1\n" },
        "callback": { "url": NOWHERE },
    });
    let submitted = http_api_event("POST", "/jobs", &job);
    let accepted = deployed.submit.answer(&submitted).await;
    assert_eq!(accepted.status, 202, "{}", accepted.body);
    let path = text(&accepted.body["task"]["href"]).to_owned();
    deployed.work().await;

    let messages = deployed.backends.callback_messages().await;
    assert_eq!(messages.len(), 1);
    let answer = deployed.worker.invoke(&sqs_event(&messages)).await;

    assert_eq!(
        answer["batchItemFailures"].as_array().map(Vec::len),
        Some(1)
    );
    let callback = &deployed.status_of(&path).await["job"]["callback"];
    let expected =
        json!({ "url": NOWHERE, "state": "PENDING", "attempts": 1, "last-status": null });
    assert_eq!(callback, &expected);
    let by_the_event_source = [
        "sqs:ReceiveMessage",
        "sqs:DeleteMessage",
        "sqs:GetQueueAttributes",
    ];
    let called = deployed.worker.recorder.actions();
    let mut called: BTreeSet<_> = called
        .into_iter()
        .filter(|action| action.starts_with("sqs:"))
        .collect();
    called.extend(by_the_event_source.map(str::to_owned));
    assert_eq!(sqs_actions("Worker"), called);
}

/// The first callback that submit accepts must meet a worker that reports ends.
#[test]
fn the_worker_is_updated_before_submit() {
    let template = Template::of_this_repository();
    let first = template.at("/Resources/SubmitFunction/DependsOn");
    assert_eq!(first, "WorkerFunction");
}
