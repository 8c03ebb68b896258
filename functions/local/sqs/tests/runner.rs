//! Runs every check against one endpoint and tells how each ended.

use std::collections::BTreeMap;
use std::process::ExitCode;

use super::check::{Check, PATIENCE, Stop, Verdict};
use super::endpoint::Sqs;

/// The executable: its arguments are the endpoint and, where some checks are known to fail, the file that names them.
pub(crate) async fn run_from_arguments() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let Some(endpoint) = arguments.next() else {
        eprintln!("usage: sqs_conformance <endpoint> [<file of expected failures>]");
        return ExitCode::from(2);
    };
    let expected = match arguments.next().map(std::fs::read_to_string).transpose() {
        Ok(text) => expected_failures(&text.unwrap_or_default()),
        Err(error) => {
            eprintln!("the file of expected failures cannot be read: {error}");
            return ExitCode::from(2);
        }
    };
    if run_all(&Sqs::at(&endpoint), &expected).await {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

/// Runs them one after the other; whether every check ended as expected.
async fn run_all(sqs: &Sqs, expected: &BTreeMap<String, Expected>) -> bool {
    let mut tally = Tally::default();
    for check in super::all() {
        tally.count(check.name, run(check, sqs).await, expected.get(check.name));
    }
    for name in expected.keys() {
        if super::all().all(|check| check.name != *name) {
            tally.surprises += 1;
            println!("no check is named {name}");
        }
    }
    let Tally {
        passed,
        failed,
        not_run,
        surprises,
    } = tally;
    println!("{surprises} unexpected results");
    println!("{passed} passed, {failed} failed, {not_run} skipped");
    surprises == 0
}

/// How many checks ended in which way.
#[derive(Default)]
struct Tally {
    passed: usize,
    failed: usize,
    not_run: usize,
    surprises: usize,
}

impl Tally {
    fn count(&mut self, name: &str, verdict: Verdict, expected: Option<&Expected>) {
        match verdict {
            Ok(()) => {
                self.passed += 1;
                let is_surprise = expected.is_some_and(|expected| !expected.is_unsteady);
                self.surprises += usize::from(is_surprise);
                println!(
                    "pass     {name}{}",
                    if is_surprise {
                        " (expected to fail)"
                    } else {
                        ""
                    }
                );
            }
            Err(Stop::Failed(why)) => {
                self.failed += 1;
                self.surprises += usize::from(expected.is_none());
                println!(
                    "FAIL     {name}\n         {}",
                    expected.map_or(&why, |expected| &expected.reason)
                );
            }
            Err(Stop::NotRun(why)) => {
                self.not_run += 1;
                println!("not run  {name}: {why}");
            }
        }
    }
}

async fn run(check: &Check, sqs: &Sqs) -> Verdict {
    let hung = || Stop::Failed(format!("no end after {} s", PATIENCE.as_secs()));
    tokio::time::timeout(PATIENCE, (check.run)(sqs))
        .await
        .unwrap_or_else(|_| Err(hung()))
}

/// A failure that is known.
struct Expected {
    reason: String,
    /// It depends on a race, so it may pass.
    is_unsteady: bool,
}

/// Names and reasons, one a line, a `?` before a name that sometimes passes; lines that begin with `#` are for readers.
fn expected_failures(text: &str) -> BTreeMap<String, Expected> {
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    let named = lines.filter_map(|line| line.split_once(": "));
    let expected = named.map(|(name, reason)| {
        let is_unsteady = name.starts_with('?');
        let reason = reason.to_owned();
        (
            name.trim_start_matches('?').to_owned(),
            Expected {
                reason,
                is_unsteady,
            },
        )
    });
    expected.collect()
}
