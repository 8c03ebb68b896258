//! Who may use the relay: everybody who knows its address, but no page of another origin.

use std::io;
use std::net::SocketAddr;

use hyper::header::{HOST, HeaderMap, HeaderName, ORIGIN};
use hyper::{Method, Request, StatusCode};
use sha2::{Digest, Sha256};

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// Decides which requests are passed on.
pub(super) struct Guard {
    /// `127.0.0.1:PORT`.
    host: String,
    /// The first segment of the path of every request that is passed on.
    token: String,
}

/// The decision about a request.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Entry<'a> {
    /// Passed on, with this path and query.
    Path(&'a str),
    /// Not passed on.
    Refused(StatusCode),
}

impl Guard {
    /// A guard with a new token of 128 random bits.
    pub(super) fn new(address: SocketAddr) -> io::Result<Self> {
        Ok(Self {
            host: address.to_string(),
            token: secret()?,
        })
    }

    /// The base URL of the pages, without a slash at its end.
    pub(super) fn base(&self) -> String {
        format!("http://{}/{}", self.host, self.token)
    }

    /// Decides about a request.
    ///
    /// The host defeats a page whose own name resolves to 127.0.0.1 (DNS rebinding). A page of another origin would need the
    /// token, and is refused even with it if the browser says where the request comes from.
    pub(super) fn admit<'a, B>(&self, request: &'a Request<B>) -> Entry<'a> {
        let headers = request.headers();
        let is_own_host = only(headers, &HOST).is_some_and(|host| host == self.host);
        if !is_own_host || request.uri().authority().is_some() {
            return Entry::Refused(StatusCode::FORBIDDEN);
        }
        let target = request.uri().path_and_query();
        let target = target.map_or("", |target| target.as_str());
        let path = target.strip_prefix('/').unwrap_or(target);
        let end = path.find(['/', '?']).unwrap_or(path.len());
        let (token, rest) = path.split_at(end);
        if !is_same(token, &self.token) {
            return Entry::Refused(StatusCode::NOT_FOUND);
        }
        let is_way_in = rest == "/" && is_navigation(request.method(), headers);
        if !is_way_in && !self.is_own_page(request.method(), headers) {
            return Entry::Refused(StatusCode::FORBIDDEN);
        }
        Entry::Path(rest)
    }

    /// Whether the request comes from a page of this origin or, if it only reads, from no page, as far as the browser says.
    fn is_own_page(&self, method: &Method, headers: &HeaderMap) -> bool {
        let reads = matches!(*method, Method::GET | Method::HEAD);
        let is_own_origin = match only(headers, &ORIGIN) {
            Some(origin) => origin.strip_prefix("http://") == Some(&self.host),
            None => reads && !headers.contains_key(ORIGIN),
        };
        let is_own_site = match only(headers, &SEC_FETCH_SITE) {
            Some("same-origin") => true,
            Some("none") => reads,
            Some(_) => false,
            None => !headers.contains_key(SEC_FETCH_SITE),
        };
        is_own_origin && is_own_site
    }
}

/// Whether a window is to show the home page: the file that leads there has another origin.
fn is_navigation(method: &Method, headers: &HeaderMap) -> bool {
    let is = |name, expected| only(headers, &HeaderName::from_static(name)) == Some(expected);
    *method == Method::GET
        && !headers.contains_key(ORIGIN)
        && is("sec-fetch-mode", "navigate")
        && is("sec-fetch-dest", "document")
}

/// The value of a header that occurs once.
fn only<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    let mut values = headers.get_all(name).iter();
    let value = values.next()?.to_str().ok()?;
    values.next().is_none().then_some(value)
}

/// Compares digests, so that the time that it takes says nothing about the secret.
fn is_same(text: &str, secret: &str) -> bool {
    Sha256::digest(text) == Sha256::digest(secret)
}

fn secret() -> io::Result<String> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes)?;
    Ok(hex::encode(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    const OWN: &str = "http://127.0.0.1:4000";

    fn guard() -> Guard {
        Guard {
            host: "127.0.0.1:4000".to_owned(),
            token: "abc".to_owned(),
        }
    }

    /// The decision about a request with these headers.
    fn entry(
        method: &str,
        path: &'static str,
        headers: &[(&str, &str)],
    ) -> Result<&'static str, u16> {
        let mut request = Request::builder().method(method).uri(path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        match guard().admit(&request.body(()).unwrap()) {
            Entry::Path(rest) => Ok(&path[path.len() - rest.len()..]),
            Entry::Refused(status) => Err(status.as_u16()),
        }
    }

    fn read(path: &'static str) -> Result<&'static str, u16> {
        entry("GET", path, &[("host", "127.0.0.1:4000")])
    }

    #[test]
    fn only_the_token_opens_the_pages() {
        assert_eq!(read("/abc/jobs?limit=1"), Ok("/jobs?limit=1"));
        assert_eq!(read("/abc"), Ok(""));
        assert_eq!(read("/abc?a"), Ok("?a"));
        for other in [
            "/",
            "/ab/jobs",
            "/abcd/jobs",
            "/jobs",
            "/jobs/abc",
            "//abc/jobs",
            "/%61bc/",
            "/ABC/",
        ] {
            assert_eq!(read(other), Err(404), "{other}");
        }
    }

    #[test]
    fn a_window_may_come_to_the_home_page_from_elsewhere() {
        let from_file = |path, mode, destination| {
            let headers = [
                ("host", "127.0.0.1:4000"),
                ("sec-fetch-site", "cross-site"),
                ("sec-fetch-mode", mode),
                ("sec-fetch-dest", destination),
            ];
            entry("GET", path, &headers).is_ok()
        };
        assert!(from_file("/abc/", "navigate", "document"));
        assert!(!from_file("/abc/jobs", "navigate", "document"));
        assert!(!from_file("/abc/", "navigate", "iframe"));
        assert!(!from_file("/abc/", "cors", "empty"));
    }

    #[test]
    fn another_host_is_refused() {
        for host in [
            "127.0.0.1",
            "127.0.0.1:4001",
            "localhost:4000",
            "evil.example:4000",
            "",
        ] {
            assert_eq!(entry("GET", "/abc/", &[("host", host)]), Err(403), "{host}");
        }
        assert_eq!(entry("GET", "/abc/", &[]), Err(403));
        let two = [("host", "127.0.0.1:4000"), ("host", "evil.example")];
        assert_eq!(entry("GET", "/abc/", &two), Err(403));
        let absolute = entry("GET", "http://evil.example/abc/", &two[..1]);
        assert_eq!(absolute, Err(403));
    }

    #[test]
    fn what_changes_something_comes_from_an_own_page() {
        let with = |method, headers: &[_]| {
            let headers = [&[("host", "127.0.0.1:4000")], headers].concat();
            entry(method, "/abc/jobs", &headers).is_ok()
        };
        for method in ["POST", "DELETE", "PUT", "OPTIONS"] {
            assert!(with(method, &[("origin", OWN)]), "{method}");
            assert!(with(
                method,
                &[("origin", OWN), ("sec-fetch-site", "same-origin")]
            ));
            assert!(!with(method, &[]), "{method}");
            assert!(!with(
                method,
                &[("origin", OWN), ("sec-fetch-site", "none")]
            ));
        }
        for method in ["GET", "HEAD", "POST"] {
            for origin in [
                "null",
                "http://127.0.0.1:4001",
                "https://127.0.0.1:4000",
                "http://localhost:4000",
            ] {
                assert!(!with(method, &[("origin", origin)]), "{method} {origin}");
            }
            for site in ["cross-site", "same-site", "new"] {
                assert!(
                    !with(method, &[("origin", OWN), ("sec-fetch-site", site)]),
                    "{method} {site}"
                );
            }
        }
        assert!(with("GET", &[("sec-fetch-site", "none")]));
        assert!(with("GET", &[("sec-fetch-site", "same-origin")]));
        assert!(!with("GET", &[("sec-fetch-site", "cross-site")]));
    }

    #[test]
    fn every_guard_has_secrets_of_its_own() {
        let guard = || Guard::new(([127, 0, 0, 1], 4000).into()).unwrap();
        let (one, other) = (guard(), guard());

        assert_eq!(one.token.len(), 32);
        assert_ne!(one.token, other.token);
    }
}
