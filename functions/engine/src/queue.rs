//! The queues of jobs and of webhooks: what travels through them, and why a message is returned to them.

mod callback_decision;
mod callback_message;
mod callback_queue;
mod hand_back;
mod job_queue;
mod message;
mod send_batch;
mod trace_context;

pub use callback_decision::{CallbackDecision, decide_delivery};
pub use callback_message::CallbackMessage;
pub use callback_queue::CallbackQueue;
pub use hand_back::HandBack;
pub use job_queue::{
    JobQueue, MAX_DELAY, MAX_DELIVERIES, MAX_PAUSES, MAX_VISIBILITY, QueueError, Receipt,
    VISIBILITY_MARGIN,
};
pub use message::{
    JobMessage, MAX_MESSAGE_AGE, MAX_MESSAGE_BYTES, MESSAGE_ENVELOPE_BYTES, ParseMessageError,
};
pub use send_batch::{BatchMessage, MAX_BATCH_MESSAGES, into_batches};
pub use trace_context::TraceContext;
