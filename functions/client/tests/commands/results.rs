//! Results from the store of large payloads.

use std::io::{self, Write};
use std::sync::Arc;
use std::time::Duration;

use client::{Client, ClientError, Exit, JobRef, Options};
use serde_json::Value;
use tokio::sync::Semaphore;
use tokio::time::timeout;

use crate::scripted::{Answer, ID, Service};
use crate::{run, run_on, run_program};

const MIB: usize = 1024 * 1024;

/// A service that redirects to what a store answers.
async fn redirecting_to(answers: Vec<Answer>) -> (Service, Service) {
    let store = Service::start(answers).await;
    let location = format!("{}/bucket/results/1?X-Amz-Signature=secret", store.base);
    let service = Service::start(vec![Answer::redirect(307, &location)]).await;
    (service, store)
}

/// A stdout that opens a gate when it has as many bytes.
struct Watched {
    bytes: usize,
    enough: usize,
    gate: Arc<Semaphore>,
}

impl Write for Watched {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.bytes += bytes.len();
        if self.bytes >= self.enough {
            self.gate.add_permits(1);
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn a_stored_result_is_fetched_without_the_credentials_of_the_api() {
    let text = r#"{"rows": 1.10}"#;
    let (service, store) = redirecting_to(vec![Answer::text(200, text)]).await;
    let line = [
        "result",
        ID,
        "--header",
        "Authorization: Bearer secret",
        "--header",
        "X-Api-Key: k",
    ];

    let (exit, stdout) = run(&service, &line).await;

    assert_eq!((exit, stdout), (Exit::Success, format!("{text}\n")));
    let asked = service.requests().remove(0);
    assert_eq!(asked.header("authorization"), Some("Bearer secret"));
    assert_eq!(asked.header("x-api-key"), Some("k"));
    let fetched = store.requests().remove(0);
    assert_eq!(fetched.line, "GET /bucket/results/1?X-Amz-Signature=secret");
    assert_eq!(fetched.header_names(), ["accept", "host", "user-agent"]);
}

#[tokio::test]
async fn a_redirect_to_the_service_s_own_origin_gets_no_credentials_either() {
    let answers = vec![
        Answer::redirect(307, "/stored?signed"),
        Answer::text(200, "1"),
    ];
    let service = Service::start(answers).await;

    let (exit, stdout) = run(&service, &["result", ID, "--user", "ada"]).await;

    assert_eq!((exit, stdout.as_str()), (Exit::Success, "1\n"));
    let fetched = service.requests().remove(1);
    assert_eq!(fetched.line, "GET /stored?signed");
    assert_eq!(fetched.header("authorization"), None);
}

#[tokio::test]
async fn a_large_result_is_printed_while_it_arrives() {
    let gate = Arc::new(Semaphore::new(0));
    let answer = Answer::Parts {
        first: format!("\"{}", "a".repeat(3 * MIB)),
        gate: Arc::clone(&gate),
        second: Some("z\"".to_owned()),
    };
    let (service, _store) = redirecting_to(vec![answer]).await;
    let mut stdout = Watched {
        bytes: 0,
        enough: 3 * MIB,
        gate,
    };

    let line = ["result", ID, "--url", &service.base];
    let printed = timeout(Duration::from_secs(20), run_on(&mut stdout, &line)).await;

    let exit = printed.expect("the rest, which comes once the start is printed");
    assert_eq!((exit, stdout.bytes), (Exit::Success, 3 * MIB + 4));
}

#[tokio::test]
async fn a_large_result_that_is_cut_short_is_an_error() {
    let answer = Answer::Parts {
        first: format!("\"{}", "a".repeat(2 * MIB)),
        gate: Arc::new(Semaphore::new(1)),
        second: None,
    };
    let (service, _store) = redirecting_to(vec![answer]).await;

    let (exit, stdout) = run(&service, &["result", ID]).await;

    assert_eq!((exit, stdout.len()), (Exit::Unreachable, 2 * MIB + 1));
}

#[tokio::test]
async fn a_result_of_any_length_that_is_not_json_is_not_printed() {
    for length in [1, 2 * MIB] {
        let page = format!("<title>{}</title>", "It works! ".repeat(length / 10));
        let (service, _store) = redirecting_to(vec![Answer::text(200, &page)]).await;

        let (exit, stdout) = run(&service, &["result", ID]).await;

        assert_eq!((exit, stdout.as_str()), (Exit::Unreachable, ""), "{length}");
    }
}

#[tokio::test]
async fn a_refusal_of_the_store_is_told_by_its_code_and_without_the_signature() {
    for (status, code, exit) in [
        (403, "AccessDenied", Exit::Usage),
        (404, "NoSuchKey", Exit::Gone),
        (503, "SlowDown", Exit::Unreachable),
        // A region that is not the bucket's: not followed a second time.
        (307, "TemporaryRedirect", Exit::Unreachable),
    ] {
        let (service, _store) = redirecting_to(vec![Answer::store_error(status, code)]).await;

        let (exited, stderr) = run_program(&service, &["result", ID], b"").await;

        assert_eq!(exited, i32::from(exit as u8), "{stderr}");
        let error =
            format!("error: the store refused the request: {code} ({status})\n  It is so.\n");
        assert_eq!(stderr, error);
    }
}

#[tokio::test]
async fn a_store_that_cannot_be_reached_is_told_without_the_signature() {
    let (service, _store) = redirecting_to(vec![Answer::Hangup]).await;

    let (exited, stderr) = run_program(&service, &["result", ID], b"").await;

    assert_eq!(exited, i32::from(Exit::Unreachable as u8));
    assert!(
        stderr.starts_with("error: the store http://127.0.0.1:"),
        "{stderr}"
    );
    assert!(!stderr.contains("secret"), "{stderr}");
    let client = Client::new(service.base.parse().unwrap(), Options::default()).unwrap();
    let uri = ID.parse::<JobRef>().unwrap().resolve(&client).unwrap();
    let error = format!("{:?}", client.result::<Value>(&uri).await.unwrap_err());
    assert!(!error.contains("secret"), "{error}");
}

#[tokio::test]
async fn a_program_reads_a_stored_result_as_any_other() {
    let (service, _store) = redirecting_to(vec![Answer::text(200, r#"{"rows": 2}"#)]).await;
    let client = Client::new(service.base.parse().unwrap(), Options::default()).unwrap();
    let uri = ID.parse::<JobRef>().unwrap().resolve(&client).unwrap();

    let result: Value = client.result(&uri).await.unwrap();
    let other = client.result::<Vec<u8>>(&uri).await;

    assert_eq!(result["rows"], 2);
    assert!(
        matches!(other, Err(ClientError::Unexpected { .. })),
        "{other:?}"
    );
}
