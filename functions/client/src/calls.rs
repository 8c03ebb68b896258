//! The calls about one job: read it, cancel it, delete it.

use std::time::Duration;

use reqwest::{Method, StatusCode, Url};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use time::OffsetDateTime;

use crate::client::Response;
use crate::pace::retry_after;
use crate::{Client, ClientError, Job, Problem};

/// Outcome of a request to cancel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cancellation {
    /// The job is canceled: it had not started, or was canceled before.
    Canceled,
    /// The job is running and is being stopped.
    WindingDown,
}

#[derive(Deserialize)]
struct StatusDocument {
    job: Job,
}

impl Client {
    /// Reads a job. Fails with [`ClientError::Gone`] if it has expired or was deleted, and with
    /// [`ClientError::NotFound`] if it was never issued to this caller.
    pub async fn job(&self, uri: &Url) -> Result<Job, ClientError> {
        self.call(Method::GET, uri).await?.job()
    }

    /// Cancels a job. Fails with [`ClientError::Refused`] (409) if it has finished.
    pub async fn cancel(&self, uri: &Url) -> Result<Cancellation, ClientError> {
        let response = self.call(Method::POST, &below(uri, "cancel")).await?;
        Ok(match response.status {
            StatusCode::ACCEPTED => Cancellation::WindingDown,
            _ => Cancellation::Canceled,
        })
    }

    /// Deletes a finished job and its result. Fails with [`ClientError::Refused`] (409) if the job has not finished.
    pub async fn delete(&self, uri: &Url) -> Result<(), ClientError> {
        self.call(Method::DELETE, uri).await.map(drop)
    }

    /// Sends a request without a body.
    pub(crate) async fn call(&self, method: Method, url: &Url) -> Result<Response, ClientError> {
        self.send(url, self.request(method, url)).await?.checked()
    }
}

/// The resource of a name below a status URI.
pub(crate) fn below(uri: &Url, name: &str) -> Url {
    let mut url = uri.clone();
    url.set_query(None);
    url.set_path(&format!("{}/{name}", uri.path().trim_end_matches('/')));
    url
}

impl Response {
    /// A 2xx response, or the error that any other one is.
    pub(crate) fn checked(self) -> Result<Self, ClientError> {
        if self.status.is_success() {
            return Ok(self);
        }
        Err(self.error())
    }

    /// The error for a response that is not 2xx.
    pub(crate) fn error(&self) -> ClientError {
        let status = self.status;
        let problem = Box::new(Problem::of(self));
        match status {
            StatusCode::NOT_FOUND => ClientError::NotFound(problem),
            StatusCode::GONE => ClientError::Gone(problem),
            StatusCode::TOO_MANY_REQUESTS => self.busy(problem),
            _ if status.is_server_error() => self.busy(problem),
            _ if status.is_client_error() => ClientError::Refused(problem),
            _ => self.unexpected("the contract has no such response"),
        }
    }

    fn busy(&self, problem: Box<Problem>) -> ClientError {
        let retry_after = self.retry_after();
        ClientError::Busy {
            problem,
            retry_after,
        }
    }

    /// The body as the document of a job.
    pub(crate) fn job(&self) -> Result<Job, ClientError> {
        let document: StatusDocument = self.document()?;
        Ok(document.job)
    }

    /// The body as the document that the contract promises.
    pub(crate) fn document<T: DeserializeOwned>(&self) -> Result<T, ClientError> {
        serde_json::from_str(&self.body)
            .map_err(|error| self.unexpected(format!("not the expected document ({error})")))
    }

    pub(crate) fn unexpected(&self, what: impl Into<String>) -> ClientError {
        ClientError::unexpected(&self.url, Some(self.status), what)
    }

    pub(crate) fn retry_after(&self) -> Option<Duration> {
        retry_after(&self.headers, OffsetDateTime::now_utc())
    }
}
