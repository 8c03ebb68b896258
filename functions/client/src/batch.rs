//! Submitting many jobs.

use bytes::Bytes;
use reqwest::header::{CONTENT_TYPE, HeaderValue};
use reqwest::{Method, StatusCode};
use serde::Deserialize;
use serde_json::Value;

use crate::client::Response;
use crate::submission::IDEMPOTENCY_KEY;
use crate::{
    Accepted, Client, ClientError, IdempotencyKey, Job, MAX_BODY_BYTES, Problem, Submission,
    Trouble,
};

/// The maximum number of jobs in one request.
const MAX_BATCH: usize = 100;

/// The outcome for one of many submissions: the job, or why it was not accepted.
pub type BatchItem = Result<Accepted, Problem>;

/// What [`Client::submit_all`] reports on its way.
#[derive(Debug)]
pub enum BatchProgress<'a> {
    /// The outcomes for the next submissions, in their order.
    Items(&'a [BatchItem]),
    /// A request failed, or some of its jobs could not be accepted at the moment; it is sent again after a pause.
    Trouble(Trouble<'a>),
}

#[derive(Deserialize)]
struct Body {
    items: Vec<Item>,
}

#[derive(Deserialize)]
struct Item {
    job: Option<Job>,
    #[serde(default)]
    replayed: bool,
    problem: Option<Value>,
}

impl Client {
    /// Submits any number of jobs, in batches, and returns the outcome for each, in their order.
    ///
    /// Each batch has up to 100 jobs and up to [`MAX_BODY_BYTES`], and a key of its own, made from `key` and its number; the keys of
    /// the submissions themselves are not used. A failure that may pass is retried as often as [`RetryPolicy`](crate::RetryPolicy)
    /// allows, and so are single jobs that the service could not store at the moment.
    ///
    /// If this fails, some jobs may have been accepted. Submit the same jobs again, in the same order and under the same key: that returns
    /// the jobs that exist and creates the missing ones. [`IdempotencyKey::random`] is a new key.
    pub async fn submit_all(
        &self,
        submissions: &[Submission],
        key: &IdempotencyKey,
        mut on_progress: impl FnMut(BatchProgress<'_>),
    ) -> Result<Vec<BatchItem>, ClientError> {
        let mut outcomes = Vec::with_capacity(submissions.len());
        let mut number = 0;
        while let Some(rest) = submissions.get(outcomes.len()..)
            && !rest.is_empty()
        {
            let (body, count) = cut(rest)?;
            let batch_key = key.of_batch(number);
            let batch = self.submit_batch(&body, count, &batch_key, &mut on_progress);
            let (items, error) = batch.await?;
            on_progress(BatchProgress::Items(&items));
            if let Some(error) = error {
                return Err(error);
            }
            outcomes.extend(items);
            number += 1;
        }
        Ok(outcomes)
    }

    /// Submits one batch until it has an outcome for each job that will not change. After the last retry, it returns the latest outcomes
    /// and the error.
    async fn submit_batch(
        &self,
        body: &Bytes,
        count: usize,
        key: &IdempotencyKey,
        on_progress: &mut impl FnMut(BatchProgress<'_>),
    ) -> Result<(Vec<BatchItem>, Option<ClientError>), ClientError> {
        let mut retries = 0;
        let mut latest = None;
        loop {
            let error = match self.post_batch(body, count, key).await {
                Ok((items, None)) => return Ok((items, None)),
                Ok((items, Some(busy))) => {
                    latest = Some(items);
                    busy
                }
                Err(error) => error,
            };
            let report = |trouble: Trouble<'_>| on_progress(BatchProgress::Trouble(trouble));
            if let Err(error) = self.pause(&mut retries, error, report).await {
                return match latest {
                    Some(items) => Ok((items, Some(error))),
                    None => Err(error),
                };
            }
        }
    }

    /// Sends a batch once. Returns the outcomes, and an error if some of them may be better the next time.
    async fn post_batch(
        &self,
        body: &Bytes,
        count: usize,
        key: &IdempotencyKey,
    ) -> Result<(Vec<BatchItem>, Option<ClientError>), ClientError> {
        let url = self.join("jobs")?;
        let post = self
            .request(Method::POST, &url)
            .header(CONTENT_TYPE, HeaderValue::from_static("application/json"))
            .header(IDEMPOTENCY_KEY, key.to_field_value())
            .body(body.clone());
        let response = self.send(&url, post).await?;
        let items = self.outcomes(&response, count)?;
        let busy = items.iter().find_map(|item| match item {
            Err(problem) if problem.is_transient() => Some(problem.clone()),
            _ => None,
        });
        let busy = busy.map(|problem| ClientError::Busy {
            problem: Box::new(problem),
            retry_after: response.retry_after(),
        });
        Ok((items, busy))
    }

    /// The outcomes in a response. If no job was accepted, they are members of a problem document.
    fn outcomes(&self, response: &Response, count: usize) -> Result<Vec<BatchItem>, ClientError> {
        let items = response.document::<Body>().map(|body| body.items);
        let items = match items {
            Ok(items) if response.status == StatusCode::ACCEPTED || !items.is_empty() => items,
            Err(error) if response.status == StatusCode::ACCEPTED => return Err(error),
            _ => return Err(response.error()),
        };
        if items.len() != count {
            return Err(response.unexpected("it has another number of jobs than the batch"));
        }
        let items = items.into_iter().enumerate();
        let outcomes = items.map(|(index, item)| match item {
            Item { job: Some(job), .. } => Ok(Ok(Accepted {
                status_uri: self.join(&format!("jobs/{}", job.id))?,
                job,
                replayed: item.replayed,
                http_status: response.status.as_u16(),
            })),
            Item {
                problem: Some(problem),
                ..
            } => Ok(Err(Problem::of_item(problem, index))),
            _ => Err(response.unexpected("an item has neither a job nor a problem")),
        });
        outcomes.collect()
    }
}

/// The body of a batch with as many of the submissions as fit, at least one, and how many these are. Depends on nothing else, so that a
/// repeated call makes the same batches.
fn cut(submissions: &[Submission]) -> Result<(Bytes, usize), ClientError> {
    let mut body = b"[".to_vec();
    let mut count = 0;
    for submission in submissions.iter().take(MAX_BATCH) {
        let item = serde_json::to_vec(submission).map_err(ClientError::Input)?;
        // A comma before it, and the bracket after it.
        if count > 0 {
            if body.len() + item.len() + 2 > MAX_BODY_BYTES {
                break;
            }
            body.push(b',');
        }
        body.extend(item);
        count += 1;
    }
    body.push(b']');
    Ok((body.into(), count))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn submissions(lengths: &[usize]) -> Vec<Submission> {
        let of = |length| Submission::new("add", &"x".repeat(length)).unwrap();
        lengths.iter().copied().map(of).collect()
    }

    #[test]
    fn a_batch_has_a_hundred_jobs_or_as_many_as_the_body_holds() {
        let overhead = serde_json::to_vec(&submissions(&[0])[0]).unwrap().len();
        let half = (MAX_BODY_BYTES - 3) / 2 - overhead;
        let odd = (MAX_BODY_BYTES - 3) % 2;
        let counts = [
            vec![0; 101],
            vec![half, half + odd, 0],
            vec![half, half + odd + 1, 0],
            vec![MAX_BODY_BYTES, 0],
        ];
        let counts = counts.map(|lengths| cut(&submissions(&lengths)).unwrap().1);

        assert_eq!(counts, [100, 2, 1, 1]);
        let (body, _) = cut(&submissions(&[half, half + odd, 0])).unwrap();
        assert_eq!(body.len(), MAX_BODY_BYTES);
        let parsed: Vec<Value> = serde_json::from_slice(&body).unwrap();
        assert_eq!(parsed.len(), 2);
    }
}
