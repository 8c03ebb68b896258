//! Which addresses are connected to, and with which certificates.

use std::collections::BTreeSet;
use std::io;
use std::net::{IpAddr, Ipv4Addr};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use aws_smithy_runtime_api::client::dns::ResolveDns;

use super::certificates::{acceptor, trust};
use super::receiver::{Behavior, Receiver};
use super::{client, deliver, impatient};
use crate::webhook::resolver::CheckedResolver;
use crate::webhook::{Answer, CallbackPolicy, Unanswered, WebhookClient};

const URL: &str = "https://hooks.example.com:8443/";
const OK: Behavior = Behavior::Answer("HTTP/1.1 200 OK\r\n\r\n");
const DELIVERED: Answer = Answer::Delivered { status: 200 };

/// A client for which every name has these addresses, judged as in a deployment.
fn judging(addresses: &[IpAddr]) -> WebhookClient {
    let addresses = addresses.to_vec();
    looking_up(move |_| Ok(addresses.clone()))
}

fn looking_up(
    look_up: impl Fn(&str) -> io::Result<Vec<IpAddr>> + Send + Sync + 'static,
) -> WebhookClient {
    WebhookClient {
        resolver: CheckedResolver::of_system().looking_up(look_up),
        tls: trust(),
        ..client()
    }
}

/// The same client, which may connect to any address.
fn unjudging(mut client: WebhookClient) -> WebhookClient {
    client.resolver = client.resolver.allowing(|_| true);
    client
}

fn resolving(addresses: &[Ipv4Addr]) -> WebhookClient {
    let addresses: Vec<_> = addresses.iter().copied().map(IpAddr::from).collect();
    unjudging(judging(&addresses))
}

async fn secure(certificate: &str) -> Receiver {
    Receiver::start_tls(OK, acceptor(certificate)).await
}

#[tokio::test]
async fn a_certificate_must_be_valid_for_the_host() {
    let receiver = secure("right").await;
    assert_eq!(deliver(&resolving(&[receiver.ip()]), URL).await, DELIVERED);
    assert_eq!(receiver.requests().len(), 1);
    for certificate in ["name", "issuer"] {
        let receiver = secure(certificate).await;
        let answer = deliver(&resolving(&[receiver.ip()]), URL).await;
        assert_eq!(answer, Answer::unanswered(Unanswered::Tls), "{certificate}");
        assert_eq!(
            (receiver.connections().await, receiver.requests().len()),
            (1, 0)
        );
    }
    // The system's roots do not know this CA.
    let receiver = secure("right").await;
    let distrustful = WebhookClient {
        tls: super::TlsContext::default(),
        ..resolving(&[receiver.ip()])
    };
    let answer = deliver(&distrustful, URL).await;
    assert_eq!(answer, Answer::unanswered(Unanswered::Tls));
}

#[tokio::test]
async fn a_name_that_leads_to_a_refused_address_gets_no_connection() {
    let receiver = Receiver::watch().await;
    let refused = [
        receiver.ip().to_string(),
        format!("::ffff:{}", receiver.ip()),
        format!("64:ff9b::{}", receiver.ip()),
        format!("::{}", receiver.ip()),
    ];
    let others = [
        "0.0.0.0",
        "::",
        "::1",
        "10.0.0.1",
        "100.64.0.1",
        "169.254.169.254",
        "172.16.0.1",
        "192.168.0.1",
        "198.18.0.1",
        "224.0.0.1",
        "240.0.0.1",
        "255.255.255.255",
        "fd00:ec2::254",
        "fe80::1",
        "2002:7f00:1::",
        "2001::1",
        "2001:db8::1",
        "ff02::1",
    ];
    for address in refused.iter().map(String::as_str).chain(others) {
        let answer = deliver(&judging(&[address.parse().unwrap()]), URL).await;
        assert_eq!(
            answer,
            Answer::unanswered(Unanswered::RefusedAddress),
            "{address}"
        );
    }
    let all = refused.iter().map(|address| address.parse().unwrap());
    let all: Vec<_> = all.collect();
    let answer = deliver(&judging(&all), URL).await;
    assert_eq!(answer, Answer::unanswered(Unanswered::RefusedAddress));
    assert_eq!(receiver.connections().await, 0);
}

#[tokio::test]
async fn of_the_addresses_of_a_name_only_those_that_may_be_are_connected_to() {
    let (wanted, refused) = (secure("right").await, Receiver::watch().await);
    let only = IpAddr::from(wanted.ip());
    for addresses in [[wanted.ip(), refused.ip()], [refused.ip(), wanted.ip()]] {
        let mut client = resolving(&addresses);
        client.resolver = client.resolver.allowing(move |address| address == only);
        assert_eq!(deliver(&client, URL).await, DELIVERED);
    }
    assert_eq!(
        (wanted.connections().await, refused.connections().await),
        (2, 0)
    );
}

#[tokio::test]
async fn the_address_that_was_checked_is_connected_to_and_the_next_delivery_checks_again() {
    let behavior = Behavior::KeepOpen("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n");
    let receiver = || Receiver::start_tls(behavior, acceptor("right"));
    let (first, second) = (receiver().await, receiver().await);
    let (lookups, addresses) = (Arc::new(AtomicUsize::new(0)), [first.ip(), second.ip()]);
    let counter = lookups.clone();
    let look_up = move |_: &str| {
        let lookup = counter.fetch_add(1, Ordering::SeqCst);
        Ok(vec![IpAddr::from(addresses[lookup.min(1)])])
    };
    let client = unjudging(looking_up(look_up));
    assert_eq!(deliver(&client, URL).await, DELIVERED);
    assert_eq!(lookups.load(Ordering::SeqCst), 1);
    assert_eq!(
        (first.connections().await, second.connections().await),
        (1, 0)
    );
    // No connection to the first address is kept.
    assert_eq!(deliver(&client, URL).await, DELIVERED);
    assert_eq!(lookups.load(Ordering::SeqCst), 2);
    assert_eq!(
        (first.connections().await, second.connections().await),
        (1, 1)
    );
}

/// Every form of the receiver's address that a parser or a resolver somewhere understands. Names may lead to it here, so only the check of
/// the URL protects it.
#[tokio::test]
async fn no_packet_is_sent_for_a_refused_url() {
    let receiver = Receiver::watch().await;
    let [a, b, c, d] = receiver.ip().octets();
    let bits = receiver.ip().to_bits();
    let (rest, plain) = (bits & 0x00ff_ffff, receiver.address);
    let policies = [
        CallbackPolicy::default(),
        CallbackPolicy::default().and_loopback(),
    ];
    for policy in policies {
        let client = WebhookClient {
            policy,
            ..resolving(&[receiver.ip()])
        };
        for url in [
            format!("https://{plain}/"),
            format!("https://{bits}:8443/"),
            format!("https://{bits:#x}:8443/"),
            format!("https://{bits:#o}:8443/").replace("0o", "0"),
            format!("https://{a}.{rest}:8443/"),
            format!("https://{a:#x}.{b}.{c}.{d}:8443/"),
            format!("https://0{a:o}.{b}.{c}.{d}:8443/"),
            format!("https://{a}.{b}.{c}.{d}.:8443/"),
            format!("https://%31{}:8443/", &receiver.ip().to_string()[1..]),
            format!("https://[::ffff:{a}.{b}.{c}.{d}]:8443/"),
            format!("https://[::{a}.{b}.{c}.{d}]:8443/"),
            format!("https://[64:ff9b::{a}.{b}.{c}.{d}]:8443/"),
            format!("https://[::ffff:{a}.{b}.{c}.{d}%25lo]:8443/"),
            format!("https://１２７.{b}.{c}.{d}:8443/"),
            format!("https://{a}。{b}。{c}。{d}:8443/"),
            format!("https://hooks.example.com:8443@{plain}/"),
            format!("https://{plain}\\@hooks.example.com:8443/"),
            format!("https://{plain}#@hooks.example.com:8443/"),
            format!("http://hooks.example.com:{}/", receiver.address.port()),
            "http://hooks.example.com:8443/".to_owned(),
            "https://user@hooks.example.com:8443/".to_owned(),
            "https://hooks.example.com.:8443/".to_owned(),
            "https://h\u{f6}oks.example.com:8443/".to_owned(),
            "https://localhost:8443/".to_owned(),
            "https://hooks.example.com:8444/".to_owned(),
            "ftp://hooks.example.com:8443/".to_owned(),
        ] {
            let answer = deliver(&client, &url).await;
            assert_eq!(answer, Answer::unanswered(Unanswered::RefusedUrl), "{url}");
        }
        assert!(client.connector.get().is_none());
    }
    // Only `local` allows this one.
    let client = WebhookClient {
        policy: CallbackPolicy::default(),
        ..resolving(&[receiver.ip()])
    };
    let answer = deliver(&client, &format!("http://{plain}/")).await;
    assert_eq!(answer, Answer::unanswered(Unanswered::RefusedUrl));
    assert_eq!(receiver.connections().await, 0);
}

#[tokio::test]
async fn each_address_of_a_name_comes_first_in_some_delivery() {
    let addresses = ["192.0.2.1", "192.0.2.2", "2001:db8::1"];
    let addresses = addresses.map(|address| address.parse::<IpAddr>().unwrap());
    let resolver = CheckedResolver::of_system()
        .looking_up(move |_| Ok(addresses.to_vec()))
        .allowing(|_| true);
    let mut first = BTreeSet::new();
    for _ in 0..200 {
        let mut found = resolver.resolve_dns("hooks.example.com").await.unwrap();
        first.insert(found[0]);
        found.sort();
        assert_eq!(found, addresses);
    }
    assert_eq!(first.len(), addresses.len());
}

#[tokio::test]
async fn a_name_without_an_address_is_not_resolved() {
    let none = io::ErrorKind::NotFound;
    let client = looking_up(move |_| Err(none.into()));
    let answer = deliver(&client, URL).await;
    assert_eq!(answer, Answer::unanswered(Unanswered::NotResolved));
}

#[tokio::test]
async fn a_resolver_that_hangs_takes_no_longer_than_the_limit() {
    let (_hold, wait) = std::sync::mpsc::channel::<()>();
    let wait = std::sync::Mutex::new(wait);
    let look_up = move |_: &str| {
        let _ = wait.lock().unwrap().recv_timeout(super::LIMIT * 3);
        Ok(Vec::new())
    };
    let client = impatient(looking_up(look_up));
    let answer = deliver(&client, URL).await;
    assert_eq!(answer, Answer::unanswered(Unanswered::Timeout));
}

/// The test starts itself again, with a proxy in its environment.
#[tokio::test]
async fn no_proxy_of_the_environment_is_used() {
    const NAME: &str = "webhook::tests::addresses::no_proxy_of_the_environment_is_used";
    if std::env::var_os("ALL_PROXY").is_some() {
        let receiver = secure("right").await;
        assert_eq!(deliver(&resolving(&[receiver.ip()]), URL).await, DELIVERED);
        let receiver = Receiver::start(OK).await;
        assert_eq!(deliver(&client(), &receiver.url()).await, DELIVERED);
        return;
    }
    let proxy = Receiver::start(Behavior::Hang).await;
    let url = format!("http://{}", proxy.address);
    let mut again = Command::new(std::env::current_exe().unwrap());
    again
        .args(["--exact", NAME])
        .env_remove("NO_PROXY")
        .env_remove("no_proxy");
    for variable in [
        "ALL_PROXY",
        "HTTPS_PROXY",
        "HTTP_PROXY",
        "all_proxy",
        "https_proxy",
        "http_proxy",
    ] {
        again.env(variable, &url);
    }
    let output = tokio::task::spawn_blocking(move || again.output())
        .await
        .unwrap()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stdout)
    );
    assert!(String::from_utf8_lossy(&output.stdout).contains("1 passed"));
    assert_eq!(proxy.connections().await, 0);
}
