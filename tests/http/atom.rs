//! A job as an Atom entry (RFC 4287), whose status code says what became of it, and the list as a feed. That all of them are
//! valid against the grammar of the RFC is checked by `tests/atom/validate.py`.

use reqwest::Method;
use roxmltree::{Document, Node};
use serde_json::json;

use crate::app::{Answer, App, Job, eventually, time};

const ATOM: &str = "application/atom+xml";
const NAMESPACE: &str = "http://www.w3.org/2005/Atom";

async fn entry(app: &App, job: &Job) -> Answer {
    app.get_as(ATOM, &job.uri).await
}

/// The children of the document's element with this name.
fn children<'a>(parent: Node<'a, 'a>, name: &'a str) -> impl Iterator<Item = Node<'a, 'a>> {
    parent
        .children()
        .filter(move |child| child.has_tag_name((NAMESPACE, name)))
}

fn child<'a>(parent: Node<'a, 'a>, name: &'a str) -> Node<'a, 'a> {
    let mut found = children(parent, name);
    let only = found.next().unwrap_or_else(|| panic!("no {name}"));
    assert_eq!(found.next(), None, "more than one {name}");
    only
}

fn text<'a>(parent: Node<'a, 'a>, name: &'a str) -> &'a str {
    child(parent, name).text().unwrap_or_default()
}

/// What the entry's links with this relation lead to, by media type.
fn links<'a>(parent: Node<'a, 'a>, rel: &'a str) -> Vec<(&'a str, &'a str)> {
    children(parent, "link")
        .filter(|link| link.attribute("rel") == Some(rel))
        .map(|link| {
            (
                link.attribute("type").unwrap(),
                link.attribute("href").unwrap(),
            )
        })
        .collect()
}

fn terms<'a>(parent: Node<'a, 'a>) -> Vec<&'a str> {
    children(parent, "category")
        .map(|category| category.attribute("term").unwrap())
        .collect()
}

#[tokio::test]
async fn a_job_that_succeeds_is_202_then_200_then_201_with_the_location_of_its_result() {
    let app = App::shared().as_user("atom-success");
    let body =
        json!({"name": "rehearsal", "input": {"seconds": 3, "steps": 6}, "summary": "<a> ]]> 🦀"});
    let headers = [("content-type", "application/json"), ("accept", ATOM)];

    let accepted = app
        .send(Method::POST, "/jobs", &headers, body.to_string())
        .await;
    assert_eq!(accepted.status, 202, "{accepted:?}");
    let uri = accepted.header("location").unwrap().to_owned();
    let mut seen = vec![accepted];
    let created = eventually("a 201", async || {
        let answer = app.get_as(ATOM, &uri).await;
        seen.push(answer);
        let answer = seen.last().unwrap();
        assert!([200, 201].contains(&answer.status), "{answer:?}");
        (answer.status == 201).then(|| seen.pop().unwrap())
    })
    .await;

    assert_eq!(created.header("location"), Some(&*format!("{uri}/result")));
    assert_eq!(created.header("retry-after"), None);
    let result = app.get(created.header("location").unwrap()).await;
    assert_eq!(result.status, 200);
    seen.push(created);
    let mut last = engine::Timestamp::from_ms(0);
    for answer in &seen {
        let expected = "application/atom+xml;type=entry";
        assert_eq!(answer.header("content-type"), Some(expected), "{answer:?}");
        let document = Document::parse(&answer.body).unwrap();
        let entry = document.root_element();
        let id = uri.rsplit('/').next().unwrap();
        assert_eq!(text(entry, "id"), format!("urn:uuid:{id}"));
        let updated = time(&text(entry, "updated").into());
        assert!(updated >= last, "updated falls: {}", answer.body);
        last = updated;
        assert_eq!(links(entry, "self"), [(expected, uri.as_str())]);
    }
    let document = Document::parse(&seen[0].body).unwrap();
    assert_eq!(text(document.root_element(), "summary"), "<a> ]]> 🦀");
    let document = Document::parse(&seen.last().unwrap().body).unwrap();
    let entry = document.root_element();
    assert_eq!(terms(entry), ["COMPLETED", "SUCCESS"]);
    let content = child(entry, "content");
    assert_eq!(content.attribute("src"), Some(&*format!("{uri}/result")));
    assert_eq!(text(entry, "title"), "<a> ]]> 🦀 (rehearsal): succeeded");
}

#[tokio::test]
async fn a_job_that_failed_is_410_with_an_entry_that_says_why() {
    let app = App::shared().as_user("atom-failure");
    let job = app
        .rehearse(json!({"seconds": 0, "outcome": "failure"}))
        .await;
    let ended = app.wait_for_end(&job).await;

    let gone = entry(&app, &job).await;

    assert_eq!(gone.status, 410, "{gone:?}");
    assert_eq!(gone.header("retry-after"), None);
    assert_eq!(gone.header("location"), None);
    let document = Document::parse(&gone.body).unwrap();
    let content = text(document.root_element(), "content");
    let error = &ended["error"];
    for part in ["code", "message"] {
        assert!(content.contains(error[part].as_str().unwrap()), "{content}");
    }
    assert_eq!(terms(document.root_element()), ["COMPLETED", "FAILED"]);
    // A condition is evaluated only for a success; any other answer is sent each time.
    let tag = gone.header("etag").unwrap();
    let headers = [("accept", ATOM), ("if-none-match", tag)];
    let again = app.send(Method::GET, &job.uri, &headers, "").await;
    assert_eq!(again.status, 410);
    // As JSON the same job is there.
    assert_eq!(app.status(&job).await.status, 200);
}

#[tokio::test]
async fn a_job_that_was_canceled_is_410_with_an_entry_that_says_so() {
    let app = App::shared().as_user("atom-cancel");
    let start = crate::app::time_in(3_600);
    let body = json!({"name": "rehearsal", "input": {}, "scheduled-start-time": start});
    let job = app.submit(&body).await;
    let waiting = entry(&app, &job).await;

    let cancel = format!("{}/cancel", job.uri);
    let headers = [("accept", ATOM)];
    let canceled = app.send(Method::POST, &cancel, &headers, "").await;
    let gone = entry(&app, &job).await;

    assert_eq!(waiting.status, 200);
    let document = Document::parse(&waiting.body).unwrap();
    let content = text(document.root_element(), "content");
    assert!(content.contains(start.get(..19).unwrap()), "{content}");
    assert_eq!((canceled.status, gone.status), (200, 410), "{gone:?}");
    for answer in [&canceled, &gone] {
        let document = Document::parse(&answer.body).unwrap();
        assert_eq!(terms(document.root_element()), ["COMPLETED", "CANCELED"]);
        let content = text(document.root_element(), "content");
        assert!(content.contains("canceled by its owner"), "{content}");
    }
}

#[tokio::test]
async fn a_job_whose_time_is_over_is_410_with_an_entry_as_long_as_anything_is_known_of_it() {
    let app = App::start(&["--retention", "1", "--sweep-every", "3600"]);
    let job = app.rehearse(json!({"seconds": 0})).await;
    let ended = app.wait_for_end(&job).await;

    let gone = eventually("the end of its time", async || {
        Some(entry(&app, &job).await).filter(|answer| answer.status == 410)
    })
    .await;

    let document = Document::parse(&gone.body).unwrap();
    let entry = document.root_element();
    assert_eq!(text(entry, "title"), "rehearsal: gone");
    assert_eq!(text(entry, "updated"), ended["job"]["expires-at"]);
    assert_eq!(gone.header("retry-after"), None);
    assert_eq!(gone.header("location"), None);
}

#[tokio::test]
async fn the_list_is_a_feed_whose_pages_are_linked_and_whose_entries_are_the_jobs() {
    let app = App::shared().as_user("atom-feed");
    let mut jobs = Vec::new();
    for _ in 0..5 {
        jobs.push(app.rehearse(json!({"seconds": 0})).await);
    }

    let (mut uri, mut found, mut ids) = ("/jobs?limit=2".to_owned(), Vec::new(), Vec::new());
    loop {
        let answer = app.get_as(ATOM, &uri).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        let feed_type = "application/atom+xml;type=feed";
        assert_eq!(answer.header("content-type"), Some(feed_type));
        let document = Document::parse(&answer.body).unwrap();
        let feed = document.root_element();
        ids.push(text(feed, "id").to_owned());
        found.extend(children(feed, "entry").map(|entry| text(entry, "id").to_owned()));
        let itself = links(feed, "self");
        assert_eq!(itself.len(), 1);
        assert!(
            itself[0]
                .1
                .ends_with(uri.trim_start_matches(&app.service.url))
        );
        let Some((media_type, next)) = links(feed, "next").first().copied() else {
            break;
        };
        assert_eq!(media_type, feed_type);
        uri = next.to_owned();
    }

    let newest_first = jobs.iter().rev().map(|job| format!("urn:uuid:{}", job.id));
    assert_eq!(found, newest_first.collect::<Vec<_>>());
    ids.dedup();
    assert_eq!(ids.len(), 1, "all pages are one feed");
    let nobody = app.as_user("atom-empty").get_as(ATOM, "/jobs").await;
    let document = Document::parse(&nobody.body).unwrap();
    assert_eq!(children(document.root_element(), "entry").count(), 0);
    assert_ne!(text(document.root_element(), "id"), ids[0]);
}
