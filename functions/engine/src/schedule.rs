//! Far starts: a job that starts later than SQS can delay a message has a one-time schedule of EventBridge Scheduler, which sends the
//! job's message when it is due. So the job is not in the queue until then.
//!
//! The schedule takes the place of the message in "message before record". It may fire late, twice, after its job was canceled, or
//! without a record: its message is then what any message is, and the claim decides. A schedule that fires is deleted by Scheduler.

mod name;
mod request;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use bytes::Bytes;

pub use name::ScheduleName;

use crate::aws::ATTEMPT;
use crate::signed::{Request, Service, ServiceError, SignedClient};
use crate::{Aws, ConfigError, CreationToken, Environment, Owner, Timestamp};

/// Maximum size of what a schedule sends to the queue, in bytes: the message as a JSON string, where each quote and backslash takes two
/// bytes, and each `<` seven.
///
/// An assumption, not tried in AWS: neither the [API reference](https://docs.aws.amazon.com/scheduler/latest/APIReference/API_Target.html)
/// nor the SDK's model of it states a maximum. 256 KiB was the maximum of every payload of EventBridge and SQS when Scheduler came out, so
/// nothing larger is sent. See [`ScheduleInput::is_large`] for the case that Scheduler takes less.
pub const MAX_SCHEDULE_INPUT_BYTES: usize = 262_144;

/// The schedules of a deployment's jobs: one schedule group. Cloning is cheap.
#[derive(Clone)]
pub struct Schedules {
    inner: Arc<Inner>,
}

struct Inner {
    client: SignedClient,
    group: String,
    target: Target,
}

/// What every schedule of a deployment calls.
struct Target {
    /// The API operation.
    arn: String,
    /// The role by which Scheduler calls it.
    role_arn: String,
    /// How long Scheduler tries.
    try_for: Duration,
    /// The queue for what Scheduler could not send.
    dead_letter_arn: String,
    queue_url: String,
}

/// The call of SQS that a schedule makes, as JSON.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScheduleInput(String);

impl ScheduleInput {
    /// The size in bytes.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.0.len()
    }

    /// Whether the size is a likely reason for a `ValidationException`: the input is the only part of a request that can be large.
    #[must_use]
    pub fn is_large(&self) -> bool {
        self.bytes() > 100_000
    }
}

/// The message is too large for a schedule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a schedule's input of {bytes} bytes exceeds {MAX_SCHEDULE_INPUT_BYTES}")]
pub struct InputTooLarge {
    /// The size of the input.
    pub bytes: usize,
}

/// The variables of the endpoint, the first of which counts.
const ENDPOINTS: [&str; 2] = ["AWS_ENDPOINT_URL_SCHEDULER", "AWS_ENDPOINT_URL"];

impl Schedules {
    /// The schedules of the group `SCHEDULE_GROUP`, by the role `SCHEDULE_ROLE_ARN`, to the queue `QUEUE_URL`. `SCHEDULE_DEAD_LETTER_ARN` is the
    /// queue for what could not be sent in a part of `DEADLINE_SECONDS`. Scheduler is at `AWS_ENDPOINT_URL_SCHEDULER`, `AWS_ENDPOINT_URL`
    /// or the domain `SCHEDULER_DOMAIN`. Nothing is sent.
    pub fn of(environment: &Environment, aws: &Aws) -> Result<Self, ConfigError> {
        let url = match environment.endpoint(&ENDPOINTS)? {
            Some(endpoint) => format!("{endpoint}/"),
            None => format!("https://{}/", environment.text("SCHEDULER_DOMAIN")?),
        };
        let inner = Inner {
            client: SignedClient::new(Service::Scheduler, url, aws)?,
            group: environment.text("SCHEDULE_GROUP")?,
            target: Target::of(environment)?,
        };
        Ok(Self {
            inner: Arc::new(inner),
        })
    }

    /// The call that sends the body of a job's message ([`crate::JobMessage::to_body`]) in the message group of its owner, as
    /// [`crate::JobQueue::send`] does.
    pub fn input(&self, owner: &Owner, body: &str) -> Result<ScheduleInput, InputTooLarge> {
        let input = request::input(&self.inner.target.queue_url, owner, body);
        if input.len() <= MAX_SCHEDULE_INPUT_BYTES {
            return Ok(ScheduleInput(input));
        }
        let bytes = input.len();
        Err(InputTooLarge { bytes })
    }

    /// Creates the schedule of a job. It sends `input`, usually within a minute after `start`. `token` is that of the name: a repeated
    /// request is the same one to Scheduler.
    ///
    /// # Errors
    /// [`ServiceError`]: the schedule may have been created. Without a record, its message is dropped.
    pub async fn create(
        &self,
        name: &ScheduleName,
        token: &CreationToken,
        start: Timestamp,
        input: &ScheduleInput,
    ) -> Result<(), ServiceError> {
        let Inner {
            client,
            group,
            target,
        } = &*self.inner;
        let body = request::create(group, token, start, target, &input.0);
        let request = Request {
            method: "POST",
            path: &format!("schedules/{name}"),
            headers: &[("content-type", "application/json")],
            body: Bytes::from(body),
        };
        let answer = client.send(&request, ATTEMPT).await?;
        if answer.status().is_success() {
            return Ok(());
        }
        Err(refusal(answer).await)
    }

    /// Deletes the schedule of a job. It is not an error if there is none: it has fired, or was deleted before.
    ///
    /// # Errors
    /// [`ServiceError`]: it may still fire.
    pub async fn delete(&self, name: &ScheduleName) -> Result<(), ServiceError> {
        let Inner { client, group, .. } = &*self.inner;
        let request = Request {
            method: "DELETE",
            path: &format!("schedules/{name}?groupName={group}"),
            headers: &[],
            body: Bytes::new(),
        };
        let answer = client.send(&request, ATTEMPT).await?;
        if answer.status().is_success() || answer.status().as_u16() == 404 {
            return Ok(());
        }
        Err(refusal(answer).await)
    }
}

/// The error for a response of Scheduler. A full account (402, `ServiceQuotaExceededException`) and a conflict (409: another schedule has
/// the name, or this one is being deleted) are temporary.
async fn refusal(answer: HttpResponse) -> ServiceError {
    let refusal = Service::Scheduler.refusal(answer).await;
    match refusal {
        ServiceError::Refused {
            status: 402 | 409, ..
        } => Service::Scheduler.unavailable(refusal),
        refusal => refusal,
    }
}

/// How long Scheduler tries to send: a quarter of the deadline, so that the rest is left for the operator, who learns only afterwards that
/// it could not. A minute is Scheduler's minimum (<https://docs.aws.amazon.com/scheduler/latest/APIReference/API_RetryPolicy.html>); what it
/// cannot send for an hour is seldom a fault that passes.
fn try_for(deadline: Duration) -> Duration {
    const SHORTEST: Duration = Duration::from_secs(60);
    const LONGEST: Duration = Duration::from_secs(3_600);
    (deadline / 4).clamp(SHORTEST, LONGEST)
}

impl Target {
    fn of(environment: &Environment) -> Result<Self, ConfigError> {
        const ROLE: &str = "SCHEDULE_ROLE_ARN";
        let role_arn = environment.text(ROLE)?;
        let partition = role_arn
            .strip_prefix("arn:")
            .and_then(|rest| rest.split_once(':'));
        let Some((partition, _)) = partition else {
            return Err(ConfigError::malformed(ROLE, "the ARN of a role"));
        };
        Ok(Self {
            arn: format!("arn:{partition}:scheduler:::aws-sdk:sqs:sendMessage"),
            try_for: try_for(environment.deadline()?),
            dead_letter_arn: environment.text("SCHEDULE_DEAD_LETTER_ARN")?,
            queue_url: environment.queue_url()?,
            role_arn,
        })
    }
}

/// Does not show the credentials.
impl fmt::Debug for Schedules {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Schedules").field(&self.inner.group).finish()
    }
}

#[cfg(test)]
mod tests;
