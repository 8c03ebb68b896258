//! Deliveries to receivers on the loopback.

mod addresses;
mod certificates;
mod receiver;

use super::*;
use receiver::{Behavior, Receiver};
use std::sync::atomic::Ordering;

/// The limit of deliveries that are to reach it. The others must not, however busy the machine is.
const LIMIT: Duration = Duration::from_millis(500);

fn client() -> WebhookClient {
    WebhookClient::new(CallbackPolicy::default().and_loopback())
}

fn impatient(client: WebhookClient) -> WebhookClient {
    WebhookClient {
        longest: LIMIT,
        ..client
    }
}

fn webhook(url: &str) -> Webhook<'_> {
    Webhook {
        url,
        headers: [
            ("webhook-id", "msg_1".to_owned()),
            ("webhook-timestamp", "1767264645".to_owned()),
            ("webhook-signature", "v1,a= v1,b=".to_owned()),
        ],
        body: Bytes::from_static(b"{\"type\":\"job.completed\"}"),
    }
}

fn now() -> Timestamp {
    Timestamp::parse_rfc3339("2026-01-01T10:50:45Z").unwrap()
}

async fn deliver(client: &WebhookClient, url: &str) -> Answer {
    client.deliver(webhook(url), now()).await
}

/// The answer to a delivery to a receiver that does this.
async fn answer(behavior: Behavior) -> Answer {
    let receiver = Receiver::start(behavior).await;
    let answer = deliver(&client(), &receiver.url()).await;
    assert_eq!(receiver.connections().await, 1);
    answer
}

fn status(status: u16) -> Answer {
    Answer::Again {
        why: Why::Status(status),
        retry_after: None,
    }
}

#[tokio::test]
async fn a_webhook_is_one_post_with_its_headers_and_its_body() {
    let receiver = Receiver::start(Behavior::Answer("HTTP/1.1 200 OK\r\n\r\n")).await;
    let answer = deliver(&client(), &receiver.url()).await;
    assert_eq!(answer, Answer::Delivered { status: 200 });
    let requests = receiver.requests();
    let (head, body) = requests[0].split_once("\r\n\r\n").unwrap();
    let mut lines: Vec<_> = head.split("\r\n").collect();
    lines[1..].sort_unstable();
    let (host, agent) = (
        format!("host: {}", receiver.address),
        format!("user-agent: {USER_AGENT}"),
    );
    assert_eq!(
        lines,
        [
            "POST /hook?a=1 HTTP/1.1",
            "content-length: 24",
            "content-type: application/json",
            &host,
            &agent,
            "webhook-id: msg_1",
            "webhook-signature: v1,a= v1,b=",
            "webhook-timestamp: 1767264645",
        ]
    );
    assert_eq!(body, "{\"type\":\"job.completed\"}");
    assert_eq!(requests.len(), 1);
}

#[tokio::test]
async fn a_status_decides_what_becomes_of_a_webhook() {
    for (text, expected) in [
        (
            "HTTP/1.1 204 No Content\r\n\r\n",
            Answer::Delivered { status: 204 },
        ),
        (
            "HTTP/1.1 299 Fine\r\n\r\n",
            Answer::Delivered { status: 299 },
        ),
        ("HTTP/1.1 410 Gone\r\n\r\n", Answer::Stop),
        ("HTTP/1.1 300 Choices\r\n\r\n", status(300)),
        ("HTTP/1.1 304 Not Modified\r\n\r\n", status(304)),
        ("HTTP/1.1 404 Not Found\r\n\r\n", status(404)),
        ("HTTP/1.1 500 Error\r\n\r\n", status(500)),
        (
            "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 202 Accepted\r\n\r\n",
            Answer::Delivered { status: 202 },
        ),
    ] {
        assert_eq!(answer(Behavior::Answer(text)).await, expected, "{text}");
    }
    let limited = "HTTP/1.1 429 Too Many Requests\r\nretry-after: 120\r\n\r\n";
    let retry_after = Some(Duration::from_secs(120));
    let why = Why::Status(429);
    assert_eq!(
        answer(Behavior::Answer(limited)).await,
        Answer::Again { why, retry_after }
    );
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    for code in [301, 302, 303, 307, 308] {
        let target = Receiver::start(Behavior::Answer("HTTP/1.1 200 OK\r\n\r\n")).await;
        let text = format!(
            "HTTP/1.1 {code} Moved\r\nlocation: {}\r\ncontent-length: 0\r\n\r\n",
            target.url()
        );
        assert_eq!(answer(Behavior::Answer(text.leak())).await, status(code));
        assert_eq!(target.connections().await, 0);
    }
}

#[tokio::test]
async fn a_receiver_that_hangs_or_trickles_takes_no_longer_than_the_limit() {
    const HEAD: &str = "HTTP/1.1 200 OK\r\ncontent-length: 500\r\n\r\n";
    // At a byte every 20 ms, each takes 10 s.
    let (line, body) = (
        "0123456789 ".repeat(46).leak(),
        "0123456789".repeat(50).leak(),
    );
    let endless_head = format!("HTTP/1.1 200 OK\r\nx-padding: {line}").leak();
    // Once its status has arrived, the receiver has the webhook.
    for (behavior, expected) in [
        (Behavior::Hang, Answer::unanswered(Unanswered::Timeout)),
        (
            Behavior::Trickle("", endless_head),
            Answer::unanswered(Unanswered::Timeout),
        ),
        (
            Behavior::Trickle(HEAD, body),
            Answer::Delivered { status: 200 },
        ),
    ] {
        let receiver = Receiver::start(behavior).await;
        let begun = Instant::now();
        let answer = deliver(&impatient(client()), &receiver.url()).await;
        assert_eq!(answer, expected, "{behavior:?}");
        assert!(
            (LIMIT..LIMIT * 10).contains(&begun.elapsed()),
            "{behavior:?}"
        );
    }
}

#[tokio::test]
async fn of_an_endless_response_only_the_beginning_is_read() {
    const TEXT: &str = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
    for (head, expected) in [
        ("HTTP/1.1 200 OK\r\n\r\n", Answer::Delivered { status: 200 }),
        (
            "HTTP/1.1 200 OK\r\nx-padding: ",
            Answer::unanswered(Unanswered::Connection),
        ),
    ] {
        let receiver = Receiver::start(Behavior::Endless(head, TEXT)).await;
        assert_eq!(deliver(&client(), &receiver.url()).await, expected);
        // What is in the buffers of both sockets was not read.
        assert!(receiver.seen.written.load(Ordering::SeqCst) < 16 * 1_024 * 1_024);
    }
}

#[tokio::test]
async fn a_broken_connection_is_no_answer() {
    for behavior in [
        Behavior::Reset,
        Behavior::Answer(""),
        Behavior::Answer("HTTP/1.1 200"),
        Behavior::Answer("220 mail.example.com ESMTP\r\n"),
    ] {
        let answer = answer(behavior).await;
        assert_eq!(
            answer,
            Answer::unanswered(Unanswered::Connection),
            "{behavior:?}"
        );
    }
    // Nobody listens at this port: its listener is closed.
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    drop(listener);
    let answer = deliver(&client(), &url).await;
    assert_eq!(answer, Answer::unanswered(Unanswered::Connection));
}

#[tokio::test]
async fn nothing_is_built_before_the_first_delivery() {
    let client = client();
    let answer = deliver(&client, "https://10.0.0.1/").await;
    assert_eq!(answer, Answer::unanswered(Unanswered::RefusedUrl));
    assert!(client.connector.get().is_none());
    let receiver = Receiver::start(Behavior::Answer("HTTP/1.1 200 OK\r\n\r\n")).await;
    deliver(&client, &receiver.url()).await;
    assert!(client.connector.get().is_some());
}
