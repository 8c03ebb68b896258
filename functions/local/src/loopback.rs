//! Common parts of the embedded back ends: a port on loopback, and the signal to stop.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};

use tokio::net::TcpListener;
use tokio::sync::watch;

use crate::start_error::StartError;

/// A port of the system's choice, on loopback only.
pub(crate) async fn listen() -> Result<(TcpListener, String), StartError> {
    listen_on(0).await.map_err(StartError::back_end)
}

/// This port, on loopback only, and its URL; 0 is one of the system's choice.
pub(crate) async fn listen_on(port: u16) -> io::Result<(TcpListener, String)> {
    let listener = TcpListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, port))).await?;
    let address = listener.local_addr()?;
    Ok((listener, format!("http://{address}")))
}

/// Completes when the back ends must stop.
pub(crate) async fn stop_of(mut stopped: watch::Receiver<bool>) {
    // An error means that the service is gone, which is a stop too.
    let _ = stopped.wait_for(|stopped| *stopped).await;
}
