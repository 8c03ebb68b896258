//! Runs of checks behind a front.

use dynoxide::Database;
use rehearse::faults::Front;
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use super::mutator::{Mutation, Mutator, Passed};
use super::part::Part;
use super::write::Write;
use crate::store::{self, Check};

/// Runs a check on an embedded DynamoDB of its own, behind a front: how it ended, and what passed. One that fails is run once
/// more, since on a busy machine a call can time out.
pub(super) async fn run(
    check: &'static Check,
    mutation: Option<&Mutation>,
) -> (Result<(), String>, Passed) {
    let (outcome, passed) = run_once(check, mutation).await;
    if outcome.is_ok() {
        return (outcome, passed);
    }
    run_once(check, mutation).await
}

async fn run_once(
    check: &'static Check,
    mutation: Option<&Mutation>,
) -> (Result<(), String>, Passed) {
    // Served until this is dropped.
    let mut served = JoinSet::new();
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let back = format!("http://{}", listener.local_addr().expect("an address"));
    let database = Database::memory().expect("a database in memory");
    served.spawn(async move {
        let stop = std::future::pending();
        let outcome = dynoxide::server::serve_with_shutdown(listener, database, stop).await;
        outcome.expect("a DynamoDB");
    });
    let mutator = Mutator::new(mutation.cloned());
    let front = Front::before_table(&back, mutator.clone()).await;
    let front = front.expect("a free port");
    let outcome = store::run(check, &front.url).await;
    (outcome, mutator.passed())
}

/// The first check that fails without the part, or why none counts.
pub(super) async fn missed_by(
    write: &Write,
    part: &Part,
    checks: &[&'static Check],
) -> Result<&'static str, String> {
    let mutation = (write.clone(), part.clone());
    for check in checks {
        let (outcome, passed) = run(check, Some(&mutation)).await;
        if let Some(answer) = passed.not_understood {
            return Err(format!("DynamoDB refuses what is left: {answer}"));
        }
        if outcome.is_err() && passed.mutated > 0 {
            return Ok(check.name);
        }
    }
    let names: Vec<_> = checks.iter().map(|check| check.name).collect();
    Err(format!("no check fails, of {}", names.join(", ")))
}
