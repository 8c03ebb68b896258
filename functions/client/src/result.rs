//! The result of a job.

use bytes::Bytes;
use reqwest::header::LOCATION;
use reqwest::{Method, StatusCode, Url};
use serde::de::DeserializeOwned;

use crate::calls::below;
use crate::client::Response;
use crate::{Client, ClientError, store};

/// The result of a job, read piece by piece.
pub struct ResultBody {
    /// The result's URI at the service.
    url: Url,
    /// From the service, or from the store of large payloads.
    response: reqwest::Response,
    is_stored: bool,
}

impl ResultBody {
    /// Reads the next piece, of any length; `None` at the end. Fails with [`ClientError::Unreachable`] or
    /// [`ClientError::StoreUnreachable`] if the connection is lost before the end: the result is incomplete then.
    pub async fn chunk(&mut self) -> Result<Option<Bytes>, ClientError> {
        let chunk = self.response.chunk().await;
        chunk.map_err(|source| {
            if self.is_stored {
                return ClientError::store_unreachable(self.response.url(), source);
            }
            ClientError::unreachable(&self.url, source)
        })
    }

    /// The error of a result that is not what the caller expects.
    pub(crate) fn unexpected(&self, error: &serde_json::Error) -> ClientError {
        let what = format!("not the expected document ({error})");
        ClientError::unexpected(&self.url, Some(self.response.status()), what)
    }
}

impl Client {
    /// Reads the result of a job. `Box<serde_json::value::RawValue>` keeps its text.
    ///
    /// Fails with [`ClientError::NotFound`] while there is no result, with [`ClientError::Gone`] if there never will be one,
    /// and with [`ClientError::Unexpected`] if the result is not a `T`.
    pub async fn result<T: DeserializeOwned>(&self, uri: &Url) -> Result<T, ClientError> {
        let mut body = self.result_body(uri).await?;
        let mut text = Vec::new();
        while let Some(chunk) = body.chunk().await? {
            text.extend_from_slice(&chunk);
        }
        serde_json::from_slice(&text).map_err(|error| body.unexpected(&error))
    }

    /// Opens the result of a job, to be read in bounded memory. It may be larger than a few MB if the deployment stores large
    /// results. They are read from the store, without the credentials of [`Options`](crate::Options).
    ///
    /// Fails as [`Client::result`] does before the first piece, and with [`ClientError::Store`] if the store refuses a result.
    pub async fn result_body(&self, uri: &Url) -> Result<ResultBody, ClientError> {
        let url = below(uri, "result");
        let response = self.open(&url, self.request(Method::GET, &url)).await?;
        if response.status().is_success() {
            return Ok(ResultBody {
                url,
                response,
                is_stored: false,
            });
        }
        let response = Response::read(&url, response).await?;
        if response.status != StatusCode::TEMPORARY_REDIRECT {
            return Err(response.error());
        }
        let location = response.headers.get(LOCATION);
        let location = location.and_then(|value| value.to_str().ok());
        let location = location.ok_or_else(|| response.unexpected("it has no Location"))?;
        let location = store::signed_url(&url, location);
        let location = location.map_err(|what| response.unexpected(what))?;
        Ok(ResultBody {
            url,
            response: store::get(&location).await?,
            is_stored: true,
        })
    }
}
