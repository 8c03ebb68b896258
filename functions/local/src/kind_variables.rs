//! Environment variables of a team's own kinds, which `serve` passes to the worker.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::{env, fs};

use clap::Args;

/// Flags for the variables of the kinds.
#[derive(Args, Clone, Debug)]
pub(crate) struct KindVariables {
    /// Environment variable of your kinds; without a value, that of this shell. Can be repeated
    #[arg(long = "env", value_name = "NAME[=VALUE]", value_parser = variable)]
    one_by_one: Vec<(String, String)>,
    /// File of environment variables of your kinds: one NAME=VALUE per line; # begins a comment line
    #[arg(long = "env-file", value_name = "FILE", value_parser = file)]
    file: Option<BTreeMap<String, String>>,
}

impl KindVariables {
    /// All variables. `--env` overrides the file.
    pub(crate) fn all(self) -> BTreeMap<String, String> {
        let mut all = self.file.unwrap_or_default();
        all.extend(self.one_by_one);
        all
    }
}

/// The endpoint of AWS services that have no stand-in here. A call fails, and no request with credentials that are not real reaches AWS.
pub(crate) const NO_ENDPOINT: &str = "http://set-the-endpoint-of-this-aws-service.invalid";

/// Adds the variables of the kinds to those of the worker. Calls to other AWS services than the table, the queue and the bucket go to
/// [`NO_ENDPOINT`], unless there is an endpoint for them or there are credentials: whoever passes credentials means AWS itself.
pub(crate) fn add(of_kinds: &BTreeMap<String, String>, variables: &mut BTreeMap<String, String>) {
    const ENDPOINT: &str = "AWS_ENDPOINT_URL";
    variables.extend(of_kinds.clone());
    if set(of_kinds, ENDPOINT).is_some() {
        return;
    }
    if access_key(of_kinds).is_some() {
        variables.remove(ENDPOINT);
    } else {
        variables.insert(ENDPOINT.to_owned(), NO_ENDPOINT.to_owned());
    }
}

/// The kinds' access key: its id and its secret. The worker signs with it whatever it calls, the embedded back ends too.
pub(crate) fn access_key(of_kinds: &BTreeMap<String, String>) -> Option<(String, String)> {
    let id = set(of_kinds, "AWS_ACCESS_KEY_ID")?;
    let secret = set(of_kinds, "AWS_SECRET_ACCESS_KEY")?;
    Some((id.to_owned(), secret.to_owned()))
}

fn set<'a>(of_kinds: &'a BTreeMap<String, String>, name: &str) -> Option<&'a str> {
    let value = of_kinds.get(name).map(String::as_str);
    value.filter(|value| !value.is_empty())
}

/// Variables that the service sets, with which a function cannot run if they have other values.
const RESERVED: [&str; 24] = [
    "AUTHORIZATION",
    "AWS_ENDPOINT_URL_DYNAMODB",
    "AWS_ENDPOINT_URL_SCHEDULER",
    "AWS_ENDPOINT_URL_SQS",
    "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS",
    "CALLBACKS_TO_LOOPBACK",
    "CALLBACK_QUEUE_URL",
    "DEADLINE_SECONDS",
    "ID_SECRETS",
    "MAX_UPLOAD_MIB",
    "MONITOR_LINKS",
    "OPT_IN_KINDS",
    "PAYLOADS_BUCKET",
    "PAYLOADS_ENDPOINT_URL",
    "QUEUE_URL",
    "RETENTION_SECONDS",
    "SCHEDULER_DOMAIN",
    "SCHEDULE_DEAD_LETTER_ARN",
    "SCHEDULE_GROUP",
    "SCHEDULE_ROLE_ARN",
    "TABLE_NAME",
    "UPLOAD_DAYS",
    "WEBHOOKS",
    "WRITE_HORIZON_SECONDS",
];

/// Parses `NAME=VALUE`, or `NAME` for a variable of this process.
fn variable(text: &str) -> Result<(String, String), String> {
    let (name, value) = match text.split_once('=') {
        Some((name, value)) => (name, Some(value.to_owned())),
        None => (text, env::var(text).ok()),
    };
    let is_name = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    if !is_name {
        return Err(format!("{name:?} is not the name of a variable"));
    }
    if RESERVED.contains(&name) || name.starts_with("AWS_LAMBDA_") {
        return Err(format!("{name} is set by the service"));
    }
    match value {
        Some(value) => Ok((name.to_owned(), value)),
        None => Err(format!(
            "{name} is not set in this shell: set it, or write {name}=VALUE"
        )),
    }
}

/// Reads a file of variables.
fn file(path: &str) -> Result<BTreeMap<String, String>, String> {
    let path = PathBuf::from(path);
    let text = fs::read_to_string(&path).map_err(|error| format!("cannot be read: {error}"))?;
    lines(&text, &path)
}

fn lines(text: &str, path: &Path) -> Result<BTreeMap<String, String>, String> {
    let lines = text.lines().map(str::trim).enumerate();
    let lines = lines.filter(|(_, line)| !line.is_empty() && !line.starts_with('#'));
    lines
        .map(|(at, line)| {
            let place = |error| format!("{}, line {}: {error}", path.display(), at + 1);
            if line.contains('=') {
                variable(line).map_err(place)
            } else {
                Err(place("must be NAME=VALUE".to_owned()))
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backends::Backends;
    use crate::environment::{Endpoints, environment};
    use crate::service_options::ServiceOptions;

    #[test]
    fn a_variable_has_a_value_of_its_own_or_that_of_the_shell() {
        let parsed = |text: &str| variable(text).unwrap();
        assert_eq!(parsed("TOKEN=a=b"), ("TOKEN".to_owned(), "a=b".to_owned()));
        let of_s3 = parsed("AWS_ENDPOINT_URL_S3=http://127.0.0.1:4566");
        assert_eq!(of_s3.0, "AWS_ENDPOINT_URL_S3");
        assert_eq!(parsed("EMPTY="), ("EMPTY".to_owned(), String::new()));
        assert_eq!(parsed("PATH").1, env::var("PATH").unwrap());
    }

    #[test]
    fn what_cannot_be_a_variable_of_a_kind_is_refused_with_the_reason() {
        for (text, reason) in [
            ("1ST=x", "is not the name of a variable"),
            ("=x", "is not the name of a variable"),
            ("TABLE_NAME=mine", "is set by the service"),
            ("AWS_LAMBDA_RUNTIME_API=x", "is set by the service"),
            ("NOT_SET_ANYWHERE_AT_ALL", "is not set in this shell"),
        ] {
            let refused = variable(text).unwrap_err();
            assert!(refused.contains(reason), "{text}: {refused}");
        }
    }

    #[tokio::test]
    async fn every_variable_of_the_service_is_reserved_except_those_that_a_kind_may_change() {
        let options = ServiceOptions::default();
        let backends = Backends::start(options.backends()).await.unwrap();
        let service = environment(&options, &backends, &Endpoints::of(&backends));
        for name in service
            .keys()
            .filter(|name| *name != "AWS_REGION" && *name != "NO_COLOR")
        {
            let refused = variable(&format!("{name}=mine")).unwrap_err();
            assert_eq!(refused, format!("{name} is set by the service"));
        }
        backends.stop().await;
    }

    #[test]
    fn no_call_leaves_this_machine_unless_there_is_an_endpoint_or_whole_credentials() {
        let endpoint = |of_kinds: &[(&str, &str)]| {
            let of_kinds = of_kinds.iter();
            let of_kinds = of_kinds.map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
            let mut variables = BTreeMap::new();
            add(&of_kinds.collect(), &mut variables);
            variables.remove("AWS_ENDPOINT_URL")
        };
        let (id, secret) = (
            ("AWS_ACCESS_KEY_ID", "AKIA"),
            ("AWS_SECRET_ACCESS_KEY", "s"),
        );
        let nowhere = Some(NO_ENDPOINT.to_owned());
        assert_eq!(endpoint(&[]), nowhere);
        assert_eq!(endpoint(&[id]), nowhere);
        assert_eq!(endpoint(&[secret]), nowhere);
        assert_eq!(endpoint(&[("AWS_ENDPOINT_URL", "")]), nowhere);
        assert_eq!(endpoint(&[id, secret]), None);
        let stand_in = ("AWS_ENDPOINT_URL", "http://127.0.0.1:4566");
        assert_eq!(endpoint(&[stand_in]).unwrap(), stand_in.1);
        assert_eq!(endpoint(&[stand_in, id, secret]).unwrap(), stand_in.1);
    }

    #[test]
    fn a_file_has_a_variable_a_line_and_an_error_names_the_line() {
        let read = |text| lines(text, Path::new("kinds.env"));
        let variables = read("# tokens\nA=1\n\n  B = 2\n").unwrap_err();
        assert!(variables.starts_with("kinds.env, line 4: "), "{variables}");
        assert_eq!(read("# tokens\nA=1\n\nB=2\n").unwrap().len(), 2);
        let refused = read("A=1\nB").unwrap_err();
        assert_eq!(refused, "kinds.env, line 2: must be NAME=VALUE");
    }
}
