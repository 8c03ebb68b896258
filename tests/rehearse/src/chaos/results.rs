//! Whether each large result is where its job says, and what else is in the bucket.

use super::told::{Seen, Told};
use super::wish::Wish;
use crate::audit::Ledger;
use crate::load_client::Client;

/// The large results of this run.
pub(super) struct Results {
    /// Number of jobs that have one at the end.
    pub(super) expected: usize,
    /// Those that are not there, in words.
    pub(super) missing: Vec<String>,
    /// Objects that no lifecycle rule would delete, or whose job nobody knows.
    pub(super) strays: Vec<String>,
    /// Number of other results: of deleted jobs, and of attempts that lost their job. Their lifecycle rule deletes them.
    pub(super) left: usize,
}

impl Results {
    /// Accounts for the objects with these keys.
    pub(super) fn account(&mut self, keys: Vec<String>, ledger: &Ledger) {
        // Jobs are kept for a day here.
        const RULE: &str = "results/2/";
        let mut results = 0;
        for key in keys {
            let id = key
                .strip_prefix(RULE)
                .and_then(|rest| rest.split('/').next());
            let is_known = id.is_some_and(|id| ledger.job(id).is_some());
            results += usize::from(is_known);
            if !is_known && !key.starts_with("uploads/") {
                self.strays.push(key);
            }
        }
        self.left = results.saturating_sub(self.expected);
    }
}

/// Asks for the result of each job that has a large one.
pub(super) async fn ask(told: &[Told], at_the_end: &[Option<Seen>], client: &Client) -> Results {
    let mut results = Results {
        expected: 0,
        missing: Vec::new(),
        strays: Vec::new(),
        left: 0,
    };
    for (told, seen) in told.iter().zip(at_the_end) {
        let has_result = |seen: &Seen| seen.is_end() && seen.outcome == "SUCCESS";
        let is_large = told.order.wish == Wish::LargeResult && told.deleted.is_none();
        let (Some((id, uri)), true) = (
            told.accepted.first(),
            is_large && seen.as_ref().is_some_and(has_result),
        ) else {
            continue;
        };
        results.expected += 1;
        let answer = client.get(&format!("{uri}/result")).await;
        if answer.status != 200 || answer.body["outcome"] != "large-result" {
            let status = answer.status;
            let missing = format!("the result of job {id} is answered with {status}");
            results.missing.push(missing);
        }
    }
    results
}
