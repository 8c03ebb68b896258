//! What the deliveries of a webhook write into the record of its job.

use super::JobStore;
use super::condition::Condition;
use super::expression::{Conditional, Update};
use super::item::{number, string};
use crate::{Attribute as A, Callback, CallbackMessage, CallbackState, StoreError, Timestamp};

/// Outcome of one delivery of a webhook.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Delivered {
    /// The receiver has it.
    Yes,
    /// The receiver has not got it, and it is delivered again.
    NotYet {
        /// [`Callback::attempts`] before this delivery.
        attempts_before: u32,
    },
    /// The receiver wants no more deliveries, this was the last one, or the job has expired.
    Never,
}

/// A callback after an attempt to write the outcome of a delivery.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WrittenDelivery {
    /// The callback as it is stored now.
    pub callback: Callback,
    /// Whether this call is known to have written it. `false`: another delivery wrote before, or an earlier try of this call whose answer
    /// was lost.
    pub is_applied: bool,
}

impl Delivered {
    fn condition(self) -> Condition {
        match self {
            Self::Yes => Condition::Undelivered,
            Self::NotYet { .. } => Condition::UndeliveredSoFar,
            Self::Never => Condition::AwaitsDelivery,
        }
    }
}

impl JobStore {
    /// Writes the outcome of a delivery, and the HTTP status that the receiver answered with. `None` if the job no longer exists, or another one has its id.
    ///
    /// # Errors
    /// [`StoreError`]: the outcome may have been written, and a repeated call changes nothing then.
    pub async fn write_delivery(
        &self,
        of: &CallbackMessage,
        outcome: Delivered,
        status: Option<u16>,
        now: Timestamp,
    ) -> Result<Option<WrittenDelivery>, StoreError> {
        let failed = string(CallbackState::Failed.as_str());
        let update = Update::of_job(outcome.condition(), &of.acceptance, now)
            .value(":pending", string(CallbackState::Pending.as_str()))
            .assign(A::CallbackAttempts, "#callback_attempts + :one")
            .set_if_some(A::CallbackStatus, status.map(number))
            .assign(A::UpdatedAtMs, ":now");
        let update = match outcome {
            Delivered::Yes => update
                .value(":failed", failed)
                .set(A::CallbackState, string(CallbackState::Delivered.as_str())),
            Delivered::NotYet { attempts_before } => {
                update.value(":attempts", number(attempts_before))
            }
            Delivered::Never => update.set(A::CallbackState, failed),
        };
        let (standing, is_applied) = match self.update(&of.id, update).await? {
            Conditional::Applied(record) => (Some(record), true),
            Conditional::Refused(old) => (old, false),
        };
        let standing = standing.filter(|record| record.creation_token == of.acceptance);
        let callback = standing.and_then(|record| record.callback);
        Ok(callback.map(|callback| WrittenDelivery {
            callback,
            is_applied,
        }))
    }
}
