//! Runs the store's checks against a DynamoDB: `store_conformance http://127.0.0.1:4566`.
//!
//! Prints a line for each check and, last, how many passed, failed and were not run. The exit code is 0 only if none failed.

#[cfg(not(test))]
mod store;

#[cfg(not(test))]
#[tokio::main]
async fn main() -> std::process::ExitCode {
    store::run_from_arguments().await
}
