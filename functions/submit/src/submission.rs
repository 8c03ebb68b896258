//! A job that is submitted: its message and its record.

use std::time::Duration;

use api::{Incoming, Problem};
use engine::{
    CallbackUrl, CreationToken, Fingerprint, JobId, JobMessage, MAX_MESSAGE_BYTES, NewJob, Owner,
    Timestamp, UploadedObject,
};

use crate::App;
use crate::body::too_large;
use crate::request::RequestedJob;

/// A job that is about to be stored.
pub(crate) struct Submission {
    message: JobMessage,
    owner: Owner,
    creation_token: CreationToken,
    summary: String,
    scheduled_start: Timestamp,
    max_attempts: u32,
    callback: Option<CallbackUrl>,
}

impl Submission {
    pub(crate) fn of(
        job: RequestedJob,
        id: JobId,
        owner: &Owner,
        creation_token: CreationToken,
        uploads: Vec<UploadedObject>,
        incoming: &Incoming,
    ) -> Self {
        let traceparent = incoming.header("traceparent");
        let message = JobMessage {
            id,
            kind: job.kind,
            fingerprint: Fingerprint::of(&incoming.body),
            traceparent: traceparent.and_then(|text| text.parse().ok()),
            uploads,
            input: job.input,
        };
        Self {
            message,
            owner: owner.clone(),
            creation_token,
            summary: job.summary,
            scheduled_start: job.scheduled_start,
            max_attempts: job.max_attempts,
            callback: job.callback,
        }
    }

    /// The job as its message carries it.
    pub(crate) fn message(&self) -> &JobMessage {
        &self.message
    }

    /// The body of the message.
    ///
    /// # Errors
    /// 413: escapes can make a message longer than the body of the request.
    pub(crate) fn body(&self) -> Result<String, Problem> {
        let body = self.message.to_body();
        if body.len() > MAX_MESSAGE_BYTES {
            return Err(too_large());
        }
        Ok(body)
    }

    /// The time from `now` to the scheduled start.
    pub(crate) fn delay(&self, now: Timestamp) -> Duration {
        self.scheduled_start.since(now)
    }

    /// The job as its record begins.
    pub(crate) fn into_job(self, app: &App) -> NewJob {
        NewJob {
            id: self.message.id,
            owner: self.owner,
            kind: self.message.kind,
            fingerprint: self.message.fingerprint,
            creation_token: self.creation_token,
            summary: self.summary,
            scheduled_start: self.scheduled_start,
            deadline: app.deadline,
            write_horizon: app.write_horizon,
            retention: app.retention,
            max_attempts: self.max_attempts,
            callback: self.callback.map(|url| url.as_str().to_owned()),
        }
    }
}
