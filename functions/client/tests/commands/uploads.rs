//! Uploads by a program: a ticket of the service, and a PUT to the store.

use std::fs::OpenOptions;
use std::io::Write;
use std::sync::Arc;
use std::time::Duration;

use client::{Client, ClientError, Content, Options, RetryPolicy, Trouble, Upload, UploadProgress};
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio::time::timeout;

use crate::large_csv;
use crate::scripted::{self, Answer, Service, UPLOAD};

/// A client that retries at once.
fn client_of(service: &Service, max_retries: u32) -> Client {
    let options = Options {
        retry: RetryPolicy {
            max_retries,
            first_delay: Duration::from_millis(1),
        },
        ..Options::default()
    };
    Client::new(service.base.parse().unwrap(), options).unwrap()
}

/// Uploads a text; returns the outcome and the number of retries.
async fn upload(answers: Vec<Answer>) -> (Result<Upload, ClientError>, u32) {
    let store = Service::start(answers).await;
    let service = Service::start(vec![Answer::ticket(&store.base)]).await;
    let mut retries = 0;
    let content = Content::memory("city\nUlm\n", "text/csv");
    let client = client_of(&service, 3);
    let outcome = client.upload(&content, |progress| {
        if let UploadProgress::Trouble(Trouble { retry, .. }) = progress {
            retries = retry;
        }
    });
    (outcome.await, retries)
}

/// A store that loses the first connection, and refuses the second PUT as soon as it has its headers, if no content comes
/// with them; otherwise the refusal would be lost, as it can be with TCP.
async fn refuse_early(listener: TcpListener) {
    drop(listener.accept().await.unwrap());
    let (mut connection, _) = listener.accept().await.unwrap();
    let mut head = Vec::new();
    while !head.windows(4).any(|end| end == b"\r\n\r\n") {
        connection.read_buf(&mut head).await.unwrap();
    }
    let content = timeout(Duration::from_millis(100), connection.read_u8()).await;
    if head.ends_with(b"\r\n\r\n") && content.is_err() {
        let body = "<Error><Code>AccessDenied</Code><Message>Request has expired</Message></Error>";
        let length = body.len();
        let answer = format!("HTTP/1.1 403 Forbidden\r\ncontent-length: {length}\r\n\r\n{body}");
        connection.write_all(answer.as_bytes()).await.unwrap();
    }
}

#[tokio::test]
async fn a_retry_hears_a_refusal_that_comes_before_the_content_is_read() {
    let file = large_csv();
    let in_file = Content::file(file.path(), "text/csv").unwrap();
    let in_memory = Content::memory("city\nUlm\n", "text/csv");

    for content in [in_file, in_memory] {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let store = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(refuse_early(listener));
        let service = Service::start(vec![Answer::ticket(&store)]).await;

        let refused = client_of(&service, 1).upload(&content, |_| ()).await;

        let Err(ClientError::Store(problem)) = refused else {
            panic!("{refused:?}");
        };
        assert_eq!(
            problem.to_string(),
            "AccessDenied (403)\n  Request has expired"
        );
    }
}

#[tokio::test]
async fn a_put_whose_answer_was_lost_has_taken_effect_if_the_next_one_finds_it() {
    let exists = || Answer::store_error(412, "PreconditionFailed");

    let (uploaded, retries) = upload(vec![Answer::Hangup, exists()]).await;
    let (refused, none) = upload(vec![exists()]).await;

    assert_eq!((uploaded.unwrap().id.as_str(), retries), (UPLOAD, 1));
    assert!(matches!(refused, Err(ClientError::Store(_))), "{refused:?}");
    assert_eq!(none, 0);
}

#[tokio::test]
async fn what_may_pass_is_retried_and_reported_and_a_refusal_is_not() {
    let slow = || Answer::store_error(503, "SlowDown");
    let conflict = Answer::store_error(409, "ConditionalRequestConflict");

    let (uploaded, retries) = upload(vec![slow(), conflict, Answer::stored()]).await;
    let (given_up, all) = upload(vec![slow()]).await;
    let (refused, none) = upload(vec![
        Answer::store_error(403, "SignatureDoesNotMatch"),
        Answer::stored(),
    ])
    .await;

    assert_eq!((uploaded.is_ok(), retries), (true, 2));
    assert_eq!((given_up.is_ok(), all), (false, 3));
    assert_eq!((refused.is_ok(), none), (false, 0));
}

#[tokio::test]
async fn the_bytes_that_are_sent_are_reported_before_the_store_answers() {
    let gate = Arc::new(Semaphore::new(0));
    let late = Answer::Late {
        gate: Arc::clone(&gate),
    };
    let store = Service::start(vec![late]).await;
    let service = Service::start(vec![Answer::ticket(&store.base)]).await;
    let file = large_csv();
    let content = Content::file(file.path(), "text/csv").unwrap();

    let client = client_of(&service, 0);
    let uploaded = client.upload(&content, |progress| {
        if let UploadProgress::Sent(2_500_000) = progress {
            gate.add_permits(1);
        }
    });

    let uploaded = timeout(Duration::from_secs(20), uploaded).await;
    assert!(uploaded.expect("a report of all bytes").is_ok());
}

#[tokio::test]
async fn a_ticket_that_is_not_in_the_contract_leads_nowhere() {
    let store = Service::start(vec![Answer::stored()]).await;
    let content = Content::memory("city\nUlm\n", "text/csv");
    for (place, value) in [("method", "POST"), ("href", "ftp://127.0.0.1/1")] {
        let mut ticket = scripted::ticket(&store.base);
        ticket["upload"][place] = value.into();
        let service = Service::start(vec![Answer::json(201, &ticket)]).await;

        let outcome = client_of(&service, 0).upload(&content, |_| ()).await;

        let is_unexpected = matches!(outcome, Err(ClientError::Unexpected { .. }));
        assert!(is_unexpected, "{place}: {outcome:?}");
    }
    assert_eq!(store.requests().len(), 0);
}

#[tokio::test]
async fn a_file_that_grows_is_sent_as_it_was_and_one_that_shrinks_is_an_error() {
    let store = Service::start(vec![Answer::stored()]).await;
    let service = Service::start(vec![Answer::ticket(&store.base)]).await;
    let client = client_of(&service, 3);
    let mut file = large_csv();
    let content = Content::file(file.path(), "text/csv").unwrap();

    file.write_all(b"more\n").unwrap();
    let grown = client.upload(&content, |_| ()).await;
    let writable = OpenOptions::new().write(true).open(file.path()).unwrap();
    writable.set_len(1_000_000).unwrap();
    let shrunk = client.upload(&content, |_| ()).await;

    assert_eq!(grown.unwrap().reference(), json!({"upload": UPLOAD}));
    assert_eq!(store.requests()[0].bytes.len(), 2_500_000);
    assert!(matches!(shrunk, Err(ClientError::Content(_))), "{shrunk:?}");
}
