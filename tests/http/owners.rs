//! A job is its owner's: nobody else can tell that it exists.

use aws_sdk_dynamodb::types::AttributeValue;
use engine::Attribute;
use reqwest::Method;
use serde_json::{Value, json};

use crate::app::{App, Job, eventually};
use crate::backends::{TABLE, dynamodb_client};
use crate::deployment::deployed::{Deployed, http_api_event};

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

/// The id says that the job is the caller's, and the record says otherwise. No write of ours leads there.
#[tokio::test]
async fn a_record_of_another_owner_than_its_id_looks_like_a_job_that_was_never_issued() {
    let deployed = Deployed::new().await;
    let (submit, status) = (&deployed.submit, &deployed.status);
    let job = json!({"name": "csv_profile", "input": {"csv": "a\n1\n"}});
    let accepted = submit.answer(&http_api_event("POST", "/jobs", &job)).await;
    let path = accepted.body["task"]["href"].as_str().unwrap();
    let table = dynamodb_client(&deployed.backends.dynamodb_url);
    let mut record = deployed.backends.records().await.remove(0);
    let bob = AttributeValue::S("bob".to_owned());
    record.insert(Attribute::Owner.name().to_owned(), bob);
    let put = table.put_item().table_name(TABLE);
    put.set_item(Some(record.clone())).send().await.unwrap();

    for (function, method, path) in [
        (status, "GET", path.to_owned()),
        (status, "GET", format!("{path}/result")),
        (submit, "POST", format!("{path}/cancel")),
        (submit, "DELETE", path.to_owned()),
    ] {
        let before = function.lines().len();
        let answer = function
            .answer(&http_api_event(method, &path, &Value::Null))
            .await;

        assert_eq!(answer.status, 404, "{method} {path}: {}", answer.body);
        let kind = answer.body["type"].as_str().unwrap();
        assert!(kind.ends_with("/problems/job-not-found"), "{kind}");
        // Lines come through a pipe, behind the answer.
        eventually("the error in the log", async || {
            let lines = function.lines().split_off(before);
            lines
                .iter()
                .any(|line| line["level"] == "ERROR")
                .then_some(())
        })
        .await;
    }
    assert_eq!(deployed.backends.records().await, [record]);
}
