//! A worker with webhooks, whose messages the test takes out of the queues itself.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use aws_sdk_sqs::types::{Message, MessageSystemAttributeName};
use engine::{
    Callback, Claim, Created, CreationToken, Ending, Fingerprint, IdSecrets, JobMessage, JobRecord,
    JobStore, NewJob, Owner, Progress, Timestamp, test_kit,
};
use local::{LogSink, Pool};
use serde_json::{Value, json};

use super::receiver::Receiver;
use crate::app::{Launch, PATIENCE, SECRET, eventually};
use crate::backends::{Backends, TABLE, dynamodb_client, sqs_client};
use crate::deployment::deployed::sqs_event;
use crate::recorder::Recorder;

pub(super) const BASE_URL: &str = "https://jobs.example.com";
pub(super) const RETENTION: Duration = Duration::from_secs(30 * 86_400);

pub(super) struct App {
    pub(super) backends: Backends,
    pub(super) recorder: Recorder,
    pub(super) receiver: Receiver,
    pub(super) store: JobStore,
    worker: Pool,
    submit: Pool,
    callback_queue_url: String,
    log: Arc<Mutex<Vec<String>>>,
    next: Mutex<u8>,
}

impl App {
    pub(super) async fn start() -> Self {
        Self::with(Duration::from_secs(60), 1, true).await
    }

    /// A deployment without webhooks, which would not start if it read their settings.
    pub(super) async fn without_webhooks() -> Self {
        Self::with(Duration::from_secs(60), 1, false).await
    }

    pub(super) async fn with(timeout: Duration, meeting: usize, has_webhooks: bool) -> Self {
        let backends = Backends::start().await;
        let callback_queue_url = backends.callback_queue_url.clone();
        let (recorder, endpoint) = Recorder::before(&backends).await;
        let log = Arc::new(Mutex::new(Vec::new()));
        let lines = log.clone();
        let launch = |function: &str| {
            let launch = Launch::of(function, &endpoint, &backends.queue_url)
                .with("METRICS_NAMESPACE", "test")
                .timeout(timeout);
            if !has_webhooks {
                return launch
                    .with("CALLBACK_QUEUE_URL", "not a URL")
                    .with("CALLBACK_HOSTS", "*");
            }
            launch
                .with("WEBHOOKS", "true")
                .with("CALLBACK_QUEUE_URL", &callback_queue_url)
                .with("CALLBACKS_TO_LOOPBACK", "true")
                .with("API_BASE_URL", BASE_URL)
        };
        let sink = LogSink::new(move |_, line| lines.lock().unwrap().push(line.to_owned()));
        Self {
            recorder,
            receiver: Receiver::start(meeting).await,
            store: JobStore::new(dynamodb_client(&backends.dynamodb_url), TABLE),
            worker: launch("worker").logs(sink).start(),
            submit: launch("submit").start(),
            callback_queue_url,
            log,
            next: Mutex::default(),
            backends,
        }
    }

    /// A job of the kind `rehearsal` that was accepted at `now`, whose end is reported to this path of the receiver.
    pub(super) async fn accept_at(&self, now: Timestamp, callback: Option<&str>) -> JobRecord {
        let number = {
            let mut next = self.next.lock().unwrap();
            *next += 1;
            *next
        };
        let secrets = IdSecrets::parse("ID_SECRETS", SECRET).unwrap();
        let job = NewJob {
            id: secrets.issue(&Owner::anonymous(), [number; 10]),
            kind: "rehearsal".parse().unwrap(),
            creation_token: CreationToken::of([number; 16]),
            scheduled_start: now,
            retention: RETENTION,
            callback: callback.map(|path| self.receiver.url(path)),
            ..test_kit::new_job()
        };
        match self.store.create(job, None, now).await.unwrap() {
            Created::New(record) => *record,
            taken @ Created::Taken(_) => panic!("{taken:?}"),
        }
    }

    pub(super) async fn accept(&self, callback: Option<&str>) -> JobRecord {
        self.accept_at(now(), callback).await
    }

    /// A job that ended at `now`, past the worker.
    pub(super) async fn ended_at(&self, now: Timestamp, callback: &str) -> JobRecord {
        let record = self.accept_at(now, Some(callback)).await;
        let lease = now.plus(Duration::from_secs(30));
        let claim = self
            .store
            .claim(&record.id, &record.fingerprint, "run", now, lease);
        let Claim::Acquired(run) = claim.await.unwrap() else {
            panic!("not claimed");
        };
        let result = "\"what nobody else may see\"".to_owned();
        let ending = Ending::Success { result };
        let said = Progress::default();
        let end = self.store.finish(&run, &ending, &said, now, RETENTION);
        end.await.unwrap();
        self.read(&record).await
    }

    pub(super) async fn ended(&self, callback: &str) -> JobRecord {
        self.ended_at(now(), callback).await
    }

    pub(super) async fn read(&self, record: &JobRecord) -> JobRecord {
        self.store.get(&record.id).await.unwrap().unwrap()
    }

    pub(super) async fn callback(&self, record: &JobRecord) -> Callback {
        self.read(record).await.callback.unwrap()
    }

    /// Lets the worker run the job.
    pub(super) async fn run(&self, record: &JobRecord) -> Value {
        let message = JobMessage {
            id: record.id,
            kind: record.kind.clone(),
            fingerprint: Fingerprint::of(b""),
            traceparent: None,
            uploads: Vec::new(),
            input: serde_json::from_str(r#"{"seconds": 0, "steps": 1}"#).unwrap(),
        };
        self.backends.send_without_group(&message.to_body()).await;
        let messages = self.backends.messages().await;
        self.invoke(&sqs_event(&messages)).await
    }

    /// The messages of the queue of deliveries, once there are so many.
    pub(super) async fn callbacks(&self, count: usize) -> Vec<Message> {
        let sqs = sqs_client(&self.backends.sqs_url);
        let mut all = Vec::new();
        eventually("messages", async || {
            let receive = sqs.receive_message().queue_url(&self.callback_queue_url);
            let received = receive
                .max_number_of_messages(10)
                .message_system_attribute_names(MessageSystemAttributeName::All)
                .send()
                .await;
            all.extend(received.unwrap().messages.unwrap_or_default());
            (all.len() >= count).then(|| std::mem::take(&mut all))
        })
        .await
    }

    /// A message about the end of this job, as an end sends it.
    pub(super) async fn announce(&self, record: &JobRecord) -> Message {
        self.send(&engine::CallbackMessage::about(record).to_body())
            .await
    }

    pub(super) async fn send(&self, body: &str) -> Message {
        let sqs = sqs_client(&self.backends.sqs_url);
        let send = sqs.send_message().queue_url(&self.callback_queue_url);
        send.message_body(body).send().await.unwrap();
        self.callbacks(1).await.remove(0)
    }

    /// Delivers the messages. Returns which are to be redelivered.
    pub(super) async fn deliver(&self, messages: &[Message]) -> Vec<String> {
        let mut event: Value = serde_json::from_str(&sqs_event(messages)).unwrap();
        let queue = self.callback_queue_url.rsplit('/').next().unwrap();
        for record in event["Records"].as_array_mut().unwrap() {
            record["eventSourceARN"] = json!(format!("arn:aws:sqs:us-east-1:123456789012:{queue}"));
        }
        self.deliver_event(&event.to_string()).await
    }

    /// Delivers a message that was sent this long ago.
    pub(super) async fn deliver_after(&self, message: &Message, age: Duration) -> Vec<String> {
        let mut event: Value =
            serde_json::from_str(&sqs_event(std::slice::from_ref(message))).unwrap();
        let sent = now().ms() - i64::try_from(age.as_millis()).unwrap();
        event["Records"][0]["attributes"]["SentTimestamp"] = json!(sent.to_string());
        self.deliver_event(&event.to_string()).await
    }

    async fn deliver_event(&self, event: &str) -> Vec<String> {
        let answer = self.invoke(event).await;
        let failures = answer["batchItemFailures"].as_array().unwrap().iter();
        let id = |failure: &Value| failure["itemIdentifier"].as_str().unwrap().to_owned();
        failures.map(id).collect()
    }

    async fn invoke(&self, event: &str) -> Value {
        let answer = tokio::time::timeout(PATIENCE, self.worker.invoke(event.to_owned())).await;
        serde_json::from_slice(&answer.unwrap().unwrap()).unwrap()
    }

    /// The status of what `submit` answers to this event.
    pub(super) async fn command(&self, event: &str) -> u64 {
        let answer = self.submit.invoke(event.to_owned()).await.unwrap();
        let answer: Value = serde_json::from_slice(&answer).unwrap();
        answer["statusCode"].as_u64().unwrap()
    }

    /// The actions that were called since this was asked last.
    pub(super) fn calls(&self) -> Vec<String> {
        let calls = self.recorder.take();
        calls.into_iter().map(|call| call.action).collect()
    }

    /// The sums of the metrics that the worker wrote.
    pub(super) fn metrics(&self) -> BTreeMap<String, u64> {
        let mut sums = BTreeMap::new();
        let log = self.log.lock().unwrap();
        let lines = log.iter().map(|line| serde_json::from_str::<Value>(line));
        for line in lines.filter_map(Result::ok) {
            for (name, value) in line.as_object().into_iter().flatten() {
                if let Some(value) = value.as_u64() {
                    *sums.entry(name.clone()).or_default() += value;
                }
            }
        }
        sums
    }
}

pub(super) fn now() -> Timestamp {
    Timestamp::from_clock(SystemTime::now())
}
