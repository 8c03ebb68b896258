//! Requests to the store of large payloads.
//!
//! The store is another origin. The signature in a URL is the whole authority for one request, so no credentials of the API go
//! there: each request is made by an HTTP client that does not know them.

use std::time::Duration;

use reqwest::{RequestBuilder, Url};

use crate::client::{RESPONSE_TIMEOUT, http_for};
use crate::{ClientError, StoreProblem};

/// A result that does not continue for this long is lost.
const STALL_TIMEOUT: Duration = RESPONSE_TIMEOUT;
/// Bytes per second of a connection that is slow, but not dead (128 kbit/s). A dead one is noticed sooner, by TCP.
const SLOWEST_UPLOAD: u64 = 16 * 1024;

/// Resolves the reference to the store in a response of the service. The URL must be http or https, and https if the service
/// is: its signature is a credential. The error says what is wrong.
pub(crate) fn signed_url(from: &Url, reference: &str) -> Result<Url, &'static str> {
    let url = from.join(reference);
    let url = url.map_err(|_| "the URL of the store is not a URI reference")?;
    match (url.scheme(), from.scheme()) {
        ("https", _) | ("http", "http") => Ok(url),
        ("http", _) => Err("the URL of the store is not encrypted (http)"),
        _ => Err("the URL of the store is neither http nor https"),
    }
}

/// Opens a result. Fails with [`ClientError::Store`] if the store refuses it.
pub(crate) async fn get(url: &Url) -> Result<reqwest::Response, ClientError> {
    let http = http_for(url).read_timeout(STALL_TIMEOUT).build();
    let http = http.map_err(ClientError::Setup)?;
    let response = http.get(url.clone()).send().await;
    let response = response.map_err(|source| ClientError::store_unreachable(url, source))?;
    if response.status().is_success() {
        return Ok(response);
    }
    Err(ClientError::Store(Box::new(
        StoreProblem::read(response).await,
    )))
}

/// A PUT of this many bytes, without headers and body.
pub(crate) fn put(url: &Url, bytes: u64) -> Result<RequestBuilder, ClientError> {
    let http = http_for(url).build().map_err(ClientError::Setup)?;
    let limit = RESPONSE_TIMEOUT + Duration::from_secs(bytes / SLOWEST_UPLOAD);
    Ok(http.put(url.clone()).timeout(limit))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_of_the_store_is_as_encrypted_as_the_service() {
        let from = |service: &str, reference| signed_url(&service.parse().unwrap(), reference);

        assert!(from("https://example.org", "https://b.s3.amazonaws.com/a?b").is_ok());
        assert!(from("http://127.0.0.1:3000", "http://127.0.0.1:4000/a").is_ok());
        assert!(from("http://127.0.0.1:3000", "https://b.s3.amazonaws.com/a").is_ok());
        assert!(from("https://example.org", "http://b.s3.amazonaws.com/a").is_err());
        assert!(from("https://example.org", "file:///etc/passwd").is_err());
        assert!(from("https://example.org", "https://").is_err());
    }
}
