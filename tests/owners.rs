//! A job is its owner's: nobody else can tell that it exists.

use reqwest::Method;
use serde_json::{Value, json};

use crate::app::{App, Job};

async fn asked_by(app: &App, job: &Job) -> [Value; 4] {
    let answers = [
        app.status(job).await,
        app.result(job).await,
        app.cancel(job).await,
        app.delete(job).await,
    ];
    answers.map(|answer| {
        let mut problem = answer.problem(404, "job-not-found");
        problem["request-id"].take();
        problem
    })
}

#[tokio::test]
async fn another_owner_s_job_is_404_and_looks_like_one_that_was_never_issued() {
    let app = App::shared();
    let job = app.as_user("alice").rehearse(json!({"seconds": 0})).await;
    let mut unissued = app.as_user("alice").rehearse(json!({"seconds": 0})).await;
    unissued.uri = format!(
        "{}/jobs/6f1d2c3b-4a59-8e07-9b1c-2d3e4f506172",
        app.service.url
    );

    let foreign = asked_by(&app.as_user("bob"), &job).await;
    let anonymous = asked_by(&app, &job).await;
    let guessed = asked_by(&app.as_user("alice"), &unissued).await;

    assert_eq!(foreign, guessed);
    assert_eq!(foreign, anonymous);
    assert_eq!(
        app.as_user("alice").wait_for_end(&job).await["job"]["job-status"],
        "SUCCESS"
    );
}

#[tokio::test]
async fn an_anonymous_caller_s_job_is_no_named_owner_s() {
    let app = App::shared();

    let job = app.rehearse(json!({"seconds": 0})).await;

    assert_eq!(job.accepted.json()["job"]["owner"], "anonymous");
    asked_by(&app.as_user("alice"), &job).await;
    asked_by(&app.as_user("anonymous"), &job).await;
    assert_eq!(app.status(&job).await.status, 200);
}

#[tokio::test]
async fn an_owner_never_comes_from_the_request() {
    let app = App::shared().as_user("carol");
    let headers = [
        ("content-type", "application/json"),
        ("x-owner", "admin"),
        ("x-forwarded-user", "admin"),
    ];
    let body = json!({"name": "rehearsal", "input": {"seconds": 0}});

    let accepted = app
        .send(
            Method::POST,
            "/jobs?owner=admin",
            &headers,
            body.to_string(),
        )
        .await;
    let claimed = app
        .post(json!({"name": "rehearsal", "input": {}, "owner": "admin"}).to_string())
        .await;

    assert_eq!(
        accepted.json()["job"]["owner"],
        "https://local.invalid|carol"
    );
    assert_eq!(
        claimed.problem(422, "invalid-job")["errors"][0]["pointer"],
        "/owner"
    );
}

#[tokio::test]
async fn a_list_has_its_owner_s_jobs_only() {
    let app = App::shared();
    let (dora, emil) = (app.as_user("dora"), app.as_user("emil"));

    let of_dora = dora.rehearse(json!({"seconds": 0})).await;
    let of_emil = emil.rehearse(json!({"seconds": 0})).await;

    for (owner, job) in [(dora, of_dora), (emil, of_emil)] {
        let list = owner.get("/jobs").await.json();
        let ids: Vec<_> = list["jobs"]
            .as_array()
            .unwrap()
            .iter()
            .map(|job| &job["id"])
            .collect();
        assert_eq!(ids, [&json!(job.id)]);
    }
}
