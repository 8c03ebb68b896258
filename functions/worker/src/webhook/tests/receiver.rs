//! A receiver on a loopback address of its own.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

/// What a receiver does with a request.
#[derive(Clone, Copy, Debug)]
pub(super) enum Behavior {
    /// Writes this and closes.
    Answer(&'static str),
    /// Writes this, and keeps the connection open for the next request.
    KeepOpen(&'static str),
    /// Writes this over and over.
    Endless(&'static str, &'static str),
    /// Writes the first text at once, and the second one byte by byte.
    Trickle(&'static str, &'static str),
    Hang,
    /// Resets the connection once the request has arrived.
    Reset,
}

/// What a receiver has seen.
#[derive(Debug, Default)]
pub(super) struct Seen {
    peers: Mutex<Vec<SocketAddr>>,
    /// Number of connections of [`Receiver::connections`].
    own: AtomicUsize,
    pub(super) written: AtomicUsize,
    requests: Mutex<Vec<String>>,
}

#[derive(Debug)]
pub(super) struct Receiver {
    pub(super) address: SocketAddr,
    pub(super) seen: Arc<Seen>,
}

impl Receiver {
    /// A receiver of plain HTTP.
    pub(super) async fn start(behavior: Behavior) -> Self {
        Self::listen(behavior, 0, None).await
    }

    /// A receiver of HTTPS at port 8443.
    pub(super) async fn start_tls(behavior: Behavior, acceptor: TlsAcceptor) -> Self {
        Self::listen(behavior, 8443, Some(acceptor)).await
    }

    /// A receiver at port 8443 that counts connections.
    pub(super) async fn watch() -> Self {
        Self::listen(Behavior::Reset, 8443, None).await
    }

    async fn listen(behavior: Behavior, port: u16, tls: Option<TlsAcceptor>) -> Self {
        let listener = TcpListener::bind((own_address(), port)).await.unwrap();
        let (address, seen) = (listener.local_addr().unwrap(), Arc::new(Seen::default()));
        let watcher = seen.clone();
        tokio::spawn(async move {
            while let Ok((stream, peer)) = listener.accept().await {
                watcher.peers.lock().unwrap().push(peer);
                tokio::spawn(serve(stream, tls.clone(), behavior, watcher.clone()));
            }
        });
        Self { address, seen }
    }

    pub(super) fn url(&self) -> String {
        format!("http://{}/hook?a=1", self.address)
    }

    pub(super) fn ip(&self) -> Ipv4Addr {
        match self.address {
            SocketAddr::V4(address) => *address.ip(),
            SocketAddr::V6(_) => unreachable!(),
        }
    }

    /// Number of connections so far. They are accepted in order, so none is missed once one of our own was accepted after them.
    pub(super) async fn connections(&self) -> usize {
        let own = TcpStream::connect(self.address).await.unwrap();
        let address = own.local_addr().unwrap();
        loop {
            let peers = self.seen.peers.lock().unwrap().clone();
            if let Some(before) = peers.iter().position(|peer| *peer == address) {
                return before - self.seen.own.fetch_add(1, Ordering::SeqCst);
            }
            tokio::task::yield_now().await;
        }
    }

    pub(super) fn requests(&self) -> Vec<String> {
        self.seen.requests.lock().unwrap().clone()
    }
}

/// An address in 127.0.0.0/8 that no other receiver uses, in this process or in another one.
fn own_address() -> Ipv4Addr {
    static NEXT: AtomicU32 = AtomicU32::new(1);
    let number = (std::process::id() << 8) + NEXT.fetch_add(1, Ordering::SeqCst);
    Ipv4Addr::from_bits((127 << 24) | (number & 0x00ff_ffff))
}

async fn serve(stream: TcpStream, tls: Option<TlsAcceptor>, behavior: Behavior, seen: Arc<Seen>) {
    if let Some(tls) = tls {
        // The client may refuse the certificate.
        if let Ok(stream) = tls.accept(stream).await {
            let _ = behave(stream, behavior, &seen).await;
        }
    } else if let Behavior::Reset = behavior {
        stream.readable().await.unwrap();
        stream.set_zero_linger().unwrap();
    } else {
        let _ = behave(stream, behavior, &seen).await;
    }
}

/// Fails when the client closes the connection.
async fn behave<S: AsyncRead + AsyncWrite + Unpin>(
    mut stream: S,
    behavior: Behavior,
    seen: &Seen,
) -> std::io::Result<()> {
    let request = read_request(&mut stream).await?;
    seen.requests.lock().unwrap().push(request);
    match behavior {
        Behavior::Answer(text) => stream.write_all(text.as_bytes()).await?,
        Behavior::Endless(head, text) => {
            stream.write_all(head.as_bytes()).await?;
            loop {
                stream.write_all(text.as_bytes()).await?;
                seen.written.fetch_add(text.len(), Ordering::SeqCst);
            }
        }
        Behavior::Trickle(head, text) => {
            stream.write_all(head.as_bytes()).await?;
            for byte in text.bytes() {
                stream.write_all(&[byte]).await?;
                stream.flush().await?;
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        }
        Behavior::KeepOpen(text) => {
            stream.write_all(text.as_bytes()).await?;
            stream.flush().await?;
            std::future::pending::<()>().await;
        }
        Behavior::Hang | Behavior::Reset => std::future::pending().await,
    }
    stream.shutdown().await
}

/// The head and as many bytes as its content-length states.
async fn read_request<S: AsyncRead + Unpin>(stream: &mut S) -> std::io::Result<String> {
    let mut request = String::new();
    let mut chunk = [0; 4_096];
    loop {
        let bytes = stream.read(&mut chunk).await?;
        request.push_str(&String::from_utf8_lossy(&chunk[..bytes]));
        if bytes == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        let Some((head, body)) = request.split_once("\r\n\r\n") else {
            continue;
        };
        let length = head.split("content-length: ").nth(1).unwrap_or("0");
        let length = length.split("\r\n").next().unwrap_or_default();
        if body.len() == length.parse::<usize>().unwrap() {
            return Ok(request);
        }
    }
}
