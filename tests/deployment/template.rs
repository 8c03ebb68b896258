//! The parts of `template.yaml` that must agree with the code: a difference would only show in the cloud.
//!
//! Over 300 lines: one short check for each agreement, and they share one template.

use std::collections::BTreeSet;
use std::time::Duration;

use api::GatewayConfig;
use engine::{
    Attribute, ConfigError, Environment, INDEX_NAME, MAX_MESSAGE_AGE, Metrics, WRITE_HORIZON,
};
use local::{
    CORS_MAX_AGE_SECONDS, CORS_METHODS, CORS_REQUEST_HEADERS, CORS_RESPONSE_HEADERS, Function,
    ROUTES,
};
use serde_json::{Value, json};

use crate::deployment::cloudformation::{Template, text};

/// How long a signed request is valid.
const SIGNATURE_SECONDS: u64 = 5 * 60;
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

/// A value of each variable that the functions read. `None` for any other, which can only be one of a kind.
fn sample(variable: &str) -> Option<(&str, &str)> {
    let value = match variable {
        "TABLE_NAME" => "jobs",
        "QUEUE_URL" => "https://sqs.us-east-1.amazonaws.com/123456789012/jobs",
        "ID_SECRETS" => "a-secret-of-this-test-and-no-other",
        "RETENTION_SECONDS" => "600",
        "DEADLINE_SECONDS" => "120",
        "PUBLIC_BASE_URL" => "https://jobs.example.com",
        "OPT_IN_KINDS" => "rehearsal",
        "MONITOR_LINKS" | "WEBHOOKS" => "true",
        "AUTHORIZATION" => "JWT",
        "METRICS_NAMESPACE" => "Accepted/stack",
        "MAX_SCHEDULE_AHEAD_SECONDS" => "3600",
        "SCHEDULER_DOMAIN" => "scheduler.us-east-1.amazonaws.com",
        "SCHEDULE_GROUP" => "schedules",
        "SCHEDULE_ROLE_ARN" => "arn:aws:iam::123456789012:role/schedule",
        "SCHEDULE_DEAD_LETTER_ARN" => "arn:aws:sqs:us-east-1:123456789012:undelivered",
        "MAX_WAIT_SECONDS" => "5",
        "PAYLOADS_BUCKET" => "payloads",
        "PAYLOADS_DOMAIN" => "payloads.s3.us-east-1.amazonaws.com",
        "UPLOAD_DAYS" => "3",
        "MAX_UPLOAD_MIB" => "100",
        "CALLBACK_QUEUE_URL" => "https://sqs.us-east-1.amazonaws.com/123456789012/callbacks",
        "CALLBACK_HOSTS" => "hooks.example.com",
        "API_BASE_URL" => "https://a1b2c3d4e5.execute-api.us-east-1.amazonaws.com",
        _ => return None,
    };
    Some((variable, value))
}

/// All that a function makes of these variables, in words that can be compared.
fn configuration(function: &str, variables: &[(&str, &str)]) -> Result<String, ConfigError> {
    let environment = Environment::of(variables);
    let table = (
        environment.table_name()?,
        environment.optional("PAYLOADS_BUCKET"),
        environment.optional("PAYLOADS_DOMAIN"),
    );
    let webhooks = environment.webhooks()?;
    let callbacks = || -> Result<_, ConfigError> {
        let queue = environment.callback_queue_url()?;
        Ok((queue, environment.callback_policy()?))
    };
    let upload_limits = || {
        let limits = (environment.upload_life()?, environment.max_upload_bytes()?);
        Ok(limits)
    };
    let entrance = || Ok((environment.id_secrets()?, GatewayConfig::of(&environment)?));
    let jobs = || {
        let (queue, retention) = (environment.queue_url()?, environment.retention()?);
        Ok((queue, retention, environment.opt_in_kinds()))
    };
    Ok(match function {
        "SubmitFunction" => {
            let (deadline, metrics) = (environment.deadline()?, Metrics::of(&environment));
            let links = environment.monitor_links()?;
            let limits = (environment.max_wait()?, environment.max_schedule_ahead()?);
            // Without clients of AWS there is no `Schedules::of`; that each is read shows in `configuration`.
            let schedules = [
                environment.text("SCHEDULER_DOMAIN")?,
                environment.text("SCHEDULE_GROUP")?,
                environment.text("SCHEDULE_ROLE_ARN")?,
                environment.text("SCHEDULE_DEAD_LETTER_ARN")?,
            ];
            format!(
                "{table:?} {:?} {:?} {deadline:?} {metrics:?} {links} {limits:?} {schedules:?} {:?} {webhooks} {:?}",
                entrance()?.1,
                jobs()?,
                upload_limits()?,
                callbacks()?
            )
        }
        "StatusFunction" => {
            let (authorization, kinds) = (environment.authorization()?, environment.opt_in_kinds());
            let links = environment.monitor_links()?;
            let (entrance, wait) = (entrance()?.1, environment.max_wait()?);
            format!(
                "{table:?} {entrance:?} {authorization:?} {kinds:?} {links} {wait:?} {webhooks}"
            )
        }
        _ => {
            let signed = (
                environment.id_secrets()?,
                environment.base_url_of_webhooks()?,
            );
            let metrics = Metrics::of(&environment);
            format!(
                "{table:?} {:?} {metrics:?} {webhooks} {:?} {:?}",
                jobs()?,
                callbacks()?,
                signed.1
            )
        }
    })
}

#[test]
fn every_function_gets_the_environment_it_reads_and_no_more() {
    let template = Template::with(&[("LargePayloads", "true"), ("Webhooks", "true")]);

    for function in ["SubmitFunction", "StatusFunction", "WorkerFunction"] {
        let given = template.environment(function).into_keys();
        let (names, of_kinds): (Vec<_>, Vec<_>) = given.partition(|name| sample(name).is_some());
        // The handlers of kinds run in the worker only.
        assert!(
            function == "WorkerFunction" || of_kinds.is_empty(),
            "{function} does not read {of_kinds:?}"
        );
        let all: Vec<_> = names.iter().filter_map(|name| sample(name)).collect();
        let read = configuration(function, &all);
        assert!(read.is_ok(), "{function}: {read:?}");

        for unset in &names {
            let without: Vec<_> = all
                .iter()
                .copied()
                .filter(|(name, _)| name != unset)
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
        ("MaxScheduleAheadSeconds", "MAX_SCHEDULE_AHEAD_SECONDS"),
        ("UploadDays", "UPLOAD_DAYS"),
        ("MaxUploadMebibytes", "MAX_UPLOAD_MIB"),
    ] {
        for bound in ["MinValue", "Default", "MaxValue"] {
            let number = template.number(&format!("/Parameters/{parameter}/{bound}"));
            let given = number.to_string();
            // An upload must outlive the deadline: the shortest one, and by default every one.
            let deadline = if bound == "Default" { "1208340" } else { "60" };
            let deadline = ("DEADLINE_SECONDS", deadline);
            let environment = Environment::of(&[(variable, &given), deadline]);
            let read = match variable {
                "RETENTION_SECONDS" => environment.retention().map(|time| time.as_secs()),
                "DEADLINE_SECONDS" => environment.deadline().map(|time| time.as_secs()),
                "MAX_SCHEDULE_AHEAD_SECONDS" => {
                    environment.max_schedule_ahead().map(|time| time.as_secs())
                }
                "UPLOAD_DAYS" => environment
                    .upload_life()
                    .map(|life| life.as_secs() / 86_400),
                _ => environment.max_upload_bytes().map(|bytes| bytes >> 20),
            };
            assert_eq!(read, Ok(number), "{parameter}");
        }
    }
    // `cargo run` leaves it to the code.
    let ahead = template.number("/Parameters/MaxScheduleAheadSeconds/Default");
    let of_the_code = Environment::of(&[]).max_schedule_ahead();
    assert_eq!(of_the_code.map(|time| time.as_secs()), Ok(ahead));
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
            ["$default", "OPTIONS /", "OPTIONS /{proxy+}"]
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
    let held = engine::LONGEST_HOLD + 2 * call;

    for function in ["Submit", "Status"] {
        let seconds = template.number(&format!("/Resources/{function}Function/Properties/Timeout"));

        assert!(held < Duration::from_secs(seconds), "{function}");
        assert!(seconds < GATEWAY_TIMEOUT_SECONDS, "{function}");
    }
}

#[test]
fn a_message_stays_hidden_a_margin_longer_than_its_worker_may_run() {
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
        assert_eq!(
            hidden_seconds,
            worker_seconds + engine::VISIBILITY_MARGIN.as_secs()
        );
        // SQS counts from the receive, and the worker may return a message as late as it is still hidden.
        assert!(hidden_seconds + engine::MAX_VISIBILITY.as_secs() <= MAX_VISIBILITY_SECONDS);
    }
}

#[test]
fn the_queues_take_the_largest_message() {
    let template = Template::of_this_repository();

    for queue in ["JobQueue", "DeadLetterQueue", "UndeliveredSchedules"] {
        let pointer = format!("/Resources/{queue}/Properties/MaximumMessageSize");
        let largest = engine::MAX_MESSAGE_BYTES as u64;
        assert!(template.number(&pointer) >= largest, "{queue}");
    }
}

#[test]
fn a_message_outlives_the_deadline_of_its_job() {
    let template = Template::of_this_repository();

    let kept_seconds = template.number("/Resources/JobQueue/Properties/MessageRetentionPeriod");
    let longest_deadline_seconds = template.number("/Parameters/DeadlineSeconds/MaxValue");

    assert_eq!(MAX_MESSAGE_AGE.as_secs(), kept_seconds);
    // It may be sent that long before the job is due; a schedule sends it when the job is due.
    let ahead_seconds = engine::MAX_DELAY.as_secs();
    let horizon_seconds = WRITE_HORIZON.as_secs();
    assert!(ahead_seconds + longest_deadline_seconds + horizon_seconds <= kept_seconds);
}

#[test]
fn a_job_that_waits_is_delivered_far_less_often_than_it_takes_to_dead_letter_it() {
    let template = Template::of_this_repository();

    let deliveries =
        template.number("/Resources/JobQueue/Properties/RedrivePolicy/maxReceiveCount");

    assert_eq!(deliveries, u64::from(engine::MAX_DELIVERIES));
    // A snooze until shortly before the deadline.
    let waiting_seconds = template.number("/Parameters/DeadlineSeconds/MaxValue");
    let while_waiting = waiting_seconds / MAX_VISIBILITY_SECONDS;
    assert!(
        deliveries >= 5 * while_waiting,
        "{deliveries} deliveries, {while_waiting} while waiting"
    );
}

#[test]
fn a_first_deployment_that_fails_can_be_rolled_back_and_data_outlives_its_stack() {
    let template = Template::of_this_repository();

    for resource in ["Jobs", "IdSecret", "Payloads", "PayloadsPolicy"] {
        let policy = template.at(&format!("/Resources/{resource}/DeletionPolicy"));
        assert_eq!(policy, "RetainExceptOnCreate", "{resource}");
        let replaced = template.at(&format!("/Resources/{resource}/UpdateReplacePolicy"));
        assert_eq!(replaced, "Retain", "{resource}");
    }
    let protection = template.at("/Resources/Jobs/Properties/DeletionProtectionEnabled");
    let chosen = json!({ "Fn::If": ["ProtectsTable", true, false] });
    assert_eq!(protection, &chosen);
    let condition = template.at("/Conditions/ProtectsTable/Fn::Equals");
    assert_eq!(condition, &json!([{ "Ref": "DeletionProtection" }, "true"]));
    assert_eq!(
        template.at("/Parameters/DeletionProtection/Default"),
        "false"
    );
}

#[test]
fn a_new_account_can_run_the_defaults() {
    /// Concurrent executions of a new account.
    const OF_A_NEW_ACCOUNT: u64 = 10;
    let template = Template::of_this_repository();

    let workers = template.number("/Parameters/MaximumConcurrency/Default");
    let reserved = template.number("/Parameters/ApiReservedConcurrency/Default");

    assert!(
        2 * workers <= OF_A_NEW_ACCOUNT,
        "{workers} leave none to the API"
    );
    assert_eq!(reserved, 0, "Lambda lets no such account reserve any");
}

#[test]
fn each_function_of_the_api_gets_the_concurrency_that_is_reserved_and_the_worker_none() {
    let template = Template::of_this_repository();
    let reserved = json!({ "Fn::If": [
        "ReservesApiConcurrency", { "Ref": "ApiReservedConcurrency" }, { "Ref": "AWS::NoValue" }
    ] });

    for (name, function) in template.resources("AWS::Serverless::Function") {
        let expected = if name == "WorkerFunction" {
            &Value::Null
        } else {
            &reserved
        };
        assert_eq!(
            &function["ReservedConcurrentExecutions"], expected,
            "{name}"
        );
    }
    let condition = template.at("/Conditions/ReservesApiConcurrency");
    let unless = json!([{ "Fn::Equals": [{ "Ref": "ApiReservedConcurrency" }, 0] }]);
    assert_eq!(condition["Fn::Not"], unless);
}

#[test]
fn build_and_deploy_read_one_architecture() {
    let template = Template::of_this_repository();
    let config = include_str!("../../samconfig.toml");
    let section = |name: &str| {
        let (_, rest) = config
            .split_once(&format!("[default.{name}.parameters]"))
            .expect(name);
        rest.split("\n[").next().expect("a section")
    };

    let default = text(template.at("/Parameters/Architecture/Default"));

    let both = format!("parameter_overrides = \"Architecture={default}\"");
    assert!(section("global").contains(&both), "{config}");
    for command in ["build", "deploy"] {
        assert!(
            !section(command).contains("parameter_overrides"),
            "{command} has its own"
        );
    }
    let architectures = template.at("/Globals/Function/Architectures");
    assert_eq!(architectures, &json!([{ "Ref": "Architecture" }]));
}

/// The access log's line, with what names the caller and without.
fn access_log(template: &Template) -> [Value; 2] {
    let format =
        template.list("/Resources/HttpApiStage/Properties/AccessLogSettings/Format/Fn::Sub");
    let caller = format[1]["Caller"]["Fn::If"].as_array().expect("a choice");
    assert_eq!(caller[0], "LogsCallers");
    [1, 2].map(|choice| {
        let line = text(&format[0]).replace("${Caller}", text(&caller[choice]));
        serde_json::from_str(&line).unwrap_or_else(|error| panic!("{line}: {error}"))
    })
}

#[test]
fn the_access_log_names_the_caller_unless_it_must_not() {
    let template = Template::of_this_repository();

    let [with, without] = access_log(&template);

    for (member, variable) in [
        ("sourceIp", "$context.identity.sourceIp"),
        ("userAgent", "$context.identity.userAgent"),
        ("principal", "$context.identity.userArn"),
        ("principalId", "$context.identity.caller"),
        ("sub", "$context.authorizer.claims.sub"),
    ] {
        assert_eq!(with[member], variable);
        assert_eq!(without[member], Value::Null, "{member}");
    }
    for line in [&with, &without] {
        assert_eq!(line["authorizerError"], "$context.authorizer.error");
        let logged = line.to_string();
        // A path may carry what only its caller should know.
        assert!(!logged.contains("$context.path"), "{logged}");
    }
    let switch = json!([{ "Ref": "LogCallers" }, "true"]);
    assert_eq!(template.at("/Conditions/LogsCallers/Fn::Equals"), &switch);
}

#[test]
fn the_access_log_group_is_covered_by_the_policy_of_vended_logs_and_is_each_stacks_own() {
    let template = Template::of_this_repository();

    let name = template.at("/Resources/HttpApiLogs/Properties/LogGroupName");

    let name = text(&name["Fn::Sub"]);
    assert!(name.starts_with("/aws/vendedlogs/"), "{name}");
    assert!(name.contains("${AWS::StackName}"), "{name}");
}

#[test]
fn the_dashboard_has_an_address_in_every_partition() {
    let template = Template::of_this_repository();

    let console = template.map("/Mappings/Console");
    let url = template.list("/Outputs/DashboardUrl/Value/Fn::Sub");

    for partition in [
        "aws",
        "aws-cn",
        "aws-eusc",
        "aws-iso",
        "aws-iso-b",
        "aws-iso-e",
        "aws-iso-f",
        "aws-us-gov",
    ] {
        let domain = text(&console[partition]["Domain"]);
        assert!(domain.starts_with("console."), "{partition}: {domain}");
    }
    assert!(text(&url[0]).starts_with("https://${AWS::Region}.${Domain}/cloudwatch/"));
    let looked_up = json!({ "Fn::FindInMap": ["Console", { "Ref": "AWS::Partition" }, "Domain"] });
    assert_eq!(url[1]["Domain"], looked_up);
}

#[test]
fn lambdas_own_lines_and_the_functions_own_have_a_level_each() {
    let template = Template::of_this_repository();

    let logging = template.at("/Globals/Function/LoggingConfig");

    assert_eq!(logging["ApplicationLogLevel"], json!({ "Ref": "LogLevel" }));
    assert_eq!(
        logging["SystemLogLevel"],
        json!({ "Ref": "SystemLogLevel" })
    );
}

#[test]
fn both_functions_that_know_the_id_secret_get_the_same_version_of_it() {
    let template = Template::of_this_repository();

    let of = |function| template.environment(function)["ID_SECRETS"].clone();

    let secrets = of("SubmitFunction");
    assert_eq!(secrets, of("StatusFunction"));
    // Without a stage it is AWSCURRENT; another stage would move with the next rotation.
    let resolved = |version: &str| {
        let reference =
            format!("{{{{resolve:secretsmanager:${{IdSecret}}:SecretString{version}}}}}");
        json!({ "Fn::Sub": reference })
    };
    let named = resolved(":::${IdSecretVersion}");
    assert_eq!(
        secrets,
        json!({ "Fn::If": ["PinsIdSecretVersion", named, resolved("")] })
    );
}
