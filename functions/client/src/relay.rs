//! The pages of a service on a loopback port: each request is passed on with the credentials of the client.
//!
//! Whoever may send requests here acts with these credentials. [`Guard`] keeps out other pages and other users of the machine.

mod guard;
mod links;

use std::convert::Infallible;
use std::io;
use std::net::Ipv4Addr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use hyper::body::Incoming;
use hyper::header::{
    ACCEPT, ACCEPT_LANGUAGE, CONNECTION, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, HeaderMap,
    HeaderName, HeaderValue, IF_MATCH, IF_NONE_MATCH, REFERRER_POLICY, SET_COOKIE,
    TRANSFER_ENCODING, UPGRADE, WWW_AUTHENTICATE, X_CONTENT_TYPE_OPTIONS,
};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use reqwest::Body;
use serde::Deserialize;
use tokio::net::TcpListener;
use tokio::time::sleep;

use crate::submission::IDEMPOTENCY_KEY;
use crate::{Client, ClientError};
use guard::{Entry, Guard};
use links::Links;

/// The largest body that API Gateway accepts. A larger one is refused here.
const MAX_REQUEST_BYTES: usize = 10 * 1024 * 1024;
/// If the system has no file descriptor left, it may have one in a moment.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

const PREFER: HeaderName = HeaderName::from_static("prefer");

/// The request headers that are passed on. Cookies, credentials and the origin of the page are not among them.
const REQUEST_HEADERS: [HeaderName; 7] = [
    ACCEPT,
    ACCEPT_LANGUAGE,
    CONTENT_TYPE,
    IDEMPOTENCY_KEY,
    IF_MATCH,
    IF_NONE_MATCH,
    PREFER,
];

/// The response headers that are not passed on: those of one connection, those of another origin, and a challenge, for which a browser
/// would ask for a password that goes nowhere.
const DROPPED_HEADERS: [HeaderName; 8] = [
    CONNECTION,
    HeaderName::from_static("keep-alive"),
    TRANSFER_ENCODING,
    UPGRADE,
    SET_COOKIE,
    WWW_AUTHENTICATE,
    HeaderName::from_static("alt-svc"),
    HeaderName::from_static("strict-transport-security"),
];

/// The pages of one service.
pub(crate) struct Relay {
    client: Client,
    guard: Guard,
    links: Links,
    on_error: fn(ClientError),
}

/// A relay that has a port.
pub(crate) struct Listening {
    listener: TcpListener,
    relay: Arc<Relay>,
}

/// Where the service keeps the jobs, in its home document.
#[derive(Deserialize)]
struct Home {
    jobs: String,
}

impl Listening {
    /// Listens on a port of 127.0.0.1; 0 takes a free one. `base` begins the links of the service, without a slash at its end.
    /// `on_error` reports why a request could not be passed on.
    pub(crate) async fn on(
        port: u16,
        client: Client,
        base: &str,
        on_error: fn(ClientError),
    ) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
        let guard = Guard::new(listener.local_addr()?)?;
        let relay = Relay {
            client,
            links: Links::new(base, &guard.base()),
            guard,
            on_error,
        };
        Ok(Self {
            listener,
            relay: Arc::new(relay),
        })
    }

    /// The address of the home page. It is a secret.
    pub(crate) fn url(&self) -> String {
        format!("{}/", self.relay.guard.base())
    }

    /// Answers requests; never returns.
    pub(crate) async fn serve(self) -> Infallible {
        loop {
            let Ok((connection, _)) = self.listener.accept().await else {
                sleep(ACCEPT_PAUSE).await;
                continue;
            };
            let relay = Arc::clone(&self.relay);
            let service = service_fn(move |request| {
                let relay = Arc::clone(&relay);
                async move { Ok::<_, Infallible>(relay.answer(request).await) }
            });
            let mut http = http1::Builder::new();
            let http = http.timer(TokioTimer::new());
            tokio::spawn(http.serve_connection(TokioIo::new(connection), service));
        }
    }
}

impl Client {
    /// The beginning of the links that the service itself writes, without a slash at its end. It may differ from the URL of this client,
    /// for example behind a custom domain.
    pub(crate) async fn base_of_links(&self) -> Result<String, ClientError> {
        let request = self.request(reqwest::Method::GET, self.base());
        let request = request.header(ACCEPT, "application/json");
        let response = self.send(self.base(), request).await?.checked()?;
        let home: Home = response.document()?;
        let base = home.jobs.strip_suffix("/jobs");
        let is_base = |base: &&str| {
            let base = reqwest::Url::parse(base);
            base.is_ok_and(|base| matches!(base.scheme(), "http" | "https"))
        };
        let base = base.filter(is_base).map(str::to_owned);
        base.ok_or_else(|| response.unexpected("`jobs` is not the absolute URL of the jobs"))
    }
}

impl Relay {
    async fn answer(&self, request: Request<Incoming>) -> Response<Body> {
        let mut response = match self.guard.admit(&request) {
            Entry::Path(path) => {
                let path = path.to_owned();
                self.pass_on(&path, request).await
            }
            Entry::Refused(status) => plain(status, ""),
        };
        let headers = response.headers_mut();
        // The address of the page is a secret, and a browser must not take a result for a page.
        headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
        headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        response
    }

    /// The service's answer to a request for this path and query.
    async fn pass_on(&self, path: &str, request: Request<Incoming>) -> Response<Body> {
        let (head, body) = request.into_parts();
        let body = match Limited::new(body, MAX_REQUEST_BYTES).collect().await {
            Ok(body) => body.to_bytes(),
            Err(error) if error.is::<LengthLimitError>() => {
                return plain(StatusCode::PAYLOAD_TOO_LARGE, "The body is too large.\n");
            }
            Err(_) => return plain(StatusCode::BAD_REQUEST, ""),
        };
        let Some(url) = self.client.below_base(path) else {
            return plain(StatusCode::NOT_FOUND, "");
        };
        let headers = REQUEST_HEADERS.into_iter();
        let headers = headers.filter_map(|name| {
            let value = joined(&head.headers, &name)?;
            Some((name, value))
        });
        let mut passed = self.client.request(head.method, &url);
        passed = passed.headers(headers.collect());
        if !body.is_empty() {
            passed = passed.body(body);
        }
        let answer = self.client.open(&url, passed).await;
        let answered = match answer {
            Ok(response) => self.rewritten(path, response).await,
            Err(error) => Err(error),
        };
        answered.unwrap_or_else(|error| {
            let answer = plain(StatusCode::BAD_GATEWAY, &format!("{error}\n"));
            (self.on_error)(error);
            answer
        })
    }

    /// The service's response, with links that lead back here. A result is passed on as it arrives.
    async fn rewritten(
        &self,
        path: &str,
        response: reqwest::Response,
    ) -> Result<Response<Body>, ClientError> {
        let url = response.url().clone();
        let (mut head, mut body) = Response::<Body>::from(response).into_parts();
        self.rewrite_headers(&mut head.headers);
        let text = head.headers.get(CONTENT_TYPE);
        let text = text.and_then(|media_type| links::Text::of(media_type.to_str().ok()?));
        let is_result = head.status.is_success() && links::is_result(path);
        if let Some(text) = text.filter(|_| !is_result) {
            if let Some(encoding) = head.headers.get(CONTENT_ENCODING) {
                let what = format!("it is encoded ({encoding:?})");
                return Err(ClientError::unexpected(&url, Some(head.status), what));
            }
            let bytes = body.collect().await;
            let bytes = bytes.map_err(|error| ClientError::unreachable(&url, error))?;
            head.headers.remove(CONTENT_LENGTH);
            body = Body::from(self.links.in_body(text, &bytes.to_bytes()));
        }
        Ok(Response::from_parts(head, body))
    }

    fn rewrite_headers(&self, headers: &mut HeaderMap) {
        for name in DROPPED_HEADERS {
            headers.remove(name);
        }
        let names: Vec<_> = headers.keys().cloned().collect();
        for name in names {
            if name.as_str().starts_with("access-control-") {
                headers.remove(name);
            }
        }
        self.links.in_headers(headers);
    }
}

/// The values of a header as one list; a header that is not a list is wrong then, as it was.
fn joined(headers: &HeaderMap, name: &HeaderName) -> Option<HeaderValue> {
    let values = headers.get_all(name).iter();
    let values: Vec<_> = values.map(HeaderValue::as_bytes).collect();
    let value = HeaderValue::from_bytes(&values.join(&b", "[..])).ok()?;
    (!values.is_empty()).then_some(value)
}

fn plain(status: StatusCode, text: &str) -> Response<Body> {
    let mut response = Response::new(Body::from(Bytes::copy_from_slice(text.as_bytes())));
    *response.status_mut() = status;
    let media_type = HeaderValue::from_static("text/plain; charset=utf-8");
    response.headers_mut().insert(CONTENT_TYPE, media_type);
    response
}
