//! The job, and everything that keeps it safe: ids, states, the record and its store, the queue, and the job kinds.
//!
//! This crate does not contain HTTP. `submit` and `status` add HTTP (with the `api` crate), `worker` consumes the batches of SQS, and the
//! kinds of a deployment implement [`Job`].
//!
//! Conventions: a time is a [`Timestamp`] (epoch milliseconds, UTC) and a parameter; only the function handlers read the clock. A
//! decision that could race is a pure function here ([`decide_claim`], [`transition`], [`JobRecord::judged`]), and a DynamoDB condition
//! in [`JobStore`] agrees with it.

#![warn(missing_docs)]

mod attachment;
mod aws;
mod bucket;
mod callback;
mod checkpoint;
mod claim;
mod config_error;
mod context;
mod cut;
mod deadline;
mod environment;
mod ids;
mod job;
mod job_error;
mod judged;
mod kinds;
mod log;
mod metrics;
mod monitor_token;
mod ownership;
mod percent;
mod process_state;
mod queue;
mod record;
mod retry;
mod schedule;
mod settings;
mod signed;
mod slices;
mod state;
mod store;
pub mod test_kit;
mod timestamp;

pub use attachment::{Attachment, AttachmentReader, UPLOAD_MARK, describe_uploads};
pub use aws::{Aws, load_aws, timeouts};
pub use aws_types::SdkConfig;
pub use bucket::{
    Bucket, LONGEST_ACCESS, MAX_OBJECT_BYTES, ObjectFacts, RESULT_DAYS, UploadedObject, upload_key,
};
pub use callback::{
    AddressRange, Callback, CallbackHost, CallbackPolicy, CallbackState, CallbackUrl,
    GIVE_UP_AFTER, MAX_CALLBACK_URL_BYTES, NextDelivery, RefusedUrl, SigningSecret, SigningSecrets,
    WebhookId, refused_range, until_next_delivery,
};
pub use checkpoint::{Checkpoint, CheckpointError, MAX_CHECKPOINT_BYTES};
pub use claim::{ClaimDecision, Unclaimed, decide_claim};
pub use config_error::ConfigError;
pub use context::{Context, Progress, RunControl, run_context};
pub use deadline::WRITE_HORIZON;
pub use environment::Environment;
pub use ids::{
    CreationToken, Fingerprint, IdSecrets, JobId, Owner, ParseIdError, SECRET_MIN_CHARS, UploadId,
    token,
};
pub use job::{Invalid, Job};
pub use job_error::{Failure, JobError, MIN_SLICE, MIN_SNOOZE};
pub use judged::Judged;
pub use kinds::{
    Catalog, Intake, KindName, Kinds, KindsBuilder, NamedUpload, ParseKindNameError, Registry,
    RegistryError, Runner, Runners, pointer_to,
};
pub use log::start_log;
pub use metrics::{Happened, Metrics};
pub use monitor_token::MonitorToken;
pub use ownership::{AttemptWrite, Written, decide_write, owns_attempt};
pub use percent::Percent;
pub use process_state::{ProcessState, Shared};
pub use queue::{
    BatchMessage, CallbackDecision, CallbackMessage, CallbackQueue, HandBack, JobMessage, JobQueue,
    MAX_BATCH_MESSAGES, MAX_DELAY, MAX_DELIVERIES, MAX_MESSAGE_AGE, MAX_MESSAGE_BYTES, MAX_PAUSES,
    MAX_VISIBILITY, MESSAGE_ENVELOPE_BYTES, ParseMessageError, QueueError, Receipt, TraceContext,
    VISIBILITY_MARGIN, decide_delivery, into_batches,
};
pub use record::{JobRecord, MAX_SUMMARY_CHARS, NewJob, expiry};
pub use retry::RetryPolicy;
pub use schedule::{
    InputTooLarge, MAX_SCHEDULE_INPUT_BYTES, ScheduleInput, ScheduleName, Schedules,
};
pub use settings::{Authorization, LONGEST_HOLD, LONGEST_SCHEDULE_AHEAD};
pub use signed::{Service, ServiceError};
pub use slices::EndedSlices;
pub use state::{Illegal, JobState, Move, Outcome, transition};
pub use store::{
    Attribute, CancelDecision, Cancellation, Claim, Condition, Created, Cursor, Deletion,
    Delivered, Ending, INDEX_NAME, INDEX_SHARDS, JobStore, MAX_PAGE, MAX_RECORD_BYTES,
    MAX_RESULT_BYTES, Page, ParseCursorError, Pause, Rescheduling, StoreError, WrittenDelivery,
    created_order, decide_cancel, owner_shard,
};
pub use timestamp::Timestamp;
