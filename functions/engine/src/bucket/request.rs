//! Signed requests.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use aws_sdk_dynamodb::config::{Credentials, ProvideCredentials};
use aws_sigv4::http_request::{
    PayloadChecksumKind, PercentEncodingMode, SignableBody, SignableRequest, SignatureLocation,
    SigningInstructions, SigningSettings, UriPathNormalizationMode, sign,
};
use aws_sigv4::sign::v4::SigningParams;
use aws_smithy_runtime_api::client::http::HttpConnector;
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::byte_stream::ByteStream;
use tokio::time::timeout;

use super::{Bucket, BucketError};
use crate::Timestamp;
use crate::aws::ATTEMPT;

/// A header of a request: name in lower case, and value.
pub(super) type Header<'a> = (&'static str, &'a str);

/// Maximum number of tries of a request.
const TRIES: u32 = 3;

/// The delay before the second try; it doubles.
const PAUSE: Duration = Duration::from_millis(100);

impl Bucket {
    /// A URL that allows this request for `valid` from `now`, up to [`super::LONGEST_ACCESS`] in AWS. The request must have these headers, with these
    /// values.
    ///
    /// # Errors
    /// [`BucketError::Unsigned`].
    pub async fn presigned(
        &self,
        method: &str,
        key: &str,
        headers: &[Header<'_>],
        valid: Duration,
        now: Timestamp,
    ) -> Result<String, BucketError> {
        let url = self.url(key);
        let at = UNIX_EPOCH + Duration::from_millis(now.ms().unsigned_abs());
        let signing = Signing::Url(valid);
        let signed = self.sign((method, &url), headers, signing, at).await?;
        let mut request = http::Request::get(url).body(());
        let request = request
            .as_mut()
            .map_err(|_| BucketError::unsigned("not a URL"))?;
        signed.apply_to_request_http1x(request);
        Ok(request.uri().to_string())
    }

    /// Sends a request, up to [`TRIES`] times until it is answered within `time` other than by a fault of the bucket. Returns the response
    /// whatever its status, with a body that is still to be read.
    pub(super) async fn send(
        &self,
        method: &str,
        key: &str,
        headers: &[Header<'_>],
        body: impl Fn() -> SdkBody,
        time: Duration,
    ) -> Result<HttpResponse, BucketError> {
        let mut pause = PAUSE;
        let mut tries = 1;
        loop {
            let error = match self.send_once(method, key, headers, body(), time).await {
                Err(error @ BucketError::Unavailable(_)) => error,
                answer => return answer,
            };
            if tries == TRIES {
                return Err(error);
            }
            tokio::time::sleep(pause).await;
            (tries, pause) = (tries + 1, pause * 2);
        }
    }

    /// The same with one try.
    pub(super) async fn send_once(
        &self,
        method: &str,
        key: &str,
        headers: &[Header<'_>],
        body: SdkBody,
        time: Duration,
    ) -> Result<HttpResponse, BucketError> {
        let answer = timeout(time, self.exchange(method, key, headers, body)).await;
        let answer = answer.map_err(BucketError::unavailable)??;
        if is_fault(&answer) {
            return Err(BucketError::unavailable(refusal(answer).await));
        }
        Ok(answer)
    }

    async fn exchange(
        &self,
        method: &str,
        key: &str,
        headers: &[Header<'_>],
        body: SdkBody,
    ) -> Result<HttpResponse, BucketError> {
        let url = self.url(key);
        let at = SystemTime::now();
        let signing = Signing::Headers;
        let signed = self.sign((method, &url), headers, signing, at).await?;
        let mut request = HttpRequest::new(body);
        let unusable = BucketError::unsigned;
        request.set_method(method).map_err(unusable)?;
        request.set_uri(url).map_err(unusable)?;
        for (name, value) in headers {
            request.headers_mut().insert(*name, (*value).to_owned());
        }
        for (name, value) in signed.headers() {
            request
                .headers_mut()
                .insert(name.to_owned(), value.to_owned());
        }
        let answer = self.inner.connector.call(request).await;
        answer.map_err(BucketError::unavailable)
    }

    async fn sign(
        &self,
        (method, url): (&str, &str),
        headers: &[Header<'_>],
        signing: Signing,
        at: SystemTime,
    ) -> Result<SigningInstructions, BucketError> {
        let credentials = self.credentials().await?;
        let identity = credentials.into();
        let params = SigningParams::builder()
            .identity(&identity)
            .region(self.inner.region.as_ref())
            .name("s3")
            .time(at)
            .settings(settings(signing))
            .build()
            .map_err(BucketError::unsigned)?;
        // Nobody signs the body: TLS protects it, and an upload's digest is a header.
        let headers = headers.iter().copied();
        let request = SignableRequest::new(method, url, headers, SignableBody::UnsignedPayload)
            .map_err(BucketError::unsigned)?;
        let signed = sign(request, &params.into()).map_err(BucketError::unsigned)?;
        Ok(signed.into_parts().0)
    }

    async fn credentials(&self) -> Result<Credentials, BucketError> {
        let provider = self.inner.credentials.as_ref();
        let provider = provider.ok_or_else(|| BucketError::unsigned("no credentials"))?;
        provider
            .provide_credentials()
            .await
            .map_err(BucketError::unsigned)
    }

    /// The URL of an object. Keys consist of letters, digits, `/` and `-`, which no URL escapes.
    fn url(&self, key: &str) -> String {
        format!("{}{key}", self.inner.url)
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

/// The settings of S3: <https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html>
fn settings(signing: Signing) -> SigningSettings {
    let mut settings = SigningSettings::default();
    settings.percent_encoding_mode = PercentEncodingMode::Single;
    settings.uri_path_normalization_mode = UriPathNormalizationMode::Disabled;
    match signing {
        Signing::Headers => settings.payload_checksum_kind = PayloadChecksumKind::XAmzSha256,
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
pub(super) async fn refusal(answer: HttpResponse) -> BucketError {
    let status = answer.status().as_u16();
    let code = timeout(ATTEMPT, error_code(answer)).await;
    let code = code.unwrap_or_default();
    BucketError::Refused { status, code }
}

/// The code in an error's body: `<Error><Code>AccessDenied</Code>…`. Empty if there is none; a response to HEAD has no body.
async fn error_code(answer: HttpResponse) -> String {
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
mod tests;
