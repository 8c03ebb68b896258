//! A front before S3. It passes the header `Host` on, too, which is signed.

use std::convert::Infallible;
use std::io;
use std::net::Ipv4Addr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::http::{Response, StatusCode};
use axum::response::IntoResponse as _;
use futures_util::{StreamExt as _, stream};
use tokio::net::TcpListener;
use tokio::task::AbortHandle;
use tokio::time::sleep;

/// A request to S3.
#[derive(Clone, Debug)]
pub struct ObjectCall {
    /// As IAM names it: `s3:GetObject`.
    pub action: &'static str,
    /// The path: bucket and key.
    pub path: String,
    /// The header `Range`.
    pub range: Option<String>,
}

/// What goes wrong with a request to S3.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ObjectFault {
    /// It has no effect, and is answered with 503.
    Refused,
    /// It has no effect, and is answered with 403, as if a permission were missing.
    Denied,
    /// It takes effect, and is answered with 503.
    AnswerLost,
    /// It takes effect, and the connection breaks in the middle of its answer.
    AnswerCut,
}

type Decide = dyn Fn(&ObjectCall) -> Option<ObjectFault> + Send + Sync;

/// A front before S3. Dropping it ends it.
pub struct ObjectFront {
    /// Where it is reached.
    pub url: String,
    server: AbortHandle,
}

struct Inner {
    url: String,
    http: reqwest::Client,
    decide: Box<Decide>,
}

impl ObjectFront {
    /// A front before the S3 at `url`, which handles requests as `decide` decides.
    ///
    /// # Errors
    /// If no port is free.
    pub async fn start(
        url: &str,
        decide: impl Fn(&ObjectCall) -> Option<ObjectFault> + Send + Sync + 'static,
    ) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let own = format!("http://{}", listener.local_addr()?);
        let inner = Inner {
            url: url.to_owned(),
            http: reqwest::Client::new(),
            decide: Box::new(decide),
        };
        let router = Router::new().fallback(answer).with_state(Arc::new(inner));
        let server = tokio::spawn(async move { axum::serve(listener, router).await });
        Ok(Self {
            url: own,
            server: server.abort_handle(),
        })
    }
}

impl Drop for ObjectFront {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn answer(
    State(inner): State<Arc<Inner>>,
    request: Request,
) -> Result<Response<Body>, Infallible> {
    let call = ObjectCall {
        action: action(request.method().as_str()),
        path: request.uri().path().to_owned(),
        range: request
            .headers()
            .get("range")
            .and_then(|value| Some(value.to_str().ok()?.to_owned())),
    };
    let fault = (inner.decide)(&call);
    let unavailable = || StatusCode::SERVICE_UNAVAILABLE.into_response();
    match fault {
        Some(ObjectFault::Refused) => return Ok(unavailable()),
        Some(ObjectFault::Denied) => {
            let body = "<Error><Code>AccessDenied</Code></Error>";
            return Ok((StatusCode::FORBIDDEN, body).into_response());
        }
        Some(ObjectFault::AnswerLost | ObjectFault::AnswerCut) | None => {}
    }
    let passed_on = pass_on(&inner, request).await;
    Ok(match (passed_on, fault) {
        (Some((response, _)), Some(ObjectFault::AnswerCut)) => response,
        (Some((response, body)), None) => response.map(|_| Body::from(body)),
        _ => unavailable(),
    })
}

/// The answer of S3: with the first half of its body and an error, and the whole body.
async fn pass_on(inner: &Inner, request: Request) -> Option<(Response<Body>, Bytes)> {
    let (parts, body) = request.into_parts();
    let url = format!("{}{}", inner.url, parts.uri);
    let request = inner.http.request(parts.method, url).headers(parts.headers);
    let body = to_bytes(body, usize::MAX).await.ok()?;
    let answer = request.body(body).send().await.ok()?;
    let mut response = Response::builder().status(answer.status());
    response.headers_mut()?.extend(answer.headers().clone());
    let body = answer.bytes().await.ok()?;
    let half = body.slice(..body.len() / 2);
    let half = stream::once(async { Ok(half) });
    let cut = stream::once(async {
        // So that the half arrives first.
        sleep(Duration::from_millis(100)).await;
        Err(io::Error::other("cut on purpose"))
    });
    let response = response.body(Body::from_stream(half.chain(cut)));
    Some((response.ok()?, body))
}

/// The action as IAM names it: that of a HEAD is the same as that of a GET.
fn action(method: &str) -> &'static str {
    match method {
        "GET" | "HEAD" => "s3:GetObject",
        "PUT" => "s3:PutObject",
        "DELETE" => "s3:DeleteObject",
        _ => "s3:Unknown",
    }
}
