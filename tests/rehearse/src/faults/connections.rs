//! An HTTP server whose connections can end without an answer.

use std::convert::Infallible;
use std::future::pending;
use std::time::Duration;

use axum::body::Bytes;
use axum::http::{Request, Response};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

pub(crate) type Answer = Response<Full<Bytes>>;

/// The connection ends without an answer.
#[derive(Debug, thiserror::Error)]
#[error("the connection was reset on purpose")]
pub(crate) struct Reset;

/// Starts a server that answers each request with what `respond` returns, until the task in the set is dropped.
pub(crate) fn serve<R, F>(listener: TcpListener, respond: R) -> JoinSet<()>
where
    R: Fn(Request<Incoming>) -> F + Clone + Send + Sync + 'static,
    F: Future<Output = Result<Answer, Reset>> + Send + 'static,
{
    let mut server = JoinSet::new();
    server.spawn(accept(listener, respond));
    server
}

async fn accept<R, F>(listener: TcpListener, respond: R)
where
    R: Fn(Request<Incoming>) -> F + Clone + Send + Sync + 'static,
    F: Future<Output = Result<Answer, Reset>> + Send + 'static,
{
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => if let Ok((stream, _)) = accepted {
                connections.spawn(converse(stream, respond.clone()));
            },
            Some(_) = connections.join_next() => {}
        }
    }
}

async fn converse<R, F>(stream: TcpStream, respond: R)
where
    R: Fn(Request<Incoming>) -> F,
    F: Future<Output = Result<Answer, Reset>>,
{
    // Without these an answer is slower, and a reset is an end of file; neither is wrong.
    let _ = (stream.set_nodelay(true), stream.set_zero_linger());
    // An error is a client that left, or a reset on purpose.
    let _ = http1::Builder::new()
        .serve_connection(TokioIo::new(stream), service_fn(respond))
        .await;
}

/// No answer for `time`; then the connection is reset.
pub(crate) async fn silence(time: Duration) -> Result<Answer, Reset> {
    match tokio::time::timeout(time, pending::<Infallible>()).await {
        Ok(never) => match never {},
        Err(_) => Err(Reset),
    }
}
