//! The connection to one service: credentials, time limits, and one request at a time.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use reqwest::header::{ACCEPT_ENCODING, AUTHORIZATION, HeaderMap, HeaderValue};
use reqwest::{ClientBuilder, Method, RequestBuilder, StatusCode, Url, redirect};
use tokio::sync::OnceCell;

use crate::signing::Signer;
use crate::{ClientError, Options, SignWhen};

/// API Gateway responds within 30 s or not at all; a little longer, so that its own 504 arrives.
pub(crate) const RESPONSE_TIMEOUT: Duration = Duration::from_secs(35);
/// A host that does not accept the connection in this time is down, or the URL is wrong.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// A client of one service.
#[derive(Debug)]
pub struct Client {
    /// Ends with `/`, so that joining a relative path keeps a stage or prefix.
    base: Url,
    pub(crate) options: Options,
    http: reqwest::Client,
    has_answered: AtomicBool,
    /// Found in the first request; `None` if requests are not signed.
    signer: OnceCell<Option<Signer>>,
}

/// A response with its whole body.
#[derive(Debug)]
pub(crate) struct Response {
    pub(crate) url: Url,
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

impl Client {
    /// Returns a client of the service at `base` (http or https; a path such as a stage is kept).
    ///
    /// Each request to the service may take up to 35 s. Of the redirects, only that of a large result is followed. A proxy
    /// from the environment is not used for loopback. Fails with [`ClientError::Setup`] if TLS cannot be set up.
    pub fn new(mut base: Url, options: Options) -> Result<Self, ClientError> {
        base.set_query(None);
        base.set_fragment(None);
        if !base.path().ends_with('/') {
            base.set_path(&format!("{}/", base.path()));
        }
        // Not signed, so that a proxy may change it.
        let identity = HeaderValue::from_static("identity");
        let http = http_for(&base)
            .timeout(RESPONSE_TIMEOUT)
            .default_headers(HeaderMap::from_iter([(ACCEPT_ENCODING, identity)]))
            .build();
        Ok(Self {
            base,
            options,
            http: http.map_err(ClientError::Setup)?,
            has_answered: AtomicBool::new(false),
            signer: OnceCell::new(),
        })
    }

    /// The service's base URL; it ends with a slash.
    #[must_use]
    pub fn base(&self) -> &Url {
        &self.base
    }

    /// Whether the service has ever responded to this client. If so, the service exists, and a failure may be temporary.
    pub(crate) fn has_answered(&self) -> bool {
        self.has_answered.load(Ordering::Relaxed)
    }

    /// Resolves a path or URI reference against the base.
    pub(crate) fn join(&self, reference: &str) -> Result<Url, ClientError> {
        self.base.join(reference).map_err(|_| {
            ClientError::unexpected(
                &self.base,
                None,
                format!("`{reference}` is not a URI reference"),
            )
        })
    }

    /// The URL of a path and query below the base; `None` if it would leave it.
    pub(crate) fn below_base(&self, path: &str) -> Option<Url> {
        let path = path.strip_prefix('/').unwrap_or(path);
        let url = Url::parse(&format!("{}{path}", self.base)).ok()?;
        let is_below =
            url.origin() == self.base.origin() && url.path().starts_with(self.base.path());
        is_below.then_some(url)
    }

    /// A request with the caller's credentials if it goes to the service's own origin: a URI from a response must not
    /// lead them to another host.
    pub(crate) fn request(&self, method: Method, url: &Url) -> RequestBuilder {
        let mut request = self.http.request(method, url.clone());
        if url.origin() != self.base.origin() {
            return request;
        }
        if let Some(user) = &self.options.user {
            request = request.basic_auth(user, Some(""));
        }
        request.headers(self.options.headers.clone())
    }

    /// Sends a request and reads the response. Fails as [`Self::open`] does.
    pub(crate) async fn send(
        &self,
        url: &Url,
        request: RequestBuilder,
    ) -> Result<Response, ClientError> {
        let response = self.open(url, request).await?;
        Response::read(url, response).await
    }

    /// Sends a request, signed if that is asked for, and reads the head of the response. Fails with [`ClientError::Unreachable`] or
    /// [`ClientError::Signing`] only.
    pub(crate) async fn open(
        &self,
        url: &Url,
        request: RequestBuilder,
    ) -> Result<reqwest::Response, ClientError> {
        let unreachable = |source| ClientError::unreachable(url, source);
        let mut request = request.build().map_err(unreachable)?;
        if url.origin() == self.base.origin()
            && let Some(signer) = self.signer().await?
        {
            signer.sign(&mut request).await?;
        }
        let response = self.http.execute(request).await.map_err(unreachable)?;
        self.has_answered.store(true, Ordering::Relaxed);
        Ok(response)
    }

    /// The signer of requests to the service, if they are signed.
    async fn signer(&self) -> Result<Option<&Signer>, ClientError> {
        let Options {
            signing,
            user,
            headers,
            ..
        } = &self.options;
        let is_other = user.is_some() || headers.contains_key(AUTHORIZATION);
        if is_other && signing.when == SignWhen::Automatic {
            return Ok(None);
        }
        let signer = self
            .signer
            // Boxed, because it is large and needed once.
            .get_or_try_init(|| Box::pin(Signer::of(signing, &self.base)));
        Ok(signer.await?.as_ref())
    }
}

impl Response {
    /// Reads the body of a response.
    pub(crate) async fn read(url: &Url, response: reqwest::Response) -> Result<Self, ClientError> {
        let status = response.status();
        let headers = response.headers().clone();
        let body = response.text().await;
        Ok(Self {
            url: url.clone(),
            status,
            headers,
            body: body.map_err(|source| ClientError::unreachable(url, source))?,
        })
    }
}

/// An HTTP client for the host of a URL, without a limit on the time of a response.
pub(crate) fn http_for(url: &Url) -> ClientBuilder {
    let http = reqwest::Client::builder()
        .user_agent(concat!("accepted/", env!("CARGO_PKG_VERSION")))
        .redirect(redirect::Policy::none())
        .connect_timeout(CONNECT_TIMEOUT);
    if is_loopback(url) {
        return http.no_proxy();
    }
    http
}

/// Whether a URL names this machine. Polling it often costs nothing.
pub(crate) fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let address = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost"
        || address
            .parse::<std::net::IpAddr>()
            .is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stage_in_the_base_url_is_kept() {
        let base = "https://example.org/prod?a=b#c".parse().unwrap();
        let client = Client::new(base, Options::default()).unwrap();

        assert_eq!(
            client.join("jobs/1").unwrap().as_str(),
            "https://example.org/prod/jobs/1"
        );
    }

    #[test]
    fn no_path_leads_out_of_the_base() {
        let base = "https://example.org/prod".parse().unwrap();
        let client = Client::new(base, Options::default()).unwrap();
        let below = |path| client.below_base(path).map(String::from);
        let expected = |url: &str| Some(url.to_owned());

        assert_eq!(below(""), expected("https://example.org/prod/"));
        assert_eq!(
            below("/jobs?a=b"),
            expected("https://example.org/prod/jobs?a=b")
        );
        assert_eq!(
            below("//evil.example/"),
            expected("https://example.org/prod//evil.example/")
        );
        assert_eq!(below("/../dev/jobs"), None);
        assert_eq!(below("/%2e%2e/dev"), None);
    }

    #[test]
    fn credentials_go_to_the_service_s_own_origin_only() {
        let mut options = Options::default();
        let token = HeaderValue::from_static("Bearer secret");
        options.headers.insert(AUTHORIZATION, token);
        let client = Client::new("https://example.org".parse().unwrap(), options).unwrap();
        let sent_to = |url: &str| {
            let request = client.request(Method::GET, &url.parse().unwrap());
            request
                .build()
                .unwrap()
                .headers()
                .contains_key(AUTHORIZATION)
        };

        assert!(sent_to("https://example.org/jobs/1"));
        assert!(!sent_to("https://elsewhere.example/jobs/1"));
        assert!(!sent_to("http://example.org/jobs/1"), "another scheme");
    }

    #[test]
    fn loopback_is_recognized_in_all_its_spellings() {
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
