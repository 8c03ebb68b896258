//! One delivery of a message: whether its job may run here and now, and what the worker does with the message.

use std::sync::Arc;
use std::time::Duration;

use aws_lambda_events::event::sqs::SqsMessage;
use engine::{
    Claim, ClaimDecision, Ending, Failure, HandBack, Happened, JobId, JobMessage, JobRecord,
    ParseMessageError, Receipt, RetryPolicy, StoreError, Timestamp, TraceContext, Unclaimed, token,
};
use lambda_runtime::tracing::{Instrument, error, info, info_span, warn};

use crate::App;
use crate::attempt::Attempt;
use crate::disposition::{Disposition, reason};
use crate::invocation::{Invocation, now};
use crate::persist::persist;

pub(crate) struct Delivery {
    pub(crate) receipt: Receipt,
    pub(crate) message: Result<JobMessage, ParseMessageError>,
    sent_at: Timestamp,
    /// Number of deliveries of the message, including this one.
    pub(crate) deliveries: u32,
    /// The fencing token: random, so that no other delivery has it, whatever the platform repeats.
    run_token: Result<String, getrandom::Error>,
    invocation: Invocation,
    /// The X-Ray trace of the request.
    xray_trace: Option<String>,
}

/// A delivery and its place in the batch.
pub(crate) type Numbered = (usize, Delivery);

/// Delays between the claims of a message without a record. A submit sends the message first, so the record can be milliseconds
/// behind it, and waiting here is cheaper than a redelivery.
const WAITS_FOR_RECORD_MS: [u64; 5] = [30, 70, 150, 300, 500];

/// Redelivery delay of a body that is not a valid message. It moves to the dead-letter queue after the maximum number of receives,
/// about a quarter of an hour. In that time, a deployment that is under way may bring the code that can read it.
const UNREADABLE_RETRY: Duration = Duration::from_secs(1);

/// Redelivery delay of a message with an unknown kind. A deployment that is under way may bring the kind: after hours, if it is rolled
/// back first.
const UNKNOWN_KIND_RETRY: Duration = Duration::from_secs(10);

/// Redelivery delay after a fault of the table: it doubles with each delivery, so that an outage of hours uses up a few dozen of the
/// message's deliveries.
const FAULTS: RetryPolicy = RetryPolicy {
    base: Duration::from_secs(5),
    cap: Duration::from_secs(900),
};

impl Delivery {
    pub(crate) fn of(record: SqsMessage, invocation: &Invocation) -> Self {
        Self {
            xray_trace: record.attributes.get("AWSTraceHeader").cloned(),
            sent_at: sent_at(&record),
            deliveries: deliveries(&record),
            receipt: Receipt(record.receipt_handle.unwrap_or_default()),
            message: JobMessage::parse(&record.body.unwrap_or_default()),
            run_token: random().map(token),
            invocation: invocation.clone(),
        }
    }

    /// Runs the job if it may run. Returns what the worker does with the message.
    pub(crate) async fn handle(&self, app: &Arc<App>) -> Disposition {
        let message = match &self.message {
            Ok(message) => message,
            Err(error) => {
                // One line could be missed, and a line for each delivery would bury the others.
                if self.deliveries.is_power_of_two() {
                    error!(error.source = ?std::error::Error::source(error), deliveries = self.deliveries, "{error}");
                }
                return Disposition::after(UNREADABLE_RETRY, HandBack::Unreadable);
            }
        };
        // Every log line of the job's attempt names the request that the job came from.
        let span = info_span!(
            "delivery",
            xray.trace = self.xray_trace,
            traceparent = message.traceparent.as_ref().map(TraceContext::as_str)
        );
        self.take(app, message).instrument(span).await
    }

    async fn take(&self, app: &Arc<App>, message: &JobMessage) -> Disposition {
        let Some(runner) = app.runners.get(&message.kind).copied() else {
            warn!(job.id = %message.id, job.name = %message.kind, "unknown kind");
            return Disposition::after(UNKNOWN_KIND_RETRY, HandBack::UnknownKind);
        };
        let run_token = match &self.run_token {
            Ok(run_token) => run_token,
            Err(error) => {
                error!(job.id = %message.id, "no random bytes: {error}");
                return after_fault(self.deliveries);
            }
        };
        match self.claim(app, message, run_token).await {
            Ok(Claim::Acquired(run)) => {
                // After a slice, the scheduled start says nothing about the time for which the job waited.
                if run.ended_slices.is_none() {
                    let after = run.started_at.map(|at| at.since(run.scheduled_start));
                    let after = after.unwrap_or_default();
                    let claimed = Happened::Claimed { after };
                    app.metrics.write(&run.kind, claimed, now());
                }
                Attempt {
                    app: app.clone(),
                    run: *run,
                    runner,
                    message,
                    deliveries: self.deliveries,
                    invocation: self.invocation.clone(),
                    threads: app.threads.of_attempt(),
                }
                .run()
                .await
            }
            Ok(Claim::Refused(decision, record)) => {
                self.refused(app, message, decision, record.as_deref())
                    .await
            }
            Err(error) => after_table_fault(&message.id, &error, self.deliveries),
        }
    }

    /// Claims the job. Waits a moment for a record that does not exist yet. Repeats a claim without an answer: it may have taken
    /// effect, and otherwise the attempt would be lost.
    async fn claim(
        &self,
        app: &App,
        message: &JobMessage,
        run_token: &str,
    ) -> Result<Claim, StoreError> {
        let lease = self.invocation.lease_until();
        let mut waits = WAITS_FOR_RECORD_MS.into_iter().map(Duration::from_millis);
        loop {
            let claim = persist(self.invocation.last_claim(), || {
                let (id, fingerprint) = (&message.id, &message.fingerprint);
                app.store.claim(id, fingerprint, run_token, now(), lease)
            });
            let claim = claim.await?;
            let is_missing = matches!(claim, Claim::Refused(ClaimDecision::Missing, _));
            match waits.next() {
                Some(wait) if is_missing && self.record_may_come(app) => {
                    tokio::time::sleep(wait).await;
                }
                _ => return Ok(claim),
            }
        }
    }

    fn record_may_come(&self, app: &App) -> bool {
        let age = now().since(self.sent_at);
        !Unclaimed::record_may_come_for(age, app.write_horizon).is_zero()
    }

    async fn refused(
        &self,
        app: &App,
        message: &JobMessage,
        decision: ClaimDecision,
        record: Option<&JobRecord>,
    ) -> Disposition {
        let now = now();
        if matches!(
            decision,
            ClaimDecision::Foreign | ClaimDecision::Finished | ClaimDecision::Busy { .. }
        ) {
            let again = Happened::DeliveredAgain;
            app.metrics.write(&message.kind, again, now);
        }
        let age = now.since(self.sent_at);
        match (Unclaimed::of(decision, age, app.write_horizon, now), record) {
            (Unclaimed::HandBack { after }, _) => Disposition::after(after, reason(decision)),
            (Unclaimed::End, Some(record)) => {
                end(app, record, decision, now, self.deliveries).await
            }
            // The record of a job to be ended existed a moment ago.
            (Unclaimed::End, None) => Disposition::in_a_while(HandBack::Changed),
            (Unclaimed::Drop, _) => {
                dropped(message, decision);
                Disposition::Done
            }
        }
    }
}

/// When a message was sent. Without that, it counts as new, so that nothing is dropped by mistake.
pub(crate) fn sent_at(record: &SqsMessage) -> Timestamp {
    let sent_ms = attribute(record, "SentTimestamp");
    sent_ms.map_or_else(now, Timestamp::from_ms)
}

/// Number of deliveries of a message, including this one.
pub(crate) fn deliveries(record: &SqsMessage) -> u32 {
    let count = attribute(record, "ApproximateReceiveCount");
    count.and_then(|count| count.try_into().ok()).unwrap_or(1)
}

fn attribute(record: &SqsMessage, name: &str) -> Option<i64> {
    record.attributes.get(name)?.parse().ok()
}

/// Logs an error of the table, and returns what the worker does with the message of the job.
pub(crate) fn after_table_fault(job: &JobId, error: &StoreError, deliveries: u32) -> Disposition {
    error!(job.id = %job, error.source = ?std::error::Error::source(error), "{error}");
    after_fault(deliveries)
}

/// What the worker does with a message after a fault in this delivery of it.
fn after_fault(deliveries: u32) -> Disposition {
    Disposition::after(FAULTS.bound(deliveries), HandBack::Table)
}

fn random() -> Result<[u8; 16], getrandom::Error> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes)?;
    Ok(bytes)
}

fn dropped(message: &JobMessage, decision: ClaimDecision) {
    if decision == ClaimDecision::Missing {
        warn!(job.id = %message.id, "message without a record dropped");
    } else {
        info!(job.id = %message.id, "duplicate message dropped");
    }
}

/// The outcome, end time and expiry of a job that gets no further attempt before its deadline.
#[must_use]
pub fn ending(
    record: &JobRecord,
    decision: ClaimDecision,
    now: Timestamp,
    retention: Duration,
) -> (Ending, Timestamp, Timestamp) {
    if decision == ClaimDecision::Canceled {
        let (ended_at, expires_at) = record.canceled_end(now, retention);
        return (Ending::Canceled, ended_at, expires_at);
    }
    let lost = Ending::Failed(record.worker_lost());
    (lost, now, engine::expiry(now, retention))
}

/// Ends a job that no attempt owns. If its record has changed since, the message is redelivered, and the decision is made again.
async fn end(
    app: &App,
    record: &JobRecord,
    decision: ClaimDecision,
    now: Timestamp,
    deliveries: u32,
) -> Disposition {
    let store = &app.store;
    let written = if decision == ClaimDecision::Overdue {
        store.finish_overdue(record, now).await
    } else {
        let (ending, ended_at, expires_at) = ending(record, decision, now, app.retention);
        let written = store.finish_unowned(record, &ending, ended_at, expires_at, now);
        written.await
    };
    match written {
        Ok(Some(ended)) => {
            if let Some(outcome) = ended.outcome() {
                // Counted now: an end that is dated hours ago reaches CloudWatch after every alarm has looked.
                app.metrics.write_end(&ended, outcome, now);
            }
            let code = ended.error.as_ref().map_or("canceled", Failure::code);
            info!(job.id = %record.id, job.name = %record.kind, attempt = record.attempt, error.code = code, "job ended without a further attempt");
            Disposition::Done
        }
        Ok(None) => Disposition::at_once(HandBack::Changed),
        Err(error) => after_table_fault(&record.id, &error, deliveries),
    }
}

#[cfg(test)]
mod tests;
