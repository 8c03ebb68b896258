use reqwest::header::{HeaderName, LOCATION};
use reqwest::{Method, StatusCode, Url};
use serde::Deserialize;

use super::calls::{checked, parsed};
use super::connection::Answer;
use super::{Client, ClientError, JobDocument, Request};

const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");
const IDEMPOTENCY_REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");

/// A job that the service has accepted.
#[derive(Debug, Clone)]
pub struct Accepted {
    /// The absolute status URI.
    pub status_uri: Url,
    /// The job as it stood when it was accepted.
    pub job: JobDocument,
    /// The service knew the idempotency key: this is the job of an earlier request.
    pub replayed: bool,
    /// The HTTP status: 202, or 200 when the job was over at once.
    pub http_status: u16,
}

#[derive(Deserialize)]
struct Body {
    task: Option<Task>,
    job: JobDocument,
}

#[derive(Deserialize)]
struct Task {
    href: String,
}

impl Client {
    /// Submits a job.
    ///
    /// It is not tried again when no answer comes, because the job may have been accepted all the same; a caller who
    /// needs certainty gives the request an idempotency key and submits it once more.
    pub async fn submit(&self, request: &Request) -> Result<Accepted, ClientError> {
        let url = self.join("jobs")?;
        let mut post = self.request(Method::POST, &url).json(request);
        if let Some(key) = &request.idempotency_key {
            post = post.header(IDEMPOTENCY_KEY, key.to_field_value());
        }
        let answer = checked(self.send(&url, post).await?)?;
        if !matches!(answer.status, StatusCode::ACCEPTED | StatusCode::OK) {
            return Err(ClientError::unexpected(
                &url,
                Some(answer.status),
                "a submission is answered with 202",
            ));
        }
        accepted(&answer)
    }
}

fn accepted(answer: &Answer) -> Result<Accepted, ClientError> {
    let body: Body = parsed(answer)?;
    let location = answer
        .headers
        .get(LOCATION)
        .and_then(|value| value.to_str().ok());
    let reference = location.or(body.task.as_ref().map(|task| task.href.as_str()));
    let status_uri = reference
        .and_then(|reference| answer.url.join(reference).ok())
        .ok_or_else(|| {
            ClientError::unexpected(&answer.url, Some(answer.status), "it names no status URI")
        })?;
    let replayed = answer
        .headers
        .get(IDEMPOTENCY_REPLAYED)
        .is_some_and(|value| value == "true");
    Ok(Accepted {
        status_uri,
        job: body.job,
        replayed,
        http_status: answer.status.as_u16(),
    })
}
