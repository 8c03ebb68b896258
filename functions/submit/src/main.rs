//! The Lambda function that accepts jobs.

use std::process::ExitCode;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    engine::start_log();
    match submit::run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            lambda_http::tracing::error!("cold start stopped: {error}");
            ExitCode::FAILURE
        }
    }
}
