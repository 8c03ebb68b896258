//! Instructions, counted by valgrind's callgrind: they repeat to within a few thousandths, on whatever machine, and times don't.

use dynoxide::Database;
use serde_json::Value;

use crate::Error;
use crate::builds::Function;
use crate::process::Process;

const CALLGRIND: [&str; 4] = [
    "valgrind",
    "--tool=callgrind",
    "--callgrind-out-file=/dev/null",
    "--trace-children=no",
];

/// How many instructions a function takes from its start to its last answer to these events. Without events: for its cold start.
///
/// # Errors
/// When valgrind is not installed, or the function does not answer.
pub(crate) async fn instructions(
    function: &Function,
    database: &Database,
    events: &[Value],
) -> Result<u64, Error> {
    let mut process = Process::start(function, database, &CALLGRIND).await?;
    for event in events {
        process.cloud.invoke(event).await?;
    }
    let said = process.end().await?;
    collected(&said).ok_or_else(|| Error::unexpected(said.as_bytes()))
}

/// The line `==1234== Collected : 5678`.
fn collected(said: &str) -> Option<u64> {
    let line = said
        .lines()
        .find_map(|line| line.split_once("Collected : "));
    line?.1.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_count_is_read_from_what_valgrind_says() {
        let said = "==7== Events    : Ir\n==7== Collected : 26517211\n==7==\n";
        assert_eq!(collected(said), Some(26_517_211));
        assert_eq!(collected("==7== Process terminating\n"), None);
    }
}
