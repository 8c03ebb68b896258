//! Signed requests to services without an SDK client: S3 and EventBridge Scheduler.
//!
//! The few requests that the functions make are signed with `aws-sigv4` and sent through the connector of the other clients: an SDK
//! client would make each function larger by a third.

use std::error::Error;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use aws_config::Region;
use aws_sdk_dynamodb::config::{Credentials, ProvideCredentials, SharedCredentialsProvider};
use aws_sigv4::http_request::{
    PayloadChecksumKind, PercentEncodingMode, SignableBody, SignableRequest, SignatureLocation,
    SigningInstructions, SigningSettings, UriPathNormalizationMode, sign,
};
use aws_sigv4::sign::v4::SigningParams;
use aws_smithy_runtime_api::client::http::{HttpConnector, SharedHttpConnector};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::byte_stream::ByteStream;
use bytes::Bytes;
use tokio::time::timeout;

use crate::aws::ATTEMPT;
use crate::{Aws, ConfigError, Timestamp};

/// A header of a request: name in lower case, and value.
pub(crate) type Header<'a> = (&'static str, &'a str);

/// Maximum number of tries of a request.
const TRIES: u32 = 3;

/// The delay before the second try; it doubles.
const PAUSE: Duration = Duration::from_millis(100);

/// A service, with the settings of its signatures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Service {
    S3,
    Scheduler,
}

impl Service {
    /// The name in its signatures.
    fn name(self) -> &'static str {
        match self {
            Self::S3 => "s3",
            Self::Scheduler => "scheduler",
        }
    }
}

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
    /// Path and query behind the client's URL, of characters that no URL escapes.
    pub(crate) path: &'a str,
    pub(crate) headers: &'a [Header<'a>],
    pub(crate) body: Bytes,
}

/// A request without a success.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RequestError {
    /// The service is not reachable, throttles or fails. Try again later.
    #[error("there was no answer")]
    Unavailable(#[source] Box<dyn Error + Send + Sync>),
    /// The service refused the request. The code is empty if the answer has none.
    #[error("the answer was {status} {code}")]
    Refused { status: u16, code: String },
    /// There are no credentials, or the request cannot be signed with them.
    #[error("the request cannot be signed")]
    Unsigned(#[source] Box<dyn Error + Send + Sync>),
}

fn unavailable(error: impl Into<Box<dyn Error + Send + Sync>>) -> RequestError {
    RequestError::Unavailable(error.into())
}

fn unsigned(error: impl Into<Box<dyn Error + Send + Sync>>) -> RequestError {
    RequestError::Unsigned(error.into())
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
    /// [`RequestError::Unsigned`].
    pub(crate) async fn presigned(
        &self,
        request: &Request<'_>,
        valid: Duration,
        now: Timestamp,
    ) -> Result<String, RequestError> {
        let at = UNIX_EPOCH + Duration::from_millis(now.ms().unsigned_abs());
        let signed = self.sign(request, Signing::Url(valid), at).await?;
        let mut url = http::Request::get(self.url_of(request)).body(());
        let url = url.as_mut().map_err(|_| unsigned("not a URL"))?;
        signed.apply_to_request_http1x(url);
        Ok(url.uri().to_string())
    }

    /// Sends a request, up to [`TRIES`] times until it is answered within `time` other than by a fault of the service. Returns the
    /// response whatever its status, with a body that is still to be read.
    pub(crate) async fn send(
        &self,
        request: &Request<'_>,
        time: Duration,
    ) -> Result<HttpResponse, RequestError> {
        let mut pause = PAUSE;
        let mut tries = 1;
        loop {
            let error = match self.send_once(request, time).await {
                Err(error @ RequestError::Unavailable(_)) => error,
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
    ) -> Result<HttpResponse, RequestError> {
        let answer = timeout(time, self.exchange(request)).await;
        let answer = answer.map_err(unavailable)??;
        if is_fault(&answer) {
            return Err(unavailable(refusal(answer).await));
        }
        Ok(answer)
    }

    async fn exchange(&self, request: &Request<'_>) -> Result<HttpResponse, RequestError> {
        let at = SystemTime::now();
        let signed = self.sign(request, Signing::Headers, at).await?;
        let mut sent = HttpRequest::new(SdkBody::from(request.body.clone()));
        sent.set_method(request.method).map_err(unsigned)?;
        sent.set_uri(self.url_of(request)).map_err(unsigned)?;
        for (name, value) in request.headers {
            sent.headers_mut().insert(*name, (*value).to_owned());
        }
        for (name, value) in signed.headers() {
            sent.headers_mut().insert(name.to_owned(), value.to_owned());
        }
        self.connector.call(sent).await.map_err(unavailable)
    }

    async fn sign(
        &self,
        request: &Request<'_>,
        signing: Signing,
        at: SystemTime,
    ) -> Result<SigningInstructions, RequestError> {
        let identity = self.credentials().await?.into();
        let params = SigningParams::builder()
            .identity(&identity)
            .region(self.region.as_ref())
            .name(self.service.name())
            .time(at)
            .settings(settings(self.service, signing))
            .build()
            .map_err(unsigned)?;
        let body = match self.service {
            // S3 does not want it signed: TLS protects it, and an upload's digest is a header.
            Service::S3 => SignableBody::UnsignedPayload,
            Service::Scheduler => SignableBody::Bytes(&request.body),
        };
        let (url, headers) = (self.url_of(request), request.headers.iter().copied());
        let request = SignableRequest::new(request.method, &url, headers, body);
        let signed = sign(request.map_err(unsigned)?, &params.into()).map_err(unsigned)?;
        Ok(signed.into_parts().0)
    }

    async fn credentials(&self) -> Result<Credentials, RequestError> {
        let provider = self.credentials.as_ref();
        let provider = provider.ok_or_else(|| unsigned("no credentials"))?;
        provider.provide_credentials().await.map_err(unsigned)
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

/// The refusal that a response is. Its code is empty if its body does not arrive soon.
pub(crate) async fn refusal(answer: HttpResponse) -> RequestError {
    let status = answer.status().as_u16();
    let code = match answer.headers().get("x-amzn-errortype") {
        // `ConflictException:http://internal.amazon.com/coral/…`
        Some(shape) => shape.split(':').next().unwrap_or_default().to_owned(),
        None => timeout(ATTEMPT, code_in_body(answer))
            .await
            .unwrap_or_default(),
    };
    RequestError::Refused { status, code }
}

/// The code in an error's body: `<Error><Code>AccessDenied</Code>…`. Empty if there is none; a response to HEAD has no body.
async fn code_in_body(answer: HttpResponse) -> String {
    let mut body = ByteStream::new(answer.into_body());
    let mut text = Vec::new();
    while let Some(Ok(chunk)) = body.next().await
        && text.len() < 4_096
    {
        text.extend_from_slice(&chunk);
    }
    let text = String::from_utf8_lossy(&text);
    let code = text.split_once("<Code>").map(|(_, rest)| rest);
    let code = code.and_then(|rest| rest.split_once("</Code>"));
    code.map(|(code, _)| code.to_owned()).unwrap_or_default()
}

#[cfg(test)]
pub(crate) mod tests;
