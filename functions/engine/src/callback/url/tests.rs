//! The table of refused URLs, and of those that are accepted.

use super::*;
use proptest::prelude::*;

fn parse(text: &str) -> Result<CallbackUrl, RefusedUrl> {
    CallbackUrl::parse(text, &CallbackPolicy::default())
}

fn refused(text: &str) -> String {
    let refusal = parse(text).map_err(|refusal| refusal.to_string());
    refusal
        .err()
        .unwrap_or_else(|| format!("{text} is accepted"))
}

#[test]
fn a_url_is_kept_in_one_spelling() {
    for (text, kept) in [
        ("https://example.com", "https://example.com/"),
        ("HTTPS://Hooks.Example.COM/A", "https://hooks.example.com/A"),
        ("https://example.com?a=1", "https://example.com/?a=1"),
        ("https://example.com:443/", "https://example.com:443/"),
        (
            "https://example.com:8443/a?b=c%2Fd:@!",
            "https://example.com:8443/a?b=c%2Fd:@!",
        ),
        (
            "https://example.com//a/../b;c=d//",
            "https://example.com//a/../b;c=d//",
        ),
        (
            "https://example.com/https://u@h:1/",
            "https://example.com/https://u@h:1/",
        ),
        ("https://8.8.8.8/", "https://8.8.8.8/"),
        (
            "https://[2606:4700:0::1]:8443/",
            "https://[2606:4700::1]:8443/",
        ),
        (
            "https://xn--bcher-kva.example/",
            "https://xn--bcher-kva.example/",
        ),
    ] {
        let url = parse(text).map_err(|refusal| format!("{text} {refusal}"));
        assert_eq!(url.unwrap().as_str(), kept);
    }
}

#[test]
fn a_url_is_refused_with_what_it_must_be() {
    const HTTPS: &str = "must be an https URL";
    // The forms of hosts and the ranges of addresses have tables of their own.
    const HOST: &str = "must name its host as a full domain name";
    const PORT: &str = "must use port 443 or 8443";
    const CHARACTERS: &str = "must percent-encode";
    for (text, wanted) in [
        ("", HTTPS),
        ("example.com", HTTPS),
        ("//example.com/", HTTPS),
        ("https:/example.com/", HTTPS),
        ("https:example.com/", HTTPS),
        ("https:\\\\example.com/", HTTPS),
        (" https://example.com/", HTTPS),
        ("http://example.com/", HTTPS),
        ("http://127.0.0.1/", HTTPS),
        ("ftp://example.com/", HTTPS),
        ("file:///etc/passwd", HTTPS),
        ("httpss://example.com/", HTTPS),
        ("https+unix://example.com/", HTTPS),
        ("javascript://example.com/", HTTPS),
        ("https://example.com/#a", "must not have a fragment"),
        ("https://example.com#@10.0.0.1/", "must not have a fragment"),
        ("https://user@example.com/", "must not contain a user name"),
        (
            "https://user:pass@example.com/",
            "must not contain a user name",
        ),
        ("https://@example.com/", "must not contain a user name"),
        (
            "https://example.com@10.0.0.1/",
            "must not contain a user name",
        ),
        (
            "https://example.com:443@10.0.0.1/",
            "must not contain a user name",
        ),
        (
            "https://example.com\\@10.0.0.1/",
            "must not contain a user name",
        ),
        ("https://", HOST),
        ("https:///a", HOST),
        ("https://?a", HOST),
        ("https://:443/", HOST),
        ("https://127.0.0.1%00.example.com/", HOST),
        ("https://10.0.0.1\\.example.com/", HOST),
        ("https://example.com\\a/", HOST),
        ("https://[::1/", HOST),
        ("https://::1/", HOST),
        ("https://[::1]a/", HOST),
        ("https://example.com:80/", PORT),
        ("https://example.com:8080/", PORT),
        ("https://example.com:22/", PORT),
        ("https://example.com:/", PORT),
        ("https://example.com:0443/", PORT),
        ("https://example.com:+443/", PORT),
        ("https://example.com:443:443/", PORT),
        ("https://example.com:65979/", PORT),
        ("https://example.com:0/", PORT),
        ("https://example.com:４４３/", PORT),
        ("https://example.com/a b", CHARACTERS),
        ("https://example.com/\r\nx-header: 1", CHARACTERS),
        ("https://example.com/\0", CHARACTERS),
        ("https://example.com/\t", CHARACTERS),
        ("https://example.com/\u{e9}", CHARACTERS),
        ("https://example.com/%", CHARACTERS),
        ("https://example.com/%4", CHARACTERS),
        ("https://example.com/%zz", CHARACTERS),
        ("https://example.com/a\\b", CHARACTERS),
        ("https://example.com/{a}", CHARACTERS),
        ("https://example.com/?a=<b>", CHARACTERS),
        ("https://example.com/ ", CHARACTERS),
        (
            "https://127.0.0.1/",
            "must not lead to 127.0.0.0/8, which is reserved (loopback)",
        ),
        (
            "https://169.254.169.254/",
            "must not lead to 169.254.169.254/32",
        ),
        ("https://10.0.0.1:8443/", "must not lead to 10.0.0.0/8"),
        (
            "https://[::ffff:127.0.0.1]/",
            "must not lead to ::ffff:0.0.0.0/96",
        ),
    ] {
        let refusal = refused(text);
        assert!(refusal.starts_with(wanted), "{text:?}: {refusal}");
    }
}

#[test]
fn a_url_has_a_maximum_length() {
    let url = |bytes: usize| format!("https://example.com/{}", "a".repeat(bytes - 20));
    assert!(parse(&url(MAX_CALLBACK_URL_BYTES)).is_ok());
    assert_eq!(
        refused(&url(MAX_CALLBACK_URL_BYTES + 1)),
        "must not exceed 1000 characters"
    );
}

#[test]
fn a_deployment_can_restrict_the_hosts() {
    let policy = CallbackPolicy::parse("CALLBACK_HOSTS", "*.example.com").unwrap();
    assert!(CallbackUrl::parse("https://a.example.com/", &policy).is_ok());
    for text in [
        "https://example.com/",
        "https://8.8.8.8/",
        "https://a.example.org/",
    ] {
        let refusal = CallbackUrl::parse(text, &policy);
        assert_eq!(refusal, Err(RefusedUrl::HostNotAllowed), "{text}");
    }
    // A listed address is refused as any other.
    let policy = CallbackPolicy::parse("CALLBACK_HOSTS", "10.0.0.1").unwrap();
    let refusal = CallbackUrl::parse("https://10.0.0.1/", &policy);
    assert!(matches!(refusal, Err(RefusedUrl::Address(_))));
}

#[test]
fn plain_http_goes_only_to_addresses_of_the_loopback_and_only_where_a_deployment_allows_it() {
    let policy = CallbackPolicy::default().and_loopback();
    for (text, kept) in [
        ("http://127.0.0.1:3000/a", "http://127.0.0.1:3000/a"),
        ("http://127.9.9.9", "http://127.9.9.9/"),
        ("HTTP://[0::1]:1/", "http://[::1]:1/"),
        ("https://example.com/", "https://example.com/"),
    ] {
        let url = CallbackUrl::parse(text, &policy).unwrap();
        assert_eq!(url.as_str(), kept);
    }
    for text in [
        "http://localhost:3000/",
        "http://example.com/",
        "http://a.localhost/",
        "http://128.0.0.1/",
        "http://0.0.0.0/",
        "http://10.0.0.1/",
        "http://[::ffff:127.0.0.1]/",
        "http://[::127.0.0.1]/",
        "http://[::]/",
        "http://127.1/",
        "http://127.0.0.1:0/",
        "http://u@127.0.0.1/",
        "http://127.0.0.1/#a",
        "https://127.0.0.1/",
        "https://127.0.0.1:3000/",
        "https://[::1]/",
    ] {
        assert!(CallbackUrl::parse(text, &policy).is_err(), "{text}");
        assert!(parse(text).is_err(), "{text}");
    }
}

proptest! {
    /// The HTTP client parses the URL once more. It must see the same host, port and target.
    #[test]
    fn the_http_client_reads_an_accepted_url_in_the_same_way(
        text in "[hH]ttps?://[a-zA-Z0-9.:@\\[\\]%\\-]{0,20}([a-z.]{1,9})?(:8?443)?[/?#]?[ -~]{0,20}"
    ) {
        let policy = CallbackPolicy::default().and_loopback();
        if let Ok(url) = CallbackUrl::parse(&text, &policy) {
            let uri: http::Uri = url.as_str().parse().unwrap();
            let host = url.host().to_string();
            prop_assert_eq!(uri.host(), Some(host.as_str()));
            prop_assert_eq!(uri.to_string(), url.as_str());
            prop_assert_eq!(CallbackUrl::parse(url.as_str(), &policy), Ok(url));
        }
    }

    #[test]
    fn no_text_makes_the_parser_panic(text in "(https://)?\\PC{0,60}") {
        let _ = parse(&text);
    }
}
