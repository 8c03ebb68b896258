//! The job, and everything that keeps it safe: ids, states, the record and its store, the queue, and the job kinds.
//!
//! This crate knows no HTTP. `submit` and `status` put HTTP in front of it (with the `api` crate), `worker` puts the SQS
//! batch in front of it, and a team's own kinds implement [`Job`].
//!
//! Conventions: a time inside is a [`Timestamp`] (epoch milliseconds, UTC) and a parameter of whatever needs it; only the
//! function handlers read the clock. A decision that could race is a pure function here ([`decide_claim`], [`transition`],
//! [`JobRecord::judged`]) and a DynamoDB condition in [`JobStore`] that says the same.

#![warn(missing_docs)]

mod aws;
mod catalog;
mod checkpoint;
mod claim;
mod context;
mod creation_token;
mod deadline;
mod environment;
mod fingerprint;
mod hand_back;
mod id;
mod input;
mod intake;
mod item;
mod job;
mod job_error;
mod kind;
mod message;
mod metrics;
mod monitor_token;
mod owner;
mod ownership;
mod page;
mod percent;
mod queue;
mod record;
mod registry;
mod retry;
mod runners;
mod schema;
mod state;
mod store;
mod store_error;
pub mod test_kit;
mod timestamp;
mod trace_context;
mod unclaimed;

pub use aws::{Aws, load_aws, timeouts};
pub use catalog::{Catalog, CatalogBuilder};
pub use checkpoint::{Checkpoint, CheckpointError, MAX_CHECKPOINT_BYTES};
pub use claim::{Claim, ClaimDecision, decide_claim};
pub use context::{Context, Progress, RunControl, run_context};
pub use creation_token::CreationToken;
pub use deadline::WRITE_HORIZON;
pub use environment::{Authorization, ConfigError, Environment, LONGEST_HOLD};
pub use fingerprint::Fingerprint;
pub use hand_back::HandBack;
pub use id::{IdSecrets, JobId, ParseIdError, SECRET_MIN_CHARS};
pub use intake::{Intake, IntakeBuilder};
pub use job::{Invalid, Job};
pub use job_error::{Failure, JobError, MIN_SNOOZE};
pub use kind::{KindName, ParseKindNameError};
pub use message::{
    JobMessage, MAX_MESSAGE_AGE, MAX_MESSAGE_BYTES, MESSAGE_ENVELOPE_BYTES, ParseMessageError,
};
pub use metrics::{Happened, Metrics};
pub use monitor_token::MonitorToken;
pub use owner::Owner;
pub use ownership::{AttemptWrite, decide_write, owns_attempt};
pub use page::{
    Cursor, INDEX_SHARDS, JobFilter, Page, ParseCursorError, created_order, owner_shard,
};
pub use percent::Percent;
pub use queue::{
    JobQueue, MAX_DELAY, MAX_DELIVERIES, MAX_PAUSES, MAX_VISIBILITY, QueueError, Receipt,
    VISIBILITY_MARGIN,
};
pub use record::{JobRecord, MAX_SUMMARY_CHARS, NewJob, expiry};
pub use registry::{Registry, RegistryError};
pub use retry::RetryPolicy;
pub use runners::{Runner, Runners, RunnersBuilder};
pub use schema::{Attribute, INDEX_NAME};
pub use state::{Illegal, JobState, Move, Outcome, transition};
pub use store::{
    CancelDecision, Cancellation, Condition, Created, Deletion, Ending, JobStore, MAX_PAGE,
    MAX_RECORD_BYTES, MAX_RESULT_BYTES, Pause, Rescheduling, Written, decide_cancel,
};
pub use store_error::StoreError;
pub use timestamp::{ParseTimestampError, Timestamp};
pub use trace_context::{ParseTraceContextError, TraceContext};
pub use unclaimed::Unclaimed;
