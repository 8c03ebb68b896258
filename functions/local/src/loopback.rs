//! Servers on loopback: a port, and the embedded back ends until they stop.

use std::fmt::Display;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use axum::Router;
use axum::serve::ListenerExt as _;
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio_util::sync::{CancellationToken, WaitForCancellationFutureOwned};

use crate::repeat::repeat;
use crate::start_error::StartError;

/// This port, on loopback only, and its URL; 0 is one of the system's choice.
pub(crate) async fn listen_on(port: u16) -> io::Result<(TcpListener, String)> {
    let listener = TcpListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, port))).await?;
    let address = listener.local_addr()?;
    Ok((listener, format!("http://{address}")))
}

/// Serves these routes until `stopped`.
pub(crate) fn serve_routes(
    listener: TcpListener,
    routes: Router,
    stopped: impl Future<Output = ()> + Send + 'static,
) -> impl Future<Output = io::Result<()>> + Send {
    // Without this, a small response can wait for the client's acknowledgment. A socket that refuses the option is only slower.
    let listener = listener.tap_io(|stream| drop(stream.set_nodelay(true)));
    let serving = axum::serve(listener, routes);
    serving.with_graceful_shutdown(stopped).into_future()
}

/// The servers of the back ends and their other tasks.
#[derive(Default)]
pub(crate) struct Tasks {
    pub(crate) running: JoinSet<()>,
    pub(crate) stop: CancellationToken,
}

impl Tasks {
    /// Completes when the tasks must stop.
    pub(crate) fn stopped(&self) -> WaitForCancellationFutureOwned {
        self.stop.clone().cancelled_owned()
    }

    /// Repeats work that blocks, and logs a failure.
    pub(crate) fn repeat<E: Display + Send + 'static>(
        &mut self,
        failure: &'static str,
        every: Duration,
        work: impl Fn() -> Result<(), E> + Clone + Send + 'static,
    ) {
        let stopped = self.stopped();
        self.running.spawn(repeat(work, failure, every, stopped));
    }

    /// Runs a server on a free port. Returns its URL.
    pub(crate) async fn serve<S, E: Display>(
        &mut self,
        name: &'static str,
        serve: impl FnOnce(TcpListener, WaitForCancellationFutureOwned) -> S,
    ) -> Result<String, StartError>
    where
        S: Future<Output = Result<(), E>> + Send + 'static,
    {
        let (listener, url) = listen_on(0).await.map_err(StartError::back_end)?;
        let serving = serve(listener, self.stopped());
        self.running.spawn(async move {
            if let Err(error) = serving.await {
                tracing::error!("the embedded {name} stopped: {error}");
            }
        });
        Ok(url)
    }
}
