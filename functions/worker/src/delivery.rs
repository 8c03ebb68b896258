//! One delivery of one message: may its job run here and now, and what becomes of the message.

use std::sync::Arc;
use std::time::Duration;

use aws_lambda_events::event::sqs::SqsMessage;
use engine::{
    Claim, ClaimDecision, Ending, Failure, HandBack, Happened, JobMessage, JobRecord, JobState,
    Receipt, RetryPolicy, Timestamp, TraceContext, Unclaimed,
};
use lambda_runtime::tracing::{Instrument, error, info, info_span, warn};

use crate::App;
use crate::attempt::Attempt;
use crate::invocation::{Invocation, now};

/// A delivery of a message.
pub(crate) struct Delivery {
    pub(crate) receipt: Receipt,
    body: String,
    sent_at: Timestamp,
    /// How often the message was delivered, this time included.
    deliveries: u32,
    invocation: Invocation,
    /// The X-Ray trace of the request.
    xray_trace: Option<String>,
    /// Unique for each delivery, so that a claim whose answer was lost recognises itself.
    run_token: String,
}

/// What becomes of the message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Disposition {
    /// Nothing more to do: it is deleted.
    Done,
    /// It is redelivered.
    HandBack {
        /// Why.
        reason: HandBack,
        /// When; `None`: when its visibility timeout ends.
        after: Option<Duration>,
    },
}

impl Disposition {
    pub(crate) fn in_a_while(reason: HandBack) -> Self {
        let after = None;
        Self::HandBack { reason, after }
    }

    fn after(delay: Duration, reason: HandBack) -> Self {
        let after = Some(delay);
        Self::HandBack { reason, after }
    }

    /// Redelivered at `until`.
    pub(crate) fn at(until: Timestamp, now: Timestamp, reason: HandBack) -> Self {
        Self::after(until.since(now), reason)
    }
}

/// A submit sends first and writes then, so a record can be milliseconds behind its message: that long it is worth waiting here.
const WAITS_FOR_RECORD_MS: [u64; 5] = [30, 70, 150, 300, 500];

/// What is no message gets to the dead-letter queue after as many deliveries as the queue allows: a thousand short ones. That is
/// a quarter of an hour, in which a deployment under way may bring the code that can read it, and costs next to nothing.
const UNREADABLE_RETRY: Duration = Duration::from_secs(1);

/// A kind that this worker doesn't know may be one that a deployment under way brings: for hours, if that is rolled back first.
const UNKNOWN_KIND_RETRY: Duration = Duration::from_secs(10);

/// How long to wait after a fault of the table: twice as long after each delivery, so that an outage of hours uses up a few
/// dozen of the deliveries that a message has before it is dead.
const FAULTS: RetryPolicy = RetryPolicy {
    base: Duration::from_secs(5),
    cap: Duration::from_secs(900),
};

impl Delivery {
    pub(crate) fn of(record: SqsMessage, invocation: &Invocation, index: usize) -> Self {
        let number = |name: &str| {
            record
                .attributes
                .get(name)
                .and_then(|text| text.parse::<i64>().ok())
        };
        let sent_ms = number("SentTimestamp");
        Self {
            xray_trace: record.attributes.get("AWSTraceHeader").cloned(),
            receipt: Receipt(record.receipt_handle.unwrap_or_default()),
            body: record.body.unwrap_or_default(),
            // Without a time of sending the message is taken for a new one: nothing is dropped by mistake.
            sent_at: sent_ms.map_or_else(now, Timestamp::from_ms),
            deliveries: number("ApproximateReceiveCount")
                .and_then(|count| count.try_into().ok())
                .unwrap_or(1),
            run_token: format!("{}.{index}", invocation.request_id),
            invocation: invocation.clone(),
        }
    }

    /// Runs the job if it may run, and says what becomes of the message.
    pub(crate) async fn handle(self, app: &Arc<App>) -> Disposition {
        let message = match JobMessage::parse(&self.body) {
            Ok(message) => message,
            Err(error) => {
                // Once would get lost, and each time would bury the rest.
                if self.deliveries.is_power_of_two() {
                    error!(error.source = ?std::error::Error::source(&error), deliveries = self.deliveries, "{error}");
                }
                return Disposition::after(UNREADABLE_RETRY, HandBack::Unreadable);
            }
        };
        // Every line that is logged of the job's attempt says what request it comes from.
        let span = info_span!(
            "delivery",
            xray.trace = self.xray_trace,
            traceparent = message.traceparent.as_ref().map(TraceContext::as_str)
        );
        self.take(app, message).instrument(span).await
    }

    async fn take(self, app: &Arc<App>, message: JobMessage) -> Disposition {
        let Some(runner) = app.runners.get(&message.kind).copied() else {
            warn!(job.id = %message.id, job.name = %message.kind, "no such kind here");
            return Disposition::after(UNKNOWN_KIND_RETRY, HandBack::UnknownKind);
        };
        match self.claim(app, &message).await {
            Ok(Claim::Acquired(run)) => {
                let after = run.started_at.map(|at| at.since(run.scheduled_start));
                let claimed = Happened::Claimed {
                    after: after.unwrap_or_default(),
                };
                app.metrics.write(&run.kind, claimed, now());
                Attempt {
                    app: app.clone(),
                    run: *run,
                    runner,
                    message,
                    deliveries: self.deliveries,
                    invocation: self.invocation,
                }
                .run()
                .await
            }
            Ok(Claim::Refused(decision, record)) => {
                self.refused(app, &message, decision, record.as_deref())
                    .await
            }
            Err(error) => {
                error!(job.id = %message.id, error.source = ?std::error::Error::source(&error), "{error}");
                self.after_fault()
            }
        }
    }

    fn after_fault(&self) -> Disposition {
        Disposition::after(FAULTS.bound(self.deliveries), HandBack::Table)
    }

    /// Whether the job's last attempt took its process along. A table that cannot say is not asked twice.
    pub(crate) async fn lost_its_worker(&self, app: &App) -> bool {
        let Some(message) = JobMessage::parse(&self.body)
            .ok()
            .filter(|_| self.deliveries > 1)
        else {
            return false;
        };
        let record = app.store.get(&message.id).await.ok().flatten();
        record.is_some_and(|record| {
            record.state == JobState::Started
                && record.lease_until.is_some_and(|lease| lease <= now())
        })
    }

    /// Claims the job; waits a moment for a record that is not there yet.
    async fn claim(&self, app: &App, message: &JobMessage) -> Result<Claim, engine::StoreError> {
        let lease = self.invocation.lease_until();
        let mut waits = WAITS_FOR_RECORD_MS.into_iter().map(Duration::from_millis);
        loop {
            let claim = app
                .store
                .claim(
                    &message.id,
                    &message.fingerprint,
                    &self.run_token,
                    now(),
                    lease,
                )
                .await?;
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
            (Unclaimed::End, Some(record)) => end(app, record, decision, now).await,
            // What is to be ended was there a moment ago.
            (Unclaimed::End, None) => Disposition::in_a_while(HandBack::Changed),
            (Unclaimed::Drop, _) => {
                dropped(message, decision);
                Disposition::Done
            }
        }
    }
}

/// Why a message is returned whose claim was refused for now.
fn reason(decision: ClaimDecision) -> HandBack {
    match decision {
        ClaimDecision::NotDue { .. } => HandBack::TooEarly,
        ClaimDecision::Busy { .. } => HandBack::Busy,
        ClaimDecision::PastDeadline { .. } => HandBack::PastDeadline,
        ClaimDecision::Missing => HandBack::NoRecord,
        ClaimDecision::Start
        | ClaimDecision::Foreign
        | ClaimDecision::Finished
        | ClaimDecision::Overdue
        | ClaimDecision::Canceled
        | ClaimDecision::Exhausted => HandBack::Changed,
    }
}

fn dropped(message: &JobMessage, decision: ClaimDecision) {
    if decision == ClaimDecision::Missing {
        warn!(job.id = %message.id, "dropped a message without a record");
    } else {
        info!(job.id = %message.id, "another message made this one useless");
    }
}

/// How a job ends that gets no other attempt, when, and when its time is over.
fn ending(
    record: &JobRecord,
    decision: ClaimDecision,
    now: Timestamp,
    retention: Duration,
) -> (Ending, Timestamp, Timestamp) {
    match decision {
        ClaimDecision::Overdue => {
            let (ending, ended_at) = Ending::of_overdue(record);
            (ending, ended_at, record.expires_at)
        }
        ClaimDecision::Canceled => {
            let (ended_at, expires_at) = record.canceled_end(now, retention);
            (Ending::Canceled, ended_at, expires_at)
        }
        _ => {
            let lost = Ending::Failed(record.worker_lost());
            (lost, now, engine::expiry(now, retention))
        }
    }
}

/// Ends a job that no attempt owns. If it changed in the meantime, the message comes back and it is judged again.
async fn end(
    app: &App,
    record: &JobRecord,
    decision: ClaimDecision,
    now: Timestamp,
) -> Disposition {
    let (ending, ended_at, expires_at) = ending(record, decision, now, app.retention);
    let written = if decision == ClaimDecision::Overdue {
        app.store.finish_overdue(record, now).await
    } else {
        let store = &app.store;
        store
            .finish_unowned(record, &ending, ended_at, expires_at, now)
            .await
    };
    match written {
        Ok(true) => {
            app.metrics.write_end(record, ending.outcome(), ended_at);
            let code = if let Ending::Failed(failure) = &ending {
                Failure::code(failure)
            } else {
                "canceled"
            };
            info!(job.id = %record.id, job.name = %record.kind, attempt = record.attempt, error.code = code, "ended a job");
            Disposition::Done
        }
        Ok(false) => Disposition::after(Duration::ZERO, HandBack::Changed),
        Err(error) => {
            error!(job.id = %record.id, error.source = ?std::error::Error::source(&error), "{error}");
            Disposition::after(FAULTS.base, HandBack::Table)
        }
    }
}
