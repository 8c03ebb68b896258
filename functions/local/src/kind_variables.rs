//! Environment variables of a team's own kinds, which `serve` passes to the worker.

use std::collections::BTreeMap;
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
    let text = fs::read_to_string(path).map_err(|error| format!("cannot be read: {error}"))?;
    let lines = (1..).zip(text.lines().map(str::trim));
    let lines = lines.filter(|(_, line)| !line.is_empty() && !line.starts_with('#'));
    lines
        .map(|(number, line)| {
            let read = if line.contains('=') {
                variable(line)
            } else {
                Err("must be NAME=VALUE".to_owned())
            };
            read.map_err(|error| format!("line {number}: {error}"))
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
    fn a_variable_has_a_value_of_its_own_or_that_of_the_shell_or_is_refused() {
        let parsed = |text: &str| {
            variable(text).map_or_else(|error| error, |(name, value)| format!("{name} is {value}"))
        };
        let path = format!("PATH is {}", env::var("PATH").unwrap());
        for (text, expected) in [
            ("TOKEN=a=b", "TOKEN is a=b"),
            ("AWS_ENDPOINT_URL_S3=", "AWS_ENDPOINT_URL_S3 is "),
            ("PATH", &path),
            ("1ST=x", "\"1ST\" is not the name of a variable"),
            ("=x", "\"\" is not the name of a variable"),
            (
                "NOT_SET_ANYWHERE_AT_ALL",
                "NOT_SET_ANYWHERE_AT_ALL is not set in this shell: ",
            ),
        ] {
            assert!(
                parsed(text).starts_with(expected),
                "{text}: {}",
                parsed(text)
            );
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
        let id = ("AWS_ACCESS_KEY_ID", "AKIA");
        let secret = ("AWS_SECRET_ACCESS_KEY", "s");
        let stand_in = ("AWS_ENDPOINT_URL", "http://127.0.0.1:4566");
        for (of_kinds, expected) in [
            (&[][..], Some(NO_ENDPOINT)),
            (&[id], Some(NO_ENDPOINT)),
            (&[secret], Some(NO_ENDPOINT)),
            (&[("AWS_ENDPOINT_URL", "")], Some(NO_ENDPOINT)),
            (&[id, secret], None),
            (&[stand_in], Some(stand_in.1)),
            (&[stand_in, id, secret], Some(stand_in.1)),
        ] {
            let mut all = BTreeMap::new();
            add(&variables(of_kinds), &mut all).unwrap();
            let endpoint = all.get("AWS_ENDPOINT_URL").map(String::as_str);
            assert_eq!(endpoint, expected, "{of_kinds:?}");
        }
    }

    #[test]
    fn a_file_has_a_variable_a_line_and_an_error_names_the_line() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("kinds.env");
        let read = |text| {
            fs::write(&path, text).unwrap();
            file(path.to_str().unwrap())
        };
        assert_eq!(read("# tokens\nA=1\n\nB=2\n").unwrap().len(), 2);
        let refused = read("# tokens\nA=1\n\n  B = 2\n").unwrap_err();
        assert!(refused.starts_with("line 4: "), "{refused}");
        assert_eq!(read("A=1\nB").unwrap_err(), "line 2: must be NAME=VALUE");
    }
}
