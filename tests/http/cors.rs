//! Requests of pages of other origins (CORS).

use reqwest::Method;
use serde_json::json;

use crate::app::{Answer, App, Job};

const PAGE: &str = "https://app.example.com";

/// A service that lets the page of one origin call it.
fn app() -> App {
    App::shared_by("cors", &["--concurrency", "2", "--allowed-origins", PAGE])
}

async fn preflight(app: &App, path: &str, origin: &str) -> Answer {
    let headers = [
        ("origin", origin),
        ("access-control-request-method", "POST"),
        (
            "access-control-request-headers",
            "content-type,idempotency-key",
        ),
    ];
    app.send(Method::OPTIONS, path, &headers, "").await
}

async fn submit_from(app: &App, origin: &str, body: &str) -> Answer {
    let headers = [("origin", origin), ("content-type", "application/json")];
    app.send(Method::POST, "/jobs", &headers, body.to_owned())
        .await
}

/// The names of a list in a header.
fn names<'a>(answer: &'a Answer, header: &str) -> Vec<&'a str> {
    answer
        .header(header)
        .unwrap_or_default()
        .split(',')
        .map(str::trim)
        .collect()
}

#[tokio::test]
async fn a_page_of_an_allowed_origin_may_submit() {
    let answer = preflight(&app(), "/jobs", PAGE).await;

    assert_eq!((answer.status, answer.body.as_str()), (204, ""));
    assert_eq!(answer.header("access-control-allow-origin"), Some(PAGE));
    assert!(names(&answer, "access-control-allow-methods").contains(&"POST"));
    for header in [
        "content-type",
        "idempotency-key",
        "prefer",
        "if-none-match",
        "authorization",
    ] {
        assert!(
            names(&answer, "access-control-allow-headers").contains(&header),
            "{answer:?}"
        );
    }
}

#[tokio::test]
async fn a_page_of_another_origin_may_not() {
    let app = app();
    let other = "https://other.example.com";

    let asked = preflight(&app, "/jobs", other).await;
    let listed = app
        .send(Method::GET, "/jobs", &[("origin", other)], "")
        .await;

    assert_eq!(asked.header("access-control-allow-origin"), None);
    assert_eq!(listed.header("access-control-allow-origin"), None);
}

#[tokio::test]
async fn a_page_can_read_where_its_job_is_and_when_to_look_again() {
    let app = app();
    let body = json!({"name": "rehearsal", "input": {"seconds": 0}}).to_string();

    let accepted = submit_from(&app, PAGE, &body).await;

    assert_eq!(accepted.header("access-control-allow-origin"), Some(PAGE));
    let exposed = names(&accepted, "access-control-expose-headers");
    assert!(exposed.contains(&"sunset"), "{exposed:?}");
    for header in ["location", "operation-location", "retry-after", "link"] {
        assert!(exposed.contains(&header), "{exposed:?}");
        assert!(accepted.header(header).is_some(), "{header}: {accepted:?}");
    }
    let job = Job::of(accepted);
    let status = app
        .send(Method::GET, &job.uri, &[("origin", PAGE)], "")
        .await;
    assert!(names(&status, "access-control-expose-headers").contains(&"etag"));
    assert!(status.header("etag").is_some());
}

#[tokio::test]
async fn a_page_can_read_what_is_wrong() {
    let app = app();

    let refused = submit_from(&app, PAGE, "{").await;
    let headers = [("origin", PAGE)];
    let nowhere = app.send(Method::GET, "/nowhere", &headers, "").await;
    let no_method = app.send(Method::PUT, "/jobs", &headers, "").await;

    refused.problem(400, "malformed-json");
    nowhere.problem(404, "not-found");
    no_method.problem(405, "method-not-allowed");
    for answer in [&refused, &nowhere, &no_method] {
        assert_eq!(
            answer.header("access-control-allow-origin"),
            Some(PAGE),
            "{answer:?}"
        );
        assert!(names(answer, "access-control-expose-headers").contains(&"retry-after"));
    }
}

#[tokio::test]
async fn a_request_of_no_page_has_no_such_headers() {
    let answer = app().get("/jobs").await;

    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("access-control-allow-origin"), None);
}

#[tokio::test]
async fn without_allowed_origins_nothing_is_answered_to_pages() {
    let app = App::shared();

    let asked = preflight(&app, "/jobs", PAGE).await;

    assert_eq!(asked.header("access-control-allow-origin"), None);
    assert_eq!(asked.header("allow"), Some("GET, HEAD, OPTIONS, POST"));
}

/// A browser sends such a request without asking, with whatever authority the network or the browser itself gives it.
#[tokio::test]
async fn what_needs_no_preflight_is_refused_from_another_site() {
    let app = app();
    let body = json!({"name": "rehearsal", "input": {"seconds": 30}}).to_string();
    let post = async |path: &str, headers: &[(&str, &str)], body: &str| {
        let answer = app.send(Method::POST, path, headers, body.to_owned());
        answer.await.status
    };
    let accepted = submit_from(&app, PAGE, &body).await;
    let cancel = format!("{}/cancel", accepted.header("location").unwrap());
    for site in ["cross-site", "same-site"] {
        let untyped = [("sec-fetch-site", site), ("origin", PAGE)];
        let plain = [("sec-fetch-site", site), ("content-type", "text/plain")];
        for headers in [&untyped[..], &untyped[..1], &plain[..]] {
            assert_eq!(post("/jobs", headers, &body).await, 415, "{headers:?}");
            assert_eq!(post(&cancel, headers, "").await, 415, "{headers:?}");
            assert_eq!(post("/uploads", headers, "{}").await, 415, "{headers:?}");
        }
    }

    for site in ["same-origin", "none"] {
        let untyped = [("sec-fetch-site", site)];
        assert_eq!(post("/jobs", &untyped, &body).await, 202, "{site}");
    }
    let typed = [
        ("sec-fetch-site", "cross-site"),
        ("content-type", "application/json"),
    ];
    assert_eq!(post("/jobs", &typed, &body).await, 202);
    assert!((200..=202).contains(&post(&cancel, &typed, "").await));
}
