//! Callbacks: which URLs a submit may name, what a job says about its webhook, and the secrets.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::post;
use engine::{IdSecrets, Owner};
use reqwest::Method;
use serde_json::{Value, json};

use crate::app::{Answer, App, Job, time_in};
use crate::deployment::deployed::{Deployed, ID_SECRET, http_api_event};

const ON: (&str, &str) = ("Webhooks", "true");
const URL: &str = "https://hooks.example.com/jobs?a=1&b='2'";

/// A job that is not due while the tests run.
fn later(callback: &Value) -> Value {
    json!({"name": "rehearsal", "input": {}, "scheduled-start-time": time_in(600), "callback": callback})
}

fn at_once(callback: &Value) -> Value {
    json!({"name": "rehearsal", "input": {"seconds": 0}, "callback": callback})
}

/// The errors of a refused submit: pointers and details.
fn errors(problem: &Value) -> Vec<(&str, &str)> {
    let errors = problem["errors"].as_array().unwrap().iter();
    errors
        .map(|error| {
            let detail = error["detail"].as_str().unwrap();
            assert!(!detail.ends_with('…'), "cut: {problem}");
            (error["pointer"].as_str().unwrap(), detail)
        })
        .collect()
}

#[tokio::test]
async fn a_url_that_would_not_be_called_is_422_and_says_what_is_wrong() {
    let app = App::start(&["--concurrency", "2"]);
    let long = format!("https://hooks.example.com/{}", "a".repeat(975));
    let https = "must be an https URL";
    let host = "must name its host as a full domain name (an international one in its xn-- form), \
                an IPv4 address of four decimal numbers, or an IPv6 address in brackets";
    let user = "must not contain a user name or password";
    let port = "must use port 443 or 8443";
    let characters =
        "must percent-encode the characters that RFC 3986 does not allow in a path or query";
    let address = "must not lead to ";

    for (url, detail) in [
        (&*long, "must not exceed 1000 characters"),
        ("", https),
        ("hooks.example.com/jobs", https),
        ("http://hooks.example.com/", https),
        // The flag of `local` that allows it is off.
        ("http://127.0.0.1:8080/", https),
        ("ftp://hooks.example.com/", https),
        (
            "https://hooks.example.com/#jobs",
            "must not have a fragment",
        ),
        ("https://ada@hooks.example.com/", user),
        ("https://hooks.example.com:secret@10.0.0.1/", user),
        ("https://localhost/", host),
        ("https://2130706433/", host),
        ("https://0x7f.0.0.1/", host),
        ("https://0177.0.0.1/", host),
        ("https://hooks.example.com./", host),
        ("https://b\u{fc}cher.example/", host),
        ("https://[fe80::1%25eth0]/", host),
        ("https://hooks.example.com:80/", port),
        ("https://hooks.example.com:0443/", port),
        ("https://hooks.example.com/a b", characters),
        ("https://hooks.example.com/\u{1}", characters),
        ("https://127.0.0.1/", address),
        ("https://10.1.2.3/", address),
        ("https://169.254.169.254/latest/meta-data/", address),
        ("https://100.64.0.1/", address),
        ("https://[::1]/", address),
        ("https://[fd00:ec2::254]/", address),
        ("https://[::ffff:10.0.0.1]/", address),
        ("https://[64:ff9b::a00:1]/", address),
    ] {
        let answer = app.post(at_once(&json!({"url": url})).to_string()).await;

        let problem = answer.problem(422, "invalid-job");
        let [(pointer, found)] = errors(&problem)[..] else {
            panic!("{url}: {problem}")
        };
        assert_eq!(pointer, "/callback/url", "{url}");
        assert!(
            found == detail || detail == address && found.starts_with(address),
            "{url}: {found}"
        );
    }
    assert!(app.records().await.is_empty());
    assert_eq!(app.messages().await, 0);
}

#[tokio::test]
async fn a_callback_that_is_not_one_is_422_with_a_pointer() {
    let app = App::shared().as_user("no-callbacks");
    let object = "must be an object with the member 'url'";
    let cases: [(Value, &[(&str, &str)]); 9] = [
        (Value::Null, &[("/callback", object)]),
        (json!(URL), &[("/callback", object)]),
        (json!([URL]), &[("/callback", object)]),
        (json!(true), &[("/callback", object)]),
        (json!({}), &[("/callback/url", "is missing")]),
        (
            json!({"url": null}),
            &[("/callback/url", "must be a string")],
        ),
        (
            json!({"url": {"href": URL}}),
            &[("/callback/url", "must be a string")],
        ),
        (
            json!({"url": URL, "secret": "x", "a/b": 1}),
            &[
                ("/callback/a~1b", "is not a known member"),
                ("/callback/secret", "is not a known member"),
            ],
        ),
        (
            json!({"URL": URL}),
            &[
                ("/callback/URL", "is not a known member"),
                ("/callback/url", "is missing"),
            ],
        ),
    ];
    for (callback, expected) in cases {
        let answer = app.post(at_once(&callback).to_string()).await;

        let problem = answer.problem(422, "invalid-job");
        assert_eq!(errors(&problem), expected, "{callback}");
    }
    let list = app.get("/jobs").await.json();
    assert_eq!(list["jobs"], json!([]));
}

async fn submitted(deployed: &Deployed, callback: &Value) -> (u64, Value) {
    let body = json!({"name": "csv_profile", "input": {"csv": "a\n1\n"}, "callback": callback});
    let event = http_api_event("POST", "/jobs", &body);
    let answer = deployed.submit.answer(&event).await;
    (answer.status, answer.body)
}

#[tokio::test]
async fn a_deployment_calls_only_the_hosts_that_it_lists() {
    let listed = [ON, ("CallbackHosts", "hooks.example.com,*.example.org")];
    let deployed = Deployed::with_parameters(&listed).await;

    for url in [URL, "https://a.b.example.org:8443/"] {
        let (status, body) = submitted(&deployed, &json!({"url": url})).await;

        assert_eq!(status, 202, "{body}");
        assert_eq!(body["job"]["callback"]["url"], url);
    }
    for url in [
        "https://example.com/",
        "https://example.org/",
        "https://hooks.example.com.evil.example/",
        "https://8.8.8.8/",
    ] {
        let (status, body) = submitted(&deployed, &json!({"url": url})).await;

        assert_eq!(status, 422, "{url}: {body}");
        let detail = "must name a host that this service is configured to call";
        assert_eq!(errors(&body), [("/callback/url", detail)], "{url}");
    }
}

#[tokio::test]
async fn a_deployment_without_webhooks_knows_nothing_of_them() {
    let deployed = Deployed::new().await;
    let get = async |path: &str| {
        let event = http_api_event("GET", path, &Value::Null);
        deployed.status.answer(&event).await
    };

    let (status, refused) = submitted(&deployed, &json!({"url": URL})).await;
    let secrets = get("/callbacks").await;
    let home = get("/").await;
    let openapi = get("/openapi.json").await.body.to_string();

    assert_eq!(status, 422, "{refused}");
    assert_eq!(errors(&refused), [("/callback", "is not a known member")]);
    assert_eq!(secrets.status, 404, "{}", secrets.body);
    assert_eq!(secrets.body["detail"], "This deployment sends no webhooks.");
    assert_eq!(home.status, 200);
    assert_eq!(home.body.get("callbacks"), None, "{}", home.body);
    assert!(!openapi.contains("allback") && !openapi.contains("ebhook"));
}

/// The secrets in an answer.
fn secrets(answer: &Answer) -> Vec<String> {
    assert_eq!(answer.status, 200, "{answer:?}");
    let document = answer.json();
    assert_eq!(document["callbacks"]["@uri"], "/callbacks");
    let secrets = document["callbacks"]["secrets"].as_array().unwrap();
    let secrets = secrets.iter().map(|secret| secret.as_str().unwrap());
    secrets.map(str::to_owned).collect()
}

#[tokio::test]
async fn everybody_reads_secrets_of_their_own_and_they_stay_the_same() {
    let app = App::shared();
    let owners = ["hooks-ada", "hooks-bob"].map(|name| app.as_user(name));

    let mut all = BTreeSet::new();
    for owner in [&app, &owners[0], &owners[1]] {
        let first = owner.get("/callbacks").await;
        let again = owner.get("/callbacks").await;

        let [secret] = &secrets(&first)[..] else {
            panic!("{first:?}")
        };
        assert!(
            secret.starts_with("whsec_") && secret.len() == 50,
            "{secret}"
        );
        assert_eq!(first.body, again.body);
        assert_eq!(first.header("cache-control"), Some("no-store"));
        assert_eq!(first.header("vary"), Some("accept, authorization"));
        all.insert(secret.clone());
    }
    assert_eq!(all.len(), 3);

    let home = owners[0].get("/").await.json();
    let linked = owners[0].get(home["callbacks"].as_str().unwrap()).await;
    assert!(all.contains(&secrets(&linked)[0]), "{linked:?}");
}

#[tokio::test]
async fn the_secrets_are_read_and_nothing_else() {
    let app = App::shared().as_user("hooks-reader");

    let whole = app.get("/callbacks").await;
    let head = app.send(Method::HEAD, "/callbacks", &[], "").await;
    assert_eq!((head.status, &*head.body), (200, ""));
    assert_eq!(head.header("etag"), whole.header("etag"));
    let tag = whole.header("etag").unwrap();
    let known = [("if-none-match", tag)];
    let known = app.send(Method::GET, "/callbacks", &known, "").await;
    assert_eq!((known.status, &*known.body), (304, ""));
    assert_eq!(known.header("cache-control"), Some("no-store"));

    for method in [Method::POST, Method::PUT, Method::PATCH, Method::DELETE] {
        let refused = app.send(method, "/callbacks", &[], "{}").await;
        refused.problem(405, "method-not-allowed");
        assert_eq!(refused.header("allow"), Some("GET, HEAD, OPTIONS"));
    }
    let options = app.send(Method::OPTIONS, "/callbacks", &[], "").await;
    assert_eq!(options.status, 204);
    assert_eq!(options.header("allow"), Some("GET, HEAD, OPTIONS"));
    for path in ["/callbacks/", "/callbacks/hooks-ada", "/callback"] {
        app.get(path).await.problem(404, "not-found");
    }
    let atom = [("accept", "application/atom+xml")];
    let atom = app.send(Method::GET, "/callbacks", &atom, "").await;
    atom.problem(406, "not-acceptable");
}

#[tokio::test]
async fn while_the_deployment_s_secret_rotates_its_owners_have_two_with_the_newest_first() {
    let new = "a-newer-secret-of-thirty-two-characters";
    let list = format!("{new},{ID_SECRET}");
    let rotating = Deployed::with_parameters(&[ON, ("IdSecret", &list)]).await;
    let [_, before] = rotating.beside(&[ON]).await;
    let event = http_api_event("GET", "/callbacks", &Value::Null);
    let owner = "arn:aws:iam::123456789012:user/tests|AIDADBQP57FF2AEXAMPLE";
    let owner = Owner::named(owner).unwrap();

    let two = rotating.status.answer(&event).await.body;
    let one = before.answer(&event).await.body;

    let derived = |list| {
        let secrets = IdSecrets::parse("ID_SECRETS", list).unwrap();
        let secrets = secrets.signing_secrets(&owner);
        let secrets = secrets.iter().map(engine::SigningSecret::reveal);
        secrets.collect::<Vec<_>>()
    };
    assert_eq!(one["callbacks"]["secrets"], json!(derived(ID_SECRET)));
    assert_eq!(
        two["callbacks"]["secrets"],
        json!([derived(new), derived(ID_SECRET)].concat())
    );
    assert!(rotating.status.recorder.actions().is_empty());
}

#[tokio::test]
async fn a_job_with_a_callback_says_so_wherever_its_owner_reads_it() {
    let app = App::shared().as_user("callback-readers");
    let plain = app.rehearse(json!({"seconds": 0})).await;
    let body = later(&json!({"url": URL.replace("hooks.", "HOOKS.")}));

    let job = Job::of(app.post_under("\"callback\"", &body).await);

    let callback = json!({"url": URL, "state": "PENDING", "attempts": 0, "last-status": null});
    assert_eq!(job.accepted.json()["job"]["callback"], callback);
    let status = app.status(&job).await.json();
    assert_eq!(status["job"]["callback"], callback);
    assert_eq!(app.status(&plain).await.json()["job"].get("callback"), None);
    let replay = Job::of(app.post_under("\"callback\"", &body).await);
    assert_eq!(replay.accepted.json()["job"], status["job"]);
    assert_eq!(replay.accepted.header("idempotency-replayed"), Some("true"));
    let list = app.get("/jobs").await.json();
    assert_eq!(list["jobs"][0]["callback"], callback);
    assert_eq!(list["jobs"][1].get("callback"), None, "{list}");

    let html = [("accept", "text/html")];
    let page = app.send(Method::GET, &job.uri, &html, "").await.body;
    let shown = "https://hooks.example.com/jobs?a=1&amp;b=&#39;2&#39;</span>";
    assert!(page.contains(shown), "{page}");
    let link = job.accepted.header("link").unwrap();
    let (_, monitor) = link.rsplit_once("/monitor/").unwrap();
    let (token, _) = monitor.split_once('>').unwrap();
    let guest = format!("/monitor/{token}");
    let guest = App::shared().send(Method::GET, &guest, &html, "").await;
    assert_eq!(guest.status, 200);
    assert!(!guest.body.contains("hooks.example.com"), "{guest:?}");
    let atom = [("accept", "application/atom+xml")];
    let entry = app.send(Method::GET, &job.uri, &atom, "").await;
    assert!(!entry.body.contains("hooks.example.com"), "{entry:?}");
}

/// A receiver on this machine that answers with these statuses, one after the other, the last one again and again.
struct Receiver {
    url: String,
    received: Arc<Mutex<Vec<Value>>>,
}

type Script = Arc<(Mutex<Vec<u16>>, Arc<Mutex<Vec<Value>>>)>;

impl Receiver {
    async fn start(statuses: &[u16]) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/hook", listener.local_addr().unwrap());
        let received = Arc::default();
        let script: Script = Arc::new((Mutex::new(statuses.to_vec()), Arc::clone(&received)));
        let router = Router::new()
            .route("/hook", post(receive))
            .with_state(script);
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { url, received }
    }

    fn received(&self) -> Vec<Value> {
        self.received.lock().unwrap().clone()
    }
}

async fn receive(State(script): State<Script>, body: String) -> StatusCode {
    let (statuses, received) = &*script;
    received
        .lock()
        .unwrap()
        .push(serde_json::from_str(&body).unwrap());
    let mut statuses = statuses.lock().unwrap();
    let status = if statuses.len() > 1 {
        statuses.remove(0)
    } else {
        statuses[0]
    };
    StatusCode::from_u16(status).unwrap()
}

#[tokio::test]
async fn the_document_and_its_entity_tag_follow_the_delivery() {
    let app = App::shared_by("callbacks", &["--callbacks-to-loopback"]).as_user("followers");
    let receiver = Receiver::start(&[503, 200]).await;
    let body = at_once(&json!({"url": receiver.url}));
    let job = Job::of(app.post_under("\"follow\"", &body).await);
    let with = async |state: &str, attempts: u64| {
        let wanted = |document: &Value| {
            let callback = &document["job"]["callback"];
            callback["state"] == state && callback["attempts"] == attempts
        };
        app.wait_for(&job, state, wanted).await
    };

    let tried = with("PENDING", 1).await;
    let tag = app.status(&job).await;
    let tag = tag.header("etag").unwrap();
    let delivered = with("DELIVERED", 2).await;

    assert_eq!(tried["job"]["job-status"], "SUCCESS");
    assert_eq!(tried["job"]["callback"]["last-status"], 503);
    assert_eq!(delivered["job"]["callback"]["last-status"], 200);
    let known = [("if-none-match", tag)];
    let changed = app.send(Method::GET, &job.uri, &known, "").await;
    assert_eq!(changed.status, 200, "{changed:?}");
    let again = Job::of(app.post_under("\"follow\"", &body).await);
    assert_eq!(again.accepted.json()["job"], delivered["job"]);
    let mut without_result = tried.clone();
    without_result["job"]["result"] = Value::Null;
    let [first, second] = &receiver.received()[..] else {
        panic!("{:?}", receiver.received())
    };
    assert_eq!(first["type"], "job.completed");
    assert_eq!(second["timestamp"], tried["job"]["end-time"]);
    // The document as it was when the delivery was made.
    assert_eq!(second["data"], without_result);
    assert_eq!(first["data"]["job"]["callback"]["attempts"], 0);
}

#[tokio::test]
async fn a_receiver_that_wants_no_more_is_not_called_again() {
    let app = App::shared_by("callbacks", &["--callbacks-to-loopback"]).as_user("refusers");
    let receiver = Receiver::start(&[410]).await;

    let job = app.submit(&at_once(&json!({"url": receiver.url}))).await;

    let failed = |document: &Value| document["job"]["callback"]["state"] == "FAILED";
    let document = app.wait_for(&job, "FAILED", failed).await;
    let callback =
        json!({"url": receiver.url, "state": "FAILED", "attempts": 1, "last-status": 410});
    assert_eq!(document["job"]["callback"], callback);
    assert_eq!(receiver.received().len(), 1);
}
