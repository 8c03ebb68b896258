//! Jobs that a worker gets together.

use serde_json::{Value, json};

use super::{App, Item, Job};

impl App {
    /// What `submit` submits comes to a worker as one batch. The service has two workers: both are kept busy meanwhile.
    pub(crate) async fn in_one_batch<T>(&self, submit: impl AsyncFnOnce() -> T) -> T {
        let mut blockers = Vec::new();
        for _ in 0..2 {
            // It says something each half second, so it hears of its cancel within one and a half.
            let blocker = self.rehearse(json!({"seconds": 300, "steps": 600})).await;
            self.wait_for_state(&blocker, "STARTED").await;
            blockers.push(blocker);
        }
        let submitted = submit().await;
        for blocker in &blockers {
            self.cancel(blocker).await;
        }
        submitted
    }

    /// Rehearsals with these inputs, in one batch.
    pub(crate) async fn rehearse_in_one_batch(&self, inputs: &[Value]) -> Vec<Job> {
        self.in_one_batch(async || {
            let mut jobs = Vec::new();
            for input in inputs {
                jobs.push(self.rehearse(input.clone()).await);
            }
            jobs
        })
        .await
    }
}

/// Which invocation of the worker ran the record's last attempt.
pub(crate) fn invocation(record: &Item) -> String {
    let token = record["run_token"].as_s().unwrap();
    token.split_once('.').unwrap().0.to_owned()
}

/// How the job of a document ended: its status, and the code of its error or nothing.
pub(crate) fn ended_as(document: &Value) -> (&str, &str) {
    let status = document["job"]["job-status"].as_str().unwrap();
    (
        status,
        document["error"]["code"].as_str().unwrap_or_default(),
    )
}
