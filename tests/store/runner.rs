//! Runs every check against one endpoint and tells how each ended.

use std::any::Any;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use super::check::Check;
use super::table::Table;

/// Far above what any check needs; one that hangs has failed.
const TIMEOUT: Duration = Duration::from_secs(120);

/// What only the embedded DynamoDB can be asked, and why.
const NOT_RUN: &[(&str, &str)] = &[(
    "a_record_that_ttl_deleted_is_gone_and_its_id_is_free",
    "nobody can tell another DynamoDB to sweep now",
)];

/// The executable: its argument is the endpoint.
pub(crate) async fn run_from_arguments() -> ExitCode {
    let Some(endpoint) = std::env::args().nth(1) else {
        eprintln!("usage: store_conformance <endpoint>");
        return ExitCode::from(2);
    };
    let (mut passed, mut failed) = (0, 0);
    for check in super::all() {
        match run(check, &endpoint).await {
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

/// Each in a task of its own, so that one that fails doesn't end the others, and on a table of its own.
async fn run(check: &'static Check, endpoint: &str) -> Result<(), String> {
    let table = Table::at(endpoint)
        .await
        .map_err(|error| format!("no table to check: {error}"))?;
    let table = Arc::new(table);
    let task = tokio::spawn((check.run)(table.clone()));
    let ended = tokio::time::timeout(TIMEOUT, task).await;
    table.drop_it().await;
    match ended {
        Ok(Ok(())) => Ok(()),
        Ok(Err(panic)) => Err(message(panic.into_panic().as_ref())),
        Err(_) => Err(format!("no end after {} s", TIMEOUT.as_secs())),
    }
}

fn message(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or(panic.downcast_ref::<&str>().copied())
        .unwrap_or("a panic without words")
        .to_owned()
}
