//! Requests that are refused: one shape of answer, and nothing stored and nothing sent.
//!
//! Over 300 lines: one short test for each refusal.

use reqwest::Method;
use serde_json::{Map, Value, json};

use crate::app::{Answer, App};

/// A service where no job is ever accepted, so that whatever is in its table or its queue came from a refused request.
fn app() -> App {
    App::shared_by("refusals", &["--concurrency", "2"])
}

/// The largest body that is taken, as the client knows it: it uploads what does not fit.
const LIMIT_BYTES: usize = client::MAX_BODY_BYTES;

/// The answer's problem, whose type leads to a page, and after which the back ends are empty.
async fn refused(app: &App, answer: &Answer, status: u16, slug: &str) -> Value {
    let problem = answer.problem(status, slug);
    let page = app.get(problem["type"].as_str().unwrap()).await;
    assert_eq!(
        (page.status, &page.json()["title"]),
        (200, &problem["title"])
    );
    assert!(app.records().await.is_empty(), "stored: {problem}");
    assert_eq!(app.messages().await, 0, "sent: {problem}");
    problem
}

fn pointers(problem: &Value) -> Vec<&str> {
    let errors = problem["errors"].as_array().unwrap().iter();
    errors
        .inspect(|error| assert!(error["detail"].is_string(), "{error}"))
        .map(|error| error["pointer"].as_str().unwrap())
        .collect()
}

#[tokio::test]
async fn a_body_that_is_not_json_is_400() {
    let app = app();

    for body in [
        &b"{"[..],
        b"name=rehearsal",
        b"{\"name\": }",
        b"{} {}",
        b"{\"name\": \"\xff\"}",
    ] {
        let answer = app.post(body.to_vec()).await;

        refused(&app, &answer, 400, "malformed-json").await;
    }
}

#[tokio::test]
async fn no_body_is_400() {
    let app = app();

    for body in ["", " \r\n"] {
        let answer = app.post(body).await;

        refused(&app, &answer, 400, "malformed-json").await;
    }
}

#[tokio::test]
async fn every_limit_of_a_kinds_schema_is_enforced_and_all_violations_are_named_at_once() {
    let app = app();

    let input = json!({ "seconds": 1_209_000.5, "steps": 0, "outcome": 3, "more": null });
    let answer = app
        .post(json!({ "name": "rehearsal", "input": input }).to_string())
        .await;

    let problem = refused(&app, &answer, 422, "invalid-job").await;
    let expected = [
        "/input/more",
        "/input/outcome",
        "/input/seconds",
        "/input/steps",
    ];
    assert_eq!(pointers(&problem), expected);
    let details: Vec<_> = problem["errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|error| &error["detail"])
        .collect();
    assert_eq!(details[0], "is not a known member");
    assert_eq!(details[2], "must not exceed 1209000");
    assert_eq!(details[3], "must be at least 1");
}

#[tokio::test]
async fn json_that_is_no_job_is_422_with_a_pointer_to_everything_that_is_wrong() {
    let app = app();

    for (body, expected) in [
        (json!([]), vec![""]),
        (json!("rehearsal"), vec![""]),
        (Value::Null, vec![""]),
        (json!({}), vec!["/name", "/input"]),
        (json!({"name": "rehearsal"}), vec!["/input"]),
        (json!({"input": {}}), vec!["/name"]),
        (json!({"name": "no_such_kind", "input": {}}), vec!["/name"]),
        (json!({"name": 7, "input": {}}), vec!["/name"]),
        (
            json!({"name": "rehearsal", "input": {}, "priority": 1, "a/b~c": 2}),
            vec!["/a~1b~0c", "/priority"],
        ),
        (
            json!({"name": "rehearsal", "input": {}, "summary": 1}),
            vec!["/summary"],
        ),
        (
            json!({"name": "rehearsal", "input": {}, "summary": "x".repeat(201)}),
            vec!["/summary"],
        ),
        (
            json!({"name": "rehearsal", "input": {}, "scheduled-start-time": "tomorrow"}),
            vec!["/scheduled-start-time"],
        ),
        (
            json!({"name": "rehearsal", "input": {}, "scheduled-start-time": "2999-01-01T00:00:00Z"}),
            vec!["/scheduled-start-time"],
        ),
        (
            json!({"name": "rehearsal", "input": {}, "callback": "https://hooks.example.com/"}),
            vec!["/callback"],
        ),
        (
            json!({"name": "rehearsal", "input": {}, "callback": {"url": "https://10.0.0.1/", "secret": "x"}}),
            vec!["/callback/secret", "/callback/url"],
        ),
    ] {
        let answer = app.post(body.to_string()).await;

        let problem = refused(&app, &answer, 422, "invalid-job").await;
        let mut found = pointers(&problem);
        found.retain(|pointer| !pointer.is_empty() || expected == [""]);
        found.dedup();
        assert_eq!(found, expected, "{body}: {problem}");
    }
}

/// JSON leaves open which of the two counts (RFC 8259, section 4).
#[tokio::test]
async fn a_member_that_appears_twice_is_422_with_its_pointer() {
    let app = app();

    for (body, expected) in [
        (
            r#"{"name": "csv_profile", "input": {}, "name": "rehearsal"}"#,
            ["/name"],
        ),
        (
            r#"{"name": "rehearsal", "input": {"seconds": 1, "seconds": 0}}"#,
            ["/input"],
        ),
        (
            r#"{"name": "rehearsal", "input": {}, "callback": {"url": "https://a.example/", "url": "https://b.example/"}}"#,
            ["/callback/url"],
        ),
    ] {
        let answer = app.post(body).await;

        let problem = refused(&app, &answer, 422, "invalid-job").await;
        assert_eq!(pointers(&problem), expected, "{problem}");
    }
}

/// A hundred thousand things are wrong with such a body. An answer of Lambda has at most 6 MB; with a larger one the client
/// would get a 500, and the operator an alarm.
#[tokio::test]
async fn whatever_is_wrong_with_a_body_the_answer_stays_small() {
    let app = app();
    let long = |text: &str, bytes: usize| text.repeat(bytes / text.len());
    let unknown: Map<_, _> = (0..100_000)
        .map(|number| (format!("{number:05}"), json!(1)))
        .collect();
    let with = |name: String, input: Value| json!({"name": "rehearsal", "input": input, (name): 1});

    for (body, errors, more) in [
        (json!(unknown), 20, 99_982),
        (with(long("/", 1_000_000), json!({})), 1, 0),
        (with(long("\u{1}", 160_000), json!({})), 1, 0),
        (with(long("🦀", 1_000_000), json!({})), 1, 0),
        (json!({"name": long("x", 1_000_000), "input": {}}), 1, 0),
        (
            json!({"name": "rehearsal", "input": long("\u{1}", 160_000)}),
            1,
            0,
        ),
        (
            json!({"name": "rehearsal", "input": {"outcome": long("x", 1_000_000)}}),
            1,
            0,
        ),
        (
            json!({"name": "rehearsal", "input": {}, "callback": {"url": long("https://", 1_000_000)}}),
            1,
            0,
        ),
        (
            json!({"name": "rehearsal", "input": {}, "callback": {"url": "https://a.example", (long("\u{1}", 160_000)): 1}}),
            1,
            0,
        ),
        (
            json!({"name": "rehearsal", "input": {long("~", 1_000_000): 1}}),
            1,
            0,
        ),
        (
            json!({"name": "rehearsal", "input": {}, "summary": long("\u{1}", 160_000)}),
            2,
            0,
        ),
    ] {
        let answer = app.post(body.to_string()).await;

        assert!(answer.body.len() < 64 * 1024, "{} bytes", answer.body.len());
        let problem = refused(&app, &answer, 422, "invalid-job").await;
        assert_eq!(pointers(&problem).len(), errors, "{problem}");
        assert_eq!(
            problem["more-errors"].as_u64().unwrap_or(0),
            more,
            "{problem}"
        );
        let says_so = problem["detail"]
            .as_str()
            .unwrap()
            .ends_with("; and 99982 more");
        assert_eq!(says_so, more > 0, "{problem}");
        for error in problem["errors"].as_array().unwrap() {
            for text in [&error["pointer"], &error["detail"]] {
                assert!(text.as_str().unwrap().chars().count() <= 201, "{text}");
            }
        }
    }
}

/// A request's head is as large as the gateway accepts, and no answer repeats any of it.
#[tokio::test]
async fn whatever_is_wrong_with_a_request_s_head_is_not_repeated() {
    let app = app();
    let long = "0".repeat(9_000);

    for target in [
        format!("/jobs/{long}"),
        format!("/{long}"),
        format!("/jobs?limit={long}"),
        format!("/jobs?cursor={long}"),
        format!("/jobs?job-status={long}"),
    ] {
        let answer = app.get(&target).await;
        assert!(matches!(answer.status, 400 | 404), "{answer:?}");
        assert!(!format!("{answer:?}").contains("00000000"), "{answer:?}");
    }
    for (name, value) in [
        ("accept", format!("a/{long}")),
        ("idempotency-key", long.clone()),
        ("content-type", long.clone()),
    ] {
        let headers = [("content-type", "application/json"), (name, &value)];
        let answer = app.send(Method::POST, "/jobs", &headers, "{}").await;
        assert!((400..500).contains(&answer.status), "{answer:?}");
        assert!(!format!("{answer:?}").contains("00000000"), "{answer:?}");
    }
    let listed = app
        .get(&format!("/jobs?limit={}5", "0".repeat(9_000)))
        .await;
    assert_eq!(listed.status, 200);
    assert!(
        listed.header("link").unwrap().contains("/jobs?limit=5>"),
        "{listed:?}"
    );
}

#[tokio::test]
async fn an_input_that_its_kind_refuses_is_422_with_a_pointer_into_the_input() {
    let app = app();

    for (name, input, expected) in [
        ("rehearsal", json!({"seconds": 1_209_001}), "/input/seconds"),
        ("rehearsal", json!({"seconds": -1}), "/input/seconds"),
        ("rehearsal", json!({"seconds": "long"}), "/input/seconds"),
        ("rehearsal", json!({"steps": 0}), "/input/steps"),
        (
            "rehearsal",
            json!({"outcome": "surprise"}),
            "/input/outcome",
        ),
        ("rehearsal", json!({"minutes": 1}), "/input/minutes"),
        ("rehearsal", json!([]), "/input"),
        ("csv_profile", json!({}), "/input/csv"),
        ("csv_profile", json!({"csv": 1}), "/input/csv"),
        ("csv_profile", json!({"csv": ""}), "/input/csv"),
        (
            "csv_profile",
            json!({"csv": "a\n1\n", "delimiter": "::"}),
            "/input/delimiter",
        ),
    ] {
        let answer = app
            .post(json!({"name": name, "input": input}).to_string())
            .await;

        let problem = refused(&app, &answer, 422, "invalid-job").await;
        let pointers = pointers(&problem);
        assert!(
            pointers.iter().all(|pointer| *pointer == expected),
            "{input}: {problem}"
        );
    }
}

#[tokio::test]
async fn a_body_over_the_limit_is_413_and_the_limit_is_said() {
    let app = app();

    let answer = app.post(body_of(LIMIT_BYTES + 1)).await;

    let problem = refused(&app, &answer, 413, "body-too-large").await;
    assert_eq!(problem["limit-bytes"], LIMIT_BYTES);
}

#[tokio::test]
async fn a_body_exactly_at_the_limit_is_accepted_and_its_job_runs() {
    let app = App::shared().as_user("at-the-limit");

    let answer = app.post(body_of(LIMIT_BYTES)).await;

    let document = app.wait_for_end(&crate::app::Job::of(answer)).await;
    assert_eq!(document["job"]["result"]["rows"], 1, "{document}");
}

/// A job of one long value.
fn body_of(bytes: usize) -> String {
    let (head, tail) = (
        "{\"name\":\"csv_profile\",\"input\":{\"csv\":\"a\\n",
        "\"}}",
    );
    let body = format!(
        "{head}{}{tail}",
        "x".repeat(bytes - head.len() - tail.len())
    );
    assert_eq!(body.len(), bytes);
    body
}

#[tokio::test]
async fn a_media_type_that_is_not_json_is_415() {
    let app = app();
    let body = json!({"name": "rehearsal", "input": {}}).to_string();

    for media_type in [
        "text/plain",
        "application/x-www-form-urlencoded",
        "application/xml",
        "json",
    ] {
        let answer = app
            .send(
                Method::POST,
                "/jobs",
                &[("content-type", media_type)],
                body.clone(),
            )
            .await;

        refused(&app, &answer, 415, "unsupported-media-type").await;
        assert_eq!(answer.header("accept-post"), Some("application/json"));
    }
}

/// Neither the gateway nor the function decompresses a body.
#[tokio::test]
async fn a_content_encoding_is_415_whatever_the_body() {
    let app = app();
    let body = json!({"name": "rehearsal", "input": {}}).to_string();
    let headers = [
        ("content-type", "application/json"),
        ("content-encoding", "gzip"),
    ];

    let answer = app.send(Method::POST, "/jobs", &headers, body).await;

    let problem = refused(&app, &answer, 415, "unsupported-media-type").await;
    assert_eq!(
        problem["detail"],
        "Send the body without a Content-Encoding. Nothing was stored."
    );
}

#[tokio::test]
async fn a_path_without_a_resource_is_404() {
    let app = app();

    for (path, slug) in [
        ("/nothing", "not-found"),
        ("/job", "not-found"),
        ("/problems/nothing", "not-found"),
        ("/jobs/", "job-not-found"),
        ("/jobs/1", "job-not-found"),
        (
            "/jobs/6F1D2C3B-4A59-8E07-9B1C-2D3E4F506172",
            "job-not-found",
        ),
    ] {
        let answer = app.get(path).await;

        let problem = refused(&app, &answer, 404, slug).await;
        let detail = problem["detail"].as_str().unwrap();
        let says_why = detail.contains("a UUID in lower case");
        assert_eq!(says_why, path.starts_with("/jobs/"), "{path}: {detail}");
    }
}

#[tokio::test]
async fn a_method_that_a_resource_does_not_have_is_405_with_those_that_it_has() {
    let app = app();
    let job = "/jobs/6f1d2c3b-4a59-8e07-9b1c-2d3e4f506172";

    for (method, path, allow) in [
        (Method::PUT, "/jobs".to_owned(), "GET, HEAD, OPTIONS, POST"),
        (
            Method::DELETE,
            "/jobs".to_owned(),
            "GET, HEAD, OPTIONS, POST",
        ),
        (Method::POST, job.to_owned(), "DELETE, GET, HEAD, OPTIONS"),
        (Method::PATCH, job.to_owned(), "DELETE, GET, HEAD, OPTIONS"),
        (Method::POST, format!("{job}/result"), "GET, HEAD, OPTIONS"),
        (Method::GET, format!("{job}/cancel"), "OPTIONS, POST"),
        (Method::POST, "/".to_owned(), "GET, HEAD, OPTIONS"),
        (Method::POST, "/callbacks".to_owned(), "GET, HEAD, OPTIONS"),
    ] {
        let answer = app.send(method, &path, &[], "").await;

        refused(&app, &answer, 405, "method-not-allowed").await;
        assert_eq!(answer.header("allow"), Some(allow), "{path}");
    }
}

#[tokio::test]
async fn the_home_document_leads_to_the_jobs_and_to_every_problem() {
    let app = app();

    let home = app.get("/").await.json();

    assert_eq!(home["jobs"], format!("{}/jobs", app.service.url));
    let problems = home["problems"].as_array().unwrap();
    assert!(problems.len() >= 19, "{home}");
    for uri in problems {
        assert_eq!(app.get(uri.as_str().unwrap()).await.status, 200, "{uri}");
    }
}
