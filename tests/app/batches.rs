//! Jobs that a worker gets together.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{App, Job};

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

/// Which invocations of the worker, by the log of a service that has ended, ran the first attempts of these jobs.
pub(crate) fn first_invocations<'log>(log: &'log str, jobs: &[Job]) -> BTreeSet<&'log str> {
    let mut invocations = BTreeSet::new();
    for job in jobs {
        let over = format!("attempt ended job.id={} ", job.id);
        let line = log
            .lines()
            .find(|line| line.contains(&over) && line.contains(" attempt=1 "));
        let request = line.and_then(|line| line.split("requestId=\"").nth(1)?.split('"').next());
        invocations.insert(request.unwrap_or_else(|| panic!("no attempt of {}: {log}", job.id)));
    }
    invocations
}

/// How the job of a document ended: its status, and the code of its error or nothing.
pub(crate) fn ended_as(document: &Value) -> (&str, &str) {
    let status = document["job"]["job-status"].as_str().unwrap();
    (
        status,
        document["error"]["code"].as_str().unwrap_or_default(),
    )
}
