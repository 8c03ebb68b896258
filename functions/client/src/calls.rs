use std::time::Duration;

use reqwest::{Method, StatusCode, Url};
use serde::de::DeserializeOwned;
use time::OffsetDateTime;

use super::connection::Answer;
use super::pace::retry_after;
use super::{Client, ClientError, JobDocument, Problem, StatusDocument};

/// What a status URI says.
#[derive(Debug)]
pub enum Status {
    /// 200: the job, and when to ask again if it isn't over.
    Job(Box<JobDocument>, Option<Duration>),
    /// 410: its time is over, or it was deleted.
    Gone(Problem),
    /// 404: never issued, or not the caller's.
    NotFound(Problem),
}

/// What became of a request to cancel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cancellation {
    /// The job hadn't started and never will, or was canceled before.
    Canceled,
    /// The job is running and is being stopped.
    WindingDown,
}

impl Client {
    /// Looks at a job once.
    pub async fn status(&self, uri: &Url) -> Result<Status, ClientError> {
        let request = self.request(Method::GET, uri);
        match checked(self.send(uri, request).await?) {
            Ok(answer) => {
                let document: StatusDocument = parsed(&answer)?;
                Ok(Status::Job(
                    Box::new(document.job),
                    retry_after(&answer.headers, OffsetDateTime::now_utc()),
                ))
            }
            Err(ClientError::Gone(problem)) => Ok(Status::Gone(problem)),
            Err(ClientError::NotFound(problem)) => Ok(Status::NotFound(problem)),
            Err(error) => Err(error),
        }
    }

    /// The result of a job, as the JSON text that the service sent.
    pub async fn result(&self, uri: &Url) -> Result<String, ClientError> {
        let url = below(uri, "result");
        let answer = checked(self.send(&url, self.request(Method::GET, &url)).await?)?;
        Ok(answer.body)
    }

    /// Asks for a job to be canceled. A job that has finished refuses (409).
    pub async fn cancel(&self, uri: &Url) -> Result<Cancellation, ClientError> {
        let url = below(uri, "cancel");
        let answer = checked(self.send(&url, self.request(Method::POST, &url)).await?)?;
        Ok(if answer.status == StatusCode::ACCEPTED {
            Cancellation::WindingDown
        } else {
            Cancellation::Canceled
        })
    }

    /// Deletes a finished job. One that is active refuses (409).
    pub async fn delete(&self, uri: &Url) -> Result<(), ClientError> {
        checked(self.send(uri, self.request(Method::DELETE, uri)).await?).map(drop)
    }
}

/// The resource of a name below a status URI.
pub(super) fn below(uri: &Url, name: &str) -> Url {
    let mut url = uri.clone();
    url.set_query(None);
    url.set_path(&format!("{}/{name}", uri.path().trim_end_matches('/')));
    url
}

/// A 2xx answer, or the error that another one is.
pub(super) fn checked(answer: Answer) -> Result<Answer, ClientError> {
    let status = answer.status;
    if status.is_success() {
        return Ok(answer);
    }
    let problem = Problem::of(&answer);
    Err(match status {
        StatusCode::NOT_FOUND => ClientError::NotFound(problem),
        StatusCode::GONE => ClientError::Gone(problem),
        _ if status == StatusCode::TOO_MANY_REQUESTS || status.is_server_error() => {
            let retry_after = retry_after(&answer.headers, OffsetDateTime::now_utc());
            ClientError::Busy {
                problem,
                retry_after,
            }
        }
        _ if status.is_client_error() => ClientError::Refused(problem),
        _ => ClientError::unexpected(&answer.url, Some(status), "the contract has no such answer"),
    })
}

/// The answer's body as the document that the contract promises.
pub(super) fn parsed<T: DeserializeOwned>(answer: &Answer) -> Result<T, ClientError> {
    serde_json::from_str(&answer.body).map_err(|error| {
        ClientError::unexpected(
            &answer.url,
            Some(answer.status),
            format!("not the document it should be ({error})"),
        )
    })
}
