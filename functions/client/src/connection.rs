use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use reqwest::header::HeaderMap;
use reqwest::{Method, RequestBuilder, StatusCode, Url, redirect};
use uuid::Uuid;

use super::{ClientError, Options};

/// API Gateway answers within 30 s or not at all; a little longer, so that its own 504 arrives.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(35);
/// A host that doesn't take the connection in this time is down, or the URL is wrong.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// A client of one service.
#[derive(Debug)]
pub struct Client {
    /// Ends with `/`, so that joining a relative path keeps a stage or prefix.
    base: Url,
    pub(super) options: Options,
    http: reqwest::Client,
    has_answered: AtomicBool,
}

/// An answer, read to its end.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) url: Url,
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) body: String,
}

impl Client {
    /// A client for the service at `base` (http or https; a path such as a stage is kept).
    ///
    /// Redirects are not followed, because the contract has none. A proxy from the environment is not asked for loopback.
    pub fn new(base: Url, options: Options) -> Result<Self, ClientError> {
        let base = with_trailing_slash(base);
        let mut http = reqwest::Client::builder()
            .user_agent(concat!("accepted-local/", env!("CARGO_PKG_VERSION")))
            .redirect(redirect::Policy::none())
            .connect_timeout(CONNECT_TIMEOUT)
            .timeout(ANSWER_TIMEOUT);
        if is_loopback(&base) {
            http = http.no_proxy();
        }
        let http = http.build().map_err(ClientError::Setup)?;
        Ok(Self {
            base,
            options,
            http,
            has_answered: AtomicBool::new(false),
        })
    }

    /// The service's base URL, with a slash at its end.
    #[must_use]
    pub fn base(&self) -> &Url {
        &self.base
    }

    /// The status URI of a job of this service.
    pub fn job_uri(&self, id: Uuid) -> Result<Url, ClientError> {
        self.join(&format!("jobs/{id}"))
    }

    /// Whether any answer, good or bad, has come from the service: it exists, and trouble may pass.
    pub(super) fn has_answered(&self) -> bool {
        self.has_answered.load(Ordering::Relaxed)
    }

    /// A path or URI reference, resolved against the base.
    pub(super) fn join(&self, reference: &str) -> Result<Url, ClientError> {
        self.base.join(reference).map_err(|_| {
            ClientError::unexpected(
                &self.base,
                None,
                format!("`{reference}` is no URI reference"),
            )
        })
    }

    /// A request that carries the caller's credentials, but only to the service's own origin: a URI from an answer
    /// must not lead them to another host.
    pub(super) fn request(&self, method: Method, url: &Url) -> RequestBuilder {
        let mut request = self.http.request(method, url.clone());
        if url.origin() != self.base.origin() {
            return request;
        }
        if let Some(user) = &self.options.user {
            request = request.basic_auth(user, Some(""));
        }
        for header in &self.options.headers {
            request = request.header(header.name.clone(), header.value.clone());
        }
        request
    }

    /// Sends a request and reads the answer; an error is always one of not being able to talk to the service.
    pub(super) async fn send(
        &self,
        url: &Url,
        request: RequestBuilder,
    ) -> Result<Answer, ClientError> {
        let unreachable = |source| ClientError::unreachable(url, source);
        let response = request.send().await.map_err(unreachable)?;
        self.has_answered.store(true, Ordering::Relaxed);
        let (status, headers) = (response.status(), response.headers().clone());
        let body = response.text().await.map_err(unreachable)?;
        Ok(Answer {
            url: url.clone(),
            status,
            headers,
            body,
        })
    }
}

/// Whether a URL names this machine. Nobody else pays for, or is slowed by, what is asked of it.
pub(super) fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let address = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost"
        || address
            .parse::<std::net::IpAddr>()
            .is_ok_and(|address| address.is_loopback())
}

fn with_trailing_slash(mut url: Url) -> Url {
    url.set_query(None);
    url.set_fragment(None);
    if !url.path().ends_with('/') {
        url.set_path(&format!("{}/", url.path()));
    }
    url
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Header;

    fn client(base: &str) -> Client {
        let header: Header = "Authorization: Bearer secret".parse().unwrap();
        let options = Options {
            headers: vec![header],
            ..Options::default()
        };
        Client::new(base.parse().unwrap(), options).unwrap()
    }

    #[test]
    fn a_stage_in_the_base_url_is_kept() {
        let uri = client("https://example.org/prod")
            .job_uri(Uuid::nil())
            .unwrap();

        assert_eq!(
            uri.as_str(),
            "https://example.org/prod/jobs/00000000-0000-0000-0000-000000000000"
        );
    }

    #[test]
    fn credentials_go_to_the_service_s_own_origin_only() {
        let client = client("https://example.org");
        let sent_to = |url: &str| {
            let request = client
                .request(Method::GET, &url.parse().unwrap())
                .build()
                .unwrap();
            request.headers().contains_key("authorization")
        };

        assert!(sent_to("https://example.org/jobs/1"));
        assert!(!sent_to("https://elsewhere.example/jobs/1"));
        assert!(
            !sent_to("http://example.org/jobs/1"),
            "another scheme is another origin"
        );
    }

    #[test]
    fn loopback_is_recognised_in_all_its_spellings() {
        for url in [
            "http://127.0.0.1:3000",
            "http://localhost",
            "http://[::1]:8080",
            "http://127.8.0.1",
        ] {
            assert!(is_loopback(&url.parse().unwrap()), "{url}");
        }
        for url in [
            "http://10.0.0.1",
            "http://localhost.example.org",
            "https://example.org",
        ] {
            assert!(!is_loopback(&url.parse().unwrap()), "{url}");
        }
    }
}
