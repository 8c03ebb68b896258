//! Runs the SQS checks against an endpoint: `sqs_conformance http://127.0.0.1:4566 [expected]`.
//!
//! Prints a line for each check and, last, how many passed, failed and were not run. With `expected`, a file of lines
//! `<check>: <reason>`, the checks named there must fail (those with a `?` before the name may),
//! and the exit code is 0 only if these and no others do. `functions/local/sqs/tests/ministack.txt` is such a file.

#[cfg(not(test))]
#[path = "../functions/local/sqs/tests/main.rs"]
mod checks;

#[cfg(not(test))]
#[tokio::main]
async fn main() -> std::process::ExitCode {
    checks::run_from_arguments().await
}
