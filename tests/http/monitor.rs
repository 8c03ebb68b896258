//! Monitor links: a job's page for whoever has the link, and nothing else.

use std::collections::BTreeSet;

use engine::IdSecrets;
use reqwest::Method;
use serde_json::{Value, json};

use crate::app::{Answer, App, Job, eventually, time};
use crate::deployment::deployed::{Deployed, ID_SECRET, http_api_event};

const ON: (&str, &str) = ("MonitorLinks", "true");

/// The link that an answer has for people, if it has one.
fn monitor_link(answer: &Answer) -> Option<String> {
    let links = answer.header("link").unwrap_or_default().to_owned();
    let link = links
        .split(", ")
        .find(|link| link.contains("rel=\"monitor\""))?;
    assert!(link.ends_with("; type=\"text/html\""), "{link}");
    let (uri, _) = link.strip_prefix('<')?.split_once('>')?;
    Some(uri.to_owned())
}

/// Somebody who has nothing but the link.
async fn look(app: &App, link: &str) -> Answer {
    app.send(Method::GET, link, &[("accept", "text/html")], "")
        .await
}

fn is_page(answer: &Answer, status: u16) {
    assert_eq!(answer.status, status, "{answer:?}");
    assert_eq!(
        answer.header("content-type"),
        Some("text/html;charset=utf-8")
    );
    let cache_control = answer.header("cache-control").unwrap();
    assert!(cache_control.contains("no-store"), "{cache_control}");
    for (name, value) in [
        ("x-robots-tag", "noindex"),
        ("referrer-policy", "no-referrer"),
        ("x-content-type-options", "nosniff"),
    ] {
        assert_eq!(answer.header(name), Some(value), "{name}");
    }
    let policy = answer.header("content-security-policy").unwrap();
    assert!(policy.starts_with("default-src 'none'; "), "{policy}");
}

#[tokio::test]
async fn the_202_and_the_status_have_a_link_that_shows_the_job_to_anybody() {
    let anybody = App::shared();
    let app = anybody.as_user("monitor-owner");
    let job = app
        .submit(&json!({"name": "rehearsal", "input": {"seconds": 1}, "summary": "the report"}))
        .await;

    let of_the_202 = monitor_link(&job.accepted).unwrap();
    let page = look(&anybody, &of_the_202).await;
    app.wait_for_end(&job).await;
    let of_the_status = monitor_link(&app.status(&job).await).unwrap();

    is_page(&page, 200);
    assert!(page.retry_after() >= 1);
    for link in [of_the_202, of_the_status] {
        for visitor in [&anybody, &app, &app.as_user("monitor-somebody")] {
            let page = look(visitor, &link).await;
            is_page(&page, 200);
            assert!(page.body.contains("Succeeded"), "{}", page.body);
            assert_eq!(page.header("retry-after"), None);
        }
        // Credentials are not looked at, not even such as the gateway refuses elsewhere.
        let headers = [("accept", "*/*"), ("authorization", "Bearer nonsense")];
        let page = anybody.send(Method::GET, &link, &headers, "").await;
        is_page(&page, 200);
        let head = anybody.send(Method::HEAD, &link, &headers, "").await;
        assert_eq!((head.status, head.body.as_str()), (200, ""));
        assert_eq!(head.header("etag"), page.header("etag"));
    }
}

#[tokio::test]
async fn the_page_says_nothing_of_the_owner_and_leads_nowhere() {
    let anybody = App::shared();
    let app = anybody.as_user("monitor-secretive");
    let job = app
        .submit(&json!({"name": "csv_profile", "input": {"csv": "city\nsesame\n"}}))
        .await;
    app.wait_for_end(&job).await;

    let page = look(&anybody, &monitor_link(&job.accepted).unwrap()).await;

    for secret in ["monitor-secretive", "sesame", "href", &job.id] {
        assert!(!page.body.contains(secret), "{secret}: {}", page.body);
    }
    for accept in ["application/json", "application/atom+xml"] {
        let answer = anybody
            .get_as(accept, &monitor_link(&job.accepted).unwrap())
            .await;
        answer.problem(406, "not-acceptable");
    }
    // What is open is the page: the job's own URIs are as closed as before.
    anybody.status(&job).await.problem(404, "job-not-found");
    anybody.result(&job).await.problem(404, "job-not-found");
}

#[tokio::test]
async fn a_link_shows_the_page_until_the_job_s_time_is_over_and_is_410_then() {
    let app = App::start(&["--retention", "2", "--sweep-every", "1"]);
    let job = app.rehearse(json!({"seconds": 0})).await;
    let ended = app.wait_for_end(&job).await;
    // This token is valid as long as the longest life that the job could have had, and the other as long as it has.
    let links =
        [&job.accepted, &app.status(&job).await].map(|answer| monitor_link(answer).unwrap());
    assert_ne!(links[0], links[1]);

    for link in &links {
        is_page(&look(&app, link).await, 200);
    }
    eventually("the deletion of the record", async || {
        app.record(&job).await.is_none().then_some(())
    })
    .await;

    assert!(crate::app::time_in(0) >= time(&ended["job"]["expires-at"]).to_string());
    for link in &links {
        let gone = look(&app, link).await;
        is_page(&gone, 410);
        assert_eq!(gone.header("retry-after"), None);
        let problem = app.get(link).await.problem(410, "job-expired");
        assert_eq!(problem.get("expired-at"), None, "{problem}");
    }
}

#[tokio::test]
async fn a_link_does_not_show_the_next_job_of_an_idempotency_key() {
    let app = App::shared().as_user("monitor-key");
    let body = json!({"name": "rehearsal", "input": {"seconds": 0}});
    let first = Job::of(app.post_under("\"monday\"", &body).await);
    app.wait_for_end(&first).await;
    app.delete(&first).await;

    let second = Job::of(app.post_under("\"monday\"", &body).await);

    assert_eq!(first.id, second.id);
    let old = look(&app, &monitor_link(&first.accepted).unwrap()).await;
    is_page(&old, 410);
    is_page(
        &look(&app, &monitor_link(&second.accepted).unwrap()).await,
        200,
    );
}

#[tokio::test]
async fn without_monitor_links_there_are_none() {
    let app = App::start(&["--no-monitor-links"]);
    let job = app.rehearse(json!({"seconds": 0})).await;

    assert_eq!(monitor_link(&job.accepted), None);
    assert_eq!(monitor_link(&app.status(&job).await), None);
    app.get("/monitor/x").await.problem(404, "not-found");
}

/// A deployment with a job, and the job's monitor token.
async fn deployed(parameters: &[(&str, &str)]) -> (Deployed, String) {
    let deployed = Deployed::with_parameters(parameters).await;
    let job = json!({ "name": "csv_profile", "input": { "csv": "a\n1\n" } });
    let accepted = deployed
        .submit
        .answer(&http_api_event("POST", "/jobs", &job))
        .await;
    assert_eq!(accepted.status, 202, "{}", accepted.body);
    let links = accepted.headers.get("link").cloned().unwrap_or_default();
    let token = links
        .split_once("/monitor/")
        .and_then(|(_, rest)| rest.split_once('>'));
    let token = token.map(|(token, _)| token.to_owned());
    (deployed, token.unwrap_or_default())
}

async fn status_of(deployed: &Deployed, token: &str) -> u64 {
    let event = http_api_event("GET", &format!("/monitor/{token}"), &Value::Null);
    deployed.status.answer(&event).await.status
}

#[tokio::test]
async fn a_token_that_this_deployment_did_not_make_is_404_without_a_read() {
    let (deployed, token) = deployed(&[ON]).await;
    let (said, code) = token.rsplit_once('.').unwrap();
    let mut altered = said.to_owned();
    altered.replace_range(..1, if said.starts_with('0') { "1" } else { "0" });

    let id = said.split('.').next().unwrap();
    let record = deployed.backends.record_of(id).await;
    let of_another_deployment =
        IdSecrets::parse("ID_SECRETS", "another-deployments-own-id-secret").unwrap();
    for wrong in [
        format!("{said}.{}", "0".repeat(32)),
        format!("{altered}.{code}"),
        format!("{said}.{}", &code[..30]),
        said.to_owned(),
        id.to_owned(),
        format!("{token}0"),
        token.to_uppercase(),
        "%2e%2e".to_owned(),
        of_another_deployment.monitor_token(&record),
    ] {
        assert_eq!(status_of(&deployed, &wrong).await, 404, "{wrong}");
    }

    assert_eq!(deployed.status.recorder.actions(), BTreeSet::new());
    assert_eq!(status_of(&deployed, &token).await, 200);
    let reads = BTreeSet::from(["dynamodb:GetItem".to_owned()]);
    assert_eq!(deployed.status.recorder.actions(), reads);
}

#[tokio::test]
async fn a_token_past_its_time_is_410_without_a_read() {
    let (deployed, token) = deployed(&[ON]).await;
    let id = token.split('.').next().unwrap();
    let mut record = deployed.backends.record_of(id).await;
    record.expires_at = engine::Timestamp::from_seconds(1_000);
    let secrets = IdSecrets::parse("ID_SECRETS", ID_SECRET).unwrap();

    let old = secrets.monitor_token(&record);

    assert_eq!(status_of(&deployed, &old).await, 410);
    assert_eq!(deployed.status.recorder.actions(), BTreeSet::new());
}

#[tokio::test]
async fn a_deployment_has_no_monitor_links_unless_it_says_so() {
    let (deployed, token) = deployed(&[]).await;

    assert_eq!(token, "");
    let secrets = IdSecrets::parse("ID_SECRETS", ID_SECRET).unwrap();
    let list = deployed
        .status
        .answer(&http_api_event("GET", "/jobs", &Value::Null))
        .await;
    let id = list.body["jobs"][0]["id"].as_str().unwrap().to_owned();
    let record = deployed.backends.record_of(&id).await;
    let good = secrets.monitor_token(&record);
    assert_eq!(status_of(&deployed, &good).await, 404);
}
