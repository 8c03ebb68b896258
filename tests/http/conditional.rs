//! Conditional requests (RFC 9110, section 13): who has it already gets it said in a line.

use reqwest::Method;
use serde_json::json;

use crate::app::{Answer, App, time_in};

async fn ask(app: &App, method: Method, target: &str, if_none_match: &str) -> Answer {
    let headers = [("if-none-match", if_none_match)];
    app.send(method, target, &headers, "").await
}

/// The path of a job that has ended, and of one that starts in ten minutes.
async fn jobs(app: &App) -> (String, String) {
    let ended = app.rehearse(json!({"seconds": 0})).await;
    app.wait_for_end(&ended).await;
    let later = json!({"name": "rehearsal", "input": {}, "scheduled-start-time": time_in(600)});
    (ended.uri, app.submit(&later).await.uri)
}

#[tokio::test]
async fn everything_that_can_be_read_is_304_for_who_has_it() {
    let app = App::shared().as_user("has-it");
    let (ended, scheduled) = jobs(&app).await;
    let result = format!("{ended}/result");

    for target in [
        &ended,
        &scheduled,
        &result,
        "/jobs",
        "/",
        "/callbacks",
        "/kinds/csv_profile",
        "/problems/job-expired",
    ] {
        let whole = app.get(target).await;
        let tag = whole.header("etag").unwrap();
        assert!(tag.starts_with('"') && tag.len() > 10, "{target}: {tag}");

        for known in [tag, &format!("W/{tag}"), &format!("\"a\", {tag}"), "*"] {
            let answer = ask(&app, Method::GET, target, known).await;

            assert_eq!(
                (answer.status, &*answer.body),
                (304, ""),
                "{target}: {known}"
            );
            for name in [
                "etag",
                "cache-control",
                "content-type",
                "vary",
                "retry-after",
            ] {
                assert_eq!(answer.header(name), whole.header(name), "{target}: {name}");
            }
        }
        let other = ask(&app, Method::GET, target, "\"other\"").await;
        assert_eq!((other.status, other.body), (200, whole.body), "{target}");
    }
}

#[tokio::test]
async fn head_is_get_without_a_body() {
    let app = App::shared().as_user("heads");
    let (ended, scheduled) = jobs(&app).await;
    let result = format!("{ended}/result");

    for target in [
        &ended,
        &scheduled,
        &result,
        "/jobs",
        "/",
        "/callbacks",
        "/kinds/csv_profile",
        "/problems/job-expired",
    ] {
        let whole = app.get(target).await;
        let tag = whole.header("etag").unwrap();
        let head = app.send(Method::HEAD, target, &[], "").await;
        let known = ask(&app, Method::HEAD, target, tag).await;

        assert_eq!((head.status, &*head.body), (200, ""), "{target}");
        assert_eq!((known.status, &*known.body), (304, ""), "{target}");
        for name in [
            "etag",
            "cache-control",
            "content-type",
            "vary",
            "retry-after",
        ] {
            assert_eq!(head.header(name), whole.header(name), "{target}: {name}");
        }
    }
}

#[tokio::test]
async fn a_job_and_its_result_have_tags_of_their_own() {
    let app = App::shared().as_user("own-tags");
    let (ended, _) = jobs(&app).await;
    let tag = app.get(&ended).await.header("etag").unwrap().to_owned();

    let result = ask(&app, Method::GET, &format!("{ended}/result"), &tag).await;

    assert_eq!(result.status, 200);
}

#[tokio::test]
async fn a_poller_that_has_the_newest_document_is_told_when_to_look_again() {
    let app = App::shared().as_user("look-again");
    let (_, scheduled) = jobs(&app).await;

    let known = ask(&app, Method::GET, &scheduled, "*").await;

    assert_eq!((known.status, known.retry_after()), (304, 30));
}

#[tokio::test]
async fn what_is_gone_is_not_unchanged() {
    let app = App::shared().as_user("gone-tags");
    let (ended, _) = jobs(&app).await;
    let tag = app.get(&ended).await.header("etag").unwrap().to_owned();
    app.send(Method::DELETE, &ended, &[], "").await;

    for known in [&tag, "*"] {
        let gone = ask(&app, Method::GET, &ended, known).await;

        gone.problem(410, "job-expired");
        assert_eq!(gone.header("etag"), None);
    }
}
