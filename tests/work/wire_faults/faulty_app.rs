//! The service with a front before its back ends that follows a script, and an auditor behind it.
//!
//! Over 300 lines: one type with a method for each step of a script.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use aws_sdk_sqs::types::Message;
use engine::{IdSecrets, Owner};
use local::{EventSource, EventSourceSpec, Gateway, Pool};
use rehearse::audit::{Auditor, JobSeen};
use rehearse::faults::{Call, Front};
use reqwest::Method;
use serde_json::{Value, json};

use super::script::{Case, Script};
use crate::app::{Answer, Launch, SECRET, eventually};
use crate::backends::{Backends, TABLE, dynamodb_client, listen, sqs_client};

pub(super) struct FaultyApp {
    backends: Backends,
    script: Arc<Script>,
    auditor: Arc<Auditor>,
    worker: Pool,
    taking: Mutex<Option<EventSource>>,
    http: reqwest::Client,
    url: String,
    keys: AtomicU32,
    _front: Front,
}

impl FaultyApp {
    /// Nobody takes messages yet.
    pub(super) async fn start(worker_timeout: Duration, deadline_s: u32) -> Arc<Self> {
        let visibility = worker_timeout + Duration::from_secs(1);
        let backends = Backends::with_visibility(visibility).await;
        let script = Arc::new(Script::default());
        let auditor = Arc::new(Auditor::new(dynamodb_client(&backends.dynamodb_url)));
        let decide = {
            let script = script.clone();
            move |call: &Call| script.fault(call)
        };
        let front = Front::audited(backends.endpoints(), decide, auditor.clone())
            .await
            .unwrap();
        let pool = |name: &str, timeout, max_instances| {
            Launch::of(name, &front.url, &backends.queue_url)
                .with("DEADLINE_SECONDS", &deadline_s.to_string())
                .with("WEBHOOKS", "true")
                .with("CALLBACK_QUEUE_URL", &backends.callback_queue_url)
                .with("API_BASE_URL", "https://jobs.example.com")
                // Nobody waits longer for a job to be overdue than for its deadline.
                .with("WRITE_HORIZON_SECONDS", &deadline_s.min(60).to_string())
                .timeout(timeout)
                .instances(max_instances)
                .start()
        };
        let http_timeout = Duration::from_secs(29);
        let gateway = Gateway::new(
            pool("submit", http_timeout, 12),
            pool("status", http_timeout, 4),
        );
        let worker = pool("worker", worker_timeout, 4);
        let (listener, url) = listen().await;
        tokio::spawn(gateway.serve(listener, std::future::pending()));
        Arc::new(Self {
            script,
            auditor,
            worker,
            taking: Mutex::default(),
            http: reqwest::Client::builder().no_proxy().build().unwrap(),
            url,
            keys: AtomicU32::default(),
            _front: front,
            backends,
        })
    }

    /// From now on the worker gets the messages.
    pub(super) fn take_messages(&self) {
        let spec = EventSourceSpec {
            queue_url: self.backends.queue_url.clone(),
            queue_arn: "arn:aws:sqs:us-east-1:123456789012:jobs".to_owned(),
            batch_size: 10,
            max_concurrency: 4,
        };
        let queue = sqs_client(&self.backends.sqs_url);
        let source = EventSource::start(queue, spec, self.worker.clone());
        *self.taking.lock().unwrap() = Some(source);
    }

    /// Every case side by side. One whose `play` says `false` met a machine that is too busy for it, and is played again
    /// with another job; three times in a row is not by chance.
    pub(super) async fn each<F>(self: &Arc<Self>, cases: Vec<Case>, play: F)
    where
        F: AsyncFn(&Self, Case) -> bool,
    {
        let play = async |app: &Self, case: Case| {
            let (again, once_more) = (case.anew(), case.anew());
            let shown = format!("{case:?}");
            let is_played =
                play(app, case).await || play(app, again).await || play(app, once_more).await;
            assert!(is_played, "three times in a row: {shown}");
        };
        let mut playing: Vec<_> = cases
            .into_iter()
            .map(|case| Box::pin(play(self.as_ref(), case)))
            .collect();
        // Polled together, in this task: what one panics with ends the test.
        std::future::poll_fn(|context| {
            playing.retain_mut(|one| one.as_mut().poll(context).is_pending());
            if playing.is_empty() {
                std::task::Poll::Ready(())
            } else {
                std::task::Poll::Pending
            }
        })
        .await;
    }

    /// A new key, whose job meets the case.
    pub(super) fn arm(&self, case: &Case) -> String {
        let key = self.arm_later(case);
        self.rearm(&key, case);
        key
    }

    /// A new key, whose job meets nothing yet.
    pub(super) fn arm_later(&self, case: &Case) -> String {
        let number = self.keys.fetch_add(1, Ordering::Relaxed);
        format!("{number}-{:?}", case.step)
    }

    pub(super) fn rearm(&self, key: &str, case: &Case) {
        self.script.arm(&id(key), case.anew());
    }

    pub(super) fn arm_any(&self, case: Case) {
        self.script.arm_any(case);
    }

    pub(super) fn disarm(&self, key: &str) {
        self.script.disarm(&id(key));
    }

    /// Whether the case's fault occurred. It will not occur again.
    pub(super) fn was_met(&self, key: &str) -> bool {
        let was_met = self.script.has_met(&id(key));
        self.disarm(key);
        was_met
    }

    /// The case's fault has occurred, and will not occur again.
    #[track_caller]
    pub(super) fn assert_met(&self, key: &str, case: &Case) {
        assert!(self.script.has_met(&id(key)), "{case:?}");
        self.disarm(key);
    }

    /// Of the faults for whatever job none is left.
    pub(super) fn assert_any_met(&self) {
        assert_eq!(self.script.any_left(), 0);
    }

    pub(super) async fn submit(&self, key: &str, input: Value) -> Answer {
        let body = json!({"name": "rehearsal", "input": input});
        self.send(Method::POST, "/jobs", Some(key), &body).await
    }

    pub(super) async fn list(&self) -> Answer {
        let path = "/jobs?limit=100";
        self.send(Method::GET, path, None, &Value::Null).await
    }

    /// A batch of as many jobs that differ.
    pub(super) async fn submit_batch(&self, key: &str, count: usize) -> Answer {
        let job = |index: usize| {
            let summary = index.to_string();
            json!({"name": "rehearsal", "input": {"seconds": 0}, "summary": summary})
        };
        let body = (0..count).map(job).collect();
        self.send(Method::POST, "/jobs", Some(key), &body).await
    }

    /// A new key for a batch, whose item with this index meets the case.
    pub(super) fn arm_item(&self, case: &Case, index: usize) -> String {
        let key = self.arm_later(case);
        self.script.arm(&item(&key, index), case.anew());
        key
    }

    /// The item meets the case, too.
    pub(super) fn arm_another(&self, key: &str, index: usize, case: &Case) {
        self.script.arm(&item(key, index), case.anew());
    }

    /// Whether the item's fault occurred. It will not occur again.
    pub(super) fn was_item_met(&self, key: &str, index: usize) -> bool {
        let id = item(key, index);
        let was_met = self.script.has_met(&id);
        self.script.disarm(&id);
        was_met
    }

    /// How often the auditor saw each item's job claimed, once all have ended.
    pub(super) async fn starts_of_items(&self, key: &str, count: usize) -> Vec<u32> {
        let ids: Vec<_> = (0..count).map(|index| item(key, index)).collect();
        eventually("the ends of a batch", async || {
            let ledger = self.auditor.ledger();
            let jobs = ledger
                .jobs()
                .filter(|(id, _)| ids.iter().any(|one| one == id));
            let ended = jobs.filter(|(_, job)| {
                let image = job.image.as_ref();
                image.is_some_and(|image| image.state == "COMPLETED")
            });
            let starts: Vec<_> = ended.map(|(_, job)| job.starts).collect();
            (starts.len() == count).then_some(starts)
        })
        .await
    }

    /// A job whose end is to be reported.
    pub(super) async fn submit_with_callback(&self, key: &str, start: Option<&str>) -> Answer {
        let callback = json!({"url": "https://hooks.example.com/"});
        let mut body = json!({"name": "rehearsal", "input": {"seconds": 0}, "callback": callback});
        if let Some(start) = start {
            body["scheduled-start-time"] = json!(start);
        }
        self.send(Method::POST, "/jobs", Some(key), &body).await
    }

    /// Returns once each of these jobs has a message about its end.
    pub(super) async fn all_announced(&self, keys: &[String]) {
        let mut bodies = String::new();
        while !keys.iter().all(|key| bodies.contains(&id(key))) {
            let messages = self.backends.callback_messages().await;
            bodies.extend(messages.into_iter().filter_map(|message| message.body));
        }
    }

    pub(super) async fn submit_for(&self, key: &str, start: &str) -> Answer {
        let body = json!({"name": "rehearsal", "input": {}, "scheduled-start-time": start});
        self.send(Method::POST, "/jobs", Some(key), &body).await
    }

    pub(super) async fn submit_without_key(&self, input: Value) -> Answer {
        let body = json!({"name": "rehearsal", "input": input});
        self.send(Method::POST, "/jobs", None, &body).await
    }

    pub(super) async fn cancel(&self, key: &str) -> Answer {
        let path = format!("/jobs/{}/cancel", id(key));
        self.send(Method::POST, &path, None, &Value::Null).await
    }

    pub(super) async fn delete(&self, key: &str) -> Answer {
        let path = format!("/jobs/{}", id(key));
        self.send(Method::DELETE, &path, None, &Value::Null).await
    }

    pub(super) async fn get(&self, key: &str) -> Answer {
        let path = format!("/jobs/{}", id(key));
        self.send(Method::GET, &path, None, &Value::Null).await
    }

    async fn send(&self, method: Method, path: &str, key: Option<&str>, body: &Value) -> Answer {
        let request = self.http.request(method, format!("{}{path}", self.url));
        let request = match key {
            Some(key) => request.header("idempotency-key", key),
            None => request,
        };
        Answer::read(request.json(body).send().await.unwrap()).await
    }

    /// The job's document, once it has finished.
    pub(super) async fn end(&self, key: &str) -> Value {
        self.wait_for(key, |document| document["job"]["job-state"] == "COMPLETED")
            .await
    }

    pub(super) async fn wait_for(&self, key: &str, wanted: impl Fn(&Value) -> bool) -> Value {
        eventually(key, async || {
            let answer = self.get(key).await;
            (answer.status == 200)
                .then(|| answer.json())
                .filter(&wanted)
        })
        .await
    }

    /// The job may be started once, as one of a kind whose `MAX_ATTEMPTS` is 1.
    pub(super) async fn allow_one_attempt(&self, key: &str) {
        let table = dynamodb_client(&self.backends.dynamodb_url);
        let update = table.update_item().table_name(TABLE);
        let update = update.key("id", AttributeValue::S(id(key)));
        update
            .update_expression("SET max_attempts = :one")
            .expression_attribute_values(":one", AttributeValue::N("1".to_owned()))
            .send()
            .await
            .unwrap();
    }

    /// How often the auditor saw the job claimed.
    pub(super) fn starts(&self, key: &str) -> u32 {
        let id = id(key);
        let ledger = self.auditor.ledger();
        let job = ledger.jobs().find(|(known, _)| *known == id);
        job.map(|(_, job)| job.starts).unwrap()
    }

    /// The messages that wait in the queue.
    pub(super) async fn waiting(&self) -> Vec<Message> {
        self.backends.messages().await
    }

    /// Every job that the auditor saw, once there are this many and all have finished.
    pub(super) async fn all_ended(&self, count: usize) -> Vec<JobSeen> {
        eventually("all ends", async || {
            let ledger = self.auditor.ledger();
            let is_over = ledger.ended() == (count, count);
            is_over.then(|| ledger.jobs().map(|(_, job)| job).collect())
        })
        .await
    }

    /// No write broke a promise, and there were writes.
    pub(super) fn assert_kept(&self) {
        let ledger = self.auditor.ledger();
        assert!(ledger.writes() > 0);
        assert_eq!(ledger.violations(), []);
    }
}

/// Nobody says who calls here.
fn id(key: &str) -> String {
    let secrets = IdSecrets::parse("ID_SECRETS", SECRET).unwrap();
    let id = secrets.for_key(&Owner::anonymous(), key).next();
    id.unwrap().to_string()
}

/// That of the item's job.
fn item(key: &str, index: usize) -> String {
    let secrets = IdSecrets::parse("ID_SECRETS", SECRET).unwrap();
    let id = secrets.for_item(&Owner::anonymous(), key, index).next();
    id.unwrap().to_string()
}

/// Asks until there is another answer than 503, as a client does: of a call that meets no fault here, but a busy machine.
pub(super) async fn persist<F: Future<Output = Answer>>(ask: impl Fn() -> F) -> Answer {
    eventually("an answer", async || {
        Some(ask().await).filter(|answer| answer.status != 503)
    })
    .await
}
