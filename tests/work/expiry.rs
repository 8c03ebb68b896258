//! A status URI at the end of its time.

use serde_json::json;

use crate::app::{Answer, App, Job, eventually};

/// The answer at the job's status URI once that is not 200 any more.
async fn after_its_time(app: &App, job: &Job) -> Answer {
    eventually("the end of the status URI", async || {
        Some(app.status(job).await).filter(|answer| answer.status != 200)
    })
    .await
}

#[tokio::test]
async fn a_status_uri_is_410_from_expires_at_on_with_the_record_still_there() {
    let app = App::start(&["--retention", "1", "--sweep-every", "3600"]);
    let job = app.rehearse(json!({"seconds": 0})).await;
    let ended = app.wait_for_end(&job).await;

    let gone = after_its_time(&app, &job).await;
    let result = app.result(&job).await;

    let problem = gone.problem(410, "job-expired");
    assert_eq!(problem["expired-at"], ended["job"]["expires-at"]);
    assert_eq!(gone.header("retry-after"), None);
    result.problem(410, "job-expired");
    assert!(app.record(&job).await.is_some());
}

#[tokio::test]
async fn a_status_uri_stays_410_when_its_record_is_deleted_and_never_becomes_404() {
    let app = App::start(&["--retention", "1", "--sweep-every", "1"]);
    let job = app.rehearse(json!({"seconds": 0})).await;
    app.wait_for_end(&job).await;

    after_its_time(&app, &job).await.problem(410, "job-expired");
    eventually("the deletion of the record", async || {
        app.status(&job).await.problem(410, "job-expired");
        app.record(&job).await.is_none().then_some(())
    })
    .await;

    let gone = app.status(&job).await.problem(410, "job-expired");
    assert_eq!(gone.get("expired-at"), None, "nobody knows it any more");
    app.result(&job).await.problem(410, "job-expired");
    app.cancel(&job).await.problem(410, "job-expired");
    app.delete(&job).await.problem(410, "job-expired");
    assert!(app.records().await.is_empty());
}

#[tokio::test]
async fn a_job_that_takes_longer_than_the_retention_does_not_expire_while_it_runs() {
    let app = App::start(&["--retention", "1", "--sweep-every", "1"]);

    let job = app.rehearse(json!({"seconds": 3})).await;
    let ended = app.wait_for_end(&job).await;

    assert_eq!(ended["job"]["job-status"], "SUCCESS");
}
