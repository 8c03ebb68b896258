//! What the deliveries of a webhook write into the record of its job.

use super::JobStore;
use super::attempt::Values;
use super::condition::Condition;
use super::expression::{Conditional, Update};
use super::item::{millis, number, string};
use crate::{Callback, CallbackMessage, CallbackState, StoreError, Timestamp};

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

const COUNTED: &str = "SET #callback_attempts = #callback_attempts + :one, #version = #version + :one, #updated_at_ms = :now";

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
        let mut set = COUNTED.to_owned();
        let mut values: Values = vec![
            (":creation_token", string(of.acceptance.as_str())),
            (":pending", string(CallbackState::Pending.as_str())),
            (":one", number(1)),
            (":now", millis(now)),
        ];
        if let Some(status) = status {
            set.push_str(", #callback_status = :status");
            values.push((":status", number(status)));
        }
        let condition = match outcome {
            Delivered::Yes => {
                values.push((":failed", string(CallbackState::Failed.as_str())));
                set.push_str(", #callback_state = :delivered");
                values.push((":delivered", string(CallbackState::Delivered.as_str())));
                Condition::Undelivered
            }
            Delivered::NotYet { attempts_before } => {
                values.push((":attempts", number(attempts_before)));
                Condition::UndeliveredSoFar
            }
            Delivered::Never => {
                set.push_str(", #callback_state = :failed");
                values.push((":failed", string(CallbackState::Failed.as_str())));
                Condition::AwaitsDelivery
            }
        };
        let update = Update {
            set,
            condition,
            values,
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
