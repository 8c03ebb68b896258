//! Runs a check against an endpoint and tells how it ended.

use std::any::Any;
use std::sync::Arc;
use std::time::Duration;

use super::check::Check;
use super::table::Table;

/// Far above what any check needs; one that hangs has failed.
const TIMEOUT: Duration = Duration::from_mins(2);

/// Each in a task of its own, so that one that fails doesn't end the others, and on a table of its own.
pub(crate) async fn run(check: &'static Check, endpoint: &str) -> Result<(), String> {
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
