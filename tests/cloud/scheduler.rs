//! The stand-in for EventBridge Scheduler, over the wire, on a clock that stands still until a test advances it.

use std::path::Path;
use std::time::Duration;

use aws_sdk_sqs::types::{Message, MessageSystemAttributeName};
use local::{Backends, SCHEDULE_GROUP, ServiceOptions, sqs_client};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use sqs::ManualClock;

/// 2026-01-01T00:00:00Z.
const START_MS: u64 = 1_767_225_600_000;

/// 40 days later.
const FAR: &str = "at(2026-02-10T00:00:00)";

const DAY: Duration = Duration::from_secs(86_400);

const SIGNED: &str = "AWS4-HMAC-SHA256 Credential=local/20260101/us-east-1/scheduler/aws4_request, SignedHeaders=host, Signature=0";

struct Scheduler {
    backends: Backends,
    clock: ManualClock,
    http: reqwest::Client,
}

impl Scheduler {
    async fn start() -> Self {
        Self::on(None, ManualClock::starting_at(START_MS)).await
    }

    async fn on(data: Option<&Path>, clock: ManualClock) -> Self {
        let options = ServiceOptions {
            data: data.map(Path::to_owned),
            clock: clock.clone().into(),
            ..ServiceOptions::default()
        };
        Self {
            backends: Backends::start(&options).await.unwrap(),
            clock,
            http: reqwest::Client::builder().no_proxy().build().unwrap(),
        }
    }

    /// The status, and the error's name or the document.
    async fn send(&self, method: Method, target: &str, body: &Value) -> (StatusCode, Value) {
        let url = format!("{}/schedules/{target}", self.backends.endpoints.scheduler);
        let request = self.http.request(method, url).body(body.to_string());
        let answer = request
            .header("authorization", SIGNED)
            .send()
            .await
            .unwrap();
        let status = answer.status();
        let error = answer.headers().get("x-amzn-errortype").cloned();
        let document = answer.json().await.unwrap();
        let error = error.map(|error| error.to_str().unwrap().into());
        (status, error.unwrap_or(document))
    }

    async fn create(&self, name: &str, definition: &Value) -> (StatusCode, Value) {
        self.send(Method::POST, name, definition).await
    }

    async fn get(&self, name: &str) -> (StatusCode, Value) {
        let target = format!("{name}?groupName={SCHEDULE_GROUP}");
        self.send(Method::GET, &target, &Value::Null).await
    }

    async fn delete(&self, name: &str) -> (StatusCode, Value) {
        let target = format!("{name}?groupName={SCHEDULE_GROUP}&clientToken=t");
        self.send(Method::DELETE, &target, &Value::Null).await
    }

    /// The definition of a schedule that sends `body`, a part of JSON text.
    fn definition(&self, body: &str) -> Value {
        let queue_url = &self.backends.queue_url;
        json!({
            "GroupName": SCHEDULE_GROUP,
            "ClientToken": "token",
            "ScheduleExpression": FAR,
            "ScheduleExpressionTimezone": "UTC",
            "FlexibleTimeWindow": {"Mode": "OFF"},
            "ActionAfterCompletion": "DELETE",
            "Target": {
                "Arn": "arn:aws:scheduler:::aws-sdk:sqs:sendMessage",
                "RoleArn": "arn:aws:iam::000000000000:role/schedules",
                "Input": format!(r#"{{"QueueUrl": "{queue_url}", "MessageBody": "{body}", "MessageGroupId": "alice"}}"#),
                "DeadLetterConfig": {"Arn": self.backends.undelivered_arn},
                "RetryPolicy": {"MaximumEventAgeInSeconds": 86_400, "MaximumRetryAttempts": 185},
            },
        })
    }

    /// The next message of a queue, which may still have to come.
    async fn next(&self, queue_url: &str) -> Message {
        let sqs = sqs_client(&self.backends.endpoints.sqs);
        let receive = sqs
            .receive_message()
            .queue_url(queue_url)
            .wait_time_seconds(20);
        let receive = receive.message_system_attribute_names(MessageSystemAttributeName::All);
        let received = tokio::time::timeout(crate::app::PATIENCE, receive.send()).await;
        let messages = received.expect("a message in time").unwrap().messages;
        messages.unwrap_or_default().remove(0)
    }

    /// The messages that are in the queue at this moment.
    async fn messages(&self) -> Vec<Message> {
        let sqs = sqs_client(&self.backends.endpoints.sqs);
        let receive = sqs.receive_message().queue_url(&self.backends.queue_url);
        receive.send().await.unwrap().messages.unwrap_or_default()
    }

    async fn until_gone(&self, name: &str) {
        while self.get(name).await.0 != StatusCode::NOT_FOUND {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
}

#[tokio::test]
async fn a_schedule_sends_its_message_when_it_is_due_and_is_gone() {
    let scheduler = Scheduler::start().await;
    let body = r"<aws.scheduler.scheduled-time> \u003caws.scheduler.attempt-number> \\u003caws.scheduler.schedule-arn> <<aws.scheduler.execution>";
    let created = scheduler.create("far", &scheduler.definition(body)).await;
    let stored = scheduler.get("far").await;
    scheduler
        .clock
        .advance(39 * DAY + Duration::from_secs(86_399));
    let early = scheduler.messages().await;

    scheduler.clock.advance(Duration::from_secs(1));
    let message = scheduler.next(&scheduler.backends.queue_url).await;
    scheduler.until_gone("far").await;

    let arn = "arn:aws:scheduler:us-east-1:000000000000:schedule/jobs/far";
    assert_eq!(created, (StatusCode::OK, json!({"ScheduleArn": arn})));
    assert_eq!((stored.0, &stored.1["Arn"]), (StatusCode::OK, &json!(arn)));
    assert_eq!(stored.1["ScheduleExpression"], FAR);
    assert_eq!(early.len(), 0);
    // In the text, or after parsing it; what is safe either way stays.
    let expected =
        r"2026-02-10T00:00:00Z 1 \u003caws.scheduler.schedule-arn> <<aws.scheduler.execution>";
    assert_eq!(message.body(), Some(expected));
    let group = MessageSystemAttributeName::MessageGroupId;
    assert_eq!(message.attributes().unwrap()[&group], "alice");
    // The same message again.
    scheduler.clock.advance(DAY);
    assert_eq!(scheduler.messages().await.len(), 1);
}

#[tokio::test]
async fn a_name_that_is_taken_is_a_conflict_unless_the_request_is_the_same() {
    let scheduler = Scheduler::start().await;
    let definition = scheduler.definition("a");
    let mut of_another = definition.clone();
    of_another["ClientToken"] = "another".into();

    let first = scheduler.create("a", &definition).await;
    let repeat = scheduler.create("a", &definition).await;
    let others = [of_another, scheduler.definition("b")];

    assert_eq!((repeat, first.0), (first.clone(), StatusCode::OK));
    for other in others {
        let refused = scheduler.create("a", &other).await;
        assert_eq!(refused, (StatusCode::CONFLICT, "ConflictException".into()));
    }
}

#[tokio::test]
async fn a_schedule_that_is_deleted_never_fires() {
    let scheduler = Scheduler::start().await;
    for name in ["a", "b"] {
        scheduler.create(name, &scheduler.definition(name)).await;
    }

    let deleted = scheduler.delete("a").await;
    let again = scheduler.delete("a").await;
    scheduler.clock.advance(41 * DAY);
    let message = scheduler.next(&scheduler.backends.queue_url).await;
    scheduler.until_gone("b").await;

    assert_eq!(deleted, (StatusCode::OK, json!({})));
    assert_eq!(
        again,
        (StatusCode::NOT_FOUND, "ResourceNotFoundException".into())
    );
    assert_eq!(message.body(), Some("b"));
    assert_eq!(scheduler.messages().await.len(), 0);
}

#[tokio::test]
async fn what_cannot_be_a_schedule_is_refused() {
    let scheduler = Scheduler::start().await;
    let changed = |pointer: &str, value: Value| {
        let mut definition = scheduler.definition("a");
        *definition.pointer_mut(pointer).unwrap() = value;
        definition
    };
    let large = json!({"MessageBody": "x".repeat(262_144)}).to_string();
    for definition in [
        changed("/ScheduleExpression", "at(2025-12-31T23:59:59)".into()),
        changed("/ScheduleExpression", "at(2026-02-10T00:00)".into()),
        changed("/ScheduleExpression", "at(2026-02-30T00:00:00)".into()),
        changed("/ScheduleExpression", "at(2026-02-10T00:00:00.5)".into()),
        changed("/ScheduleExpression", "rate(1 day)".into()),
        changed("/ScheduleExpressionTimezone", "Europe/Paris".into()),
        changed("/FlexibleTimeWindow", json!({"Mode": "FLEXIBLE"})),
        changed("/FlexibleTimeWindow", Value::Null),
        changed("/ActionAfterCompletion", "NONE".into()),
        changed("/ClientToken", "a.b".into()),
        changed(
            "/Target/Arn",
            "arn:aws:sqs:us-east-1:000000000000:jobs".into(),
        ),
        changed("/Target/RoleArn", "schedules".into()),
        changed("/Target/Input", "{\"MessageBody\"".into()),
        changed("/Target/Input", large.into()),
        changed("/Target/RetryPolicy", json!({"MaximumRetryAttempts": 186})),
        changed("/Target", json!({"Unknown": 1})),
    ] {
        let refused = scheduler.create("a", &definition).await;
        let expected = (StatusCode::BAD_REQUEST, "ValidationException".into());
        assert_eq!(refused, expected, "{:.300}", definition.to_string());
    }
    let name = "n".repeat(65);
    let refused = scheduler.create(&name, &scheduler.definition("a")).await;
    assert_eq!(refused.1, "ValidationException");
    let of_default = changed("/GroupName", "default".into());
    let refused = scheduler.create("a", &of_default).await;
    assert_eq!(
        refused,
        (StatusCode::NOT_FOUND, "ResourceNotFoundException".into())
    );
}

#[tokio::test]
async fn a_request_that_is_signed_for_another_service_is_refused() {
    let scheduler = Scheduler::start().await;
    let url = format!("{}/schedules/a", scheduler.backends.endpoints.scheduler);
    let definition = scheduler.definition("a").to_string();
    let request = scheduler.http.post(url).body(definition);
    let request = request.header("authorization", SIGNED.replace("/scheduler/", "/s3/"));

    assert_eq!(
        request.send().await.unwrap().status(),
        StatusCode::FORBIDDEN
    );
}

#[tokio::test]
async fn what_the_queue_refuses_goes_to_the_queue_of_undelivered_schedules() {
    let scheduler = Scheduler::start().await;
    let mut definition = scheduler.definition("a");
    let input = json!({"QueueUrl": "http://localhost/000000000000/none", "MessageBody": "a"});
    definition["Target"]["Input"] = input.to_string().into();
    scheduler.create("a", &definition).await;

    scheduler.clock.advance(40 * DAY);

    let queue = scheduler
        .backends
        .queue_url
        .replace("/jobs", "/undelivered-schedules");
    let message = scheduler.next(&queue).await;
    assert_eq!(message.body(), Some(input.to_string().as_str()));
}

#[tokio::test]
async fn schedules_are_kept_and_those_that_were_due_meanwhile_fire() {
    let data = tempfile::tempdir().unwrap();
    let clock = ManualClock::starting_at(START_MS);
    let scheduler = Scheduler::on(Some(data.path()), clock.clone()).await;
    let mut later = scheduler.definition("later");
    later["ScheduleExpression"] = "at(2026-03-10T00:00:00)".into();
    scheduler.create("due", &scheduler.definition("due")).await;
    scheduler.create("later", &later).await;
    let stored = scheduler.get("later").await;

    scheduler.backends.stop().await;
    clock.advance(41 * DAY);
    let scheduler = Scheduler::on(Some(data.path()), clock).await;

    let message = scheduler.next(&scheduler.backends.queue_url).await;
    assert_eq!(message.body(), Some("due"));
    assert_eq!(scheduler.get("later").await, stored);
    scheduler.backends.stop().await;
}
