//! Signed requests to services without an SDK client: S3 and EventBridge Scheduler.
//!
//! The few requests that the functions make are signed with `aws-sigv4` and sent through the connector of the other clients: an SDK
//! client would make each function larger by a third.

mod error;

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use aws_sdk_dynamodb::config::{
    Credentials, ProvideCredentials, Region, SharedCredentialsProvider,
};
use aws_sigv4::http_request::{
    PayloadChecksumKind, PercentEncodingMode, SignableBody, SignableRequest, SignatureLocation,
    SigningInstructions, SigningSettings, UriPathNormalizationMode, sign,
};
use aws_sigv4::sign::v4::SigningParams;
use aws_smithy_runtime_api::client::http::{HttpConnector, SharedHttpConnector};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_types::body::SdkBody;
use bytes::Bytes;
use tokio::time::timeout;

pub use error::{Service, ServiceError};

use crate::{Aws, ConfigError, Timestamp};

/// A header of a request: name in lower case, and value.
pub(crate) type Header<'a> = (&'static str, &'a str);

/// Maximum number of tries of a request.
const TRIES: u32 = 3;

/// The delay before the second try; it doubles.
const PAUSE: Duration = Duration::from_millis(100);

/// A client of one service.
pub(crate) struct SignedClient {
    service: Service,
    /// The beginning of every URL, with a trailing slash.
    url: String,
    region: Region,
    credentials: Option<SharedCredentialsProvider>,
    connector: SharedHttpConnector,
}

/// A request.
pub(crate) struct Request<'a> {
    pub(crate) method: &'a str,
    /// Path and query, to be appended to the client's URL, of characters that no URL escapes.
    pub(crate) path: &'a str,
    pub(crate) headers: &'a [Header<'a>],
    pub(crate) body: Bytes,
}

impl SignedClient {
    /// A client of the service whose URLs begin with `url`, which ends with a slash. Nothing is sent.
    ///
    /// # Errors
    /// [`ConfigError::Missing`] without a region.
    pub(crate) fn new(service: Service, url: String, aws: &Aws) -> Result<Self, ConfigError> {
        let region = aws.config.region().cloned();
        Ok(Self {
            service,
            url,
            region: region.ok_or(ConfigError::Missing("AWS_REGION"))?,
            credentials: aws.config.credentials_provider(),
            connector: aws.connector.clone(),
        })
    }

    /// The beginning of every URL.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// A URL that allows this request, without its body, for `valid` from `now`. The request must have these headers, with these values.
    ///
    /// # Errors
    /// [`ServiceError::Unsigned`].
    pub(crate) async fn presigned(
        &self,
        request: &Request<'_>,
        valid: Duration,
        now: Timestamp,
    ) -> Result<String, ServiceError> {
        let at = UNIX_EPOCH + Duration::from_millis(now.ms().unsigned_abs());
        let signed = self.sign(request, Signing::Url(valid), at).await?;
        let mut url = http::Request::get(self.url_of(request)).body(());
        let url = url.as_mut();
        let url = url.map_err(|_| self.service.unsigned("not a URL"))?;
        signed.apply_to_request_http1x(url);
        Ok(url.uri().to_string())
    }

    /// Sends a request, up to [`TRIES`] times until it is answered within `time` other than by a fault of the service. Returns the
    /// response whatever its status, with a body that is still to be read.
    pub(crate) async fn send(
        &self,
        request: &Request<'_>,
        time: Duration,
    ) -> Result<HttpResponse, ServiceError> {
        let mut pause = PAUSE;
        let mut tries = 1;
        loop {
            let error = match self.send_once(request, time).await {
                Err(error @ ServiceError::Unavailable(..)) => error,
                answer => return answer,
            };
            if tries == TRIES {
                return Err(error);
            }
            tokio::time::sleep(pause).await;
            (tries, pause) = (tries + 1, pause * 2);
        }
    }

    /// Sends a request once, as [`Self::send`] does with each of its tries.
    pub(crate) async fn send_once(
        &self,
        request: &Request<'_>,
        time: Duration,
    ) -> Result<HttpResponse, ServiceError> {
        let answer = timeout(time, self.exchange(request)).await;
        let answer = answer.map_err(|late| self.service.unavailable(late))??;
        if is_fault(&answer) {
            let refusal = self.service.refusal(answer).await;
            return Err(self.service.unavailable(refusal));
        }
        Ok(answer)
    }

    async fn exchange(&self, request: &Request<'_>) -> Result<HttpResponse, ServiceError> {
        let (service, at) = (self.service, SystemTime::now());
        let signed = self.sign(request, Signing::Headers, at).await?;
        let mut sent = HttpRequest::new(SdkBody::from(request.body.clone()));
        sent.set_method(request.method)
            .map_err(|e| service.unsigned(e))?;
        sent.set_uri(self.url_of(request))
            .map_err(|e| service.unsigned(e))?;
        for (name, value) in request.headers {
            sent.headers_mut().insert(*name, (*value).to_owned());
        }
        for (name, value) in signed.headers() {
            sent.headers_mut().insert(name.to_owned(), value.to_owned());
        }
        let answer = self.connector.call(sent).await;
        answer.map_err(|e| service.unavailable(e))
    }

    async fn sign(
        &self,
        request: &Request<'_>,
        signing: Signing,
        at: SystemTime,
    ) -> Result<SigningInstructions, ServiceError> {
        let identity = self.credentials().await?.into();
        let params = SigningParams::builder()
            .identity(&identity)
            .region(self.region.as_ref())
            .name(self.service.name())
            .time(at)
            .settings(settings(self.service, signing))
            .build()
            .map_err(|e| self.service.unsigned(e))?;
        let body = match self.service {
            // S3 does not want it signed: TLS protects it, and an upload's digest is a header.
            Service::S3 => SignableBody::UnsignedPayload,
            Service::Scheduler => SignableBody::Bytes(&request.body),
        };
        let (url, headers) = (self.url_of(request), request.headers.iter().copied());
        let request = SignableRequest::new(request.method, &url, headers, body);
        let signed = request.and_then(|request| sign(request, &params.into()));
        let signed = signed.map_err(|e| self.service.unsigned(e))?;
        Ok(signed.into_parts().0)
    }

    async fn credentials(&self) -> Result<Credentials, ServiceError> {
        let provider = self.credentials.as_ref();
        let provider = provider.ok_or_else(|| self.service.unsigned("no credentials"))?;
        let credentials = provider.provide_credentials().await;
        credentials.map_err(|e| self.service.unsigned(e))
    }

    fn url_of(&self, request: &Request<'_>) -> String {
        format!("{}{}", self.url, request.path)
    }
}

/// Where the signature goes.
#[derive(Clone, Copy)]
enum Signing {
    /// Into headers.
    Headers,
    /// Into the query, for a URL that is valid for this time.
    Url(Duration),
}

/// The settings of a service. S3 has its own: <https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html>
fn settings(service: Service, signing: Signing) -> SigningSettings {
    let mut settings = SigningSettings::default();
    if service == Service::S3 {
        settings.percent_encoding_mode = PercentEncodingMode::Single;
        settings.uri_path_normalization_mode = UriPathNormalizationMode::Disabled;
    }
    match signing {
        Signing::Headers if service == Service::S3 => {
            settings.payload_checksum_kind = PayloadChecksumKind::XAmzSha256;
        }
        Signing::Headers => {}
        Signing::Url(valid) => {
            settings.signature_location = SignatureLocation::QueryParams;
            settings.expires_in = Some(valid);
        }
    }
    settings
}

/// Whether the same request may be answered otherwise the next time.
fn is_fault(answer: &HttpResponse) -> bool {
    let status = answer.status();
    status.is_server_error() || status.as_u16() == 429
}

#[cfg(test)]
pub(crate) mod tests;
