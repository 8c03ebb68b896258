//! An SQS for one machine: standard queues in memory, over the wire protocol that the AWS SDKs speak (`awsJson1.0`).
//!
//! [`Queues`] is the store, [`Queues::router`] its HTTP face, [`serve`] both on a listener. The functions reach it with
//! the SDK client that they use in the cloud; only the endpoint differs.
//!
//! What it keeps to is the SQS API reference: delay, visibility and its twelve hours, retention, long polls, redrive to
//! and from a dead-letter queue, 1 MiB for a message or a batch. Time comes from a [`Clock`], so that a test advances
//! fifteen minutes in none.
//!
//! Where it differs from AWS, on purpose:
//! - FIFO queues, tags, permissions and `CancelMessageMoveTask` are refused with `UnsupportedOperation`;
//! - signatures are not checked, and policies, keys and `RedriveAllowPolicy` are kept but not enforced;
//! - a move task is done when its request is answered, whatever rate it asked for;
//! - there is no limit of 120,000 messages in flight.

mod attribute;
mod batch;
mod bell;
mod clock;
mod content;
mod error;
mod fair;
mod handle;
mod held;
mod inspect;
mod limits;
mod manage;
mod moves;
mod names;
mod policy;
mod queue;
mod receipts;
mod receive;
mod send;
mod settings;
mod snapshot;
mod store;
mod wire;

pub use clock::{Clock, ManualClock};
pub use snapshot::Snapshot;
pub use store::Queues;
pub use wire::serve;
