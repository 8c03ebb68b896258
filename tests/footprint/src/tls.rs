//! TLS in front of the table and the queue: a certificate that a CA of its own has signed. The functions trust that CA besides the
//! system's roots, so that they read as many roots as with AWS.

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use tempfile::TempDir;
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::server::NoServerSessionStorage;
use tokio_rustls::server::TlsStream;

use crate::Error;

/// Where Linux distributions keep their roots.
const SYSTEM_ROOTS: [&str; 2] = [
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
];

const EXTENSIONS: &str = "\
[req]
distinguished_name = name
[name]
[ca]
basicConstraints = critical,CA:TRUE
keyUsage = critical,keyCertSign
[server]
basicConstraints = critical,CA:FALSE
subjectAltName = IP:127.0.0.1
";

/// A CA and a server's certificate, for as long as this lives.
#[derive(Clone, Debug)]
pub struct Tls {
    folder: Arc<TempDir>,
    server: Arc<ServerConfig>,
}

impl Tls {
    /// Makes both with `openssl`.
    ///
    /// # Errors
    /// If `openssl` or the system's roots are missing.
    pub fn make() -> Result<Self, Error> {
        let folder = tempfile::tempdir()?;
        fs::write(folder.path().join("extensions"), EXTENSIONS)?;
        certificate(folder.path(), "ca", &[])?;
        certificate(
            folder.path(),
            "server",
            &["-CA", "ca.pem", "-CAkey", "ca.key"],
        )?;
        let mut roots = system_roots()?;
        roots.extend(fs::read(folder.path().join("ca.pem"))?);
        fs::write(folder.path().join("roots.pem"), roots)?;
        let server = Arc::new(server(folder.path())?);
        Ok(Self {
            folder: folder.into(),
            server,
        })
    }

    /// Variables that make clients trust the CA: those of rustls and OpenSSL, Node, and boto3.
    pub(crate) fn environment(&self) -> [(&'static str, PathBuf); 3] {
        let file = |name| self.folder.path().join(name);
        [
            ("SSL_CERT_FILE", file("roots.pem")),
            // Node has roots of its own; this one is added to them.
            ("NODE_EXTRA_CA_CERTS", file("ca.pem")),
            ("AWS_CA_BUNDLE", file("roots.pem")),
        ]
    }

    pub(crate) fn listen(&self, listener: TcpListener) -> Listener {
        let acceptor = TlsAcceptor::from(self.server.clone());
        Listener { listener, acceptor }
    }
}

/// Makes `NAME.pem` and `NAME.key`.
fn certificate(folder: &Path, name: &str, issuer: &[&str]) -> Result<(), Error> {
    let (subject, key, certificate) = (
        format!("/CN=footprint {name}"),
        format!("{name}.key"),
        format!("{name}.pem"),
    );
    let output = Command::new("openssl")
        .current_dir(folder)
        .args(["req", "-x509", "-config", "extensions", "-extensions", name])
        .args(["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"])
        .args(["-nodes", "-days", "2", "-subj", &subject])
        .args(["-keyout", &key, "-out", &certificate])
        .args(issuer)
        .output()?;
    if output.status.success() {
        Ok(())
    } else {
        Err(Error::unexpected(&output.stderr))
    }
}

fn system_roots() -> Result<Vec<u8>, Error> {
    let path = SYSTEM_ROOTS.iter().find(|path| Path::new(path).is_file());
    let path = path.ok_or_else(|| Error::Unexpected("no system roots".to_owned()))?;
    Ok(fs::read(path)?)
}

fn server(folder: &Path) -> Result<ServerConfig, Error> {
    let unusable = |error: &dyn std::fmt::Display| Error::Unexpected(error.to_string());
    let certificate = CertificateDer::from_pem_file(folder.join("server.pem"));
    let key = PrivateKeyDer::from_pem_file(folder.join("server.key"));
    let mut config = ServerConfig::builder_with_provider(aws_lc_rs::default_provider().into())
        .with_safe_default_protocol_versions()
        .map_err(|error| unusable(&error))?
        .with_no_client_auth()
        .with_single_cert(
            vec![certificate.map_err(|error| unusable(&error))?],
            key.map_err(|error| unusable(&error))?,
        )
        .map_err(|error| unusable(&error))?;
    // DynamoDB and SQS are two hosts: a client cannot resume the session of one with the other.
    config.send_tls13_tickets = 0;
    config.session_storage = Arc::new(NoServerSessionStorage {});
    Ok(config)
}

/// Accepts TLS connections.
pub(crate) struct Listener {
    listener: TcpListener,
    acceptor: TlsAcceptor,
}

impl axum::serve::Listener for Listener {
    type Io = TlsStream<TcpStream>;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, SocketAddr) {
        loop {
            let (stream, peer) = axum::serve::Listener::accept(&mut self.listener).await;
            match self.acceptor.accept(stream).await {
                Ok(stream) => return (stream, peer),
                Err(error) => eprintln!("no TLS connection: {error}"),
            }
        }
    }

    fn local_addr(&self) -> std::io::Result<SocketAddr> {
        self.listener.local_addr()
    }
}
