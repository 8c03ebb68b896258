//! Webhooks on a developer's machine: what `listen` prints, and the receivers that the README shows.

#[path = "../clients/receivers/receiver.rs"]
#[rustfmt::skip]
#[expect(unreachable_pub, reason = "the README shows it as it is")]
mod receiver;

use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use axum::Router;
use axum::http::StatusCode;
use axum::routing::post;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::app::{App, Job, PROGRAM, eventually};

const LOOPBACK: &str = "--callbacks-to-loopback";

/// Submits a `rehearsal` that takes no time, with a callback to this URL.
async fn submit(app: &App, url: &str) -> Job {
    let input = json!({ "seconds": 0 });
    let body = json!({ "name": "rehearsal", "input": input, "callback": { "url": url } });
    app.submit(&body).await
}

/// The job's callback, once its webhook is delivered.
async fn delivered(app: &App, job: &Job) -> Value {
    let is_delivered = |document: &Value| document["job"]["callback"]["state"] == "DELIVERED";
    let document = app.wait_for(job, "a delivery", is_delivered).await;
    document["job"]["callback"].clone()
}

/// Serves on a free port of the loopback.
async fn serve(router: Router) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, router).await });
    address
}

/// A running `listen`. Dropping it stops it.
struct Listening {
    child: Child,
    url: String,
}

impl Listening {
    fn start(arguments: &[&str]) -> Self {
        let mut child = Command::new(PROGRAM)
            .args(["listen", "--port", "0"])
            .args(arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let stderr = BufReader::new(child.stderr.as_mut().unwrap());
        let said = stderr.lines().next().unwrap().unwrap();
        let url = said
            .split_whitespace()
            .find(|word| word.starts_with("http"));
        let url = url.unwrap_or_else(|| panic!("no URL in {said}")).to_owned();
        Self { child, url }
    }

    /// Its next line on stdout.
    async fn line(&mut self) -> String {
        let stdout = self.child.stdout.take().unwrap();
        let read = move || BufReader::new(stdout).lines().next().unwrap().unwrap();
        tokio::task::spawn_blocking(read).await.unwrap()
    }
}

impl Drop for Listening {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[tokio::test]
async fn listen_prints_the_webhooks_of_its_user_and_refuses_those_of_another() {
    let app = App::start(&[LOOPBACK]).as_user("alice");
    let url = app.service.url.clone();
    let mut hers = Listening::start(&["--url", &url, "--user", "alice"]);
    let his = Listening::start(&["--url", &url, "--user", "bob"]);

    let job = submit(&app, &hers.url).await;
    let refused = submit(&app, &his.url).await;

    let line = hers.line().await;
    assert!(line.starts_with("msg_"), "{line}");
    let ended = format!("  {}  COMPLETED SUCCESS", job.id);
    assert!(line.ends_with(&ended), "{line}");
    let callback = delivered(&app, &job).await;
    let expected =
        json!({ "url": callback["url"], "state": "DELIVERED", "attempts": 1, "last-status": 204 });
    assert_eq!(callback, expected);
    let answered = |document: &Value| document["job"]["callback"]["attempts"] == 1;
    let document = app.wait_for(&refused, "an answer", answered).await;
    assert_eq!(document["job"]["callback"]["last-status"], 400);
    assert_eq!(document["job"]["callback"]["state"], "PENDING");
}

#[tokio::test]
async fn a_service_that_was_not_told_to_does_not_call_the_loopback() {
    let app = App::shared().as_user("loopback");
    let input = json!({ "seconds": 0 });
    let body = json!({ "name": "rehearsal", "input": input, "callback": { "url": "http://127.0.0.1:8700/" } });

    let answer = app.post(body.to_string()).await;

    assert_eq!(answer.status, 422, "{answer:?}");
    assert_eq!(answer.json()["errors"][0]["pointer"], "/callback/url");
}

#[test]
fn the_readme_shows_the_receivers_that_are_tested() {
    let readme = include_str!("../../functions/api/README.md");

    for (language, code) in [
        ("python", include_str!("../clients/receivers/receiver.py")),
        (
            "javascript",
            include_str!("../clients/receivers/receiver.mjs"),
        ),
        (
            "rust,ignore",
            include_str!("../clients/receivers/receiver.rs"),
        ),
    ] {
        let shown = format!("```{language}\n{code}```\n");
        assert!(readme.contains(&shown), "{language}");
    }
}

#[tokio::test]
async fn the_receiver_in_rust_takes_what_the_service_sends() {
    let app = App::start(&[LOOPBACK]);
    let secrets = app.get("/callbacks").await.json();
    let secret = secrets["callbacks"]["secrets"][0].as_str().unwrap();
    let address = serve(receiver::receiver(secret).unwrap()).await;

    let job = submit(&app, &format!("http://{address}/")).await;

    assert_eq!(delivered(&app, &job).await["last-status"], 204);
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let forged = http.post(format!("http://{address}/")).body("{}").send();
    assert_eq!(forged.await.unwrap().status(), StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_webhook_that_waits_outlives_its_service_with_a_data_folder() {
    let folder = tempfile::tempdir().unwrap();
    let flags = [LOOPBACK, "--data", folder.path().to_str().unwrap()];
    let is_ready = Arc::new(AtomicBool::new(false));
    let ready = is_ready.clone();
    let answer = async move || {
        if ready.load(Ordering::SeqCst) {
            StatusCode::NO_CONTENT
        } else {
            StatusCode::SERVICE_UNAVAILABLE
        }
    };
    let address = serve(Router::new().route("/", post(answer))).await;
    let before = App::start(&flags);
    let job = submit(&before, &format!("http://{address}/")).await;
    let tried = |document: &Value| document["job"]["callback"]["attempts"] == 1;
    before.wait_for(&job, "a try", tried).await;
    drop(before);

    is_ready.store(true, Ordering::SeqCst);
    let after = App::start(&flags);
    let is_delivered = async || {
        let document = after.get(&format!("/jobs/{}", job.id)).await.json();
        let callback = document["job"]["callback"].clone();
        (callback["state"] == "DELIVERED").then_some(callback)
    };
    let callback = eventually("a delivery", is_delivered).await;

    assert_eq!(callback["attempts"], 2);
}
