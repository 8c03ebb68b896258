//! A job that is submitted: its message and its record.

use std::time::Duration;

use api::{Incoming, Problem, ProblemKind};
use engine::{
    CallbackUrl, CreationToken, InputTooLarge, JobMessage, MAX_DELAY, MAX_MESSAGE_BYTES,
    MAX_SCHEDULE_INPUT_BYTES, NewJob, Owner, ScheduleName, ServiceError, Timestamp, TraceContext,
    UploadedObject,
};
use lambda_http::tracing::error;

use crate::App;
use crate::body::{refused, too_large};
use crate::place::{Place, random};
use crate::request::RequestedJob;

/// A job that is about to be stored.
pub(crate) struct Submission {
    /// The job as its message carries it.
    pub(crate) message: JobMessage,
    /// The expired or deleted record under its id.
    pub(crate) replaced: Option<CreationToken>,
    owner: Owner,
    creation_token: CreationToken,
    summary: String,
    scheduled_start: Timestamp,
    schedule: Option<ScheduleName>,
    max_attempts: u32,
    callback: Option<CallbackUrl>,
}

impl Submission {
    /// # Errors
    /// 403 without an owner, 500 without random bytes.
    pub(crate) fn of(
        job: RequestedJob,
        place: Place,
        uploads: Vec<UploadedObject>,
        incoming: &Incoming,
    ) -> Result<Self, Problem> {
        let traceparent = incoming.header("traceparent");
        let message = JobMessage {
            id: place.id,
            kind: job.kind,
            fingerprint: job.fingerprint,
            traceparent: traceparent.and_then(TraceContext::read),
            uploads,
            input: job.input,
        };
        Ok(Self {
            message,
            replaced: place.replaced,
            owner: incoming.owner()?.clone(),
            creation_token: CreationToken::of(random()?),
            summary: job.summary,
            scheduled_start: job.scheduled_start,
            schedule: None,
            max_attempts: job.max_attempts,
            callback: job.callback,
        })
    }

    /// Sends the message, or creates the schedule that sends it if the job starts later than a message can be delayed. `trace` is an X-Ray
    /// trace header, which only a message that is sent now can carry.
    ///
    /// # Errors
    /// 413 or 422 if the message is too large, or if Scheduler probably refused its size; 500 or 503 if it may have been sent.
    pub(crate) async fn send(
        &mut self,
        app: &App,
        now: Timestamp,
        trace: Option<&str>,
    ) -> Result<(), Problem> {
        let body = self.body()?;
        match self.delay(now) {
            Some(delay) => Ok(app.queue.send(body, &self.owner, delay, trace).await?),
            None => self.schedule(app, now, &body).await,
        }
    }

    /// The delay of the message; `None` if the job starts later than a message can be delayed.
    pub(crate) fn delay(&self, now: Timestamp) -> Option<Duration> {
        let delay = self.scheduled_start.since(now);
        (delay <= MAX_DELAY).then_some(delay)
    }

    /// Creates the schedule that sends the message `body`.
    ///
    /// # Errors
    /// As [`Self::send`].
    pub(crate) async fn schedule(
        &mut self,
        app: &App,
        now: Timestamp,
        body: &str,
    ) -> Result<(), Problem> {
        let (start, token) = (self.scheduled_start, &self.creation_token);
        let latest = app.deadline_of(start);
        let uploads = app.uploads.as_ref();
        let can_upload = uploads.is_some_and(|uploads| now.plus(uploads.life) >= latest);
        let input = app.schedules.input(&self.owner, body);
        let input = input.map_err(|InputTooLarge { bytes }| {
            let limit = format!("must not exceed {MAX_SCHEDULE_INPUT_BYTES} bytes");
            too_large_for_later(bytes, &limit, can_upload)
        })?;
        let name = ScheduleName::of(&self.message.id, token);
        let created = app.schedules.create(&name, token, start, &input).await;
        created.map_err(|error| match error {
            ServiceError::Refused { status: 400, .. } if input.is_large() => {
                error!("a schedule with a large input was refused: {error}");
                too_large_for_later(input.bytes(), "must be smaller", can_upload)
            }
            error => error.into(),
        })?;
        self.schedule = Some(name);
        Ok(())
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
            schedule: self.schedule,
            deadline: app.deadline,
            write_horizon: app.write_horizon,
            retention: app.retention,
            max_attempts: self.max_attempts,
            callback: self.callback.map(|url| url.as_str().to_owned()),
        }
    }
}

/// The problem of a message that fits into the queue, but not into a schedule. An upload helps only if it lives as long as the job.
fn too_large_for_later(bytes: usize, limit: &str, can_upload: bool) -> Problem {
    let minutes = MAX_DELAY.as_secs() / 60;
    let upload = if can_upload {
        "upload the data, or "
    } else {
        ""
    };
    let detail = format!(
        "makes a message of {bytes} bytes, and that of a job which starts more than {minutes} minutes ahead {limit}: {upload}submit the job at most {minutes} minutes before its start"
    );
    refused(ProblemKind::InvalidJob, [("/input", detail)])
}
