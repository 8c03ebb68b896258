//! The event of a recurring job's schedule, which nobody reads the answer to.

use local::InvokeError;

use crate::app::Launch;
use crate::deployment::cloudformation::Template;
use crate::deployment::deployed::Deployed;
use crate::deployment::events::{ROLE, read};

const EVENT: &str = "submit-scheduled";

/// When the recorded event was scheduled.
const TIME: &str = "2026-01-01T02:00:00Z";

#[test]
fn the_recorded_event_is_what_the_readme_s_schedule_sends() {
    let readme = include_str!("../../functions/README.md");
    let (_, section) = readme.split_once("\n## Recurring jobs\n").unwrap();
    let (_, recipe) = section.split_once("\n```yaml\n").unwrap();
    let (recipe, _) = recipe.split_once("\n```\n").unwrap();
    let recipe = Template::parse(&format!("Resources:\n{recipe}\n"));

    let input = recipe.at("/Resources/Nightly/Properties/Target/Input");
    let sent = input
        .as_str()
        .unwrap()
        .replace("<aws.scheduler.scheduled-time>", TIME)
        .replace("<aws.scheduler.execution-id>", "d32c5kddcf5bb8c3");

    let sent: serde_json::Value = serde_json::from_str(&sent).unwrap();
    let recorded: serde_json::Value = serde_json::from_str(&read(EVENT)).unwrap();
    assert_eq!(sent, recorded);
}

#[tokio::test]
async fn a_time_that_is_delivered_twice_is_one_job_and_two_times_are_two() {
    let deployed = Deployed::new().await;
    let next = read(EVENT).replace(TIME, "2026-01-02T02:00:00Z");

    let first = deployed.submit.answer(&read(EVENT)).await;
    let again = deployed.submit.answer(&read(EVENT)).await;
    let next = deployed.submit.answer(&next).await;

    assert_eq!((first.status, again.status, next.status), (202, 202, 202));
    assert_eq!(again.body["task"], first.body["task"]);
    assert_ne!(next.body["task"], first.body["task"]);
    assert_eq!(first.body["job"]["owner"], ROLE);
    assert_eq!(deployed.backends.messages().await.len(), 2);
}

#[tokio::test]
async fn a_scheduled_event_that_is_refused_fails_its_invocation_and_says_why() {
    let deployed = Deployed::new().await;
    let unknown = read(EVENT).replace("csv_profile", r"no\\nkind");
    let from_gateway = unknown.replace("\"scheduled\"", "\"a1b2c3d4e5\"");

    let failed = deployed.submit.pool.invoke(unknown).await;
    let answered = deployed.submit.answer(&from_gateway).await;

    let Err(InvokeError::FunctionError { message, .. }) = failed else {
        panic!("{failed:?}");
    };
    assert!(message.contains("refused: 422"), "{message}");
    assert!(message.contains(r#""pointer":"/name""#), "{message}");
    assert!(!message.contains('\n'), "{message}");
    let lines = deployed.submit.lines();
    let logged = lines
        .iter()
        .filter(|line| line["fields"]["message"] == message.as_str());
    assert_eq!(logged.count(), 1, "{lines:?}");
    // Somebody reads this one.
    assert_eq!(answered.status, 422);
    assert_eq!(deployed.backends.messages().await.len(), 0);
}

#[tokio::test]
async fn a_scheduled_event_without_an_idempotency_key_is_refused_because_it_would_be_repeated() {
    let deployed = Deployed::new().await;
    let mut event: serde_json::Value = serde_json::from_str(&read(EVENT)).unwrap();
    let headers = event["headers"].as_object_mut().unwrap();
    headers.remove("idempotency-key").unwrap();
    let scheduled = event.to_string();
    event["requestContext"]["apiId"] = "a1b2c3d4e5".into();

    let failed = deployed.submit.pool.invoke(scheduled).await;
    let messages = deployed.backends.messages().await.len();
    let answered = deployed.submit.answer(&event.to_string()).await;

    let Err(InvokeError::FunctionError { message, .. }) = failed else {
        panic!("{failed:?}");
    };
    assert!(message.contains("refused: 400"), "{message}");
    assert!(
        message.contains("must have an Idempotency-Key"),
        "{message}"
    );
    assert_eq!(messages, 0);
    assert_eq!(answered.status, 202);
}

#[tokio::test]
async fn a_scheduled_event_fails_while_the_back_ends_are_out_of_reach() {
    let unreachable = "http://127.0.0.1:9";
    let submit = Launch::of("submit", unreachable, &format!("{unreachable}/0/jobs")).start();

    let failed = submit.invoke(read(EVENT)).await;

    let Err(InvokeError::FunctionError { message, .. }) = failed else {
        panic!("{failed:?}");
    };
    assert!(message.contains("refused: 503"), "{message}");
    submit.shutdown().await;
}

#[test]
fn what_submit_refuses_goes_to_a_queue_with_an_alarm() {
    let template = Template::of_this_repository();
    let queue = serde_json::json!({"Fn::GetAtt": "UndeliveredSchedules.Arn"});

    let on_failure =
        "/Resources/SubmitFunction/Properties/EventInvokeConfig/DestinationConfig/OnFailure";
    let statements =
        template.list("/Resources/SubmitRole/Properties/Policies/0/PolicyDocument/Statement");

    assert_eq!(template.at(&format!("{on_failure}/Type")), "SQS");
    assert_eq!(template.at(&format!("{on_failure}/Destination")), &queue);
    let may_send = |statement: &&serde_json::Value| {
        let resources = statement["Resource"].as_array();
        statement["Action"] == "sqs:SendMessage"
            && resources.is_some_and(|all| all.contains(&queue))
    };
    assert_eq!(statements.iter().filter(may_send).count(), 1);
    let alarm = template.at("/Resources/UndeliveredSchedulesAlarm/Properties/Dimensions/0/Value");
    assert_eq!(
        alarm,
        &serde_json::json!({"Fn::GetAtt": "UndeliveredSchedules.QueueName"})
    );
}
