//! The claim of an attempt.

use super::JobStore;
use super::condition::Condition;
use super::expression::{Conditional, Update};
use super::item::{millis, number, string};
use crate::{
    Attribute as A, ClaimDecision, Fingerprint, JobId, JobRecord, JobState, StoreError, Timestamp,
    decide_claim,
};

/// Outcome of a claim.
#[derive(Clone, Debug, PartialEq)]
pub enum Claim {
    /// The attempt belongs to this worker: the record as it is now.
    Acquired(Box<JobRecord>),
    /// The claim was refused: the reason (never [`ClaimDecision::Start`]), and the record as it was then.
    Refused(ClaimDecision, Option<Box<JobRecord>>),
}

impl JobStore {
    /// Claims the next attempt of a job, or the next slice of its attempt, for the worker that has its message, until `lease_until`. `run_token` is the random
    /// fencing token of the delivery: by it, a repeated call recognizes a claim whose answer was lost.
    ///
    /// # Errors
    /// [`StoreError`]: the claim may have taken effect. If the call is not repeated, the attempt is lost.
    pub async fn claim(
        &self,
        id: &JobId,
        fingerprint: &Fingerprint,
        run_token: &str,
        now: Timestamp,
        lease_until: Timestamp,
    ) -> Result<Claim, StoreError> {
        let update = Update::new(Condition::Claimable, now)
            .value(":fingerprint", string(fingerprint.as_str()))
            .value(":scheduled", string(JobState::Scheduled.as_str()))
            .value(":started", string(JobState::Started.as_str()))
            .value(":zero", number(0))
            .assign(A::State, ":started")
            .assign(A::Attempt, "#attempt + if_not_exists(#attempt_step, :one)")
            .assign(A::Percent, "if_not_exists(#start_percent, :zero)")
            .assign(A::ProgressNumber, ":zero")
            .set(A::RunToken, string(run_token))
            .set(A::LeaseUntilMs, millis(lease_until))
            .assign(A::StartedAtMs, ":now")
            .assign(A::UpdatedAtMs, ":now")
            .remove(&[A::AttemptStep, A::Schedule]);
        Ok(match self.update(id, update).await? {
            Conditional::Applied(record) => Claim::Acquired(record),
            Conditional::Refused(old) => refused(old, fingerprint, run_token, now),
        })
    }
}

fn refused(
    old: Option<Box<JobRecord>>,
    fingerprint: &Fingerprint,
    run_token: &str,
    now: Timestamp,
) -> Claim {
    match old {
        Some(own)
            if own.state == JobState::Started && own.run_token.as_deref() == Some(run_token) =>
        {
            Claim::Acquired(own)
        }
        old => match decide_claim(old.as_deref(), fingerprint, now) {
            // The condition and the decision disagree only about a record that this crate did not write completely.
            ClaimDecision::Start => Claim::Refused(ClaimDecision::Busy { until: now }, old),
            decision => Claim::Refused(decision, old),
        },
    }
}
