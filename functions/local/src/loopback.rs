//! Common parts of the embedded back ends: a port on loopback, and the signal to stop.

use std::net::{Ipv4Addr, SocketAddr};

use tokio::net::TcpListener;
use tokio::sync::watch;

use crate::start_error::StartError;

/// A port of the system's choice, on loopback only.
pub(crate) async fn listen() -> Result<(TcpListener, String), StartError> {
    let bound = TcpListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0))).await;
    let listener = bound.map_err(StartError::back_end)?;
    let address = listener.local_addr().map_err(StartError::back_end)?;
    Ok((listener, format!("http://{address}")))
}

/// Completes when the back ends must stop.
pub(crate) async fn stop_of(mut stopped: watch::Receiver<bool>) {
    // An error means that the service is gone, which is a stop too.
    let _ = stopped.wait_for(|stopped| *stopped).await;
}
