use client::{Client, Exit, Options};
use serde_json::json;

use crate::run;
use crate::scripted::{Answer, Service};

fn secrets() -> Answer {
    let secrets = ["whsec_bmV3", "whsec_b2xk"];
    Answer::json(
        200,
        &json!({"callbacks": {"@uri": "/callbacks", "secrets": secrets}}),
    )
}

#[tokio::test]
async fn callbacks_prints_one_secret_a_line_the_newest_first() {
    let service = Service::start(vec![secrets()]).await;

    let (exit, stdout) = run(&service, &["callbacks", "--user", "ada"]).await;

    assert_eq!(exit, Exit::Success);
    assert_eq!(stdout, "whsec_bmV3\nwhsec_b2xk\n");
    let seen = service.requests().remove(0);
    assert_eq!(seen.line, "GET /callbacks");
    assert_eq!(seen.header("authorization"), Some("Basic YWRhOg=="));
}

#[tokio::test]
async fn a_service_without_webhooks_has_the_exit_code_of_what_is_not_there() {
    let service = Service::start(vec![Answer::problem(404, "There is no such resource")]).await;

    let ended = run(&service, &["callbacks"]).await;

    assert_eq!(ended, (Exit::Gone, String::new()));
}

#[tokio::test]
async fn a_program_does_not_show_a_secret_by_accident() {
    let service = Service::start(vec![secrets()]).await;
    let client = Client::new(service.base.parse().unwrap(), Options::default()).unwrap();

    let secrets = client.webhook_secrets().await.unwrap();

    assert_eq!(secrets[0].reveal(), "whsec_bmV3");
    assert!(!format!("{secrets:?}").contains("bmV3"), "{secrets:?}");
}
