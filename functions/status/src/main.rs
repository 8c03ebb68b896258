//! The Lambda function that shows jobs.

use std::process::ExitCode;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    engine::start_log();
    match status::run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            lambda_http::tracing::error!("cold start stopped: {error}");
            ExitCode::FAILURE
        }
    }
}
