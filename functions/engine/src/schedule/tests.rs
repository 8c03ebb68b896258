//! Requests, and what their answers mean.

use std::sync::Mutex;

use aws_smithy_runtime_api::client::http::{HttpConnector, HttpConnectorFuture};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_types::body::SdkBody;
use serde_json::{Value, json};

use super::*;
use crate::JobId;
use crate::record::tests::accepted;
use crate::signed::tests::client;

/// Answers each request with the next status, and keeps the requests: method, URI and body.
#[derive(Clone, Debug, Default)]
struct Scripted {
    answers: Arc<Mutex<Vec<(u16, &'static str)>>>,
    sent: Arc<Mutex<Vec<(String, String, String)>>>,
}

impl HttpConnector for Scripted {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let body = request.body().bytes().unwrap_or_default();
        let body = String::from_utf8(body.to_vec()).unwrap();
        let sent = (request.method().to_owned(), request.uri().to_owned(), body);
        self.sent.lock().unwrap().push(sent);
        let (status, error) = self.answers.lock().unwrap().remove(0);
        let mut answer = HttpResponse::new(status.try_into().unwrap(), SdkBody::from("{}"));
        if !error.is_empty() {
            answer.headers_mut().insert("x-amzn-errortype", error);
        }
        HttpConnectorFuture::ready(Ok(answer))
    }
}

impl Scripted {
    fn of(answers: &[(u16, &'static str)]) -> Self {
        Self {
            answers: Arc::new(Mutex::new(answers.to_vec())),
            ..Self::default()
        }
    }

    fn schedules(&self) -> Schedules {
        let environment = Environment::of(&[
            (
                "QUEUE_URL",
                "https://sqs.cn-north-1.amazonaws.com.cn/1/jobs",
            ),
            ("SCHEDULE_ROLE_ARN", "arn:aws-cn:iam::123456789012:role/r"),
            (
                "SCHEDULE_DEAD_LETTER_ARN",
                "arn:aws-cn:sqs:cn-north-1:123456789012:undelivered",
            ),
            ("DEADLINE_SECONDS", "1000"),
        ]);
        let url = "https://scheduler.cn-north-1.amazonaws.com.cn/";
        let inner = Inner {
            client: client(Service::Scheduler, url, None, self.clone()),
            group: "jobs-1".to_owned(),
            target: Target::of(&environment).unwrap(),
        };
        Schedules {
            inner: Arc::new(inner),
        }
    }

    fn sent(&self) -> Vec<(String, String, String)> {
        std::mem::take(&mut self.sent.lock().unwrap())
    }
}

fn job() -> (JobId, CreationToken) {
    let record = accepted();
    (record.id, record.creation_token)
}

/// Creates the schedule of a job whose message has this body.
async fn create(scripted: &Scripted, body: &str, start: &str) -> Result<(), ServiceError> {
    let (id, token) = job();
    let name = ScheduleName::of(&id, &token);
    let schedules = scripted.schedules();
    let input = schedules.input(&accepted().owner, body).unwrap();
    let start = Timestamp::parse_rfc3339(start).unwrap();
    schedules.create(&name, &token, start, &input).await
}

#[tokio::test]
async fn a_schedule_sends_the_message_once_to_the_queue_in_the_owners_group_and_goes() {
    let scripted = Scripted::of(&[(200, "")]);

    let created = create(&scripted, r#"{"a":"b"}"#, "2027-03-01T10:50:45.001Z").await;

    created.unwrap();
    let (id, token) = job();
    let [(method, uri, body)] = &scripted.sent()[..] else {
        panic!("one request")
    };
    let name = ScheduleName::of(&id, &token);
    let expected = format!("https://scheduler.cn-north-1.amazonaws.com.cn/schedules/{name}");
    assert_eq!((method.as_str(), uri), ("POST", &expected));
    let body: Value = serde_json::from_str(body).unwrap();
    let input = json!({
        "QueueUrl": "https://sqs.cn-north-1.amazonaws.com.cn/1/jobs",
        "MessageBody": r#"{"a":"b"}"#,
        "MessageGroupId": accepted().owner.short_hash(),
    });
    let sent: Value = serde_json::from_str(body["Target"]["Input"].as_str().unwrap()).unwrap();
    assert_eq!(sent, input);
    let expected = json!({
        "GroupName": "jobs-1",
        "ClientToken": token.as_str(),
        // Rounded up.
        "ScheduleExpression": "at(2027-03-01T10:50:46)",
        "ScheduleExpressionTimezone": "UTC",
        "FlexibleTimeWindow": {"Mode": "OFF"},
        "ActionAfterCompletion": "DELETE",
        "Target": {
            "Arn": "arn:aws-cn:scheduler:::aws-sdk:sqs:sendMessage",
            "RoleArn": "arn:aws-cn:iam::123456789012:role/r",
            "Input": body["Target"]["Input"],
            "DeadLetterConfig": {"Arn": "arn:aws-cn:sqs:cn-north-1:123456789012:undelivered"},
            "RetryPolicy": {"MaximumEventAgeInSeconds": 250, "MaximumRetryAttempts": 185},
        },
    });
    assert_eq!(body, expected);
}

#[test]
fn keywords_of_scheduler_in_a_clients_data_stay_what_they_are() {
    let body = r#"{"input":{"text":"<aws.scheduler.scheduled-time> \\u003c <b>"}}"#;
    let schedules = Scripted::default().schedules();
    let ScheduleInput(input) = schedules.input(&accepted().owner, body).unwrap();
    // Wherever Scheduler looks: in the text, or in the strings after it has parsed that.
    assert!(!input.contains('<'), "{input}");
    let sent: Value = serde_json::from_str(&input).unwrap();
    let sent = sent["MessageBody"].as_str().unwrap();
    assert!(!sent.contains('<'), "{sent}");
    let (sent, body): (Value, Value) = (
        serde_json::from_str(sent).unwrap(),
        serde_json::from_str(body).unwrap(),
    );
    assert_eq!(sent, body);
}

#[test]
fn scheduler_tries_for_a_quarter_of_the_deadline_from_a_minute_to_an_hour() {
    for (deadline, seconds) in [(60, 60), (400, 100), (86_400, 3_600), (1_208_340, 3_600)] {
        let tries = try_for(Duration::from_secs(deadline));
        assert_eq!(tries.as_secs(), seconds, "{deadline}");
    }
}

#[test]
fn the_largest_input_is_the_limit() {
    let schedules = Scripted::default().schedules();
    let owner = accepted().owner;
    let rest = schedules.input(&owner, "").unwrap().0.len();
    let most = MAX_SCHEDULE_INPUT_BYTES - rest;
    assert!(schedules.input(&owner, &"a".repeat(most)).is_ok());
    let bytes = MAX_SCHEDULE_INPUT_BYTES + 1;
    let too_large = schedules.input(&owner, &"a".repeat(most + 1));
    assert_eq!(too_large, Err(InputTooLarge { bytes }));
    // A quote takes two bytes, `<` seven.
    for (character, bytes) in [("\"", 2), ("<", 7)] {
        let input = |count| schedules.input(&owner, &character.repeat(count));
        assert!(input(most / bytes).is_ok() && input(most / bytes + 1).is_err());
    }
}

#[tokio::test]
async fn a_lost_or_throttled_create_is_repeated_as_the_same_request() {
    let scripted = Scripted::of(&[(429, "ThrottlingException"), (500, ""), (200, "")]);

    create(&scripted, "{}", "2027-03-01T10:50:45Z")
        .await
        .unwrap();

    let [first, second, third] = &scripted.sent()[..] else {
        panic!("three requests")
    };
    assert_eq!((first, second), (second, third));
}

#[tokio::test]
async fn a_conflict_is_never_a_success_and_passes_as_a_full_account_does() {
    for (status, error) in [
        (409, "ConflictException:http://internal.amazon.com/x/"),
        (402, "ServiceQuotaExceededException"),
    ] {
        let scripted = Scripted::of(&[(status, error)]);
        let refused = create(&scripted, "{}", "2027-03-01T10:50:45Z").await;
        let Err(ServiceError::Unavailable(_, source)) = refused else {
            panic!("{status}: {refused:?}")
        };
        let named = error.split(':').next().unwrap();
        assert!(source.to_string().contains(named), "{source}");
    }
}

#[tokio::test]
async fn other_refusals_are_faults_of_the_deployment() {
    for (status, code) in [
        (400, "ValidationException"),
        (403, "AccessDeniedException"),
        (404, "ResourceNotFoundException"),
    ] {
        let scripted = Scripted::of(&[(status, code)]);
        let refused = create(&scripted, "{}", "2027-03-01T10:50:45Z").await;
        let Err(ServiceError::Refused {
            status: given,
            code: named,
            ..
        }) = refused
        else {
            panic!("{status}: {refused:?}")
        };
        assert_eq!((given, named.as_str()), (status, code));
    }
}

#[tokio::test]
async fn a_schedule_that_has_fired_needs_no_delete_and_only_a_fault_is_repeated() {
    let name = ScheduleName::stored("name");
    for (status, error) in [(200, ""), (404, "ResourceNotFoundException")] {
        let scripted = Scripted::of(&[(status, error)]);
        scripted.schedules().delete(&name).await.unwrap();
        let [(method, uri, body)] = &scripted.sent()[..] else {
            panic!("one request")
        };
        assert_eq!((method.as_str(), body.as_str()), ("DELETE", ""));
        assert!(uri.ends_with("/schedules/name?groupName=jobs-1"), "{uri}");
    }
    for (status, tries) in [(409, 1), (429, 3), (500, 3)] {
        let scripted = Scripted::of(&[(status, ""); 3]);
        let refused = scripted.schedules().delete(&name).await;
        assert!(matches!(refused, Err(ServiceError::Unavailable(..))));
        assert_eq!(scripted.sent().len(), tries, "{status}");
    }
}
