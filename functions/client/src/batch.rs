//! Submitting many jobs.

use std::ops::ControlFlow;
use std::time::Duration;

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
/// In place of a job that is not part of the request, so that the others keep their indexes and hence their ids.
const PLACEHOLDER: &[u8] = b"null,";

/// The outcome for one of many submissions: the job, or why it was not accepted.
pub type BatchItem = Result<Accepted, Problem>;

/// What [`Client::submit_all`] reports while it runs.
#[derive(Debug)]
pub enum BatchProgress<'a> {
    /// The outcomes for the next submissions, in their order.
    Items(&'a [BatchItem]),
    /// A request failed, or some of its jobs could not be accepted at the moment; it is sent again after a pause.
    Trouble(Trouble<'a>),
}

/// A job of a batch.
struct Item {
    /// Its index in the array.
    index: usize,
    json: Vec<u8>,
}

#[derive(Deserialize)]
struct Body {
    items: Vec<Outcome>,
}

#[derive(Deserialize)]
struct Outcome {
    job: Option<Job>,
    #[serde(default)]
    replayed: bool,
    problem: Option<Value>,
}

impl Client {
    /// Submits any number of jobs, in batches, and returns the outcome for each, in their order.
    ///
    /// A job's id is derived from `key` and its place among the submissions, in slots of 100; the keys of the submissions themselves are not
    /// used. A slot is one request, or several if its body would exceed [`MAX_BODY_BYTES`]. A temporary failure is retried as often as
    /// [`RetryPolicy`](crate::RetryPolicy) allows, and so are single jobs that the service could not store at the moment. If an outcome is
    /// still such a problem (429 or 503) then, the next jobs are still submitted.
    ///
    /// If this fails, some jobs may have been accepted. Submit the same jobs again, in the same places and under the same key: that returns
    /// the jobs that exist and creates the missing ones. [`IdempotencyKey::random`] is a new key.
    pub async fn submit_all(
        &self,
        submissions: &[Submission],
        key: &IdempotencyKey,
        mut on_progress: impl FnMut(BatchProgress<'_>),
    ) -> Result<Vec<BatchItem>, ClientError> {
        let jobs: Vec<_> = submissions.iter().enumerate().collect();
        let on_progress = |progress: BatchProgress<'_>| {
            on_progress(progress);
            ControlFlow::Continue(())
        };
        self.submit_at(&jobs, key, on_progress).await
    }

    /// [`Self::submit_all`] for jobs whose places, in ascending order, have gaps. Stops after a batch if `on_progress` says so.
    pub(crate) async fn submit_at(
        &self,
        jobs: &[(usize, &Submission)],
        key: &IdempotencyKey,
        mut on_progress: impl FnMut(BatchProgress<'_>) -> ControlFlow<()>,
    ) -> Result<Vec<BatchItem>, ClientError> {
        let mut outcomes = Vec::with_capacity(jobs.len());
        while let Some(rest @ [(first, _), ..]) = jobs.get(outcomes.len()..) {
            let key = key.of_batch(first / MAX_BATCH);
            let batch = cut(rest)?;
            let submitted = self.submit_batch(&batch, &key, &mut on_progress);
            let (items, error) = submitted.await?;
            let flow = on_progress(BatchProgress::Items(&items));
            if let Some(error) = error {
                return Err(error);
            }
            outcomes.extend(items);
            if flow.is_break() {
                break;
            }
        }
        Ok(outcomes)
    }

    /// Submits one batch until it has an outcome for each job that will not change, and repeats only those that may. If a later try fails
    /// as a whole, it returns the latest outcomes and the error.
    async fn submit_batch(
        &self,
        batch: &[Item],
        key: &IdempotencyKey,
        on_progress: &mut impl FnMut(BatchProgress<'_>) -> ControlFlow<()>,
    ) -> Result<(Vec<BatchItem>, Option<ClientError>), ClientError> {
        let mut retries = 0;
        // Empty until the first response.
        let mut latest: Vec<BatchItem> = Vec::new();
        let mut open: Vec<&Item> = batch.iter().collect();
        loop {
            let posted = self.post_batch(&open, key).await;
            let is_answered = posted.is_ok();
            let error = match posted {
                Ok((items, retry_after)) => {
                    merge(&mut latest, items);
                    let Some(problem) = latest.iter().find_map(open_problem) else {
                        return Ok((latest, None));
                    };
                    let items = batch.iter().zip(&latest);
                    let items = items.filter(|(_, outcome)| open_problem(outcome).is_some());
                    open = items.map(|(item, _)| item).collect();
                    ClientError::Busy {
                        problem: Box::new(problem.clone()),
                        retry_after,
                    }
                }
                Err(error) => error,
            };
            let report = |trouble: Trouble<'_>| {
                let _ = on_progress(BatchProgress::Trouble(trouble));
            };
            if let Err(error) = self.pause(&mut retries, error, report).await {
                if latest.is_empty() {
                    return Err(error);
                }
                return Ok((latest, (!is_answered).then_some(error)));
            }
        }
    }

    /// Sends a batch once. Returns the outcomes, and the pause before the next try.
    async fn post_batch(
        &self,
        batch: &[&Item],
        key: &IdempotencyKey,
    ) -> Result<(Vec<BatchItem>, Option<Duration>), ClientError> {
        let url = self.join("jobs")?;
        let post = self
            .request(Method::POST, &url)
            .header(CONTENT_TYPE, HeaderValue::from_static("application/json"))
            .header(IDEMPOTENCY_KEY, key.to_field_value())
            .body(body_of(batch));
        let response = self.send(&url, post).await?;
        Ok((self.outcomes(&response, batch)?, response.retry_after()))
    }

    /// The outcomes in a response. If no job was accepted, they are members of a problem document.
    fn outcomes(
        &self,
        response: &Response,
        batch: &[&Item],
    ) -> Result<Vec<BatchItem>, ClientError> {
        let items = response.document::<Body>().map(|body| body.items);
        let items = match items {
            Ok(items) if response.status == StatusCode::ACCEPTED || !items.is_empty() => items,
            Err(error) if response.status == StatusCode::ACCEPTED => return Err(error),
            _ => return Err(response.error()),
        };
        if items.len() != batch.last().map_or(0, |item| item.index + 1) {
            return Err(response.unexpected("it has another number of jobs than the batch"));
        }
        let items = items.into_iter().enumerate();
        // The others are placeholders, which the service refuses.
        let items = items.filter(|(index, _)| batch.iter().any(|item| item.index == *index));
        let outcomes = items.map(|(index, outcome)| match outcome {
            Outcome { job: Some(job), .. } => Ok(Ok(Accepted {
                status_uri: self.join(&format!("jobs/{}", job.id))?,
                job,
                replayed: outcome.replayed,
                http_status: response.status.as_u16(),
            })),
            Outcome {
                problem: Some(problem),
                ..
            } => Ok(Err(Problem::of_item(problem, index))),
            _ => Err(response.unexpected("an item has neither a job nor a problem")),
        });
        outcomes.collect()
    }
}

/// The problem of a job that may be accepted the next time.
fn open_problem(item: &BatchItem) -> Option<&Problem> {
    item.as_ref().err().filter(|problem| problem.is_transient())
}

/// Replaces the outcomes that were open by those of the next response.
fn merge(latest: &mut Vec<BatchItem>, items: Vec<BatchItem>) {
    if latest.is_empty() {
        *latest = items;
        return;
    }
    let open = latest
        .iter_mut()
        .filter(|item| open_problem(item).is_some());
    for (old, new) in open.zip(items) {
        *old = new;
    }
}

/// As many of the jobs of the first one's slot as fit in one request, at least one.
fn cut(jobs: &[(usize, &Submission)]) -> Result<Vec<Item>, ClientError> {
    let slot = jobs.first().map(|(place, _)| place / MAX_BATCH);
    let of_slot = jobs
        .iter()
        .take_while(|(place, _)| Some(place / MAX_BATCH) == slot);
    let mut batch: Vec<Item> = Vec::new();
    let (mut bytes, mut next) = (0, 0);
    for (place, submission) in of_slot {
        let json = serde_json::to_vec(submission).map_err(ClientError::Input)?;
        let index = place % MAX_BATCH;
        bytes += (index - next) * PLACEHOLDER.len() + json.len() + 1;
        // One bracket more than commas.
        if !batch.is_empty() && bytes + 1 > MAX_BODY_BYTES {
            break;
        }
        batch.push(Item { index, json });
        next = index + 1;
    }
    Ok(batch)
}

/// The longest JSON of a submission in this place, in bytes: the placeholders before it need room, too.
pub(crate) fn room_at(place: usize) -> usize {
    MAX_BODY_BYTES - 2 - place % MAX_BATCH * PLACEHOLDER.len()
}

/// The array with each item at its index, and null in place of those that are not part of the request.
fn body_of(batch: &[&Item]) -> Bytes {
    let mut body = b"[".to_vec();
    let mut next = 0;
    for item in batch {
        body.extend(PLACEHOLDER.repeat(item.index - next));
        body.extend(&item.json);
        body.push(b',');
        next = item.index + 1;
    }
    // In place of the last comma.
    body.pop();
    body.push(b']');
    body.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn submissions(lengths: &[usize]) -> Vec<Submission> {
        let of = |length| Submission::new("add", &"x".repeat(length)).unwrap();
        lengths.iter().copied().map(of).collect()
    }

    /// The first batch of jobs of these lengths, of which the first is in this place.
    fn batch(place: usize, lengths: &[usize]) -> Vec<Item> {
        let submissions = submissions(lengths);
        let jobs: Vec<_> = (place..).zip(&submissions).collect();
        cut(&jobs).unwrap()
    }

    #[test]
    fn a_batch_ends_with_its_slot_and_when_the_body_is_full() {
        let overhead = serde_json::to_vec(&submissions(&[0])[0]).unwrap().len();
        let half = (MAX_BODY_BYTES - 3) / 2 - overhead;
        let odd = (MAX_BODY_BYTES - 3) % 2;
        let counts = [
            batch(0, &[0; 101]),
            batch(198, &[0; 9]),
            batch(0, &[half, half + odd, 0]),
            batch(0, &[half, half + odd + 1, 0]),
            batch(1, &[half, half + odd]),
            batch(0, &[MAX_BODY_BYTES, 0]),
        ];
        assert_eq!(counts.map(|batch| batch.len()), [100, 2, 2, 1, 1, 1]);

        let full = batch(1, &[half, half + odd - PLACEHOLDER.len()]);
        let body = body_of(&full.iter().collect::<Vec<_>>());
        assert_eq!(body.len(), MAX_BODY_BYTES);
        let parsed: Vec<Value> = serde_json::from_slice(&body).unwrap();
        assert_eq!((parsed.len(), &parsed[0]), (3, &Value::Null));
        let alone = batch(99, &[room_at(99) - overhead]);
        assert_eq!(body_of(&[&alone[0]]).len(), MAX_BODY_BYTES);
    }
}
