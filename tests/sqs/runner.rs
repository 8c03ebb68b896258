//! Runs every check against one endpoint and tells how each ended.

use std::collections::BTreeMap;
use std::process::ExitCode;
use std::time::Duration;

use super::check::{Check, Stop};
use super::endpoint::Sqs;

/// Far above what any check needs; one that hangs has failed.
const TIMEOUT: Duration = Duration::from_secs(60);

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
            eprintln!("the expected failures can't be read: {error}");
            return ExitCode::from(2);
        }
    };
    if run_all(&Sqs::at(&endpoint), &expected).await {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

/// Whether every check ended as expected.
async fn run_all(sqs: &Sqs, expected: &BTreeMap<String, String>) -> bool {
    let (mut passed, mut failed, mut skipped, mut surprises) = (0, 0, 0, 0);
    for check in super::all() {
        let reason = expected.get(check.name);
        match run(check, sqs).await {
            Ok(()) => {
                passed += 1;
                surprises += usize::from(reason.is_some());
                println!(
                    "pass     {}{}",
                    check.name,
                    reason.map_or("", |_| " (expected to fail)")
                );
            }
            Err(Stop::Failed(why)) => {
                failed += 1;
                surprises += usize::from(reason.is_none());
                println!(
                    "FAIL     {}\n         {}",
                    check.name,
                    reason.unwrap_or(&why)
                );
            }
            Err(Stop::NotRun(why)) => {
                skipped += 1;
                println!("not run  {}: {why}", check.name);
            }
        }
    }
    println!("{surprises} other than expected");
    println!("{passed} passed, {failed} failed, {skipped} skipped");
    surprises == 0
}

async fn run(check: &Check, sqs: &Sqs) -> Result<(), Stop> {
    let hung = || Stop::Failed(format!("no end after {} s", TIMEOUT.as_secs()));
    tokio::time::timeout(TIMEOUT, (check.run)(sqs))
        .await
        .unwrap_or_else(|_| Err(hung()))
}

/// Names and reasons, one a line; empty lines and those that begin with `#` are for readers.
fn expected_failures(text: &str) -> BTreeMap<String, String> {
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    let named = lines.filter_map(|line| line.split_once(": "));
    named
        .map(|(name, reason)| (name.to_owned(), reason.to_owned()))
        .collect()
}
