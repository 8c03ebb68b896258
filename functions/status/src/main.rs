//! The Lambda function that shows jobs.

use std::process::ExitCode;

use engine::Environment;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let environment = Environment::of_process();
    engine::start_log(&environment);
    match status::run(&environment).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            lambda_http::tracing::error!("cold start stopped: {error}");
            ExitCode::FAILURE
        }
    }
}
