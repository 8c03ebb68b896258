//! Over 300 lines: its tests share the running program.

use std::io::{BufRead as _, BufReader};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use reqwest::header::{COOKIE, HeaderMap};
use reqwest::{Method, RequestBuilder, Response, redirect};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::run;
use crate::scripted::{Answer, ID, Seen, Service};

/// The URL with which the service's links begin: not the one under which the client reaches it.
const PUBLIC: &str = "https://jobs.example.com/v1";

/// `accepted open`, until the test ends.
struct Open {
    service: Service,
    program: Child,
    /// What it printed, without the slash at its end.
    base: String,
}

impl Drop for Open {
    fn drop(&mut self) {
        self.program.kill().unwrap();
        self.program.wait().unwrap();
    }
}

impl Open {
    async fn start(answers: Vec<Answer>) -> Self {
        Self::start_with(answers, |command| {
            command.arg("--no-browser");
        })
        .await
    }

    async fn start_with(answers: Vec<Answer>, prepare: impl FnOnce(&mut Command)) -> Self {
        let home = Answer::json(200, &json!({"jobs": format!("{PUBLIC}/jobs")}));
        let service = Service::start([vec![home], answers].concat()).await;
        let mut command = Command::new(env!("CARGO_BIN_EXE_accepted"));
        command.args(["open", "--header", "Authorization: Bearer secret"]);
        command.args(["--url", &format!("{}/v1/", service.base)]);
        command.stdout(Stdio::piped()).stderr(Stdio::null());
        prepare(&mut command);
        let (program, url) = tokio::task::spawn_blocking(move || {
            let mut program = command.spawn().unwrap();
            let mut line = String::new();
            let mut stdout = BufReader::new(program.stdout.take().unwrap());
            stdout.read_line(&mut line).unwrap();
            (program, line)
        })
        .await
        .unwrap();
        let base = url.trim_end().strip_suffix('/').unwrap().to_owned();
        Self {
            service,
            program,
            base,
        }
    }

    /// A request as a page of this origin sends it.
    fn request(&self, method: Method, url: &str) -> RequestBuilder {
        let http = reqwest::Client::builder().redirect(redirect::Policy::none());
        let request = http.no_proxy().build().unwrap().request(method, url);
        request.header("origin", self.origin())
    }

    fn origin(&self) -> &str {
        self.base.rsplit_once('/').unwrap().0
    }

    async fn get(&self, path: &str) -> Response {
        let request = self.request(Method::GET, &format!("{}{path}", self.base));
        request.send().await.unwrap()
    }

    /// The answer to a request whose path is sent as it is.
    async fn get_as_it_is(&self, path: &str) -> String {
        let (_, rest) = self.base.split_once("//").unwrap();
        let (host, token) = rest.split_once('/').unwrap();
        let mut stream = TcpStream::connect(host).await.unwrap();
        let request = format!(
            "GET /{token}{path} HTTP/1.1\r\nhost: {host}\r\naccept: text/html\r\naccept: application/json\r\nconnection: close\r\n\r\n"
        );
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        answer
    }

    /// The requests after the one for the home document.
    fn passed_on(&self) -> Vec<Seen> {
        self.service.requests().split_off(1)
    }
}

#[tokio::test]
async fn a_page_leads_back_here_and_carries_nothing_of_the_browser_s_to_the_service() {
    let page = format!("<a href=\"{PUBLIC}/jobs\">");
    let answer = Answer::text(200, &page)
        .with("content-type", "text/html;charset=utf-8")
        .with("content-security-policy", "default-src 'none'")
        .with("etag", "\"a\"")
        .with("link", &format!("<{PUBLIC}/jobs>; rel=\"self\""))
        .with("retry-after", "7")
        .with("access-control-allow-origin", "*")
        .with("set-cookie", "a=b");
    let open = Open::start(vec![answer]).await;

    let request = open.request(Method::GET, &format!("{}/jobs?limit=1", open.base));
    let request = request
        .header(COOKIE, "a=b")
        .header("authorization", "Basic YTpi")
        .header("if-none-match", "\"b\"")
        .header("accept-encoding", "gzip")
        .header("sec-fetch-site", "same-origin");
    let response = request.send().await.unwrap();

    let header = |name| response.headers().get(name)?.to_str().ok();
    assert_eq!(response.status(), 200);
    assert_eq!(
        header("content-security-policy"),
        Some("default-src 'none'")
    );
    assert_eq!(
        (header("etag"), header("retry-after")),
        (Some("\"a\""), Some("7"))
    );
    assert_eq!(
        header("link"),
        Some(&*format!("<{}/jobs>; rel=\"self\"", open.base))
    );
    assert_eq!(header("access-control-allow-origin"), None);
    assert_eq!(header("set-cookie"), None);
    assert_eq!(header("referrer-policy"), Some("no-referrer"));
    assert_eq!(header("x-content-type-options"), Some("nosniff"));
    assert_eq!(
        response.text().await.unwrap(),
        format!("<a href=\"{}/jobs\">", open.base)
    );
    let seen = open.passed_on().remove(0);
    assert_eq!(seen.line, "GET /v1/jobs?limit=1");
    assert_eq!(seen.header("authorization"), Some("Bearer secret"));
    assert_eq!(seen.header("if-none-match"), Some("\"b\""));
    assert_eq!(seen.header("accept-encoding"), Some("identity"));
    for absent in ["cookie", "origin", "sec-fetch-site", "referer"] {
        assert_eq!(seen.header(absent), None, "{absent}");
    }
}

#[tokio::test]
async fn a_job_is_submitted_and_its_location_is_here() {
    let location = format!("{PUBLIC}/jobs/{ID}");
    let document = json!({"job": {"uri": location, "result": null}});
    let accepted = Answer::json(202, &document)
        .with("content-type", "application/json")
        .with("location", &location)
        .with("operation-location", &location);
    let open = Open::start(vec![accepted]).await;

    let request = open.request(Method::POST, &format!("{}/jobs", open.base));
    let request = request.header("idempotency-key", "\"k\"");
    let response = request.json(&json!({"name": "add"})).send().await.unwrap();

    let here = format!("{}/jobs/{ID}", open.base);
    assert_eq!(response.status(), 202);
    assert_eq!(response.headers()["location"], here);
    assert_eq!(response.headers()["operation-location"], here);
    let document: Value = response.json().await.unwrap();
    assert_eq!(document["job"]["uri"], here);
    let seen = open.passed_on().remove(0);
    assert_eq!(
        (&*seen.line, &seen.body),
        ("POST /v1/jobs", &json!({"name": "add"}))
    );
    assert_eq!(seen.header("idempotency-key"), Some("\"k\""));
}

#[tokio::test]
async fn a_result_is_as_it_is_and_a_large_one_is_elsewhere() {
    let result = format!("{{\"a\": \"{PUBLIC}/jobs\"}}");
    let inline = Answer::text(200, &result).with("content-type", "application/json");
    let large = Answer::redirect(307, "https://b.s3.amazonaws.com/1?X-Amz-Signature=s");
    let refused = Answer::text(404, &result).with("content-type", "application/problem+json");
    let open = Open::start(vec![refused, inline, large]).await;

    let path = format!("/jobs/{ID}/result");
    let problem = open.get(&path).await.text().await.unwrap();
    assert_eq!(problem, result.replace(PUBLIC, &open.base));
    assert_eq!(open.get(&path).await.text().await.unwrap(), result);
    let redirected = open.get(&path).await;

    assert_eq!(redirected.status(), 307);
    let location = &redirected.headers()["location"];
    assert_eq!(location, "https://b.s3.amazonaws.com/1?X-Amz-Signature=s");
}

#[tokio::test]
async fn nothing_gets_to_the_service_without_the_address_or_from_another_page() {
    let open = Open::start(vec![Answer::text(200, "secret")]).await;
    let jobs = format!("{}/jobs", open.base);
    let without = format!("{}/jobs", open.origin());
    let large = "x".repeat(11 * 1024 * 1024);
    let requests = [
        (404, open.request(Method::GET, &without)),
        (404, open.request(Method::GET, open.origin())),
        (
            403,
            open.request(Method::GET, &jobs)
                .header("sec-fetch-site", "cross-site"),
        ),
        (
            403,
            open.request(Method::GET, &jobs)
                .header("host", "evil.example"),
        ),
        (413, open.request(Method::POST, &jobs).body(large)),
    ];
    for (status, request) in requests {
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), status);
        assert!(!response.text().await.unwrap().contains("secret"));
    }
    // An HTTP client would resolve these itself.
    for path in ["/../admin", "/%2e%2e/admin", "/jobs/../../admin"] {
        let answer = open.get_as_it_is(path).await;
        assert!(answer.starts_with("HTTP/1.1 404"), "{path}: {answer}");
    }
    for origin in ["https://evil.example", "null"] {
        let headers = HeaderMap::from_iter([("origin".parse().unwrap(), origin.parse().unwrap())]);
        for method in [Method::GET, Method::POST, Method::DELETE, Method::OPTIONS] {
            let request = open.request(method, &jobs).headers(headers.clone());
            assert_eq!(request.send().await.unwrap().status(), 403, "{origin}");
        }
    }

    assert!(open.passed_on().is_empty());
}

#[tokio::test]
async fn a_header_that_comes_twice_is_one_list() {
    let open = Open::start(vec![Answer::text(200, "")]).await;

    open.get_as_it_is("/jobs").await;

    let seen = open.passed_on().remove(0);
    assert_eq!(seen.header("accept"), Some("text/html, application/json"));
}

#[tokio::test]
async fn a_service_that_is_lost_meanwhile_is_a_bad_gateway() {
    let open = Open::start(vec![Answer::Hangup]).await;

    assert_eq!(open.get("/jobs").await.status(), 502);
}

#[tokio::test]
async fn pages_that_the_credentials_do_not_open_are_not_served() {
    for (answer, code) in [
        (
            Answer::text(403, r#"{"message":"Forbidden"}"#),
            client::Exit::Usage,
        ),
        (
            Answer::text(200, "<title>It works!</title>"),
            client::Exit::Unreachable,
        ),
        (
            Answer::json(200, &json!({"jobs": "elsewhere"})),
            client::Exit::Unreachable,
        ),
        (
            Answer::json(200, &json!({"jobs": "/v1/jobs"})),
            client::Exit::Unreachable,
        ),
    ] {
        let service = Service::start(vec![answer]).await;

        // If the pages are served at all, the command does not end.
        let opened = timeout(
            Duration::from_secs(30),
            run(&service, &["open", "--no-browser"]),
        );

        assert_eq!(opened.await.unwrap(), (code, String::new()));
    }
}

#[tokio::test]
async fn the_browser_gets_a_file_that_only_this_user_can_read() {
    let folder = tempfile::tempdir().unwrap();
    let opener = folder.path().join("xdg-open");
    std::fs::write(
        &opener,
        "#!/bin/sh\nprintf %s \"$1\" > \"${0%/*}/tmp\" && mv \"${0%/*}/tmp\" \"${0%/*}/url\"\n",
    )
    .unwrap();
    std::fs::set_permissions(&opener, std::fs::Permissions::from_mode(0o700)).unwrap();
    let path = format!(
        "{}:{}",
        folder.path().display(),
        std::env::var("PATH").unwrap()
    );
    let open = Open::start_with(vec![Answer::text(200, "page")], |command| {
        command.env("PATH", path);
    })
    .await;
    let page = loop {
        if let Ok(page) = std::fs::read_to_string(folder.path().join("url")) {
            break page;
        }
        tokio::task::yield_now().await;
    };

    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    let path = Path::new(&page);
    assert_eq!(mode(path), 0o600);
    assert_eq!(mode(path.parent().unwrap()), 0o700);
    let html = std::fs::read_to_string(path).unwrap();
    assert!(html.contains(&format!("content=\"0;url={}/\"", open.base)));
    let mut kill = Command::new("kill");
    kill.args(["-INT", &open.program.id().to_string()]);
    assert!(kill.status().unwrap().success());
    while path.parent().unwrap().exists() {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
