//! Runs the store's checks against a DynamoDB: `store_conformance http://127.0.0.1:4566`.
//!
//! Prints a line for each check and, last, how many passed, failed and were not run. The exit code is 0 only if none failed.

#[cfg(not(test))]
mod store;

#[cfg(not(test))]
use std::process::ExitCode;

/// What only the embedded DynamoDB can be asked, and why.
#[cfg(not(test))]
const NOT_RUN: &[(&str, &str)] = &[(
    "a_record_that_ttl_deleted_is_gone_and_its_id_is_free",
    "nobody can tell another DynamoDB to sweep now",
)];

/// Its argument is the endpoint.
#[cfg(not(test))]
#[tokio::main]
async fn main() -> ExitCode {
    let Some(endpoint) = std::env::args().nth(1) else {
        eprintln!("usage: store_conformance <endpoint>");
        return ExitCode::from(2);
    };
    let (mut passed, mut failed) = (0, 0);
    for check in store::all() {
        match store::run(check, &endpoint).await {
            Ok(()) => {
                passed += 1;
                println!("pass     {}", check.name);
            }
            Err(why) => {
                failed += 1;
                println!("FAIL     {}\n         {why}", check.name);
            }
        }
    }
    for (name, why) in NOT_RUN {
        println!("not run  {name}: {why}");
    }
    println!(
        "{passed} passed, {failed} failed, {} skipped",
        NOT_RUN.len()
    );
    if failed == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}
