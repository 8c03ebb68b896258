//! What is refused asks nothing of the table or the queue.

use engine::{IdSecrets, Owner};
use serde_json::Value;

use super::counted_app::CountedApp;
use crate::deployment::deployed::{Answer, ID_SECRET, http_api_event};

/// The path of a job that was issued to somebody else.
fn anothers_job() -> String {
    let secrets = IdSecrets::parse("ID_SECRETS", ID_SECRET).unwrap();
    let bob = Owner::named("bob").unwrap();
    format!("/jobs/{}", secrets.issue(&bob, [7; 10]))
}

fn assert_nothing_was_asked(app: &CountedApp, what: &str) {
    let calls = app.take();
    assert!(calls.is_empty(), "{what}: {calls:?}");
}

#[tokio::test]
async fn an_id_that_was_not_issued_to_the_caller_is_404_without_a_read() {
    let app = CountedApp::new().await;

    for path in [
        anothers_job(),
        format!("{}/result", anothers_job()),
        "/jobs/6f1d2c3b-4a59-8e07-9b1c-2d3e4f506172".to_owned(),
        "/jobs/6f1d2c3b-4a59-8e07-9b1c-2d3e4f506172/result".to_owned(),
        "/jobs/1".to_owned(),
        "/jobs/../../etc/passwd".to_owned(),
    ] {
        let answer = app.get(&path, &[]).await;

        assert_eq!(answer.status, 404, "{path}: {}", answer.body);
        assert_nothing_was_asked(&app, &path);
    }
}

#[tokio::test]
async fn the_caller_s_own_id_without_a_record_is_410_after_one_read() {
    let app = CountedApp::new().await;
    let path = app.ended().await;
    assert_eq!(app.command("DELETE", &path).await.status, 204);
    app.take();

    let answer = app.get(&path, &[]).await;

    assert_eq!(answer.status, 410, "{}", answer.body);
    let calls = app.take();
    let actions: Vec<_> = calls.iter().map(|call| call.action.as_str()).collect();
    assert_eq!(actions, ["dynamodb:GetItem"]);
}

#[tokio::test]
async fn a_command_on_a_job_of_somebody_else_s_asks_nothing_of_the_table() {
    let app = CountedApp::new().await;

    for (method, path) in [
        ("POST", format!("{}/cancel", anothers_job())),
        ("DELETE", anothers_job()),
    ] {
        let answer = app.command(method, &path).await;

        assert_eq!(answer.status, 404, "{}", answer.body);
        assert_nothing_was_asked(&app, &path);
    }
}

#[tokio::test]
async fn a_submit_that_is_refused_asks_nothing_of_the_table_or_the_queue() {
    let app = CountedApp::new().await;

    for (body, status) in [
        ("", 400),
        ("{", 400),
        ("{}", 422),
        (r#"{"name": "no_such_kind", "input": {}}"#, 422),
        (
            r#"{"name": "rehearsal", "input": {"seconds": 1209001}}"#,
            422,
        ),
        (&"x".repeat(1_047_553), 413),
    ] {
        let answer = submit_text(&app, body).await;

        assert_eq!(answer.status, status, "{}", answer.body);
        assert_nothing_was_asked(&app, body.get(..40).unwrap_or(body));
    }
}

/// `POST /jobs` with a body that need not be JSON.
async fn submit_text(app: &CountedApp, body: &str) -> Answer {
    let event = http_api_event("POST", "/jobs", &Value::Null);
    let mut event: Value = serde_json::from_str(&event).unwrap();
    event["body"] = body.into();
    app.deployed.submit.answer(&event.to_string()).await
}
