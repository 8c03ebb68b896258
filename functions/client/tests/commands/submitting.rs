use client::Exit;
use serde_json::json;

use crate::run;
use crate::scripted::{Answer, ID, Service};

#[tokio::test]
async fn submit_sends_what_was_said_and_prints_nothing_but_the_status_uri() {
    let service = Service::start(vec![Answer::accepted()]).await;
    let csv = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(csv.path(), "city\nZürich\n").unwrap();
    let field = format!("csv=@{}", csv.path().display());

    let (exit, stdout) = run(
        &service,
        &[
            "submit",
            "csv_profile",
            r#"{"rows":3}"#,
            "--field",
            &field,
            "--summary",
            "mine",
            "--at",
            "2030-01-01T00:00:00Z",
            "--callback",
            "https://hooks.example.com/jobs",
            "--key",
            "k-1",
            "--user",
            "ada",
            "--header",
            "X-Trace: t1",
        ],
    )
    .await;

    assert_eq!(
        (exit, stdout),
        (Exit::Success, format!("{}/jobs/{ID}\n", service.base))
    );
    let seen = service.requests().remove(0);
    assert_eq!(
        seen.body,
        json!({"name": "csv_profile", "input": {"rows": 3, "csv": "city\nZürich\n"}, "summary": "mine",
               "scheduled-start-time": "2030-01-01T00:00:00Z", "callback": {"url": "https://hooks.example.com/jobs"}})
    );
    assert_eq!(seen.header("idempotency-key"), Some("\"k-1\""));
    assert_eq!(
        seen.header("authorization"),
        Some("Basic YWRhOg=="),
        "ada and an empty password"
    );
    assert_eq!(seen.header("x-trace"), Some("t1"));
    assert_eq!(seen.header("content-type"), Some("application/json"));
}

#[tokio::test]
async fn submit_with_watch_goes_on_to_the_end() {
    let service = Service::start(vec![
        Answer::accepted(),
        Answer::started(10),
        Answer::started(60),
        Answer::over("SUCCESS"),
    ])
    .await;

    let (exit, stdout) = run(&service, &["submit", "csv_profile", "--watch"]).await;

    assert_eq!(exit, Exit::Success);
    assert_eq!(stdout.lines().count(), 1, "{stdout}");
    assert_eq!(service.requests().len(), 4);
    assert_eq!(service.requests()[0].body["input"], json!({}));
}

#[tokio::test]
async fn a_refused_submission_is_a_usage_error() {
    let refusal = Answer::problem(422, "Invalid input");
    let service = Service::start(vec![refusal]).await;

    let (exit, stdout) = run(&service, &["submit", "csv_profile"]).await;

    assert_eq!((exit, stdout.as_str()), (Exit::Usage, ""));
}

#[tokio::test]
async fn a_submission_is_never_repeated_by_itself() {
    let service = Service::start(vec![Answer::problem(503, "Busy")]).await;

    let (exit, _) = run(&service, &["submit", "csv_profile"]).await;

    assert_eq!((exit, service.requests().len()), (Exit::Unreachable, 1));
}

#[tokio::test]
async fn an_input_file_that_is_not_there_is_a_usage_error_and_nothing_is_sent() {
    let service = Service::start(Vec::new()).await;

    let (exit, _) = run(
        &service,
        &["submit", "csv_profile", "--field", "csv=@no/such.csv"],
    )
    .await;

    assert_eq!((exit, service.requests().len()), (Exit::Usage, 0));
}
