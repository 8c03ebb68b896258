//! The test app: the service as `local` runs it, and the verbs of its clients.

mod answer;
mod back_ends;
mod batches;
mod clock;
mod function;
mod processes;
mod schedules;
mod service;
mod uploads;

use std::sync::Arc;
use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::{Value, json};

pub(crate) use answer::Answer;
pub(crate) use back_ends::Item;
pub(crate) use batches::{ended_as, first_invocations};
pub(crate) use clock::Clock;
pub(crate) use function::{Launch, SCHEDULE_ROLE_ARN, SECRET};
pub(crate) use processes::{Process, signal};
pub(crate) use service::{PROGRAM, Service};
pub(crate) use uploads::{fetch, put};

/// More than anything here takes, so that a test fails and does not hang.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// How often a test looks for what it waits for.
const LOOK_EVERY: Duration = Duration::from_millis(25);

/// A client of a running service. Clones share the service; the last one stops it.
#[derive(Clone)]
pub(crate) struct App {
    pub(crate) service: Arc<Service>,
    http: reqwest::Client,
    user: Option<String>,
}

/// A job that was accepted.
pub(crate) struct Job {
    pub(crate) id: String,
    /// The `Location` of the 202.
    pub(crate) uri: String,
    pub(crate) accepted: Answer,
}

impl App {
    /// A service of the test's own, with these flags of `serve`.
    pub(crate) fn start(flags: &[&str]) -> Self {
        Self::to(Arc::new(Service::start(flags)))
    }

    /// The same, and the clock that it follows.
    pub(crate) fn start_with_clock(flags: &[&str]) -> (Self, Clock) {
        let clock = Clock::new();
        (Self::start_at(&clock, flags), clock)
    }

    /// A service that follows this clock.
    pub(crate) fn start_at(clock: &Clock, flags: &[&str]) -> Self {
        let service = Service::start_with(flags, clock.variables());
        Self::to(Arc::new(service))
    }

    /// The service that all tests share which need no flags, nor the table and the queue for themselves.
    /// Such a test calls under a name of its own ([`App::as_user`]).
    pub(crate) fn shared() -> Self {
        Self::to(Service::shared("any", &["--concurrency", "8"]))
    }

    /// The service that the tests of one group share.
    pub(crate) fn shared_by(group: &'static str, flags: &[&str]) -> Self {
        Self::to(Service::shared(group, flags))
    }

    fn to(service: Arc<Service>) -> Self {
        Self {
            service,
            http: reqwest::Client::builder()
                .no_proxy()
                .redirect(reqwest::redirect::Policy::none())
                .build()
                .unwrap(),
            user: None,
        }
    }

    /// The service itself, for a test that ends it.
    pub(crate) fn into_service(self) -> Service {
        Arc::into_inner(self.service).expect("a service of the test's own")
    }

    /// The same service, called by somebody of this name.
    pub(crate) fn as_user(&self, name: &str) -> Self {
        Self {
            user: Some(name.to_owned()),
            ..self.clone()
        }
    }

    /// Any request. `target` is a path, or a URL that the service gave.
    pub(crate) async fn send(
        &self,
        method: Method,
        target: &str,
        headers: &[(&str, &str)],
        body: impl Into<reqwest::Body>,
    ) -> Answer {
        let url = match target.strip_prefix('/') {
            Some(_) => format!("{}{target}", self.service.url),
            None => target.to_owned(),
        };
        let mut request = self.http.request(method, url).body(body);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if let Some(user) = &self.user {
            request = request.basic_auth(user, Some(""));
        }
        Answer::read(request.send().await.unwrap()).await
    }

    pub(crate) async fn get(&self, target: &str) -> Answer {
        self.send(Method::GET, target, &[], "").await
    }

    /// `POST /jobs` with this text as JSON, whatever comes of it.
    pub(crate) async fn post(&self, body: impl Into<reqwest::Body>) -> Answer {
        let headers = [("content-type", "application/json")];
        self.send(Method::POST, "/jobs", &headers, body).await
    }

    /// `POST /jobs` under an `Idempotency-Key`, whatever comes of it.
    pub(crate) async fn post_under(&self, key: &str, body: &Value) -> Answer {
        let headers = [
            ("content-type", "application/json"),
            ("idempotency-key", key),
        ];
        self.send(Method::POST, "/jobs", &headers, body.to_string())
            .await
    }

    /// Submits a job that is accepted.
    pub(crate) async fn submit(&self, body: &Value) -> Job {
        Job::of(self.post(body.to_string()).await)
    }

    /// Submits a `rehearsal` with this input.
    pub(crate) async fn rehearse(&self, input: Value) -> Job {
        self.submit(&json!({"name": "rehearsal", "input": input}))
            .await
    }

    pub(crate) async fn status(&self, job: &Job) -> Answer {
        self.get(&job.uri).await
    }

    pub(crate) async fn result(&self, job: &Job) -> Answer {
        self.get(&format!("{}/result", job.uri)).await
    }

    pub(crate) async fn cancel(&self, job: &Job) -> Answer {
        let target = format!("{}/cancel", job.uri);
        self.send(Method::POST, &target, &[], "").await
    }

    pub(crate) async fn delete(&self, job: &Job) -> Answer {
        self.send(Method::DELETE, &job.uri, &[], "").await
    }

    /// The job's document, once it is in this state.
    pub(crate) async fn wait_for_state(&self, job: &Job, state: &str) -> Value {
        self.wait_for(job, state, |document| document["job"]["job-state"] == state)
            .await
    }

    /// The job's document, once the job has ended.
    pub(crate) async fn wait_for_end(&self, job: &Job) -> Value {
        self.wait_for_state(job, "COMPLETED").await
    }

    /// The job's document, once `wanted` is true of it. The status URI answers 200 all the while.
    pub(crate) async fn wait_for(
        &self,
        job: &Job,
        what: &str,
        wanted: impl Fn(&Value) -> bool,
    ) -> Value {
        eventually(what, async || {
            let answer = self.status(job).await;
            assert_eq!(answer.status, 200, "{answer:?}");
            Some(answer.json()).filter(&wanted)
        })
        .await
    }
}

impl Job {
    /// The job of a 202.
    pub(crate) fn of(accepted: Answer) -> Self {
        assert_eq!(accepted.status, 202, "{accepted:?}");
        let document = accepted.json();
        Self {
            id: document["task"]["id"].as_str().unwrap().to_owned(),
            uri: accepted.header("location").unwrap().to_owned(),
            accepted,
        }
    }
}

/// What `look` finds, as soon as it finds something.
pub(crate) async fn eventually<T>(what: &str, mut look: impl AsyncFnMut() -> Option<T>) -> T {
    let asked = Instant::now();
    loop {
        if let Some(found) = look().await {
            return found;
        }
        assert!(asked.elapsed() < PATIENCE, "waited too long for: {what}");
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

/// The time in `seconds`, as requests and documents write it.
pub(crate) fn time_in(seconds: u64) -> String {
    let now = engine::Timestamp::from_clock(std::time::SystemTime::now());
    now.plus(Duration::from_secs(seconds)).to_string()
}

/// A time as a document has it.
pub(crate) fn time(value: &Value) -> engine::Timestamp {
    engine::Timestamp::parse_rfc3339(value.as_str().unwrap()).unwrap()
}
