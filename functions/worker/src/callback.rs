//! One delivery of a webhook: whether its job has ended, what is sent, and what the worker does with the message.

use std::sync::Arc;
use std::time::Duration;

use api::WebhookDocument;
use aws_lambda_events::event::sqs::SqsMessage;
use bytes::Bytes;
use engine::{
    Aws, Callback, CallbackDecision, CallbackMessage, CallbackQueue, CallbackState, ConfigError,
    Delivered, Environment, HandBack, Happened, IdSecrets, JobRecord, NextDelivery,
    ParseMessageError, Receipt, RetryPolicy, Timestamp, WebhookId, WrittenDelivery,
    decide_delivery, until_next_delivery,
};
use lambda_runtime::tracing::{error, info, warn};

use crate::App;
use crate::delivery::{after_table_fault, deliveries, sent_at};
use crate::disposition::Disposition;
use crate::invocation::{Invocation, moment_in, now};
use crate::persist::{persist, random};
use crate::webhook::{Answer, LONGEST, Unanswered, Webhook, WebhookClient, Why};

/// What the deliveries of webhooks need, built once per process. A deployment without webhooks has none.
pub(crate) struct Callbacks {
    pub(crate) queue: CallbackQueue,
    client: WebhookClient,
    secrets: IdSecrets,
    /// The beginning of the links in the documents.
    base_url: String,
}

/// A delivery of a message about the end of a job.
pub(crate) struct CallbackDelivery {
    pub(crate) receipt: Receipt,
    message: Result<CallbackMessage, ParseMessageError>,
    sent_at: Timestamp,
    /// Number of deliveries of the message, including this one.
    deliveries: u32,
    invocation: Invocation,
}

/// Redelivery delay of a message whose job has not ended: most ends are milliseconds behind their message, the others are repeated writes.
const EARLY: RetryPolicy = RetryPolicy {
    base: Duration::from_secs(2),
    cap: Duration::from_secs(60),
};

/// Redelivery delay of a body that is not a message about an end. The queue has no dead-letter queue, so it is delivered until its
/// retention ends: a deployment that is under way, or rolled back first, may bring the code that can read it.
const UNREADABLE_RETRY: Duration = Duration::from_secs(3_600);

impl Callbacks {
    /// Reads the settings of webhooks; `None` if the deployment has none.
    pub(crate) fn of(environment: &Environment, aws: &Aws) -> Result<Option<Self>, ConfigError> {
        let Some(queue) = CallbackQueue::of(environment, aws)? else {
            return Ok(None);
        };
        Ok(Some(Self {
            queue,
            client: WebhookClient::new(environment.callback_policy()?),
            secrets: environment.id_secrets()?,
            base_url: environment.base_url_of_webhooks()?,
        }))
    }

    /// Makes one delivery, within the time that is left.
    async fn deliver(&self, record: &JobRecord, url: &str, time: Duration) -> Answer {
        let now = now();
        let body = self.body(record, now);
        let id = WebhookId::of(&record.id, &record.creation_token);
        let secrets = self.secrets.signing_secrets(&record.owner);
        let webhook = Webhook {
            url,
            headers: secrets.headers(&id, now, &body),
            body,
        };
        let answer = tokio::time::timeout_at(moment_in(time), self.client.deliver(webhook, now));
        let timeout = |_| Answer::unanswered(Unanswered::Timeout);
        answer.await.unwrap_or_else(timeout)
    }

    fn body(&self, record: &JobRecord, now: Timestamp) -> Bytes {
        let judged = record.judged(now);
        let body = WebhookDocument::of(&judged, &self.base_url);
        // Strings and numbers always serialize, and the record of a job that has ended has a document.
        serde_json::to_vec(&body).unwrap_or_default().into()
    }
}

impl CallbackDelivery {
    /// The delivery of a message about the end of a job; `None` if the message is another one: see [`CallbackQueue::read`].
    pub(crate) fn of(
        record: &SqsMessage,
        queue: &CallbackQueue,
        invocation: &Invocation,
    ) -> Option<Self> {
        let body = record.body.as_deref().unwrap_or_default();
        Some(Self {
            message: queue.read(body, record.event_source_arn.as_deref())?,
            receipt: Receipt(record.receipt_handle.clone().unwrap_or_default()),
            sent_at: sent_at(record),
            deliveries: deliveries(record),
            invocation: invocation.clone(),
        })
    }

    /// Delivers the webhook if the job has ended. Returns what the worker does with the message.
    pub(crate) async fn handle(&self, app: &Arc<App>, callbacks: &Callbacks) -> Disposition {
        match &self.message {
            Ok(message) => self.take(app, callbacks, message).await,
            Err(error) => {
                error!(error.source = ?std::error::Error::source(error), deliveries = self.deliveries, "{error}");
                Disposition::after(UNREADABLE_RETRY, HandBack::Unreadable)
            }
        }
    }

    async fn take(
        &self,
        app: &Arc<App>,
        callbacks: &Callbacks,
        message: &CallbackMessage,
    ) -> Disposition {
        let read = persist(self.invocation.last_claim(), || app.store.get(&message.id));
        let record = match read.await {
            Ok(record) => record,
            Err(error) => return after_table_fault(&message.id, &error, self.deliveries),
        };
        let (acceptance, now) = (&message.acceptance, now());
        let age = now.since(self.sent_at);
        let decision = decide_delivery(record.as_ref(), acceptance, age, app.write_horizon, now);
        match (decision, record) {
            (CallbackDecision::Deliver, Some(record)) => {
                self.deliver(app, callbacks, message, record).await
            }
            (CallbackDecision::TooEarly, _) => {
                Disposition::after(EARLY.bound(self.deliveries), HandBack::CallbackEarly)
            }
            (CallbackDecision::Expired, Some(record)) => self.expire(app, message, &record).await,
            _ => {
                info!(job.id = %message.id, decision = ?decision, "message about an end dropped");
                Disposition::Done
            }
        }
    }

    async fn deliver(
        &self,
        app: &App,
        callbacks: &Callbacks,
        message: &CallbackMessage,
        mut record: JobRecord,
    ) -> Disposition {
        let Some(callback) = record.callback.clone() else {
            return Disposition::Done;
        };
        // A delivery of another message about the same end may have been made in the meantime.
        let wait = until_next_delivery(callback.attempts, record.updated_at, now());
        if !wait.is_zero() {
            return Disposition::after(wait, HandBack::CallbackRetry);
        }
        let Some(time) = self.invocation.time_to_deliver(LONGEST, now()) else {
            return Disposition::at_once(HandBack::NoTime);
        };
        record.result = None;
        let record = &record;
        let answer = callbacks.deliver(record, &callback.url, time).await;
        let is_delivered = matches!(answer, Answer::Delivered { .. });
        app.metrics
            .write(&record.kind, Happened::WebhookSent { is_delivered }, now());
        let (outcome, delay) = self.outcome(record, &callback, answer);
        let written = match self.write(app, message, outcome, answer.status()).await {
            Ok(written) => written,
            // A webhook that arrived is delivered once more: at least once.
            Err(unwritten) => return unwritten,
        };
        let is_applied = written.as_ref().is_some_and(|written| written.is_applied);
        let standing = written.map(|written| written.callback.state);
        match (standing, delay) {
            (Some(CallbackState::Pending), Some(delay)) => {
                Disposition::after(delay, HandBack::CallbackRetry)
            }
            // Counted by the delivery that gave it up only. If its answer was lost, nobody counts it.
            (Some(CallbackState::Failed), _) if outcome == Delivered::Never && is_applied => {
                given_up(app, record, "not delivered")
            }
            // `None`: its job was deleted in the meantime, so nothing was written.
            (standing, _) => {
                let state = standing.map(CallbackState::as_str);
                info!(job.id = %record.id, job.name = %record.kind, callback.state = state, "webhook done");
                Disposition::Done
            }
        }
    }

    /// Gives up the webhook of an expired job. It is written, so that of several messages and deliveries only one counts it.
    async fn expire(
        &self,
        app: &App,
        message: &CallbackMessage,
        record: &JobRecord,
    ) -> Disposition {
        match self.write(app, message, Delivered::Never, None).await {
            Ok(Some(written)) if written.is_applied => given_up(app, record, "its job has expired"),
            Ok(_) => {
                info!(job.id = %record.id, job.name = %record.kind, "webhook done: its job has expired");
                Disposition::Done
            }
            Err(unwritten) => unwritten,
        }
    }

    /// Writes the outcome of a delivery. If the table does not answer, returns what the worker does with the message.
    async fn write(
        &self,
        app: &App,
        message: &CallbackMessage,
        outcome: Delivered,
        status: Option<u16>,
    ) -> Result<Option<WrittenDelivery>, Disposition> {
        let write = || app.store.write_delivery(message, outcome, status, now());
        let written = persist(self.invocation.last_call(), write).await;
        written.map_err(|error| after_table_fault(&message.id, &error, self.deliveries))
    }

    /// What is written about a delivery, and when the next one is made.
    fn outcome(
        &self,
        record: &JobRecord,
        callback: &Callback,
        answer: Answer,
    ) -> (Delivered, Option<Duration>) {
        let (why, retry_after) = match answer {
            Answer::Delivered { .. } => return (Delivered::Yes, None),
            Answer::Stop => return (Delivered::Never, None),
            Answer::Again { why, retry_after } => (why, retry_after),
        };
        let attempts_before = callback.attempts;
        let next = NextDelivery {
            deliveries: attempts_before.saturating_add(1),
            ended_at: ended_at(record),
            announced_at: self.sent_at,
            expires_at: record.expires_at,
            now: now(),
            retry_after,
            random: random(),
        };
        let delay = next.delay();
        let reason = match why {
            Why::Status(_) => "status",
            Why::Unanswered(unanswered) => unanswered.as_str(),
        };
        info!(job.id = %record.id, job.name = %record.kind, attempt = next.deliveries, http.status = answer.status(), delay_s = delay.map(|delay| delay.as_secs()), "webhook not delivered: {reason}");
        let outcome = match delay {
            Some(_) => Delivered::NotYet { attempts_before },
            None => Delivered::Never,
        };
        (outcome, delay)
    }
}

/// A finished record has the time of its end.
fn ended_at(record: &JobRecord) -> Timestamp {
    record.ended_at.unwrap_or(record.updated_at)
}

fn given_up(app: &App, record: &JobRecord, why: &str) -> Disposition {
    app.metrics
        .write(&record.kind, Happened::WebhookGivenUp, now());
    warn!(job.id = %record.id, job.name = %record.kind, "webhook given up: {why}");
    Disposition::Done
}
