//! Where answers lead (RFC 8288), and the methods of resources.

use reqwest::Method;
use serde_json::{Value, json};

use crate::app::{Answer, App};

/// The target of the link of a relation.
fn target<'a>(answer: &'a Answer, rel: &str) -> Option<&'a str> {
    let links = answer.header("link")?.split(", <");
    let mut links = links.filter_map(|link| link.trim_start_matches('<').split_once('>'));
    let wanted = format!("rel=\"{rel}\"");
    let mut found = links.by_ref().filter(|(_, parameters)| {
        parameters
            .split(';')
            .any(|parameter| parameter.trim() == wanted)
    });
    found.next().map(|(target, _)| target)
}

#[tokio::test]
async fn a_job_leads_to_itself_its_list_and_its_description() {
    let app = App::shared().as_user("links");
    let job = app.rehearse(json!({"seconds": 0})).await;
    app.wait_for_end(&job).await;
    let live = app.status(&job).await;
    app.delete(&job).await;
    let gone = app.status(&job).await;

    gone.problem(410, "job-expired");
    for answer in [&job.accepted, &live, &gone] {
        assert_eq!(target(answer, "self"), Some(job.uri.as_str()), "{answer:?}");
        let list = app.get(target(answer, "collection").unwrap()).await;
        assert!(list.json()["jobs"].is_array());
        let described = app.get(target(answer, "describedby").unwrap()).await;
        assert_eq!(described.json()["openapi"], "3.1.0");
    }
}

#[tokio::test]
async fn a_job_that_is_not_yours_leads_nowhere() {
    let app = App::shared().as_user("links-owner");
    let job = app.rehearse(json!({"seconds": 0})).await;

    let answer = App::shared().as_user("links-stranger").status(&job).await;

    answer.problem(404, "job-not-found");
    assert_eq!(answer.header("link"), None);
}

#[tokio::test]
async fn a_list_leads_to_itself_and_to_its_next_page() {
    let app = App::shared().as_user("links-list");
    for _ in 0..3 {
        app.rehearse(json!({"seconds": 0})).await;
    }

    let first = app.get("/jobs?limit=2").await;
    let again = app.get(target(&first, "self").unwrap()).await;
    let second = app.get(target(&first, "next").unwrap()).await;

    let ids = |answer: &Answer| {
        let jobs = answer.json()["jobs"].as_array().unwrap().clone();
        jobs.iter().map(|job| job["id"].clone()).collect::<Vec<_>>()
    };
    assert_eq!(first.json()["next"], json!(target(&first, "next")));
    let cursor = first.json()["next-cursor"].as_str().unwrap().to_owned();
    let by_cursor = app.get(&format!("/jobs?limit=2&cursor={cursor}")).await;
    assert_eq!(ids(&by_cursor), ids(&second));
    assert_eq!(second.json()["next-cursor"], Value::Null);
    assert_eq!(ids(&first), ids(&again));
    assert_eq!((ids(&first).len(), ids(&second).len()), (2, 1));
    assert_eq!(target(&second, "next"), None);
    let here = app.get(target(&second, "self").unwrap()).await;
    assert_eq!(ids(&here), ids(&second));
}

#[tokio::test]
async fn the_home_document_leads_to_the_openapi_document() {
    let app = App::shared();

    let home = app.get("/").await;
    let document = app.get(target(&home, "service-desc").unwrap()).await;

    assert_eq!(
        target(&home, "service-desc"),
        home.json()["openapi"].as_str()
    );
    assert_eq!(
        document.json()["servers"][0]["url"],
        app.service.url.as_str()
    );
    for page in home.json()["problems"].as_array().unwrap() {
        let page = app.get(page.as_str().unwrap()).await;
        assert_eq!(page.status, 200, "{page:?}");
        assert!(page.json()["explanation"].is_string());
    }
}

#[tokio::test]
async fn the_home_document_leads_to_the_kinds_and_a_kind_says_what_it_takes() {
    let app = App::shared();

    let home = app.get("/").await.json();
    let kinds = home["kinds"].as_array().unwrap();
    let of = |name: &str| kinds.iter().find(|kind| kind["name"] == name).unwrap();
    let kind = app.get(of("csv_profile")["href"].as_str().unwrap()).await;

    assert_eq!(kind.status, 200, "{kind:?}");
    assert_eq!(kind.header("cache-control"), Some("no-cache"));
    let document = kind.json();
    assert_eq!(document["name"], "csv_profile");
    assert_eq!(document["max-attempts"], 3);
    assert!(
        document["description"]
            .as_str()
            .unwrap()
            .starts_with("Profiles a CSV text")
    );
    // The schema is whole: what it refers to is in it.
    assert_eq!(
        document["input"]["properties"]["csv"]["$ref"],
        "#/$defs/Attachment"
    );
    let forms = document["input"]["$defs"]["Attachment"]["anyOf"]
        .as_array()
        .unwrap();
    assert_eq!(forms[1]["required"], json!(["upload"]));
    for missing in [
        "/kinds/nothing",
        "/kinds/No",
        "/kinds",
        "/kinds/csv_profile/",
    ] {
        app.get(missing).await.problem(404, "not-found");
    }
}

#[tokio::test]
async fn the_page_of_a_kind_may_send_to_the_bucket_and_no_other_page_may() {
    let app = App::shared();
    let policy = async |target: &str| {
        let page = app.get_as("text/html", target).await;
        assert_eq!(page.status, 200, "{page:?}");
        let policy = page.header("content-security-policy").unwrap().to_owned();
        let connect = policy
            .split("; ")
            .find(|part| part.starts_with("connect-src"));
        connect.unwrap().to_owned()
    };
    let ticket = app.ticket(b"a").await;
    let href = ticket["href"].as_str().unwrap();
    let bucket = href.split('/').take(3).collect::<Vec<_>>().join("/");

    assert_eq!(
        policy("/kinds/csv_profile").await,
        format!("connect-src 'self' {bucket}")
    );
    for target in ["/", "/jobs", "/problems/not-found"] {
        assert_eq!(policy(target).await, "connect-src 'self'", "{target}");
    }
}

#[tokio::test]
async fn options_lists_a_resources_methods_and_a_wrong_method_is_405_with_them() {
    let app = App::shared().as_user("methods");
    let job = app.rehearse(json!({"seconds": 0})).await;
    let (result, cancel) = (format!("{}/result", job.uri), format!("{}/cancel", job.uri));

    for (target, methods) in [
        ("/", "GET, HEAD, OPTIONS"),
        ("/openapi.json", "GET, HEAD, OPTIONS"),
        ("/callbacks", "GET, HEAD, OPTIONS"),
        ("/kinds/rehearsal", "GET, HEAD, OPTIONS"),
        ("/problems/not-found", "GET, HEAD, OPTIONS"),
        ("/jobs", "GET, HEAD, OPTIONS, POST"),
        (job.uri.as_str(), "DELETE, GET, HEAD, OPTIONS"),
        (result.as_str(), "GET, HEAD, OPTIONS"),
        (cancel.as_str(), "OPTIONS, POST"),
    ] {
        let options = app.send(Method::OPTIONS, target, &[], "").await;
        assert_eq!(
            (options.status, options.header("allow")),
            (204, Some(methods)),
            "{target}"
        );
        for wrong in [Method::PUT, Method::PATCH, Method::TRACE] {
            let refused = app.send(wrong, target, &[], "").await;
            refused.problem(405, "method-not-allowed");
            assert_eq!(refused.header("allow"), Some(methods), "{target}");
        }
    }
    app.send(Method::OPTIONS, "/nowhere", &[], "")
        .await
        .problem(404, "not-found");
}

#[tokio::test]
async fn head_is_get_without_the_body() {
    let app = App::shared().as_user("heads");
    let job = app.rehearse(json!({"seconds": 0})).await;
    app.wait_for_end(&job).await;
    let result = format!("{}/result", job.uri);

    for target in [
        "/",
        "/openapi.json",
        "/kinds/rehearsal",
        "/jobs",
        job.uri.as_str(),
        result.as_str(),
        "/nowhere",
    ] {
        let get = app.get(target).await;
        let head = app.send(Method::HEAD, target, &[], "").await;
        assert_eq!(
            (head.status, head.body.as_str()),
            (get.status, ""),
            "{target}"
        );
        for name in ["content-type", "cache-control", "vary", "etag", "link"] {
            assert_eq!(head.header(name), get.header(name), "{target} {name}");
        }
    }
}
