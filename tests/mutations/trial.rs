//! One run of checks against a DynamoDB of their own, behind a front.

use std::collections::BTreeSet;

use dynoxide::Database;
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use super::front::{Front, Mutation};
use super::part::Part;
use super::write::Write;
use crate::store::{self, Check};

/// An embedded DynamoDB and the front before it, both served until this is dropped.
pub(super) struct Trial {
    endpoint: String,
    front: Front,
    _served: JoinSet<()>,
}

impl Trial {
    pub(super) async fn start(mutation: Option<Mutation>) -> Self {
        let mut served = JoinSet::new();
        let (listener, back) = listen().await;
        let database = Database::memory().expect("a database in memory");
        served.spawn(async move {
            let stop = std::future::pending();
            let outcome = dynoxide::server::serve_with_shutdown(listener, database, stop).await;
            outcome.expect("a DynamoDB");
        });
        let (listener, endpoint) = listen().await;
        let front = Front::before(&back, mutation);
        served.spawn(front.clone().serve(listener));
        Self {
            endpoint,
            front,
            _served: served,
        }
    }

    pub(super) fn endpoint(&self) -> &str {
        &self.endpoint
    }

    pub(super) fn seen(&self) -> BTreeSet<Write> {
        self.front.passed.lock().unwrap().seen.clone()
    }
}

async fn listen() -> (TcpListener, String) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("an address");
    (listener, format!("http://{address}"))
}

/// The first check that fails without the part, or why none counts.
pub(super) async fn missed_by(
    write: &Write,
    part: &Part,
    checks: &[&'static Check],
) -> Result<&'static str, String> {
    for check in checks {
        let trial = Trial::start(Some((write.clone(), part.clone()))).await;
        let outcome = store::run(check, trial.endpoint()).await;
        let passed = trial.front.passed.lock().unwrap();
        if let Some(answer) = &passed.not_understood {
            return Err(format!("DynamoDB refuses what is left: {answer}"));
        }
        if outcome.is_err() && passed.mutated > 0 {
            return Ok(check.name);
        }
    }
    let names: Vec<_> = checks.iter().map(|check| check.name).collect();
    Err(format!("no check fails, of {}", names.join(", ")))
}
