//! What `template.yaml` refuses to be deployed with: judged here as CloudFormation judges it, which no emulator does.

use std::collections::BTreeMap;

use regex::Regex;
use serde_json::Value;

use crate::deployment::cloudformation::{Template, text};
use crate::deployment::expanded::{Given, plain};

/// For each parameter what it takes, besides its default, and what it refuses.
const GIVEN: [(&str, &[&str], &[&str]); 40] = [
    ("Authorization", &["JWT", "NONE"], &["", "none", "OPEN"]),
    (
        "JwtIssuer",
        &["https://login.example.com/"],
        &[
            "http://login.example.com",
            "login.example.com",
            "https://a b",
        ],
    ),
    ("JwtAudience", &["jobs", "a,b"], &["a, b", "a,", " "]),
    (
        "JwtScopes",
        &["jobs/write", "a,b"],
        &["a, b", "a b", "a,", " "],
    ),
    ("DisableExecuteApiEndpoint", &["true"], &["yes", "True"]),
    (
        "MaxScheduleAheadSeconds",
        &["60", "31622400"],
        &["59", "31622401"],
    ),
    ("MaxWaitSeconds", &["0", "20"], &["-1", "21"]),
    (
        "KmsKeyArn",
        &[
            "arn:aws:kms:eu-central-1:123456789012:key/1a2b3c4d-1a2b-3c4d-5e6f-1a2b3c4d5e6f",
            "arn:aws-us-gov:kms:us-gov-west-1:123456789012:key/mrk-1a2b3c4d1a2b3c4d5e6f1a2b3c4d5e6f",
        ],
        &[
            "alias/jobs",
            "arn:aws:kms:eu-central-1:123456789012:alias/jobs",
        ],
    ),
    ("ApiReservedConcurrency", &["0", "1000"], &["-1", "1001"]),
    ("SystemLogLevel", &["DEBUG", "WARN"], &["warn", "ERROR"]),
    ("LogCallers", &["false"], &["no", "False"]),
    (
        "AlarmQueueDelayMs",
        &["1000", "604800000"],
        &["999", "604800001"],
    ),
    (
        "AlarmVisibleMessages",
        &["0", "1000000"],
        &["-1", "1000001"],
    ),
    (
        "AllowedOrigins",
        &["*", "https://a.example.com,http://localhost:8080"],
        &[
            "https://a.example.com/",
            "a.example.com",
            "*,https://a.example.com",
        ],
    ),
    (
        "PublicBaseUrl",
        &["https://jobs.example.com", "https://example.com/jobs"],
        &[
            "https://jobs.example.com/",
            "http://jobs.example.com",
            "https://a?b",
        ],
    ),
    (
        "RetentionSeconds",
        &["600", "31536000"],
        &["599", "31536001", "a day"],
    ),
    ("DeadlineSeconds", &["60", "1208340"], &["59", "1208341"]),
    (
        "OptInKinds",
        &["rehearsal", "a,b_c-1"],
        &["Rehearsal", "a, b", "1a"],
    ),
    (
        "IdSecretVersion",
        &["1a2b3c4d-1a2b-3c4d-5e6f-1a2b3c4d5e6f"],
        &["AWSCURRENT", "1a2b"],
    ),
    ("LargePayloads", &["true"], &["yes", "True", ""]),
    ("UploadDays", &["2", "365"], &["1", "366"]),
    ("MaxUploadMebibytes", &["1", "5120"], &["0", "5121"]),
    ("Webhooks", &["true"], &["yes", "True", ""]),
    (
        "CallbackHosts",
        &["hooks.example.com", "*.example.com,a.example.org"],
        &["*", "https://a.example.com", "a.example.com, b.example.com"],
    ),
    ("CallbackConcurrency", &["2", "1000"], &["1", "1001"]),
    ("Architecture", &["x86_64"], &["arm", "x86"]),
    ("ApiMemoryMb", &["128", "10240"], &["127", "10241"]),
    ("WorkerMemoryMb", &["128", "10240"], &["127", "10241"]),
    ("WorkerTimeoutSeconds", &["10", "900"], &["5", "11", "901"]),
    ("BatchSize", &["1", "10"], &["0", "11"]),
    ("MaximumConcurrency", &["2", "1000"], &["1", "1001"]),
    ("ThrottlingRateLimit", &["1", "10000"], &["0", "10001"]),
    ("ThrottlingBurstLimit", &["1", "5000"], &["0", "5001"]),
    ("LogRetentionDays", &["1", "3653"], &["0", "2"]),
    ("LogLevel", &["DEBUG", "TRACE"], &["info", "WARN"]),
    (
        "AlarmEmail",
        &["ops@example.com"],
        &["ops", "a@example.com,b@example.com x"],
    ),
    (
        "AlarmFailureRate",
        &["0", "0.25", "1"],
        &["-0.1", "1.1", "10%"],
    ),
    (
        "AlarmQueueAgeSeconds",
        &["60", "1209600"],
        &["59", "1209601"],
    ),
    ("MonitorLinks", &["true"], &["yes", "True"]),
    ("DeletionProtection", &["true"], &["no", "True"]),
];

/// Whether CloudFormation takes this value.
fn takes(parameter: &Value, value: &str) -> bool {
    let allowed = parameter["AllowedValues"].as_array();
    let is_listed = allowed.is_none_or(|allowed| allowed.iter().any(|one| plain(one) == value));
    // A pattern must match the whole value.
    let pattern = parameter["AllowedPattern"].as_str();
    let matches = pattern.is_none_or(|pattern| {
        let whole = Regex::new(&format!("^(?:{pattern})$")).expect("a regular expression");
        whole.is_match(value)
    });
    is_listed && matches && (parameter["Type"] != "Number" || is_within(parameter, value))
}

fn is_within(parameter: &Value, value: &str) -> bool {
    let bound = |name: &str| parameter[name].as_f64();
    value.parse::<f64>().is_ok_and(|number| {
        bound("MinValue").is_none_or(|least| least <= number)
            && bound("MaxValue").is_none_or(|most| number <= most)
    })
}

#[test]
fn every_parameter_takes_what_makes_sense_and_refuses_the_rest() {
    let template = Template::of_this_repository();
    let parameters = template.map("/Parameters");
    let given: BTreeMap<_, _> = GIVEN
        .iter()
        .map(|(name, good, bad)| (*name, (*good, *bad)))
        .collect();

    assert!(
        parameters
            .keys()
            .map(String::as_str)
            .eq(given.keys().copied()),
        "every parameter is tried here"
    );
    for (name, (good, bad)) in given {
        let parameter = &parameters[name];
        let default = plain(&parameter["Default"]);
        for value in good.iter().copied().chain([default.as_str()]) {
            assert!(takes(parameter, value), "{name} refuses {value:?}");
        }
        for value in bad {
            assert!(!takes(parameter, value), "{name} takes {value:?}");
        }
    }
}

/// What the template says against a combination of values.
fn refusals(given: &[(&str, &str)]) -> Vec<String> {
    let template = Template::of_this_repository();
    let given = Given::new(&template, given);
    let rules = template.map("/Rules").values();
    rules
        .filter(|rule| given.holds(&rule["RuleCondition"]))
        .flat_map(|rule| rule["Assertions"].as_array().expect("assertions").clone())
        .filter(|assertion| !given.holds(&assertion["Assert"]))
        .map(|assertion| text(&assertion["AssertDescription"]).to_owned())
        .collect()
}

#[test]
fn tokens_are_not_taken_from_just_any_issuer_or_for_just_any_audience() {
    let issuer = ("JwtIssuer", "https://login.example.com");
    let audience = ("JwtAudience", "jobs");
    let jwt = ("Authorization", "JWT");

    assert_eq!(refusals(&[jwt, issuer, audience]), Vec::<String>::new());
    assert_eq!(
        refusals(&[("Authorization", "AWS_IAM")]),
        Vec::<String>::new()
    );
    for (given, missing) in [
        (&[jwt, issuer], "JwtAudience"),
        (&[jwt, audience], "JwtIssuer"),
    ] {
        let said = refusals(given);
        assert_eq!(said.len(), 1, "{said:?}");
        assert!(
            said[0].contains(missing) && said[0].ends_with('.'),
            "{said:?}"
        );
    }
}

#[test]
fn scopes_are_asked_of_tokens_only_and_the_last_entrance_stays_open() {
    let scopes = ("JwtScopes", "jobs/write");
    let disabled = ("DisableExecuteApiEndpoint", "true");
    let domain = ("PublicBaseUrl", "https://jobs.example.com");

    for (given, missing) in [
        (&[scopes, ("Authorization", "AWS_IAM")], "Authorization=JWT"),
        (&[disabled, ("Authorization", "AWS_IAM")], "PublicBaseUrl"),
    ] {
        let said = refusals(given);
        assert_eq!(said.len(), 1, "{said:?}");
        assert!(
            said[0].contains(missing) && said[0].ends_with('.'),
            "{said:?}"
        );
    }
    assert_eq!(refusals(&[disabled, domain]), Vec::<String>::new());
}

#[test]
fn webhooks_need_workers_that_have_the_time_of_a_receiver() {
    let (on, short) = (("Webhooks", "true"), ("WorkerTimeoutSeconds", "10"));

    assert_eq!(refusals(&[on]), Vec::<String>::new());
    assert_eq!(refusals(&[short]), Vec::<String>::new());
    let said = refusals(&[on, short]);
    assert_eq!(said.len(), 1, "{said:?}");
    assert!(said[0].contains("WorkerTimeoutSeconds"), "{said:?}");
}
