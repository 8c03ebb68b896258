//! A client of the embedded S3, which signs with the signer of the AWS SDK.

use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use aws_sdk_sqs::config::Credentials;
use aws_sigv4::http_request::{
    PayloadChecksumKind, PercentEncodingMode, SignableBody, SignableRequest, SignatureLocation,
    SigningSettings, UriPathNormalizationMode, sign,
};
use aws_sigv4::sign::v4;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, Request, StatusCode, header};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use local::{BUCKET, Backends, ServiceOptions};
use sha2::{Digest as _, Sha256};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::app::PATIENCE;

/// The name of the header with the digest of an upload.
pub(crate) const DIGEST: HeaderName = HeaderName::from_static("x-amz-checksum-sha256");

/// The key of the object of most tests.
pub(crate) const KEY: &str = "uploads/0190b2f4-0000-8000-8000-000000000001";

/// Its content.
pub(crate) const CONTENT: &str = "city,people\nParis,2\n";

pub(crate) const DENIED: (u16, &str) = (403, "AccessDenied");

pub(crate) const NOT_MET: (u16, &str) = (412, "PreconditionFailed");

/// Where pages of the deployment come from.
pub(crate) const PAGES: &str = "https://app.example.com";

/// The running back ends, of which a test uses S3, and their data folder.
pub(crate) struct Store {
    backends: Backends,
    data: TempDir,
    http: reqwest::Client,
}

/// A response, read to its end.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

/// A request before it is signed.
#[derive(Clone)]
pub(crate) struct Draft {
    pub(crate) method: Method,
    pub(crate) url: String,
    pub(crate) headers: HeaderMap,
    pub(crate) content: Vec<u8>,
    /// Id and secret of the access key that signs.
    pub(crate) key: [&'static str; 2],
    pub(crate) signed_at: SystemTime,
    pub(crate) valid: Duration,
}

impl Store {
    pub(crate) async fn start() -> Self {
        Self::on(TempDir::new().unwrap()).await
    }

    /// With the object [`KEY`].
    pub(crate) async fn with_an_object() -> Self {
        let store = Self::start().await;
        let put = store.send(store.upload(KEY, CONTENT).presigned()).await;
        assert_eq!(put.status, 200, "{put:?}");
        store
    }

    /// Whether there is an object [`KEY`].
    pub(crate) async fn has_the_object(&self) -> bool {
        let got = self.send(self.get(KEY).presigned()).await;
        got.status == 200
    }

    async fn on(data: TempDir) -> Self {
        let of_kinds = [
            ("AWS_ACCESS_KEY_ID", "AKIDOFKINDS"),
            ("AWS_SECRET_ACCESS_KEY", "of kinds"),
        ];
        let of_kinds = of_kinds.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let options = ServiceOptions {
            data: Some(data.path().to_owned()),
            allowed_origins: vec![PAGES.to_owned()],
            sweep_every: Duration::from_millis(20),
            env: of_kinds.into(),
            ..ServiceOptions::default()
        };
        Self {
            backends: Backends::start(&options).await.unwrap(),
            data,
            http: reqwest::Client::new(),
        }
    }

    /// Stops the back ends and starts others with the same data folder.
    pub(crate) async fn restarted(self) -> Self {
        self.backends.stop().await;
        Self::on(self.data).await
    }

    /// The files of the objects.
    pub(crate) fn files(&self) -> Vec<PathBuf> {
        let entries = self.data.path().join("objects").read_dir().unwrap();
        entries.map(|entry| entry.unwrap().path()).collect()
    }

    pub(crate) fn draft(&self, method: Method, key: &str) -> Draft {
        Draft {
            method,
            url: format!("{}/{BUCKET}/{key}", self.backends.endpoints.s3),
            headers: HeaderMap::new(),
            content: Vec::new(),
            key: ["local", "local"],
            signed_at: SystemTime::now(),
            valid: Duration::from_secs(900),
        }
    }

    pub(crate) fn get(&self, key: &str) -> Draft {
        self.draft(Method::GET, key)
    }

    /// An upload as `POST /uploads` would have it.
    pub(crate) fn upload(&self, key: &str, content: impl Into<Vec<u8>>) -> Draft {
        let content = content.into();
        let digest = BASE64_STANDARD.encode(Sha256::digest(&content));
        let headers = [
            (header::CONTENT_TYPE, "text/csv"),
            (header::CONTENT_LENGTH, &content.len().to_string()),
            (header::IF_NONE_MATCH, "*"),
            (DIGEST, &digest),
        ];
        let headers = headers.map(|(name, value)| (name, HeaderValue::from_str(value).unwrap()));
        Draft {
            headers: headers.into_iter().collect(),
            content,
            ..self.draft(Method::PUT, key)
        }
    }

    pub(crate) async fn send(&self, request: Request<Vec<u8>>) -> Answer {
        let mut request = reqwest::Request::try_from(request).unwrap();
        // The client writes that of the body.
        request.headers_mut().remove(header::CONTENT_LENGTH);
        let response = self.http.execute(request).await.unwrap();
        Answer {
            status: response.status(),
            headers: response.headers().clone(),
            body: response.text().await.unwrap(),
        }
    }

    /// Sends the head of a request, and that part of the body.
    pub(crate) async fn begin(&self, request: &Request<Vec<u8>>, part: &[u8]) -> TcpStream {
        let address = self.backends.endpoints.s3.strip_prefix("http://").unwrap();
        let mut connection = TcpStream::connect(address).await.unwrap();
        let headers = request.headers().iter();
        let headers =
            headers.map(|(name, value)| format!("{name}: {}\r\n", value.to_str().unwrap()));
        let head = format!(
            "{} {} HTTP/1.1\r\nhost: {address}\r\n{}\r\n",
            request.method(),
            request.uri().path_and_query().unwrap(),
            headers.collect::<String>()
        );
        connection.write_all(head.as_bytes()).await.unwrap();
        connection.write_all(part).await.unwrap();
        connection
    }
}

impl Draft {
    pub(crate) fn with(mut self, name: impl Into<HeaderName>, value: &str) -> Self {
        let value = HeaderValue::from_str(value).unwrap();
        self.headers.insert(name.into(), value);
        self
    }

    /// The request with a signature in its query.
    pub(crate) fn presigned(&self) -> Request<Vec<u8>> {
        let mut settings = SigningSettings::default();
        settings.signature_location = SignatureLocation::QueryParams;
        settings.expires_in = Some(self.valid);
        self.signed(settings, SignableBody::UnsignedPayload)
    }

    /// The request with a signature in its headers.
    pub(crate) fn authorized(&self, body: SignableBody<'_>) -> Request<Vec<u8>> {
        let mut settings = SigningSettings::default();
        settings.payload_checksum_kind = PayloadChecksumKind::XAmzSha256;
        self.signed(settings, body)
    }

    /// The request without a signature.
    pub(crate) fn unsigned(&self) -> Request<Vec<u8>> {
        let mut request = Request::new(self.content.clone());
        *request.method_mut() = self.method.clone();
        *request.uri_mut() = self.url.parse().unwrap();
        *request.headers_mut() = self.headers.clone();
        request
    }

    fn signed(&self, mut settings: SigningSettings, body: SignableBody<'_>) -> Request<Vec<u8>> {
        settings.percent_encoding_mode = PercentEncodingMode::Single;
        settings.uri_path_normalization_mode = UriPathNormalizationMode::Disabled;
        let [id, secret] = self.key;
        let identity = Credentials::new(id, secret, None, None, "tests").into();
        let params = v4::SigningParams::builder()
            .identity(&identity)
            .region("us-east-1")
            .name("s3")
            .time(self.signed_at)
            .settings(settings);
        let params = params.build().unwrap().into();
        let headers = self.headers.iter();
        let headers = headers.map(|(name, value)| (name.as_str(), value.to_str().unwrap()));
        let signable = SignableRequest::new(self.method.as_str(), &self.url, headers, body);
        let (instructions, _) = sign(signable.unwrap(), &params).unwrap().into_parts();
        let mut request = self.unsigned();
        instructions.apply_to_request_http1x(&mut request);
        request
    }
}

impl Answer {
    /// The status and the code of S3's error document.
    pub(crate) fn error(&self) -> (u16, &str) {
        let code = self.body.split_once("<Code>");
        let code = code.and_then(|(_, rest)| rest.split_once("</Code>"));
        (self.status.as_u16(), code.map_or("", |(code, _)| code))
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        let value = self.headers.get(name);
        value.map_or("", |value| value.to_str().unwrap())
    }
}

/// The status line's beginning of a response to a request that was begun by hand.
pub(crate) async fn status_of(mut connection: TcpStream) -> String {
    let mut status = [0; 12];
    connection.read_exact(&mut status).await.unwrap();
    String::from_utf8_lossy(&status).into_owned()
}

/// Waits until the file system shows a change that the store makes by itself.
pub(crate) async fn until(is_true: impl Fn() -> bool) {
    let looking = async {
        while !is_true() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(PATIENCE, looking)
        .await
        .expect("it happens");
}
