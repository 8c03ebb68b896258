//! Uploads: what is refused, by the service and by the store itself, and who may name one.

use reqwest::Method;
use serde_json::{Value, json};

use crate::app::{App, ended_as, put, time_in};
use crate::deployment::deployed::{Deployed, http_api_event};

const CITIES: &[u8] = b"city,people\nUlm,2\nBonn,3\n";

/// A profile of this upload.
fn profile_of(id: &str) -> Value {
    json!({"name": "csv_profile", "input": {"csv": {"upload": id}}})
}

#[tokio::test]
async fn an_upload_is_read_by_every_job_of_its_owner_that_names_it() {
    let app = App::shared().as_user("uploads");
    let id = app.upload(CITIES.to_vec()).await;

    for _ in 0..2 {
        let job = app.submit(&profile_of(&id)).await;
        let document = app.wait_for_end(&job).await;
        assert_eq!(ended_as(&document), ("SUCCESS", ""), "{document}");
        assert_eq!(document["job"]["result"]["rows"], 2);
        assert_eq!(document["job"]["percent-complete"], 100);
    }
}

#[tokio::test]
async fn a_ticket_says_what_its_request_must_be() {
    let app = App::shared().as_user("tickets");

    let answer = app.ask_for_upload(CITIES).await;

    assert_eq!(answer.header("cache-control"), Some("no-store"));
    let ticket = &answer.json()["upload"];
    let id = ticket["id"].as_str().unwrap();
    assert_eq!(ticket["@uri"], format!("/uploads/{id}"));
    assert_eq!(ticket["method"], "PUT");
    let headers = ticket["headers"].as_object().unwrap();
    let names: Vec<_> = headers.keys().map(String::as_str).collect();
    // A browser sets the size itself, and lets no page do it.
    let expected = ["content-type", "if-none-match", "x-amz-checksum-sha256"];
    assert_eq!(names, expected);
    let href = ticket["href"].as_str().unwrap();
    let signed = "X-Amz-SignedHeaders=content-length%3Bcontent-type%3Bhost%3Bif-none-match%3Bx-amz-checksum-sha256";
    assert!(href.contains(signed), "{href}");
    assert!(href.contains("X-Amz-Expires=3600&"), "{href}");
    let hour = time_in(3_601);
    assert!(ticket["expires-at"].as_str().unwrap() < hour.as_str());
}

#[tokio::test]
async fn a_ticket_that_cannot_be_names_everything_that_is_wrong() {
    let app = App::shared().as_user("bad-tickets");
    let digest = "0".repeat(64);
    for (body, pointers) in [
        (json!({}), &["/media-type", "/bytes", "/sha-256"][..]),
        (
            json!({"media-type": "csv", "bytes": 0, "sha-256": "0"}),
            &["/media-type", "/bytes", "/sha-256"],
        ),
        (
            json!({"media-type": "text/csv", "bytes": 1_073_741_825, "sha-256": digest}),
            &["/bytes"],
        ),
        (
            json!({"media-type": "text/csv", "bytes": -1, "sha-256": digest, "more": 1}),
            &["/bytes", "/more"],
        ),
        (json!([]), &[""]),
    ] {
        let headers = [("content-type", "application/json")];
        let answer = app.send(Method::POST, "/uploads", &headers, body.to_string());
        let problem = answer.await.problem(422, "invalid-upload");
        let errors = problem["errors"].as_array().unwrap();
        let found: Vec<_> = errors.iter().map(|error| &error["pointer"]).collect();
        assert_eq!(found, pointers, "{problem}");
    }
    let text = app.send(
        Method::POST,
        "/uploads",
        &[("content-type", "text/csv")],
        "x",
    );
    text.await.problem(415, "unsupported-media-type");
    let get = app.get("/uploads").await;
    get.problem(405, "method-not-allowed");
    assert_eq!(get.header("allow"), Some("OPTIONS, POST"));
}

#[tokio::test]
async fn the_store_refuses_what_the_ticket_is_not_for() {
    let app = App::shared().as_user("wrong-contents");
    let ticket = app.ticket(CITIES).await;
    let mut other_type = ticket.clone();
    other_type["headers"]["content-type"] = "text/html".into();
    let mut other_digest = ticket.clone();
    other_digest["headers"]["x-amz-checksum-sha256"] = "A".repeat(43).into();
    let mut replacing = ticket.clone();
    replacing["headers"]["if-none-match"] = "\"x\"".into();
    let longer = [CITIES, b"Ulm,2\n"].concat();
    let other = CITIES.to_ascii_uppercase();

    for (ticket, content, status) in [
        (&ticket, longer, 403),
        (&ticket, other, 400),
        (&other_type, CITIES.to_vec(), 403),
        (&other_digest, CITIES.to_vec(), 403),
        (&replacing, CITIES.to_vec(), 403),
    ] {
        let answer = put(ticket, content).await;
        assert_eq!(answer.status, status, "{answer:?}");
    }
    // None of them has used the ticket up.
    assert_eq!(put(&ticket, CITIES.to_vec()).await.status, 200);
    assert_eq!(put(&ticket, CITIES.to_vec()).await.status, 412);
}

/// The errors of a refused submit, without the upload's id.
async fn refusal(app: &App, id: &str) -> Value {
    let answer = app.post(profile_of(id).to_string()).await;
    answer.problem(422, "invalid-job")["errors"].take()
}

#[tokio::test]
async fn an_upload_of_someone_else_looks_like_one_that_does_not_exist() {
    let (alice, bob) = (
        App::shared().as_user("uploads-alice"),
        App::shared().as_user("uploads-bob"),
    );
    let of_bob = bob.upload(CITIES.to_vec()).await;
    let ticket = alice.ticket(CITIES).await;
    let incomplete = ticket["id"].as_str().unwrap();
    let job = alice.rehearse(json!({"seconds": 0})).await;

    let foreign = refusal(&alice, &of_bob).await;

    assert_eq!(foreign[0]["pointer"], "/input/csv");
    for id in [incomplete, &job.id, "6f1d2c3b-4a59-8e07-9b1c-2d3e4f506172"] {
        assert_eq!(refusal(&alice, id).await, foreign, "{id}");
    }
    let malformed = refusal(&alice, "1").await;
    assert_eq!(malformed[0]["pointer"], "/input/csv/upload", "{malformed}");
    let number = json!({"name": "csv_profile", "input": {"csv": 1}});
    let problem = alice.post(number.to_string()).await;
    let problem = problem.problem(422, "invalid-job");
    assert_eq!(problem["errors"][0]["pointer"], "/input/csv", "{problem}");
}

#[tokio::test]
async fn a_job_that_could_run_when_its_upload_is_gone_is_refused() {
    let app = App::shared().as_user("late-jobs");
    let id = app.upload(CITIES.to_vec()).await;
    let day = 86_400;
    let starting = |seconds| {
        let mut body = profile_of(&id);
        body["scheduled-start-time"] = time_in(seconds).into();
        body.to_string()
    };

    // Uploads live for seven days, and a job has one from its start.
    assert_eq!(app.post(starting(6 * day - 60)).await.status, 202);
    let late = app.post(starting(6 * day + 60)).await;

    let problem = late.problem(422, "invalid-job");
    assert_eq!(problem["errors"][0]["pointer"], "/input/csv");
    let detail = problem["errors"][0]["detail"].as_str().unwrap();
    assert!(detail.starts_with("expires at "), "{detail}");
}

#[tokio::test]
async fn a_deployment_without_large_payloads_takes_no_uploads() {
    let app = Deployed::new().await;
    let ticket = json!({"media-type": "text/csv", "bytes": 1, "sha-256": "0".repeat(64)});

    let upload = app
        .submit
        .answer(&http_api_event("POST", "/uploads", &ticket))
        .await;
    let id = "6f1d2c3b-4a59-8e07-9b1c-2d3e4f506172";
    let job = app
        .submit
        .answer(&http_api_event("POST", "/jobs", &profile_of(id)))
        .await;

    assert_eq!(upload.status, 404, "{}", upload.body);
    assert_eq!(upload.body["detail"], "This deployment takes no uploads.");
    assert_eq!(job.status, 422, "{}", job.body);
    let error = &job.body["errors"][0];
    assert_eq!(error["pointer"], "/input/csv");
    assert_eq!(
        error["detail"],
        "names an upload, and this deployment takes none"
    );
}
