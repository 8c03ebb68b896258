//! The Lambda function that runs jobs.

use std::process::ExitCode;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    engine::start_log();
    match worker::run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            lambda_runtime::tracing::error!("cold start stopped: {error}");
            ExitCode::FAILURE
        }
    }
}
