//! Certificates made with `openssl`.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::LazyLock;

use aws_smithy_http_client::tls::{TlsContext, TrustStore};
use tempfile::TempDir;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};

/// `right` is for the name below, signed by the CA that the client trusts; `name` is for another name; `issuer` is signed by a CA of the
/// same name that the client does not trust.
const EXTENSIONS: &str = "\
[req]
distinguished_name = subject
[subject]
[ca]
basicConstraints = critical,CA:TRUE
keyUsage = critical,keyCertSign
[right]
subjectAltName = DNS:hooks.example.com
[name]
subjectAltName = DNS:example.com
[issuer]
subjectAltName = DNS:hooks.example.com
";

static FOLDER: LazyLock<TempDir> = LazyLock::new(|| {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("extensions"), EXTENSIONS).unwrap();
    make(folder.path(), "ca", "ca", &[]);
    make(folder.path(), "other", "ca", &[]);
    for (name, issuer) in [("right", "ca"), ("name", "ca"), ("issuer", "other")] {
        let (certificate, key) = (format!("{issuer}.pem"), format!("{issuer}.key"));
        make(
            folder.path(),
            name,
            name,
            &["-CA", &certificate, "-CAkey", &key],
        );
    }
    folder
});

/// A client's trust in this CA and no other.
pub(super) fn trust() -> TlsContext {
    let roots =
        TrustStore::empty().with_pem_certificate(fs::read(FOLDER.path().join("ca.pem")).unwrap());
    TlsContext::builder()
        .with_trust_store(roots)
        .build()
        .unwrap()
}

/// A receiver's side with this certificate.
pub(super) fn acceptor(name: &str) -> TlsAcceptor {
    let file = |extension| FOLDER.path().join(format!("{name}.{extension}"));
    let certificate = CertificateDer::from_pem_file(file("pem")).unwrap();
    let key = PrivateKeyDer::from_pem_file(file("key")).unwrap();
    let config = ServerConfig::builder_with_provider(aws_lc_rs::default_provider().into())
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key);
    TlsAcceptor::from(std::sync::Arc::new(config.unwrap()))
}

fn make(folder: &Path, name: &str, extensions: &str, issuer: &[&str]) {
    let output = Command::new("openssl")
        .current_dir(folder)
        .args([
            "req",
            "-x509",
            "-config",
            "extensions",
            "-extensions",
            extensions,
        ])
        .args([
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:P-256",
            "-nodes",
        ])
        .args(["-days", "2", "-subj", &format!("/CN={extensions}")])
        .args([
            "-keyout",
            &format!("{name}.key"),
            "-out",
            &format!("{name}.pem"),
        ])
        .args(issuer)
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
}
