//! The gateway: HTTP on one side, the functions submit and status on the other, like an HTTP API of API Gateway.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use axum::body::{Body, Bytes};
use axum::extract::{ConnectInfo, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderValue, Method, StatusCode};
use axum::response::Response;
use axum::{Extension, Router};
use futures_util::{StreamExt as _, stream};
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::net::TcpListener;

use crate::cors;
use crate::gateway_authorizer::Authorizer;
use crate::gateway_event::{Arrival, event};
use crate::gateway_response::{own_error, response};
use crate::identifiers;
use crate::invoke_error::InvokeError;
use crate::pool::Pool;
use crate::routes::{Function, match_route};
use crate::runtime_api::PAYLOAD_LIMIT_BYTES;

/// Limit of an HTTP API for request line and header values together.
/// Source: <https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html>
const HEAD_LIMIT_BYTES: usize = 10_240;

/// Time limit of a function, from the same page. After it the client gets an answer, and the function continues.
const INTEGRATION_TIMEOUT: Duration = Duration::from_secs(30);

/// Time for a request's head, from the end of the response before it: a client that stops in the middle of a head does not keep its
/// connection.
const HEAD_TIMEOUT: Duration = Duration::from_secs(10);

/// The HTTP side of the service.
pub struct Gateway {
    submit: Pool,
    status: Pool,
    /// Time limit of a function, after which the client gets an answer.
    pub integration_timeout: Duration,
    /// Time limit for a request's head.
    pub head_timeout: Duration,
    /// Origins whose pages may call the API (CORS); `*` allows every page. Without any, CORS is off.
    pub allowed_origins: Vec<String>,
    /// What the gateway demands of a request.
    pub authorizer: Authorizer,
}

impl Gateway {
    /// Creates a gateway for these two functions, with the routes of [`ROUTES`](crate::ROUTES).
    #[must_use]
    pub fn new(submit: Pool, status: Pool) -> Self {
        Self {
            submit,
            status,
            integration_timeout: INTEGRATION_TIMEOUT,
            head_timeout: HEAD_TIMEOUT,
            allowed_origins: Vec::new(),
            authorizer: Authorizer::default(),
        }
    }

    /// The gateway as a router. It reads the client's address from `ConnectInfo`.
    fn into_router(self) -> Router {
        Router::new().fallback(handle).with_state(Arc::new(self))
    }

    /// Serves until `stop` completes, then finishes the requests in progress.
    pub async fn serve(self, mut listener: TcpListener, stop: impl Future<Output = ()>) {
        let mut http = http1::Builder::new();
        http.timer(TokioTimer::new())
            .header_read_timeout(self.head_timeout);
        let router = self.into_router();
        let connections = GracefulShutdown::new();
        let mut stop = pin!(stop);
        loop {
            let (connection, client) = tokio::select! {
                // This implementation retries temporary failures.
                accepted = axum::serve::Listener::accept(&mut listener) => accepted,
                () = &mut stop => break,
            };
            // Without this, an answer can wait 40 ms for the client's acknowledgment. Nothing else depends on it.
            let _ = connection.set_nodelay(true);
            let service = router.clone().layer(Extension(ConnectInfo(client)));
            let service = TowerToHyperService::new(service);
            let connection = http.serve_connection(TokioIo::new(connection), service);
            tokio::spawn(connections.watch(connection));
        }
        drop(listener);
        connections.shutdown().await;
    }

    /// The response to a request, or the gateway's own error.
    async fn respond(&self, request: Request, mut arrival: Arrival) -> Result<Response, Response> {
        let (parts, body) = request.into_parts();
        if head_bytes(&parts) > HEAD_LIMIT_BYTES {
            return Err(own_error(
                StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
                "Request Header Fields Too Large",
            ));
        }
        let route = match_route(&parts.method, parts.uri.path());
        // Before any authorization: a browser sends no credentials with a preflight.
        if let Some(preflight) = cors::preflight(&self.allowed_origins, &parts) {
            return Ok(preflight);
        }
        let body = read(body)
            .await
            .map_err(|_| own_error(StatusCode::BAD_REQUEST, "Bad Request"))?;
        if body.len() > PAYLOAD_LIMIT_BYTES {
            return Err(too_long());
        }
        if !route.is_open() {
            arrival.authorizer = self
                .authorizer
                .authorize(&parts, &body)
                .map_err(|_| self.authorizer.refusal())?;
        }
        let pool = match route.function() {
            Function::Submit => &self.submit,
            Function::Status => &self.status,
        };
        let event = event(&parts, &body, &route, &arrival).to_string();
        if event.len() > PAYLOAD_LIMIT_BYTES {
            return Err(too_long());
        }
        let answer = self.invoke(pool, event.into()).await?;
        let mut response = response(&answer).ok_or_else(|| {
            tracing::error!("the function's answer is malformed");
            internal_server_error()
        })?;
        cors::replace(
            &self.allowed_origins,
            &parts.headers,
            response.headers_mut(),
        );
        if parts.method == Method::HEAD {
            // Of unknown length, which only the function knows: with one of length 0 the server would send `content-length: 0`.
            let empty = stream::empty::<Result<Bytes, Infallible>>();
            *response.body_mut() = Body::from_stream(empty);
        }
        Ok(response)
    }

    async fn invoke(&self, pool: &Pool, event: Bytes) -> Result<Bytes, Response> {
        let unavailable = || own_error(StatusCode::SERVICE_UNAVAILABLE, "Service Unavailable");
        match tokio::time::timeout(self.integration_timeout, pool.invoke(event)).await {
            Ok(Ok(answer)) => Ok(answer),
            Ok(Err(InvokeError::Stopped)) => Err(unavailable()),
            Ok(Err(error)) => {
                tracing::error!("the function failed: {error}");
                Err(internal_server_error())
            }
            Err(_) => {
                tracing::warn!(
                    "the client got 503 because the function took longer than {:?}",
                    self.integration_timeout
                );
                Err(unavailable())
            }
        }
    }
}

async fn handle(
    State(gateway): State<Arc<Gateway>>,
    ConnectInfo(client): ConnectInfo<SocketAddr>,
    request: Request,
) -> Response {
    let request_id = identifiers::gateway_request_id();
    let arrival = Arrival {
        request_id: request_id.clone(),
        client,
        at: SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default(),
        authorizer: None,
    };
    let mut response = gateway
        .respond(request, arrival)
        .await
        .unwrap_or_else(|error| error);
    // Base64 is always a valid header value.
    if let Ok(value) = HeaderValue::from_str(&request_id) {
        response.headers_mut().insert("apigw-requestid", value);
    }
    response
}

/// The size of request line and header values, as the quota counts them.
fn head_bytes(parts: &Parts) -> usize {
    let target = parts
        .uri
        .path_and_query()
        .map_or(0, |target| target.as_str().len());
    let line = parts.method.as_str().len() + " ".len() + target + " HTTP/1.1".len();
    line + parts.headers.values().map(HeaderValue::len).sum::<usize>()
}

/// Reads the body to its end, but keeps only one byte more than the limit.
///
/// If the connection closed while the client was still writing, the client would get a broken pipe instead of the answer.
async fn read(body: Body) -> Result<Bytes, axum::Error> {
    let mut body = body.into_data_stream();
    let mut kept = Vec::new();
    while let Some(data) = body.next().await {
        let data = data?;
        let room = PAYLOAD_LIMIT_BYTES + 1 - kept.len();
        kept.extend_from_slice(&data[..room.min(data.len())]);
    }
    Ok(kept.into())
}

/// The answer to what Lambda does not take as an event. The message is that of AWS (koki-develop/lgtm-generator#10).
fn too_long() -> Response {
    own_error(StatusCode::PAYLOAD_TOO_LARGE, "Request Too Long")
}

fn internal_server_error() -> Response {
    own_error(StatusCode::INTERNAL_SERVER_ERROR, "Internal Server Error")
}
