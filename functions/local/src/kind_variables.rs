//! Environment variables of a team's own kinds, which `serve` passes to the worker.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::{env, fs};

use crate::StartError;

/// The endpoint of AWS services that have no stand-in here. A call fails, and no request with credentials that are not real reaches AWS.
pub(crate) const NO_ENDPOINT: &str = "http://set-the-endpoint-of-this-aws-service.invalid";

/// Adds the variables of the kinds to those of the worker. Calls to other AWS services than the table, the queue and the bucket go to
/// [`NO_ENDPOINT`], unless there is an endpoint for them or there are credentials: whoever passes credentials means AWS itself.
///
/// # Errors
/// If there is a variable of the service, with another value of which the worker could not run.
pub(crate) fn add(
    of_kinds: &BTreeMap<String, String>,
    variables: &mut BTreeMap<String, String>,
) -> Result<(), StartError> {
    const ENDPOINT: &str = "AWS_ENDPOINT_URL";
    let is_taken = |name: &&String| {
        let is_set = variables.contains_key(*name) && !FREE.contains(&name.as_str());
        is_set || *name == IGNORE_ENDPOINTS || name.starts_with("AWS_LAMBDA_")
    };
    if let Some(taken) = of_kinds.keys().find(is_taken) {
        return Err(StartError(format!(
            "{taken} is set by the service: choose another name in --env or --env-file"
        )));
    }
    variables.extend(of_kinds.clone());
    if set(of_kinds, ENDPOINT).is_none() {
        variables.remove(ENDPOINT);
        if access_key(of_kinds).is_none() {
            variables.insert(ENDPOINT.to_owned(), NO_ENDPOINT.to_owned());
        }
    }
    Ok(())
}

/// Variables of the service that a kind may change.
const FREE: [&str; 2] = ["AWS_REGION", "NO_COLOR"];

/// With it, the worker would not find the embedded back ends.
const IGNORE_ENDPOINTS: &str = "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS";

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

/// Parses `NAME=VALUE`, or `NAME` for a variable of this process.
pub(crate) fn variable(text: &str) -> Result<(String, String), String> {
    let (name, value) = match text.split_once('=') {
        Some((name, value)) => (name, Some(value.to_owned())),
        None => (text, env::var(text).ok()),
    };
    let is_name = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    if !is_name {
        return Err(format!("{name:?} is not the name of a variable"));
    }
    match value {
        Some(value) => Ok((name.to_owned(), value)),
        None => Err(format!(
            "{name} is not set in this shell: set it, or write {name}=VALUE"
        )),
    }
}

/// Reads a file of variables.
pub(crate) fn file(path: &str) -> Result<BTreeMap<String, String>, String> {
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

    fn variables(all: &[(&str, &str)]) -> BTreeMap<String, String> {
        let all = all.iter();
        all.map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect()
    }

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
            ("NOT_SET_ANYWHERE_AT_ALL", "is not set in this shell"),
        ] {
            let refused = variable(text).unwrap_err();
            assert!(refused.contains(reason), "{text}: {refused}");
        }
    }

    #[test]
    fn a_kind_changes_no_variable_of_the_service_but_two() {
        let add_one = |name| {
            let service = [
                ("TABLE_NAME", "jobs"),
                ("AWS_REGION", "r"),
                ("NO_COLOR", "1"),
            ];
            add(&variables(&[(name, "mine")]), &mut variables(&service))
        };
        for name in ["TABLE_NAME", "AWS_LAMBDA_RUNTIME_API", IGNORE_ENDPOINTS] {
            let refused = add_one(name).unwrap_err().to_string();
            assert!(refused.starts_with(name), "{refused}");
        }
        for name in ["AWS_REGION", "NO_COLOR", "TOKEN"] {
            assert!(add_one(name).is_ok(), "{name}");
        }
    }

    #[test]
    fn no_call_leaves_this_machine_unless_there_is_an_endpoint_or_whole_credentials() {
        let endpoint = |of_kinds: &[(&str, &str)]| {
            let mut all = BTreeMap::new();
            add(&variables(of_kinds), &mut all).unwrap();
            all.remove("AWS_ENDPOINT_URL")
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
