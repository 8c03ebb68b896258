//! Submits some jobs at once, waits for their results, and lists those that failed earlier.

use std::pin::pin;

use client::{Client, IdempotencyKey, JobStatus, ListQuery, Options, Submission};
use futures_util::TryStreamExt as _;
use serde_json::{Value, json};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let url = std::env::var("ACCEPTED_URL")?;
    let client = Client::new(url.parse()?, Options::default())?;

    let tables = ["city,people\nUlm,2\n", "city,people\nBonn,3\nRome,5\n"];
    let inputs = tables.map(|csv| json!({"csv": csv}));
    let submissions = inputs
        .iter()
        .map(|input| Submission::new("csv_profile", input));
    let submissions: Vec<_> = submissions.collect::<Result<_, _>>()?;
    // Submitted again under the same key, these are still two jobs.
    let key = IdempotencyKey::random();

    for submitted in client.submit_all(&submissions, &key, |_| ()).await? {
        let uri = submitted.map_err(|problem| problem.to_string())?.status_uri;
        let job = client.wait(&uri).await?;
        if job.job_status == JobStatus::Success {
            let profile: Value = client.result(&uri).await?;
            println!("{}: {} rows", job.id, profile["rows"]);
        }
    }

    let query = ListQuery {
        job_status: Some(JobStatus::Failed),
        ..ListQuery::default()
    };
    let mut failed = pin!(client.jobs(&query));
    while let Some(job) = failed.try_next().await? {
        println!("{} failed: {:?}", job.id, job.error);
    }
    Ok(())
}
