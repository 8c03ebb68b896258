//! The same job as JSON, as an Atom entry and as a page, by what `Accept` says.

use reqwest::Method;
use serde_json::json;

use crate::app::{Answer, App, Job};

const ATOM: &str = "application/atom+xml";
const BROWSER: &str = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,image/apng,*/*;q=0.8";

impl App {
    /// A GET with this `Accept`.
    pub(crate) async fn get_as(&self, accept: &str, target: &str) -> Answer {
        self.send(Method::GET, target, &[("accept", accept)], "")
            .await
    }
}

/// A job that runs until the test is over, unless somebody calls it off.
async fn running(app: &App) -> Job {
    let job = app.rehearse(json!({"seconds": 60})).await;
    app.wait_for_state(&job, "STARTED").await;
    job
}

#[tokio::test]
async fn accept_chooses_between_json_atom_and_a_page() {
    let app = App::shared().as_user("accept");
    let job = running(&app).await;

    for (accept, expected) in [
        ("*/*", "application/json"),
        ("application/json", "application/json"),
        (
            "application/json;charset=utf-8, text/html;q=0.9",
            "application/json",
        ),
        (ATOM, "application/atom+xml;type=entry"),
        (
            "application/atom+xml;type=entry",
            "application/atom+xml;type=entry",
        ),
        (
            "application/json;q=0.3, application/atom+xml;q=0.4",
            "application/atom+xml;type=entry",
        ),
        (
            "application/atom+xml, application/atomsvc+xml, */*",
            "application/atom+xml;type=entry",
        ),
        (BROWSER, "text/html;charset=utf-8"),
        ("text/*", "text/html;charset=utf-8"),
        ("no media type at all", "application/json"),
    ] {
        let answer = app.get_as(accept, &job.uri).await;

        assert_eq!(answer.status, 200, "{accept}: {answer:?}");
        assert_eq!(answer.header("content-type"), Some(expected), "{accept}");
        assert_eq!(answer.header("vary"), Some("accept, authorization"));
        assert!(answer.retry_after() <= 30, "{accept}");
    }
    app.cancel(&job).await;
}

#[tokio::test]
async fn who_takes_none_of_the_forms_is_told_what_there_is_and_nothing_happens() {
    let app = App::shared().as_user("not-acceptable");
    let job = running(&app).await;

    for (target, available) in [
        (
            job.uri.as_str(),
            json!([
                "application/json",
                "application/atom+xml;type=entry",
                "text/html;charset=utf-8"
            ]),
        ),
        (
            "/jobs",
            json!([
                "application/json",
                "application/atom+xml;type=feed",
                "text/html;charset=utf-8"
            ]),
        ),
        (&format!("{}/result", job.uri), json!(["application/json"])),
        ("/", json!(["application/json", "text/html;charset=utf-8"])),
        (
            "/kinds/rehearsal",
            json!(["application/json", "text/html;charset=utf-8"]),
        ),
        ("/callbacks", json!(["application/json"])),
    ] {
        for accept in ["image/png", "*/*;q=0"] {
            let answer = app.get_as(accept, target).await;

            let problem = answer.problem(406, "not-acceptable");
            assert_eq!(problem["available"], available, "{target}");
            assert_eq!(answer.header("vary"), Some("accept, authorization"));
        }
    }
    let cancel = format!("{}/cancel", job.uri);
    let refused = app
        .send(Method::POST, &cancel, &[("accept", "text/html")], "")
        .await;
    refused.problem(406, "not-acceptable");
    app.wait_for_state(&job, "STARTED").await;
    app.cancel(&job).await;
}

#[tokio::test]
async fn a_submit_whose_answer_nobody_takes_stores_nothing() {
    let app = App::start(&["--concurrency", "2"]);
    let body = json!({"name": "rehearsal", "input": {}}).to_string();
    let headers = [
        ("content-type", "application/json"),
        ("accept", "text/html"),
    ];

    let answer = app.send(Method::POST, "/jobs", &headers, body).await;

    answer.problem(406, "not-acceptable");
    assert!(app.records().await.is_empty());
    assert_eq!(app.messages().await, 0);
}

#[tokio::test]
async fn every_form_has_an_entity_tag_of_its_own_and_304_to_it_alone() {
    let app = App::shared().as_user("tags");
    let job = app.rehearse(json!({"seconds": 0})).await;
    app.wait_for_end(&job).await;

    let mut tags = Vec::new();
    for accept in ["application/json", ATOM, BROWSER] {
        let answer = app.get_as(accept, &job.uri).await;
        assert_eq!(answer.header("cache-control"), Some("private, no-cache"));
        tags.push((accept, answer.header("etag").unwrap().to_owned()));
    }

    for (accept, tag) in &tags {
        for (other, known) in &tags {
            let headers = [("accept", *accept), ("if-none-match", known.as_str())];
            let answer = app.send(Method::GET, &job.uri, &headers, "").await;
            assert_eq!(answer.status == 304, accept == other, "{accept} {known}");
            if answer.status == 304 {
                assert_eq!(answer.header("etag"), Some(tag.as_str()));
                assert_eq!(answer.header("vary"), Some("accept, authorization"));
                assert_eq!(answer.body, "");
            }
        }
    }
}

#[tokio::test]
async fn head_says_what_get_would_in_every_form() {
    let app = App::shared().as_user("head");
    let job = app.rehearse(json!({"seconds": 0})).await;
    app.wait_for_end(&job).await;

    for accept in ["application/json", ATOM, BROWSER] {
        let get = app.get_as(accept, &job.uri).await;
        let head = app
            .send(Method::HEAD, &job.uri, &[("accept", accept)], "")
            .await;

        assert_eq!(head.body, "");
        assert_eq!(head.status, get.status);
        for name in ["content-type", "etag", "location", "vary", "cache-control"] {
            assert_eq!(head.header(name), get.header(name), "{accept} {name}");
        }
    }
}

#[tokio::test]
async fn problems_are_json_for_programs_and_a_page_for_a_browser() {
    let app = App::shared().as_user("problems");
    let unknown = "/jobs/6f1d2c3b-4a59-8e07-9b1c-2d3e4f506172";

    for accept in [
        "*/*",
        "application/json",
        ATOM,
        "application/problem+json, text/html",
    ] {
        let answer = app.get_as(accept, unknown).await;
        answer.problem(404, "job-not-found");
    }
    let page = app.get_as(BROWSER, unknown).await;
    let title = app.get(unknown).await.json()["title"].clone();

    assert_eq!(page.status, 404);
    assert_eq!(page.header("content-type"), Some("text/html;charset=utf-8"));
    assert!(page.body.contains(title.as_str().unwrap()), "{page:?}");
    assert_eq!(page.header("vary"), Some("accept, authorization"));
}

#[tokio::test]
async fn what_xml_cannot_write_is_refused_in_a_summary() {
    let app = App::shared().as_user("controls");

    for control in ["\0", "\u{b}", "\u{1f}", "\u{fffe}", "\u{ffff}"] {
        let summary = format!("a{control}b");
        let body = json!({"name": "rehearsal", "input": {}, "summary": summary});
        let problem = app.post(body.to_string()).await.problem(422, "invalid-job");
        assert_eq!(problem["errors"][0]["pointer"], "/summary", "{problem}");
    }
    let body = json!({"name": "rehearsal", "input": {"seconds": 0}, "summary": "tab\tand\u{85}🦀"});
    app.submit(&body).await;
}
