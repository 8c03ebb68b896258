//! A front before S3. It passes everything on, the header `Host` too, which is signed.

use std::net::Ipv4Addr;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::Response;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::task::AbortHandle;

use super::{Call, Record, Units};

/// Ends the front when it is dropped.
pub(super) struct Front(AbortHandle);

impl Drop for Front {
    fn drop(&mut self) {
        self.0.abort();
    }
}

#[derive(Clone)]
struct Inner {
    record: Record,
    url: String,
    http: reqwest::Client,
}

/// Starts a front before the S3 at `url`. Returns it, and where it is reached.
pub(super) async fn start(url: &str, record: Record) -> (Front, String) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let own = format!("http://{}", listener.local_addr().unwrap());
    let inner = Inner {
        record,
        url: url.to_owned(),
        http: reqwest::Client::builder().no_proxy().build().unwrap(),
    };
    let router = Router::new().fallback(pass_on).with_state(inner);
    let server = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    (Front(server.abort_handle()), own)
}

async fn pass_on(State(inner): State<Inner>, request: Request) -> Response<Body> {
    let (parts, body) = request.into_parts();
    let path = parts.uri.path_and_query().unwrap();
    let forwarded = inner
        .http
        .request(parts.method.clone(), format!("{}{path}", inner.url))
        .headers(parts.headers)
        .body(to_bytes(body, usize::MAX).await.unwrap());
    let answer = forwarded.send().await.unwrap();
    inner.record.calls().push(Call {
        action: action(parts.method.as_str()).to_owned(),
        request: json!({"path": parts.uri.path()}),
        answer: Value::Null,
        units: Units::NONE,
    });
    let mut response = Response::builder().status(answer.status());
    *response.headers_mut().unwrap() = answer.headers().clone();
    response
        .body(Body::from(answer.bytes().await.unwrap()))
        .unwrap()
}

/// The action as IAM names it: that of a HEAD is the same as that of a GET.
fn action(method: &str) -> &'static str {
    match method {
        "GET" | "HEAD" => "s3:GetObject",
        "PUT" => "s3:PutObject",
        "DELETE" => "s3:DeleteObject",
        other => panic!("nothing here makes a {other}"),
    }
}
