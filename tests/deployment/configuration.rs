//! A function that is configured badly does not start, and says which variable it is.

use std::collections::BTreeMap;
use std::process::{Command, Output, Stdio};

use crate::app::PROGRAM;

fn good() -> BTreeMap<&'static str, &'static str> {
    BTreeMap::from([
        ("TABLE_NAME", "jobs"),
        ("QUEUE_URL", "http://127.0.0.1:9/jobs"),
        ("ID_SECRETS", "0123456789abcdef0123456789abcdef"),
        ("RETENTION_SECONDS", "600"),
        ("DEADLINE_SECONDS", "60"),
        ("SCHEDULER_DOMAIN", "scheduler.us-east-1.amazonaws.com"),
        ("SCHEDULE_GROUP", "jobs"),
        (
            "SCHEDULE_ROLE_ARN",
            "arn:aws:iam::123456789012:role/schedule",
        ),
        (
            "SCHEDULE_DEAD_LETTER_ARN",
            "arn:aws:sqs:us-east-1:123456789012:undelivered",
        ),
        ("AWS_REGION", "us-east-1"),
        ("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE"),
        ("AWS_SECRET_ACCESS_KEY", "secret"),
    ])
}

/// Starts the function with the environment and waits for its end. Without a Runtime API, it ends in any case.
fn started(function: &str, environment: BTreeMap<&str, &str>) -> Output {
    let mut child = Command::new(PROGRAM)
        .args(["function", function])
        .env_clear()
        .envs(environment)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // Held open: its end would be the end of the function's parent.
    let parent_end = child.stdin.take();
    let output = child.wait_with_output().unwrap();
    drop(parent_end);
    output
}

fn said(output: &Output) -> String {
    [&output.stdout, &output.stderr]
        .map(|bytes| String::from_utf8_lossy(bytes))
        .concat()
}

#[test]
fn a_variable_that_is_missing_stops_the_cold_start_and_is_named() {
    for (function, variables) in [
        (
            "submit",
            &[
                "TABLE_NAME",
                "QUEUE_URL",
                "ID_SECRETS",
                "RETENTION_SECONDS",
                "DEADLINE_SECONDS",
                "SCHEDULER_DOMAIN",
                "SCHEDULE_GROUP",
                "SCHEDULE_ROLE_ARN",
                "SCHEDULE_DEAD_LETTER_ARN",
                "AWS_REGION",
                "AWS_ACCESS_KEY_ID",
            ][..],
        ),
        ("status", &["TABLE_NAME", "ID_SECRETS", "AWS_ACCESS_KEY_ID"]),
        (
            "worker",
            &[
                "TABLE_NAME",
                "QUEUE_URL",
                "RETENTION_SECONDS",
                "AWS_SECRET_ACCESS_KEY",
            ],
        ),
    ] {
        for variable in variables {
            let mut environment = good();
            environment.remove(variable);

            let output = started(function, environment);

            let expected = format!("environment variable {variable} is not set");
            assert_eq!(
                output.status.code(),
                Some(1),
                "{function} without {variable}"
            );
            assert!(
                said(&output).contains(&expected),
                "{function}: {}",
                said(&output)
            );
        }
    }
}

#[test]
fn a_variable_that_is_malformed_stops_the_cold_start_and_is_named_without_its_value() {
    for (function, variable, value) in [
        ("submit", "QUEUE_URL", "hunter2"),
        ("submit", "ID_SECRETS", "hunter2"),
        ("submit", "RETENTION_SECONDS", "hunter2"),
        ("submit", "RETENTION_SECONDS", "359"),
        ("worker", "WRITE_HORIZON_SECONDS", "361"),
        ("submit", "DEADLINE_SECONDS", "1208341"),
        ("status", "ID_SECRETS", "hunter2"),
        ("status", "PUBLIC_BASE_URL", "hunter2"),
        ("status", "MONITOR_LINKS", "hunter2"),
        ("submit", "MONITOR_LINKS", "hunter2"),
        ("submit", "MAX_WAIT_SECONDS", "21"),
        ("status", "MAX_WAIT_SECONDS", "hunter2"),
        ("submit", "MAX_SCHEDULE_AHEAD_SECONDS", "hunter2"),
        ("submit", "MAX_SCHEDULE_AHEAD_SECONDS", "31622401"),
        ("submit", "SCHEDULE_ROLE_ARN", "hunter2"),
        ("worker", "RETENTION_SECONDS", "-1"),
    ] {
        let mut environment = good();
        environment.insert(variable, value);

        let output = started(function, environment);

        let expected = format!("environment variable {variable} is malformed");
        assert_eq!(output.status.code(), Some(1), "{function} with {variable}");
        assert!(
            said(&output).contains(&expected),
            "{function}: {}",
            said(&output)
        );
        assert!(
            !said(&output).contains("hunter2"),
            "{function}: {}",
            said(&output)
        );
    }
}

#[test]
fn a_limit_of_uploads_that_is_malformed_stops_the_cold_start_and_is_named() {
    let limits = [("UPLOAD_DAYS", "7"), ("MAX_UPLOAD_MIB", "1024")];
    for (variable, value) in [
        ("UPLOAD_DAYS", "0"),
        ("UPLOAD_DAYS", "hunter2"),
        ("MAX_UPLOAD_MIB", "0"),
        // S3 takes no more than 5 GiB at once.
        ("MAX_UPLOAD_MIB", "5121"),
    ] {
        let mut environment = good();
        environment.insert("PAYLOADS_BUCKET", "payloads");
        environment.insert("PAYLOADS_DOMAIN", "payloads.s3.us-east-1.amazonaws.com");
        environment.extend(limits);
        environment.insert(variable, value);

        let output = started("submit", environment);

        let expected = format!("environment variable {variable} is malformed");
        assert!(
            said(&output).contains(&expected),
            "{variable}={value}: {}",
            said(&output)
        );
        assert!(!said(&output).contains("hunter2"), "{}", said(&output));
    }
}

#[test]
fn an_opt_in_kind_that_does_not_exist_stops_the_cold_start_and_is_named() {
    let mut environment = good();
    environment.insert("OPT_IN_KINDS", "rehearsal,no_such_kind");

    let output = started("submit", environment);

    assert_eq!(output.status.code(), Some(1));
    assert!(said(&output).contains("no_such_kind"), "{}", said(&output));
}
