//! What stands in `template.yaml` and must agree with the code: a difference would only show in the cloud.

use std::collections::BTreeSet;
use std::time::Duration;

use api::Entrance;
use engine::{
    Attribute, ConfigError, Environment, INDEX_NAME, MAX_MESSAGE_AGE, Metrics, WRITE_HORIZON,
};
use local::{
    CORS_MAX_AGE_SECONDS, CORS_METHODS, CORS_REQUEST_HEADERS, CORS_RESPONSE_HEADERS, Function,
    ROUTES,
};
use serde_json::{Value, json};

use crate::cloudformation::{Template, text};

/// How long a signed request is valid.
const SIGNATURE_SECONDS: u64 = 5 * 60;
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

    assert_eq!(key, [(Attribute::Id.name(), "HASH")]);
    assert_eq!(
        ttl,
        &json!({ "AttributeName": Attribute::ExpiresAt.name(), "Enabled": true })
    );
}

#[test]
fn the_table_has_the_index_that_lists_an_owners_jobs() {
    let template = Template::of_this_repository();

    let indexes = template.list("/Resources/Jobs/Properties/GlobalSecondaryIndexes");
    let queried =
        template.at("/Resources/StatusRole/Properties/Policies/0/PolicyDocument/Statement/1");

    assert_eq!(indexes.len(), 1);
    assert_eq!(indexes[0]["IndexName"], INDEX_NAME);
    assert_eq!(
        keys(
            indexes[0]["KeySchema"]
                .as_array()
                .expect("the index has keys")
        ),
        [
            (Attribute::OwnerShard.name(), "HASH"),
            (Attribute::CreatedOrder.name(), "RANGE"),
        ]
    );
    assert_eq!(indexes[0]["Projection"]["ProjectionType"], "KEYS_ONLY");
    assert_eq!(
        queried["Resource"]["Fn::Sub"],
        format!("${{Jobs.Arn}}/index/{INDEX_NAME}")
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
            (Attribute::Id.name(), "S"),
            (Attribute::OwnerShard.name(), "S"),
            (Attribute::CreatedOrder.name(), "S"),
        ]
    );
}

/// A value that each variable takes; what the template invents is refused.
fn sample(variable: &str) -> (&str, &str) {
    let value = match variable {
        "TABLE_NAME" => "jobs",
        "QUEUE_URL" => "https://sqs.us-east-1.amazonaws.com/123456789012/jobs",
        "ID_SECRETS" => "a-secret-of-this-test-and-no-other",
        "RETENTION_SECONDS" => "600",
        "DEADLINE_SECONDS" => "120",
        "PUBLIC_BASE_URL" => "https://jobs.example.com",
        "OPT_IN_KINDS" => "rehearsal",
        "MONITOR_LINKS" => "true",
        "AUTHORIZATION" => "JWT",
        "METRICS_NAMESPACE" => "Accepted/stack",
        unknown => panic!("no function reads {unknown}"),
    };
    (variable, value)
}

/// All that a function makes of these variables, in words that can be compared.
fn configuration(function: &str, variables: &[(&str, &str)]) -> Result<String, ConfigError> {
    let environment = Environment::of(variables);
    let table = environment.table_name()?;
    let entrance = || Ok((environment.id_secrets()?, Entrance::of(&environment)?));
    let jobs = || {
        let (queue, retention) = (environment.queue_url()?, environment.retention()?);
        Ok((queue, retention, environment.opt_in_kinds()))
    };
    Ok(match function {
        "SubmitFunction" => {
            let (deadline, metrics) = (environment.deadline()?, Metrics::of(&environment));
            let links = environment.monitor_links()?;
            format!(
                "{table} {:?} {:?} {deadline:?} {metrics:?} {links}",
                entrance()?.1,
                jobs()?
            )
        }
        "StatusFunction" => {
            let (authorization, kinds) = (environment.authorization()?, environment.opt_in_kinds());
            let links = environment.monitor_links()?;
            let entrance = entrance()?.1;
            format!("{table} {entrance:?} {authorization:?} {kinds:?} {links}")
        }
        _ => format!("{table} {:?} {:?}", jobs()?, Metrics::of(&environment)),
    })
}

#[test]
fn every_function_gets_the_environment_it_reads_and_no_more() {
    let template = Template::of_this_repository();

    for function in ["SubmitFunction", "StatusFunction", "WorkerFunction"] {
        let names: Vec<_> = template.environment(function).into_keys().collect();
        let all: Vec<_> = names.iter().map(|name| sample(name)).collect();
        let read = configuration(function, &all);
        assert!(read.is_ok(), "{function}: {read:?}");

        for unset in names {
            let without: Vec<_> = all
                .iter()
                .copied()
                .filter(|(name, _)| *name != unset)
                .collect();
            let changed = configuration(function, &without) != read;
            assert!(changed, "{function} gets {unset} and does not read it");
        }
    }
}

#[test]
fn every_number_that_the_template_allows_is_one_that_the_functions_take() {
    let template = Template::of_this_repository();

    for (parameter, variable) in [
        ("RetentionSeconds", "RETENTION_SECONDS"),
        ("DeadlineSeconds", "DEADLINE_SECONDS"),
    ] {
        for bound in ["MinValue", "Default", "MaxValue"] {
            let seconds = template.number(&format!("/Parameters/{parameter}/{bound}"));
            let given = seconds.to_string();
            let environment = Environment::of(&[(variable, &given)]);
            let read = match variable {
                "RETENTION_SECONDS" => environment.retention(),
                _ => environment.deadline(),
            };
            assert_eq!(read, Ok(Duration::from_secs(seconds)), "{parameter}");
        }
    }
}

fn integration(function: Function) -> &'static str {
    match function {
        Function::Submit => "integrations/${SubmitIntegration}",
        Function::Status => "integrations/${StatusIntegration}",
    }
}

#[test]
fn every_route_leads_to_the_function_that_answers_it() {
    let template = Template::of_this_repository();

    let routes: BTreeSet<_> = template
        .resources("AWS::ApiGatewayV2::Route")
        .map(|(_, route)| (text(&route["RouteKey"]), text(&route["Target"]["Fn::Sub"])))
        .collect();

    let of_the_code: Vec<_> = ROUTES
        .iter()
        .map(|route| {
            let key = format!("{} {}", route.method, route.path_template);
            (key, integration(route.function))
        })
        .chain(
            ["$default", "OPTIONS /{proxy+}"]
                .map(|key| (key.to_owned(), integration(Function::Status))),
        )
        .collect();
    let expected = of_the_code
        .iter()
        .map(|(key, target)| (key.as_str(), *target));
    assert_eq!(routes, expected.collect());
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
fn monitor_links_take_what_the_template_allows_and_are_off_by_default() {
    let template = Template::of_this_repository();
    let read = |value: &Value| Environment::of(&[("MONITOR_LINKS", text(value))]).monitor_links();

    let default = template.at("/Parameters/MonitorLinks/Default");
    let allowed = template.list("/Parameters/MonitorLinks/AllowedValues");

    assert_eq!(read(default), Ok(false));
    let read: Vec<_> = allowed.iter().map(read).collect();
    assert_eq!(read, [Ok(true), Ok(false)]);
}

#[test]
fn cross_origin_requests_are_answered_as_on_a_developers_machine() {
    let template = Template::of_this_repository();

    let cors = template.list("/Resources/HttpApi/Properties/CorsConfiguration/Fn::If");

    assert_eq!(cors[0], "HasAllowedOrigins");
    assert_eq!(cors[1]["AllowMethods"], json!(CORS_METHODS));
    assert_eq!(cors[1]["AllowHeaders"], json!(CORS_REQUEST_HEADERS));
    assert_eq!(cors[1]["ExposeHeaders"], json!(CORS_RESPONSE_HEADERS));
    assert_eq!(cors[1]["MaxAge"], CORS_MAX_AGE_SECONDS);
    assert_eq!(cors[2], json!({ "Ref": "AWS::NoValue" }));
}

#[test]
fn every_authorization_that_can_be_chosen_is_one_that_the_document_knows() {
    let template = Template::of_this_repository();

    for offered in template.list("/Parameters/Authorization/AllowedValues") {
        let read = Environment::of(&[("AUTHORIZATION", text(offered))]).authorization();
        assert!(matches!(read, Ok(Some(_))), "{offered}: {read:?}");
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

    // What is left is for clocks that differ.
    assert!(timeout_seconds + SIGNATURE_SECONDS + 30 <= WRITE_HORIZON.as_secs());
}

#[test]
fn an_answer_that_is_held_comes_before_the_function_s_end_and_before_the_gateway_gives_up() {
    let template = Template::of_this_repository();
    let call = engine::timeouts()
        .operation_timeout()
        .expect("calls have a time-out");
    // The read before the wait and the one behind it.
    let held = api::LONGEST_HOLD + 2 * call;

    for function in ["Submit", "Status"] {
        let seconds = template.number(&format!("/Resources/{function}Function/Properties/Timeout"));

        assert!(held < Duration::from_secs(seconds), "{function}");
        assert!(seconds < GATEWAY_TIMEOUT_SECONDS, "{function}");
    }
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

    // `submit` takes no start that is so far ahead that less would be left.
    assert_eq!(MAX_MESSAGE_AGE.as_secs(), kept_seconds);
    let ahead_seconds = kept_seconds - longest_deadline_seconds - WRITE_HORIZON.as_secs();
    assert!(ahead_seconds >= 6 * 24 * 60 * 60);
}

#[test]
fn a_job_that_waits_is_delivered_far_less_often_than_it_takes_to_dead_letter_it() {
    let template = Template::of_this_repository();

    let deliveries =
        template.number("/Resources/JobQueue/Properties/RedrivePolicy/maxReceiveCount");

    assert_eq!(deliveries, u64::from(engine::MAX_DELIVERIES));
    let while_waiting = MAX_SCHEDULE_AHEAD_SECONDS / MAX_VISIBILITY_SECONDS;
    assert!(
        deliveries >= 5 * while_waiting,
        "{deliveries} deliveries, {while_waiting} while waiting"
    );
}
